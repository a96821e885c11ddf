"""Alembic migrations, for both engines, run inside the one write transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from api.ledger.database import Database


def is_declared(name: str | None, _kind: str, _parents: Any) -> bool:
    """Tell what the metadata declare from the index of the search, which differs by engine."""
    return not (name or "").startswith("search_index")


def upgrade(database: Database) -> None:
    """Bring a database to the newest schema; a second run does nothing."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.writing() as write:
        config.attributes["connection"] = write.connection
        command.upgrade(config, "head")
