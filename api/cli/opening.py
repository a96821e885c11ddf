"""The registry that a command works on, and its schema."""

from __future__ import annotations

from pathlib import Path

import click

from api.ledger import Ledger
from api.settings import Settings

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
CONTRACT = ROOT / "openapi" / "openapi.json"


def ledger() -> Ledger:
    """Open the registry that the environment names, until the command ends."""
    from api.app import open_ledger

    opened = open_ledger(Settings.from_environment())
    click.get_current_context().call_on_close(opened.database.dispose)
    return opened


def upgrade_schema(ledger: Ledger) -> None:
    """Bring a database to the newest schema, and make the folder of a new one."""
    from api.cli.progress import Progress
    from api.migrations import upgrade

    if ledger.database.is_sqlite and (file := ledger.database.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        upgrade(ledger.database, progress)


def is_empty(ledger: Ledger) -> bool:
    """Whether nothing was ever written."""
    with ledger.reading() as reader:
        return reader.moment.known_at == 0
