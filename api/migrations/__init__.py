"""Alembic migrations, for both engines, run inside the one write transaction.

What a migration changes are mostly projections, which follow from the truth; so none of them moves
their rows. After any change of the schema the projections are made anew, in the same transaction.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from api.ledger.database import Database
from api.ledger.rebuild import rebuild
from api.ledger.tables import SCHEMA, revision
from api.nouns import NOUNS


def is_declared(name: str | None, _kind: str, _parents: Any) -> bool:
    """Tell what the metadata declare from the index of the search, which differs by engine."""
    return not (name or "").startswith("search_index")


def upgrade(database: Database) -> None:
    """Bring a database to the newest schema; a second run does nothing."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.writing() as write:
        config.attributes["connection"] = write.connection
        before = write.schema()
        command.upgrade(config, "head")
        if before not in (None, SCHEMA) and write.connection.scalar(
            select(func.max(revision.c.seq))
        ):
            rebuild(write, {noun.name: noun for noun in NOUNS})
