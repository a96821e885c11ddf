"""Compaction: rewrites the database so that the versions of one holder are stored together.

An import, or years of writing, puts rows wherever there is room. In a large registry the rows of a
page are therefore spread over the whole file. Compaction changes no answer. It is a command of its
own, not a part of each import, because it takes time and disk space.

On SQLite the places of the versions, and with them the facets, are numbered anew in the order of
`tables.clustering_columns`: by holder where the noun has one, then by start. The first pair of a
compound facet, a holder and an issue, comes before the start: a page of such a pair then takes 4 %
less with a million positions, because it touches a third as many of SQLite's pages. VACUUM rewrites
each table in the order of its row numbers, without gaps. It needs the size of the database once
more in the folder for temporary files, where it makes the new file, and once more beside the
database, because the new file is written through the `-wal`. Readers do not wait.

On PostgreSQL, CLUSTER rewrites these tables by holder and start, and VACUUM updates the visibility
map. Readers of a table wait while it is rewritten.

Writers wait on both engines, and may fail because the database is busy. If compaction is stopped
half way, each table is either as it was or rewritten.
"""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

from api.errors import Busy
from api.ledger.noun import Noun
from api.ledger.store.database import Database, explain_error
from api.ledger.store.tables import changeset, clustering_columns, facet_kind
from api.ledger.versions.rendering import facet_names, join_pair

_READ_TRUTH = f"SELECT 1 FROM {changeset.name} LIMIT 1"  # noqa: S608, a name of our own

_INDEXES = """
    SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL
"""

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}

_RETRY_SECONDS = 0.1
"""Seconds between two attempts to empty the `-wal`."""

_LOCKED = re.compile(r"is locked|lock timeout")


class CompactionResult(NamedTuple):
    """The bytes of a database before and now, and whether SQLite's are still in the `-wal`.

    They stay there while a reader has an older snapshot; reading is slower until then.
    """

    before: int
    now: int
    is_in_wal: bool


def compact_database(database: Database, nouns: Iterable[Noun]) -> CompactionResult:
    """Rewrite a database; raises Busy if writers, or readers on PostgreSQL, hold it too long."""
    dated = [noun for noun in nouns if noun.has_validity]
    busy = partial(Busy, "others are using the database; run it again when they are done")
    with explain_error(_LOCKED, busy), database.open_autocommit() as connection:
        connection.exec_driver_sql(_READ_TRUTH).first()  # which raises if there are no tables
        before = _measure_bytes(connection)
        if database.is_sqlite:
            _compact_sqlite(connection, dated)
            is_in_wal = not _empty_wal(connection, database.lock_timeout)
        else:
            _compact_postgresql(connection, [noun.table for noun in dated])
            is_in_wal = False
        return CompactionResult(before, _measure_bytes(connection), is_in_wal)


def _compact_sqlite(connection: Connection, nouns: Iterable[Noun]) -> None:
    for noun in nouns:
        _renumber_rows(connection, noun)
    connection.exec_driver_sql("VACUUM")


def _empty_wal(connection: Connection, patience: float) -> bool:
    """Checkpoint the `-wal` into the database file; returns whether that was finished in time.

    The engine waits for readers of older snapshots, but not for another checkpoint.
    """
    end = time.monotonic() + patience
    while True:
        busy, written, moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy or 0 <= written <= moved:
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_RETRY_SECONDS)


def _compact_postgresql(connection: Connection, versions: Iterable[Table]) -> None:
    # Others that need a table wait while this waits for it, so the timeout is short. Autovacuum
    # gives way after one second (deadlock_timeout): less would fail after each large import.
    for version in versions:
        index = f"{version.name}_by_{clustering_columns(version)[0].name}"
        cluster = f"CLUSTER {version.name} USING {index}"
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '3s'; {cluster}")  # one transaction
    connection.exec_driver_sql("VACUUM (ANALYZE)")


def _renumber_rows(connection: Connection, noun: Noun) -> None:
    """Insert all rows of an index table again in order, with its facets; recreate its indexes."""
    run = connection.exec_driver_sql
    run("BEGIN IMMEDIATE")
    try:
        indexes = run(_INDEXES, (noun.table.name,)).all()
        for index, _ in indexes:
            run(f"DROP INDEX {index}")
        for statement in _renumbering_statements(noun):
            run(statement)
        for _, definition in indexes:
            run(definition)
    except BaseException:
        with suppress(DBAPIError):  # on a full disk the engine has rolled back already
            run("ROLLBACK")
        raise
    run("COMMIT")


def _renumbering_statements(noun: Noun) -> Iterator[str]:
    name, kinds = noun.table.name, _list_kinds(noun, sorted(facet_names(noun)))
    pairs = _list_kinds(noun, map(join_pair, noun.compound_facets))
    first, *others = (each.name for each in clustering_columns(noun.table))
    order = ", ".join([f"coalesce(pair, {first})", *others])
    own = ", ".join(f'"{column.name}"' for column in noun.table.c if column.name != "place")
    yield (
        "CREATE TEMPORARY TABLE paired AS SELECT place, min(value) AS pair "  # noqa: S608
        f"FROM facet WHERE kind IN ({pairs}) GROUP BY place"
    )
    yield (
        f"CREATE TEMPORARY TABLE kept AS SELECT v.* FROM {name} AS v NOT INDEXED "  # noqa: S608
        f"LEFT JOIN paired USING (place) ORDER BY {order}"
    )
    yield "DROP TABLE paired"
    yield f"DELETE FROM {name}"  # noqa: S608
    yield f"INSERT INTO {name} (place, {own}) SELECT rowid, {own} FROM kept ORDER BY rowid"  # noqa: S608
    yield "CREATE UNIQUE INDEX temp.moved ON kept (place)"
    yield (
        "CREATE TEMPORARY TABLE named AS "  # noqa: S608
        "SELECT f.kind, f.value, f.start, f.ordinal, k.rowid AS now "
        f"FROM facet AS f JOIN kept AS k USING (place) WHERE f.kind IN ({kinds})"
    )
    yield f"DELETE FROM facet WHERE kind IN ({kinds})"  # noqa: S608
    yield "INSERT INTO facet SELECT * FROM named ORDER BY kind, value, start, ordinal, now"
    yield "DROP TABLE named"
    yield "DROP TABLE kept"


def _list_kinds(noun: Noun, names: Iterable[str]) -> str:
    return ", ".join(str(facet_kind(noun.name, each)) for each in names)


def _measure_bytes(connection: Connection) -> int:
    return connection.exec_driver_sql(_SIZE[connection.dialect.name]).scalar_one()
