"""Compaction: the database rewritten so that what is read together lies together.

What an import or years of writing add to a table goes wherever there is room, so a page in a large
registry is gathered from all over the file. Afterwards each table lies in the order of its key,
without gaps. Nothing that a question could tell is changed.

SQLite's VACUUM writes tables in the order in which the schema names them; and of a large file
SQLite maps only the first two gigabytes (`SQLITE_MAX_MMAP_SIZE`), what lies beyond is copied on
reading. So the shelf, from which most pages are read, is named first. On PostgreSQL the shelf is
ordered by CLUSTER, and VACUUM does the rest.

Writers wait meanwhile, and may be told that the database is busy. On SQLite readers go on; on
PostgreSQL pages from the shelf wait until it is ordered. As much room again is needed for a while,
twice as much with SQLite, which writes a new file first and then puts it through the `-wal`. If it
is stopped half way, the database is as it was.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from api.ledger.database import Database
from api.ledger.tables import shelf

_ANY = f"SELECT 1 FROM {shelf.name} LIMIT 1"  # noqa: S608, a name of our own

_FIRST = f"""
    UPDATE sqlite_schema SET rowid = (SELECT min(rowid) - 1 FROM sqlite_schema)
    WHERE name = '{shelf.name}' AND rowid > (SELECT min(rowid) FROM sqlite_schema)
"""  # noqa: S608, a name of our own

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def compact(database: Database) -> tuple[int, int]:
    """Rewrite a database; gives the bytes that it took before, and those that it takes now."""
    with database.autocommitting() as connection:
        connection.exec_driver_sql(_ANY)  # which raises where there are no tables
        before = _size(connection)
        if database.is_sqlite:
            _name_first(connection)
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            connection.exec_driver_sql(f"CLUSTER {shelf.name} USING {shelf.name}_pkey")
            connection.exec_driver_sql("VACUUM (ANALYZE)")
        return before, _size(connection)


def _size(connection: Connection) -> int:
    return connection.exec_driver_sql(_SIZE[connection.dialect.name]).scalar_one()


def _name_first(connection: Connection) -> None:
    """Name the shelf before all other tables; of indexes and triggers it has none to go before."""
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        with suppress(DBAPIError):  # some systems forbid it, and then it only reads slower
            connection.exec_driver_sql(_FIRST)
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
