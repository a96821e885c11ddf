"""Alembic migrations, for both engines, run inside the one write transaction.

What a migration changes are mostly projections, which follow from the truth; so none of them works
out new rows. After a change of the schema the projections are made anew, in the same transaction.
A migration that leaves all rows as they are, because it is about indexes, views or the form of a
table, or copies what it adds from other rows, says so with `ROWS_STAY`, and spares a large registry
many minutes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from api.ledger.database import Database
from api.ledger.rebuild import rebuild
from api.ledger.tables import revision
from api.ledger.transactions import Write
from api.ledger.watching import NOBODY, Watch
from api.nouns import NOUNS


def is_declared(name: str | None, _kind: str, _parents: Any) -> bool:
    """Tell what the metadata declare from the index of the search, which differs by engine."""
    return not (name or "").startswith("search_index")


def upgrade_database(database: Database, watch: Watch = NOBODY) -> None:
    """Bring a database to the newest schema; a second run does nothing."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.writing() as write:
        config.attributes["connection"] = write.connection
        before = write.schema()
        command.upgrade(config, "head")
        if before is not None and _moves_rows(config, before) and _has_records(write):
            rebuild(write, {noun.name: noun for noun in NOUNS}, watch)


def _moves_rows(config: Config, before: str) -> bool:
    """Tell whether any migration after one needs the projections to be made anew."""
    later = ScriptDirectory.from_config(config).iterate_revisions("head", before)
    return not all(getattr(each.module, "ROWS_STAY", False) for each in later)


def _has_records(write: Write) -> bool:
    return write.connection.scalar(select(func.max(revision.c.seq))) is not None
