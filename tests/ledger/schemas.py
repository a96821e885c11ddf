"""How the schema of a database differs from the one that the code declares."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from api.ledger.store.tables import metadata


def compare_schema(connection: Connection) -> list[Any]:
    """List the differences, but for the search index, which differs by engine."""
    options = {"include_name": lambda name, *_: not (name or "").startswith("search_index")}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
