"""Compaction: the database rewritten so that what is read together lies together.

What an import or years of writing add to a table goes wherever there is room, so a page in a large
registry is gathered from all over the file. No answer is changed by putting it in order.

On SQLite the rows of an index table whose lists are in the order of their starts are numbered in
that order, as most of them come: so a page of all of them goes from row to next row
(`ledger/listing.py`), where it would else go down the tree for each. Then VACUUM rewrites each
table in the order of its tree, without gaps, and the tables in the order in which the schema names
them. Of a large file SQLite maps only the first two gigabytes (`SQLITE_MAX_MMAP_SIZE`), what lies
beyond is copied on reading; so the shelf, from which most pages are read, is named first. As much
room again is needed in the folder for temporary files, where the new file is made, and as much
beside the database, since it is then put through the `-wal`. Readers go on meanwhile.

On PostgreSQL CLUSTER writes these index tables anew in that order, and the shelf in the order of
its key, and VACUUM tells of all tables which pages everybody sees. Who reads a table that is being
written waits.

Writers wait on both engines, and may be told that the database is busy. What is stopped half way
leaves each table as it was, or in order.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from api.errors import Busy
from api.ledger.database import Database
from api.ledger.noun import Noun
from api.ledger.tables import place, shelf

_ANY = f"SELECT 1 FROM {shelf.name} LIMIT 1"  # noqa: S608, a name of our own

_FIRST = f"""
    UPDATE sqlite_schema SET rowid = (SELECT min(rowid) - 1 FROM sqlite_schema)
    WHERE name = '{shelf.name}' AND rowid > (SELECT min(rowid) FROM sqlite_schema)
"""  # noqa: S608, a name of our own

_INDEXES = """
    SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL
"""

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}

_PAUSE = 0.1
"""Seconds until another try to empty the `-wal`."""

_LOCKED = re.compile(r"is locked|lock timeout")
_FORBIDDEN = "may not be modified"
"""What SQLite says where the system lets nobody write its schema (SQLITE_DBCONFIG_DEFENSIVE)."""


class Compacted(NamedTuple):
    """The bytes of a database before and after; whether SQLite's are still in the `-wal`.

    They stay there while somebody reads what was there before, and reading is slower then.
    """

    before: int
    now: int
    is_in_wal: bool


def compact(database: Database, nouns: Iterable[Noun]) -> Compacted:
    """Rewrite a database; raises Busy if others write it, or read it on PostgreSQL, too long."""
    by_start = [noun.table for noun in nouns if "valid_start" in noun.table.c]
    with _busy_when_locked(), database.autocommitting() as connection:
        connection.exec_driver_sql(_ANY).first()  # which raises where there are no tables
        before = _size(connection)
        if database.is_sqlite:
            _in_sqlite(connection, by_start)
            is_in_wal = not _empties_wal(connection, database.lock_timeout)
        else:
            _in_postgresql(connection, by_start)
            is_in_wal = False
        return Compacted(before, _size(connection), is_in_wal)


def _in_sqlite(connection: Connection, by_start: Iterable[Table]) -> None:
    for version in by_start:
        _number_from_oldest(connection, version)
    _name_first(connection)
    connection.exec_driver_sql("VACUUM")


def _empties_wal(connection: Connection, patience: float) -> bool:
    """Move what is in the `-wal` into the file itself; tells whether all of it is there in time.

    The engine waits for who reads what was there before, but not for somebody else who is moving.
    """
    end = time.monotonic() + patience
    while True:
        busy, written, moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy or 0 <= written <= moved:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE)


def _in_postgresql(connection: Connection, by_start: Iterable[Table]) -> None:
    # Whoever asks for a table while this waits for it waits, too; but not to wait beyond the second
    # (deadlock_timeout) after which autovacuum gives way would be to fail behind each large import.
    connection.exec_driver_sql("SET lock_timeout = '3s'")
    orders = {shelf.name: f"{shelf.name}_pkey"}
    orders |= {version.name: f"{version.name}_by_valid_start" for version in by_start}
    for name, index in orders.items():
        connection.exec_driver_sql(f"CLUSTER {name} USING {index}")
    connection.exec_driver_sql("VACUUM (ANALYZE)")


def _number_from_oldest(connection: Connection, version: Table) -> None:
    """Insert all rows of an index table again, and make its indexes of all of them at once."""
    name = version.name
    order = ", ".join(each.name for each in (*place(version), version.c.recorded))
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        indexes = connection.exec_driver_sql(_INDEXES, (name,)).all()
        for index, _ in indexes:
            connection.exec_driver_sql(f"DROP INDEX {index}")
        for statement in (
            f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {name} ORDER BY {order}",  # noqa: S608
            f"DELETE FROM {name}",  # noqa: S608
            f"INSERT INTO {name} SELECT * FROM kept ORDER BY rowid",  # noqa: S608
            "DROP TABLE kept",
        ):
            connection.exec_driver_sql(statement)
        for _, definition in indexes:
            connection.exec_driver_sql(definition)
    except BaseException:
        with suppress(DBAPIError):  # a full disk, for one, has done it already
            connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def _size(connection: Connection) -> int:
    return connection.exec_driver_sql(_SIZE[connection.dialect.name]).scalar_one()


def _name_first(connection: Connection) -> None:
    """Name the shelf before all other tables; where that is forbidden it only reads slower."""
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        connection.exec_driver_sql(_FIRST)
    except DBAPIError as error:
        if _FORBIDDEN not in str(error.orig):
            raise
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")


@contextmanager
def _busy_when_locked() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        if not _LOCKED.search(str(error.orig)):
            raise
        raise Busy("others are at work on the database; run it again when they are done") from error
