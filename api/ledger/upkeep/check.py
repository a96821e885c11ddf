"""Checks the truth against its hash chain and guards, and the projections against the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, select

from api.ledger.noun import Noun
from api.ledger.store.tables import LIVE, Row, changeset, revision
from api.ledger.store.tables import text as text_table
from api.ledger.store.transactions import Write
from api.ledger.truth.canonical import (
    GENESIS,
    changeset_hash,
    contents_hash,
    revision_hash,
)
from api.ledger.truth.guards import missing_guards
from api.ledger.upkeep.progress import ProgressWatch
from api.ledger.upkeep.rebuild import projection_tables, read_last_seq, rebuild_projections
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.projection import VersionWriter
from api.ledger.versions.search_index import index_faults

_BATCH, _MOST_SHOWN = 1_000, 10


def find_faults(
    write: Write, stored: Connection, nouns: Mapping[str, Noun], watch: ProgressWatch
) -> Iterator[str]:
    """Yield a sentence for each fault of the database.

    The stored projections are compared with a rebuild. It is made in the write transaction, which
    the caller must roll back.
    """
    connection = write.connection
    for guard in sorted(missing_guards(connection)):
        yield f"the guard {guard} is missing: the truth could be changed"
    is_damaged = False
    for fault in _faults_of_truth(connection, watch):
        is_damaged = True
        yield fault
    if not is_damaged:  # a rebuild from damaged truth would only repeat the damage
        yield from _faults_of_projections(write, stored, nouns, watch)


def _faults_of_truth(connection: Connection, watch: ProgressWatch) -> Iterator[str]:
    contents: dict[int, bytes | None] = {}
    yield from _faults_of_revisions(connection, contents, watch)
    yield from _faults_of_chain(connection, contents)
    yield from _faults_of_texts(connection)


def _hash_or_none(compute: Callable[..., bytes], *values: Any, **more: Any) -> bytes | None:
    """Compute a hash; None if a value has the wrong type, because a shell has changed it."""
    try:
        return compute(*values, **more)
    except (TypeError, AttributeError):
        return None


def _faults_of_revisions(
    connection: Connection, contents: dict[int, bytes | None], watch: ProgressWatch
) -> Iterator[str]:
    """Check each revision; add the contents hash of each changeset to `contents`."""
    query = select(revision).order_by(revision.c.seq).execution_options(yield_per=_BATCH)
    counts: dict[Key, int] = {}
    watch.begin_part("checking", read_last_seq(connection))
    done = 0
    rows = connection.execute(query).mappings()
    for number, group in groupby(rows, key=lambda row: row["changeset"]):
        hashes: list[bytes] = []
        for row in group:
            yield from _faults_of_revision(row, counts)
            hashes.append(row["hash"])
        contents[number] = _hash_or_none(contents_hash, hashes)
        done += len(hashes)
        watch.report_progress(done, rows=done)


def _faults_of_chain(connection: Connection, contents: dict[int, bytes | None]) -> Iterator[str]:
    previous, recorded_at, number = GENESIS, 0, 0
    for row in connection.execute(select(changeset).order_by(changeset.c.number)).mappings():
        number += 1
        where = f"changeset {row['number']}"
        if row["number"] != number:
            yield f"{where}: expected changeset {number}; changesets are missing"
            number = row["number"]
        if row["previous"] != previous:
            yield f"{where}: its previous hash is not that of the changeset before it"
        if row["contents"] != contents.pop(row["number"], contents_hash(())):
            yield f"{where}: its revisions are not the ones that it wrote"
        if row["hash"] != _hash_or_none(changeset_hash, row):
            yield f"{where}: its number, time, author, message or hash was changed"
        elif row["recorded_at"] <= recorded_at:
            yield f"{where}: its time is not later than that of the changeset before it"
        else:
            recorded_at = row["recorded_at"]
        previous = row["hash"]
    for orphan in contents:
        yield f"changeset {orphan}: missing, although it has revisions"


def _faults_of_revision(row: Row, counts: dict[Key, int]) -> Iterator[str]:
    key = (row["noun"], row["id"])
    counts[key] = counts.get(key, 0) + 1
    where = f"revision {row['number']} of {row['noun']}/{row['id']}"
    if row["number"] != counts[key]:
        yield f"{where}: expected revision {counts[key]}"
    expected = _hash_or_none(
        revision_hash, *key, row["number"], tombstone=row["tombstone"], body=row["body"]
    )
    if row["hash"] != expected:
        yield f"{where}: its bytes were changed"


def _faults_of_texts(connection: Connection) -> Iterator[str]:
    query = select(text_table).execution_options(yield_per=10)
    for row in connection.execute(query):
        if sha256(row.body.encode()).hexdigest() != row.sha256:
            yield f"text {row.sha256}: its bytes were changed"


def _faults_of_projections(
    write: Write, stored: Connection, nouns: Mapping[str, Noun], watch: ProgressWatch
) -> Iterator[str]:
    live = VersionWriter(write, nouns, PendingLookup(write, nouns), LIVE)
    for name in nouns:
        for id in live.find_stale(name):
            yield f"{name}/{id}: its version does not follow from the present records"
    yield from index_faults(write.connection)
    rebuild_projections(write, nouns, watch)
    yield from _compare_tables(write, stored, projection_tables(nouns), watch)


def _compare_tables(
    write: Write, stored: Connection, tables: Sequence[Table], watch: ProgressWatch
) -> Iterator[str]:
    """Yield a sentence for each row that differs between the stored tables and their rebuild."""
    watch.begin_part("comparing", sum(_count_rows(stored, table) for table in tables))
    done = 0

    def count_compared() -> None:
        nonlocal done
        done += 1
        if done % _BATCH == 0:
            watch.report_progress(done, rows=done)

    for table in tables:
        try:
            yield from _faults_of_rows(
                table, _differing_keys(table, count_compared, stored, write.connection)
            )
        except TypeError:
            yield f"{table.name}: a key has the wrong type; a shell has changed it"


def _count_rows(state: Connection, table: Table) -> int:
    return state.execute(select(func.count()).select_from(table)).scalar_one()


def _faults_of_rows(table: Table, keys: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    differing = 0
    for key in keys:
        differing += 1
        if differing <= _MOST_SHOWN:
            yield f"{table.name} {key}: differs from its rebuild; run `sinequanon db reindex`"
    if differing > _MOST_SHOWN:
        yield f"{table.name}: {differing - _MOST_SHOWN} more rows differ from their rebuild"


def _differing_keys(
    table: Table, compared: Callable[[], None], *states: Connection
) -> Iterator[tuple[Any, ...]]:
    """Yield the keys of rows that differ between two states; `compared` is called for each key.

    Both are read side by side in the order of keys, so memory holds few rows at a time.
    """
    by_key = itemgetter(0)
    for key, found in groupby(
        merge(*(_read_rows_by_key(table, s) for s in states), key=by_key), by_key
    ):
        rows = [row for _, row in found]
        compared()
        if len(rows) != len(states) or rows[0] != rows[1]:
            yield key


def _read_rows_by_key(
    table: Table, state: Connection
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    keys = [table.c[each.name] for each in table.primary_key]
    query = select(*keys, *table.c).order_by(*keys).execution_options(yield_per=_BATCH)
    for row in state.execute(query):
        whole = tuple(row)
        yield whole[: len(keys)], whole[len(keys) :]
