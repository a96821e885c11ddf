"""Rows of our tables, read and written without our own code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from api.ledger.store.engines import WRITER_PRAGMAS as PRAGMAS

__all__ = ["PRAGMAS", "filled_tables", "insert_statement"]

_UNTOUCHED = {"alembic_version", "api_key"}


def filled_tables(connection: sqlite3.Connection) -> list[str]:
    """Return the tables that a write fills, without virtual tables and their own tables."""
    known = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    virtual = [name for name, sql in known.items() if sql and sql.startswith("CREATE VIRTUAL")]
    own = re.compile("|".join([*(f"{name}(_.*)?" for name in virtual), "sqlite_.*"]))
    return [name for name in known if not own.fullmatch(name) and name not in _UNTOUCHED]


def insert_statement(table: str, columns: Sequence[str]) -> str:
    """Return the statement that inserts one row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
