"""The registry that a command works on, and its schema."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from api.errors import Invalid
from api.ledger import Ledger
from api.settings import Settings

_COLLECTED = 200_000
"""How many objects may be made before those in circles are looked for: as many as a lot makes."""
_AWAITED = 0.0003
"""Seconds until a thread that holds Python's lock is asked to let another one have it."""


def open_registry(*, may_be_new: bool = False) -> Ledger:
    """Open the registry that the environment names, until the command ends.

    Raises Invalid where SQLite would make a file of that name, unless it may be new.
    """
    from api.app import open_ledger

    opened = open_ledger(Settings.from_environment())
    click.get_current_context().call_on_close(opened.database.dispose)
    file = opened.database.url.database or ""
    is_file = opened.database.is_sqlite and not file.startswith("file:")
    if is_file and not may_be_new and not Path(file).exists():
        raise Invalid(
            f"there is no file {file}; if SINEQUANON_DATABASE_URL names the right one, "
            "`sinequanon db upgrade` makes it"
        )
    return opened


@contextmanager
def tune_for_bulk() -> Generator[None]:
    """Suit Python to a process that makes rows by the hundred thousand while a thread inserts them.

    Rows are in no circles, so those are seldom looked for. And the thread, which needs Python's
    lock for moments between its statements, need not wait for as long as usual each time.
    """
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(_COLLECTED)
    sys.setswitchinterval(_AWAITED)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)


def upgrade_schema(ledger: Ledger) -> None:
    """Bring a database to the newest schema, and make the folder of a new one."""
    from api.cli.progress import ProgressReporter
    from api.migrations import upgrade_database

    if ledger.database.is_sqlite and (file := ledger.database.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    with ProgressReporter() as progress:
        upgrade_database(ledger.database, progress)
