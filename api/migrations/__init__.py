"""Alembic migrations for both engines, run inside one write transaction.

A new registry is created from the tables that the code declares, at the newest migration. Those of
the first release (0.1.0) are at 0009, where the migrations begin.

Migrations mostly change projections, which follow from the revisions. So no migration computes new
rows: after a change of the schema, the projections are rebuilt in the same transaction. This takes
many minutes in a large registry. A migration that does not need it, because it only changes
indexes, views or the form of a table, or copies what it adds from other rows, sets `ROWS_STAY`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, text

from api.errors import Invalid
from api.keys import api_key
from api.ledger.store.database import Database
from api.ledger.store.tables import SCHEMA, check_schema, revision
from api.ledger.store.transactions import Write
from api.ledger.truth.guards import guard_statements
from api.ledger.upkeep.progress import NOBODY, ProgressWatch
from api.ledger.upkeep.rebuild import rebuild_projections
from api.ledger.versions.search_index import index_statements
from api.migrations.views import view_statements
from api.nouns import NOUNS_BY_NAME

_FIRST_RELEASE = "0009"


def is_declared(name: str | None, _kind: str, _parents: Any) -> bool:
    """Exclude the search index, which differs by engine, from what the metadata declare."""
    return not (name or "").startswith("search_index")


def upgrade_database(database: Database, watch: ProgressWatch = NOBODY) -> None:
    """Create the newest schema, or upgrade to it; a second run does nothing.

    Raises Invalid for a schema from before the first release, NotReady for one of newer code.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.begin_write(any_schema=True) as write:
        config.attributes["connection"] = write.connection
        before = write.read_schema()
        if before is None:
            create_schema(write.connection)
            command.stamp(config, "head")
            return
        if before < _FIRST_RELEASE:
            raise Invalid(
                f"the database is at migration {before}, from before release 0.1.0; export it with "
                "the version that made it, and import the export into a new one"
            )
        if before > SCHEMA:
            check_schema(before)
        command.upgrade(config, "head")
        if _needs_rebuild(config, before) and _has_records(write):
            rebuild_projections(write, NOUNS_BY_NAME, watch)


def create_schema(connection: Connection) -> None:
    """Create the tables, guards, search index and views of a new registry."""
    dialect = connection.dialect.name
    api_key.metadata.create_all(connection, checkfirst=False)
    for statements in (guard_statements, index_statements, view_statements):
        for statement in statements(dialect):
            connection.execute(text(statement))


def _needs_rebuild(config: Config, before: str) -> bool:
    """Whether any migration after `before` needs the projections to be rebuilt."""
    later = ScriptDirectory.from_config(config).iterate_revisions("head", before)
    return not all(getattr(each.module, "ROWS_STAY", False) for each in later)


def _has_records(write: Write) -> bool:
    return write.connection.scalar(select(func.max(revision.c.seq))) is not None
