"""The whole import beside the raw insert of the rows that it wrote.

Ours is `sinequanon import unga-votes` as a process of its own, from its start to its end. Raw is
`sqlite3.executemany` of the same rows into an empty database with the same tables, indexes, guards
and pragmas, one commit for each changeset; on PostgreSQL it is COPY. Rows are read changeset by
changeset, and only inserts and commits are timed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from api.bulk.unga import VoteFiles
from tests.bench import raw
from tests.bench.databases import psycopg_url, run_command, size_of
from tests.bench.report import Section
from tests.bench.votes import Assembly, importer_options, write_tables
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import measure_command

_CHANGESET_COLUMNS = ("recorded", "changeset", "number")
"""The first of these columns in a table holds the changeset that wrote the row."""

ABOUT = """\
The whole import beside raw inserts of its rows (`executemany`, COPY). Ratio: raw ÷ ours; goals:
0.6, on PostgreSQL 0.5. Memory is the peak.
"""
HEADER = ("engine", "votes", "ours s", "raw s", "ratio", "peak MB", "rows", "bytes a position",
          "records a second")  # fmt: skip


def measure_import(
    folder: Path, known: Assembly, size: int | None, rounds: int, *, postgresql: bool
) -> Section:
    """Measure on SQLite, and on PostgreSQL if asked, and return the table."""
    files = write_tables(folder, known, size)
    votes = len(known.votes) if size is None else size
    rows = [_build_row("sqlite", votes, [_measure_on_sqlite(folder, files) for _ in range(rounds)])]
    if postgresql:
        with postgres_server(durable=True) as server:
            tries = [_measure_on_postgresql(server, files) for _ in range(rounds)]
        rows.append(_build_row("postgresql", votes, tries))
    return Section("Import", ABOUT, HEADER, rows)


ImportFigures = tuple[float, float, float, int, int]
"""Seconds of ours, seconds of raw, peak memory in MB, rows, bytes."""


def _build_row(engine: str, votes: int, tries: Sequence[ImportFigures]) -> list[Any]:
    ours, raw, peak = (median(each[n] for each in tries) for n in range(3))
    rows, size = tries[0][3:]
    return [engine, votes, ours, raw, raw / ours, peak, rows, size / votes, votes / ours]


def _run_import(url: str, files: VoteFiles) -> tuple[float, float]:
    """Import, and return the seconds and the peak memory in MB."""
    run_command(url, "db", "upgrade")
    done = measure_command("import", "unga-votes", *importer_options(files), url=url)
    return done.seconds, done.peak


def _measure_on_sqlite(folder: Path, files: VoteFiles) -> ImportFigures:
    own, copy = (_remove_file(folder / f"{name}.db") for name in ("imported", "copied"))
    seconds, peak = _run_import(f"sqlite:///{own}", files)
    run_command(f"sqlite:///{copy}", "db", "upgrade")
    source, target = sqlite3.connect(own), sqlite3.connect(copy, isolation_level=None)
    for pragma in raw.PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    spent, rows = 0.0, 0
    for batch in _group_by_changeset([*_read_sqlite_tables(source)]):
        start = time.perf_counter()
        target.execute("BEGIN IMMEDIATE")
        for statement, some in batch:
            target.executemany(statement, some)
        target.execute("COMMIT")
        spent += time.perf_counter() - start
        rows += sum(len(some) for _, some in batch)
    source.close()
    target.close()
    return seconds, spent, peak, rows, size_of(f"sqlite:///{own}")


NumberedRows = Iterator[tuple[int, Any]]
"""(changeset, row), in the order of changesets."""
Batch = list[tuple[str, list[Any]]]


def _read_sqlite_tables(source: sqlite3.Connection) -> Iterator[tuple[str, NumberedRows]]:
    last = source.execute("SELECT max(number) FROM changeset").fetchone()[0]
    for table in raw.filled_tables(source):
        names = [row[1] for row in source.execute(f"PRAGMA table_info({table})")]
        batch = next((name for name in _CHANGESET_COLUMNS if name in names), None)
        order = "" if batch is None else f" ORDER BY {batch}"
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}{order}")
        place = None if batch is None else names.index(batch)
        yield raw.insert_statement(table, names), _number_rows(rows, place, last)


def _number_rows(rows: Iterable[Any], place: int | None, last: int) -> NumberedRows:
    for row in rows:
        yield (last if place is None else row[place]), row


def _group_by_changeset(tables: Sequence[tuple[str, NumberedRows]]) -> Iterator[Batch]:
    """Yield the rows of each changeset, by table."""
    ahead = {table: groupby(rows, key=lambda each: each[0]) for table, rows in tables}
    at = {table: found for table, groups in ahead.items() if (found := next(groups, None))}
    while at:
        number = min(each[0] for each in at.values())
        batch: Batch = []
        for table, groups in ahead.items():
            if table in at and at[table][0] == number:
                batch.append((table, [row for _, row in at.pop(table)[1]]))
                if following := next(groups, None):
                    at[table] = following
        yield batch


def _remove_file(file: Path) -> Path:
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    return file


def _measure_on_postgresql(server: str, files: VoteFiles) -> ImportFigures:
    own, copy = new_postgres_database(server), new_postgres_database(server)
    seconds, peak = _run_import(own, files)
    run_command(copy, "db", "upgrade")
    spent, rows = 0.0, 0
    with ExitStack() as after, psycopg.connect(psycopg_url(copy)) as target:
        for batch in _group_by_changeset([*_read_postgresql_tables(own, after)]):
            whole = [(statement, b"".join(some)) for statement, some in batch]
            start = time.perf_counter()
            for statement, lines in whole:
                with target.cursor().copy(statement) as copied:
                    copied.write(lines)
            target.commit()
            spent += time.perf_counter() - start
            rows += sum(len(some) for _, some in batch)
    return seconds, spent, peak, rows, size_of(own)


def _read_postgresql_tables(url: str, after: ExitStack) -> Iterator[tuple[str, NumberedRows]]:
    """Yield rows as COPY writes them, each table on a connection of its own."""
    first = after.enter_context(psycopg.connect(psycopg_url(url)))
    found = first.execute("SELECT max(number) FROM changeset").fetchone()
    assert found
    tables = first.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(%s)",
        [["alembic_version", "api_key"]],
    ).fetchall()
    for (table,) in tables:
        connection = after.enter_context(psycopg.connect(psycopg_url(url)))
        columns = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum", [table]
        ).fetchall()  # fmt: skip
        names = [name for (name,) in columns]
        batch = next((name for name in _CHANGESET_COLUMNS if name in names), None)
        order = "" if batch is None else f" ORDER BY {batch}"
        listed = ", ".join(names)
        asked = f"COPY (SELECT {listed} FROM {table}{order}) TO STDOUT"
        lines = _read_copy(connection, asked)
        place = None if batch is None else names.index(batch)
        yield f"COPY {table} ({listed}) FROM STDIN", _number_lines(lines, place, found[0])


def _read_copy(connection: psycopg.Connection[Any], asked: str) -> Iterator[bytes]:
    with connection.cursor().copy(asked.encode()) as copy:
        for block in copy:
            yield from bytes(block).splitlines(keepends=True)


def _number_lines(lines: Iterable[bytes], place: int | None, last: int) -> NumberedRows:
    for line in lines:
        yield (last if place is None else int(line.split(b"\t")[place])), line
