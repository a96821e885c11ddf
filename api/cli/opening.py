"""Open the registry that a command works on, and upgrade its schema."""

import gc
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from api.cli.progress import ProgressReporter
from api.errors import Invalid
from api.ledger import Ledger
from api.settings import Settings

_GC_THRESHOLD = 200_000
"""How many new objects start a garbage collection: about as many as a lot creates."""


def open_registry(*, may_be_new: bool = False) -> Ledger:
    """Open the registry that the environment names; it is closed when the command ends.

    Raises Invalid if the SQLite file does not exist, unless it may be new.
    """
    from api.app import open_ledger

    # A command may take as long as it needs.
    settings = replace(
        Settings.from_environment(), statement_timeout_seconds=0, idle_timeout_seconds=0
    )
    opened = open_ledger(settings)
    click.get_current_context().call_on_close(opened.database.close_connections)
    file = opened.database.url.database or ""
    is_file = opened.database.is_sqlite and not file.startswith("file:")
    if is_file and not may_be_new and not Path(file).exists():
        raise Invalid(
            f"there is no file {file}; if SINEQUANON_DATABASE_URL is right, create the file with "
            "`sinequanon db upgrade`"
        )
    return opened


def collect_garbage_rarely() -> None:
    """Collect garbage rarely until the command ends: imported rows form no reference cycles."""
    click.get_current_context().call_on_close(partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(_GC_THRESHOLD)


def upgrade_schema(ledger: Ledger) -> None:
    """Upgrade a database to the newest schema, and create the folder of a new one."""
    from api.migrations import upgrade_database

    if ledger.database.is_sqlite and (file := ledger.database.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        if not file.startswith("file:"):
            Path(file).touch()
    with ProgressReporter() as progress:
        upgrade_database(ledger.database, progress)
