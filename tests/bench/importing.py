"""`python -m tests.bench.importing`: the whole import beside the raw insert of what it made.

Ours is `sinequanon import unga-votes`, a process of its own, from its start to its end. Raw is
`sqlite3.executemany` of the rows that it left behind, into an empty database with the same tables,
indexes, guards and pragmas, one commit for each of its changesets; on PostgreSQL it is COPY. The
rows are read lot by lot, and only inserts and commits are timed.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from api.bulk.unga import Files
from tests.bench import raw
from tests.bench.databases import command, conninfo, size_of
from tests.bench.report import Section
from tests.bench.votes import Assembly, assembly, options, write
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import measured

_LOT_COLUMNS = ("recorded", "changeset", "number")
"""The first that a table has tells in which changeset a row was written."""

ABOUT = """\
The whole import beside raw inserts of its rows (`executemany`, COPY). Ratio: raw ÷ ours; goals:
0.6, on PostgreSQL 0.5. Memory is the peak.
"""
HEADER = ("engine", "votes", "ours s", "raw s", "ratio", "peak MB", "rows", "bytes a position",
          "records a second")  # fmt: skip


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, help="how many votes; all without it")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="PostgreSQL, too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sqn-bench-") as folder:
        print(run(Path(folder), assembly(), asked.size, asked.rounds, postgresql=asked.postgresql))


def run(
    folder: Path, known: Assembly, size: int | None, rounds: int, *, postgresql: bool
) -> Section:
    """Measure on SQLite, and on PostgreSQL if wanted."""
    files = write(folder, known, size)
    votes = len(known.votes) if size is None else size
    rows = [_measured("sqlite", votes, [_on_sqlite(folder, files) for _ in range(rounds)])]
    if postgresql:
        with postgres_server(durable=True) as server:
            tries = [_on_postgresql(server, files) for _ in range(rounds)]
        rows.append(_measured("postgresql", votes, tries))
    return Section("Import", ABOUT, HEADER, rows)


Try = tuple[float, float, float, int, int]
"""Seconds of ours and of raw, peak in MB, rows, bytes."""


def _measured(engine: str, votes: int, tries: Sequence[Try]) -> list[Any]:
    ours, raw, peak = (median(each[n] for each in tries) for n in range(3))
    rows, size = tries[0][3:]
    return [engine, votes, ours, raw, raw / ours, peak, rows, size / votes, votes / ours]


def _import(url: str, files: Files) -> tuple[float, float]:
    """Import; give seconds and the peak of memory in MB."""
    command(url, "db", "upgrade")
    done = measured("import", "unga-votes", *options(files), url=url)
    return done.seconds, done.peak


def _on_sqlite(folder: Path, files: Files) -> Try:
    own, copy = (_emptied(folder / f"{name}.db") for name in ("imported", "copied"))
    seconds, peak = _import(f"sqlite:///{own}", files)
    command(f"sqlite:///{copy}", "db", "upgrade")
    source, target = sqlite3.connect(own), sqlite3.connect(copy, isolation_level=None)
    for pragma in raw.PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    spent, rows = 0.0, 0
    for lot in _lots([*_sqlite_rows(source)]):
        start = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        for statement, some in lot:
            target.executemany(statement, some)
        target.execute("COMMIT")
        spent += time.perf_counter() - start
        rows += sum(len(some) for _, some in lot)
    source.close()
    target.close()
    return seconds, spent, peak, rows, size_of(f"sqlite:///{own}")


Numbered = Iterator[tuple[int, Any]]
"""(changeset, row), in order of changesets."""
Lot = list[tuple[str, list[Any]]]


def _sqlite_rows(source: sqlite3.Connection) -> Iterator[tuple[str, Numbered]]:
    last = source.execute("SELECT max(number) FROM changeset").fetchone()[0]
    for table in raw.filled_tables(source):
        names = [row[1] for row in source.execute(f"PRAGMA table_info({table})")]
        lot = next((name for name in _LOT_COLUMNS if name in names), None)
        order = "" if lot is None else f" ORDER BY {lot}"
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}{order}")
        place = None if lot is None else names.index(lot)
        yield raw.insertion(table, names), _numbered(rows, place, last)


def _numbered(rows: Iterable[Any], place: int | None, last: int) -> Numbered:
    for row in rows:
        yield (last if place is None else row[place]), row


def _lots(tables: Sequence[tuple[str, Numbered]]) -> Iterator[Lot]:
    """Yield the rows of each changeset, by table, a changeset at a time."""
    ahead = {table: groupby(rows, key=lambda each: each[0]) for table, rows in tables}
    at = {table: found for table, groups in ahead.items() if (found := next(groups, None))}
    while at:
        number = min(each[0] for each in at.values())
        lot: Lot = []
        for table, groups in ahead.items():
            if table in at and at[table][0] == number:
                lot.append((table, [row for _, row in at.pop(table)[1]]))
                if following := next(groups, None):
                    at[table] = following
        yield lot


def _emptied(file: Path) -> Path:
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    return file


def _on_postgresql(server: str, files: Files) -> Try:
    own, copy = new_postgres_database(server), new_postgres_database(server)
    seconds, peak = _import(own, files)
    command(copy, "db", "upgrade")
    spent, rows = 0.0, 0
    with ExitStack() as after, psycopg.connect(conninfo(copy)) as target:
        for lot in _lots([*_postgresql_rows(own, after)]):
            whole = [(statement, b"".join(some)) for statement, some in lot]
            start = time.perf_counter()
            for statement, lines in whole:
                with target.cursor().copy(statement) as copied:
                    copied.write(lines)
            target.commit()
            spent += time.perf_counter() - start
            rows += sum(len(some) for _, some in lot)
    return seconds, spent, peak, rows, size_of(own)


def _postgresql_rows(url: str, after: ExitStack) -> Iterator[tuple[str, Numbered]]:
    """Yield rows as COPY writes them, each table over a connection of its own."""
    first = after.enter_context(psycopg.connect(conninfo(url)))
    found = first.execute("SELECT max(number) FROM changeset").fetchone()
    assert found
    tables = first.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)",
        [["alembic_version", "api_key"]],
    ).fetchall()
    for (table,) in tables:
        connection = after.enter_context(psycopg.connect(conninfo(url)))
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum", [table]
        ).fetchall()  # fmt: skip
        names = [name for (name,) in columns]
        lot = next((name for name in _LOT_COLUMNS if name in names), None)
        order = "" if lot is None else f" ORDER BY {lot}"
        listed = ", ".join(names)
        asked = f"COPY (SELECT {listed} FROM {table}{order}) TO STDOUT"
        lines = _copied(connection, asked)
        place = None if lot is None else names.index(lot)
        yield f"COPY {table} ({listed}) FROM STDIN", _placed(lines, place, found[0])


def _copied(connection: psycopg.Connection[Any], asked: str) -> Iterator[bytes]:
    with connection.cursor().copy(asked.encode()) as copy:
        for block in copy:
            yield from bytes(block).splitlines(keepends=True)


def _placed(lines: Iterable[bytes], place: int | None, last: int) -> Numbered:
    for line in lines:
        yield (last if place is None else int(line.split(b"\t")[place])), line


if __name__ == "__main__":
    main()
