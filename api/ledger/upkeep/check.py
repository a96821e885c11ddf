"""Checks the engine's files, the truth by its hash chain, and the projections by the truth.

`api.migrations` checks the guards, and all else that is no row.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from api.ledger.noun import Noun
from api.ledger.store.advisory_locks import read_instant
from api.ledger.store.tables import LIVE, Row, changeset, revision
from api.ledger.store.tables import text as text_table
from api.ledger.store.transactions import Write
from api.ledger.truth.audit import find_audit_faults
from api.ledger.truth.revisions import (
    GENESIS,
    changeset_hash,
    contents_hash,
    describe_clock,
    read_head,
    revision_hash,
)
from api.ledger.upkeep.rebuild import (
    ProgressWatch,
    compare_tables,
    projection_tables,
    read_last_seq,
    rebuild_projections,
)
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.projection import VersionWriter
from api.ledger.versions.search_index import index_faults

_BATCH = 1_000

_log = logging.getLogger(__name__)

_AMCHECK = """
    SELECT c.relname, format(
        CASE relkind WHEN 'i' THEN 'SELECT %%1$s.bt_index_check(%%2$s::regclass, true)::text'
            ELSE 'SELECT msg FROM %%1$s.verify_heapam(%%2$s::regclass)' END,
        quote_ident(x.nspname), c.oid)
    FROM pg_class AS c LEFT JOIN pg_am AS m ON m.oid = c.relam,
        pg_extension AS e JOIN pg_namespace AS x ON x.oid = e.extnamespace
    WHERE extname = 'amcheck' AND relnamespace = current_schema()::regnamespace
        AND (relkind = 'r' OR relkind = 'i' AND amname = 'btree')
    ORDER BY 1
"""
"""The checks of all tables and B-trees."""


def find_faults(
    write: Write, stored: Connection, nouns: Mapping[str, Noun], watch: ProgressWatch
) -> Iterator[str]:
    """Yield a sentence for each fault of the database.

    The stored projections are compared with a rebuild in `write`, which the caller must roll back.
    """
    faults = chain(_faults_of_engine(write), faults_of_truth(write.connection, watch))
    if (first := next(faults, None)) is not None:
        yield from chain([first], faults)
        return  # a rebuild from damaged truth would only repeat the damage
    if (ahead := describe_clock(read_head(write), read_instant(write.connection))) is not None:
        yield ahead
    yield from _faults_of_projections(write, stored, nouns, watch)


def _faults_of_engine(write: Write) -> Iterator[str]:
    """Run the engine's own check; on PostgreSQL it needs the extension amcheck."""
    connection = write.connection
    if write.is_sqlite:
        for found in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if found != "ok":
                yield f"SQLite: {found}; restore a backup"
        return
    try:
        with connection.begin_nested():  # what is installed for this check is rolled back with it
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS amcheck")
    except DBAPIError:
        _log.warning("indexes are not checked by PostgreSQL: the extension amcheck is missing")
        return
    for name, query in connection.exec_driver_sql(_AMCHECK):
        try:
            with connection.begin_nested():
                broken = connection.exec_driver_sql(query).first()
        except DBAPIError as error:
            yield f"PostgreSQL: {name}: {error.orig}; restore a backup, or run REINDEX"
        else:
            if broken and broken[0]:
                yield f"PostgreSQL: {name}: {broken[0]}; restore a backup"


def faults_of_truth(connection: Connection, watch: ProgressWatch) -> Iterator[str]:
    """Yield a sentence for each fault of revisions, changesets and texts."""
    contents: dict[int, bytes | None] = {}
    yield from _faults_of_revisions(connection, contents, watch)
    yield from _faults_of_chain(connection, contents)
    yield from _faults_of_texts(connection)
    yield from find_audit_faults(connection)


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
            yield f"{where}: its number, time, author, reviewer, message or hash was changed"
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
    live = VersionWriter(write, PendingLookup(write, nouns), LIVE)
    for name in nouns:
        for id in live.find_stale(name):
            yield f"{name}/{id}: its version does not follow from the present records"
    yield from index_faults(write.connection)
    rebuild_projections(write, nouns, watch)
    yield from compare_tables(write, stored, projection_tables(nouns), watch)
