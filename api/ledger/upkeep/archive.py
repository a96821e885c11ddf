"""Writes all that cannot be rebuilt into one file, and restores it on either engine.

An archive is JSON lines. The first names the schema and the columns of each table. Each line after
that is a row, with the number of its table before the values; bytes are hexadecimal digits, but for
bodies, which are text. After every `_BATCH` rows, and at the end, a line has the SHA-256 of all
lines before it; the last one has the number of rows, too. Projections are left out, because they
are rebuilt.

One snapshot is archived, so writers go on meanwhile: it is a backup of a running registry. What is
restored is checked by its hash chain before it is committed. Answers that are pinned by both clocks
are byte for byte what they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, cast

import orjson
from sqlalchemy import Column, Connection, LargeBinary, Table, func, insert, select, text

from api.errors import Conflict, Invalid
from api.ledger.noun import Noun
from api.ledger.store.tables import SCHEMA, audit, metadata
from api.ledger.store.transactions import Snapshot, Write
from api.ledger.upkeep.check import faults_of_truth
from api.ledger.upkeep.rebuild import (
    NOBODY,
    ProgressWatch,
    projection_tables,
    read_last_seq,
    rebuild_projections,
)

_BATCH = 1_000

_Values = list[Any]


def write_archive(
    snapshot: Snapshot, nouns: Mapping[str, Noun], watch: ProgressWatch = NOBODY
) -> Iterator[bytes]:
    """Yield the lines of an archive of what a snapshot shows."""
    tables, digest = _archived_tables(nouns), sha256()
    header = orjson.dumps(_make_header(tables))
    watch.begin_part("archiving", read_last_seq(snapshot.connection))
    done, rows = 0, _encode_rows(snapshot.connection, tables)
    batch = [header]
    while batch:
        piece = b"".join(line + b"\n" for line in batch)
        digest.update(piece)
        yield piece
        batch = [*islice(rows, _BATCH)]
        done += len(batch)
        total = {} if batch else {"rows": done}
        yield (end := orjson.dumps({"sha256": digest.hexdigest(), **total}) + b"\n")
        digest.update(end)
        watch.report_progress(done, rows=done)


def restore_archive(
    write: Write, nouns: Mapping[str, Noun], lines: Iterable[bytes], watch: ProgressWatch = NOBODY
) -> int:
    """Restore an archive into an empty registry; returns the number of changesets.

    Raises Conflict if the registry is not empty, Invalid if the archive is damaged or of another
    schema; the caller must then roll back.
    """
    tables, connection = _archived_tables(nouns), write.connection
    for table in tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Conflict(f"the registry is not empty, see its table {table.name}; restore into a "
                           "new one")  # fmt: skip
    rows = _read_rows(lines, tables)
    while batch := [*islice(rows, _BATCH)]:
        for number, group in groupby(batch, key=itemgetter(0)):
            table = tables[int(number)]
            connection.execute(insert(table), [_decode_row(table, row) for _, *row in group])
    for table in tables:
        if table.autoincrement_column is not None:
            _continue_numbers(connection, table)
    for fault in faults_of_truth(connection, watch):
        raise Invalid(f"the archive does not hold a sound registry: {fault}")
    return rebuild_projections(write, nouns, watch)


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let a table that numbers its rows go on behind all that it ever had.

    Rows that were dropped are named in the audit log, because their numbers are not used again.
    """
    column = cast("Column[int]", table.autoincrement_column)
    last = connection.execute(select(func.max(column))).scalar() or 0
    dropped = select(audit.c.subject).where(audit.c.act == f"{table.name}s_dropped")
    for numbers in connection.execute(dropped).scalars():
        last = max(last, *map(int, numbers.split(", ")))
    if last and connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, last)))
    elif last:
        written = {"name": table.name, "last": last}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), written)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), written)


def _archived_tables(nouns: Mapping[str, Noun]) -> list[Table]:
    rebuilt = {table.name for table in projection_tables(nouns)}
    return [table for table in metadata.sorted_tables if table.name not in rebuilt]


def _make_header(tables: Sequence[Table]) -> dict[str, Any]:
    columns = {str(table.name): [*map(str, table.c.keys())] for table in tables}
    return {"archive": 1, "schema": SCHEMA, "tables": columns}


def _encode_rows(connection: Connection, tables: Sequence[Table]) -> Iterator[bytes]:
    for number, table in enumerate(tables):
        binary = [(place, each.name) for place, each in enumerate(table.c, 1) if _is_binary(each)]
        query = select(table).order_by(*table.primary_key).execution_options(yield_per=_BATCH)
        for row in connection.execute(query):
            values: _Values = [number, *row]
            for place, name in binary:
                if (found := values[place]) is not None:
                    values[place] = found.decode() if name == "body" else found.hex()
            yield orjson.dumps(values)


def _decode_row(table: Table, values: _Values) -> dict[str, Any]:
    row = dict(zip(table.c.keys(), values, strict=True))
    for each in filter(_is_binary, table.c):
        if (told := row[each.name]) is not None:
            row[each.name] = told.encode() if each.name == "body" else bytes.fromhex(told)
    return row


def _is_binary(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary)


def _read_rows(lines: Iterable[bytes], tables: Sequence[Table]) -> Iterator[_Values]:
    """Yield the rows of an archive whose sums are right; raises Invalid."""
    digest, kept, first, total, is_complete = sha256(), list[_Values](), 1, 0, False
    for number, line in enumerate(lines, 1):
        parsed = _parse_line(line)
        if number == 1:
            _check_header(parsed, tables)
        elif isinstance(parsed, list) and not is_complete:
            kept.append(cast("_Values", parsed))
        else:
            total += len(kept)
            end: dict[str, Any] = {"sha256": digest.hexdigest()}
            if parsed not in (end, {**end, "rows": total}) or is_complete:
                raise Invalid(f"the archive is damaged in lines {first} to {number}")
            yield from kept
            kept, first, is_complete = [], number + 1, "rows" in parsed
        digest.update(line)
    if not is_complete:
        raise Invalid("the archive ends too early: it was cut off")


def _parse_line(line: bytes) -> Any:
    try:
        return orjson.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None


def _check_header(header: Any, tables: Sequence[Table]) -> None:
    if not isinstance(header, dict) or "archive" not in header:
        raise Invalid("this is no archive: `sinequanon db archive` writes one")
    if header != _make_header(tables):
        raise Invalid(
            f"the archive is of another schema, this version has {SCHEMA}: restore it with the "
            "version that wrote it, then run `sinequanon db upgrade` with this one"
        )
