"""Rows of ours, read from and written into a database without anything of ours in between."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from api.ledger.database import _WRITER_PRAGMAS as PRAGMAS

__all__ = ["PRAGMAS", "filled_tables", "insertion"]

_UNTOUCHED = {"alembic_version", "api_key"}


def filled_tables(connection: sqlite3.Connection) -> list[str]:
    """Name the tables that writes fill: not virtual ones, which triggers fill, nor their own."""
    known = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    virtual = [name for name, sql in known.items() if sql and sql.startswith("CREATE VIRTUAL")]
    own = re.compile("|".join([*(f"{name}(_.*)?" for name in virtual), "sqlite_.*"]))
    return [name for name in known if not own.fullmatch(name) and name not in _UNTOUCHED]


def insertion(table: str, columns: Sequence[str]) -> str:
    """Give the statement that inserts one row."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
