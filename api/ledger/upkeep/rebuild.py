"""Rebuilds the projections from the truth, changeset by changeset, or compares them with that.

Versions keep their places, so a compacted table stays in its order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import merge
from itertools import count, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from api.ledger.noun import Noun
from api.ledger.store.tables import facet, horizon, revision
from api.ledger.store.transactions import Write
from api.ledger.truth.revisions import Revision, read_newest
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.projection import VersionWriter
from api.ledger.versions.referrers import BeforeAndAfter, find_dependents
from api.ledger.versions.rendering import have_same_content
from api.ledger.versions.search_index import document, renew_index


class ProgressWatch:
    """Receives the progress of long work, which has several parts; this one ignores it."""

    def begin_part(self, what: str, total: int) -> None:
        """Receive the name and the size of the part that begins."""

    def report_progress(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        """Receive how much of the part is done, its number of rows, and how many were rejected."""


NOBODY = ProgressWatch()

_BATCH, _MOST_SHOWN = 1_000, 10


def rebuild_projections(
    write: Write, nouns: Mapping[str, Noun], watch: ProgressWatch = NOBODY
) -> int:
    """Rebuild all projections from the truth; returns the number of changesets.

    A body whose content is the same as before keeps its bytes.
    """
    connection = write.connection
    renew_index(connection)
    for noun in nouns.values():
        _set_aside(connection, noun.table)
    for each in projection_tables(nouns):
        connection.execute(delete(each))
    query = select(revision).order_by(revision.c.seq).execution_options(yield_per=_BATCH)
    watch.begin_part("rebuilding", read_last_seq(connection))
    done = rows = 0
    made = (Revision.from_row(tuple(row)) for row in connection.execute(query))
    for number, group in groupby(made, key=lambda each: each.changeset):
        written = list(group)
        _replay_changeset(write, nouns, number, written)
        done, rows = done + 1, rows + len(written)
        watch.report_progress(rows, rows=rows)
    for noun in nouns.values():
        _put_back(connection, noun)
    return done


def read_last_seq(connection: Connection) -> int:
    """Return the `seq` of the newest revision, which is their number: it has no gaps."""
    return connection.scalar(select(func.max(revision.c.seq))) or 0


@lru_cache(maxsize=32)
def _kept_table(noun: Table) -> Table:
    """Return the temporary table that keeps the places and bodies of a noun's versions."""
    return Table(
        f"kept_{noun.name}",
        MetaData(),
        Column("recorded", BigInteger, primary_key=True, autoincrement=False),
        Column("ordinal", BigInteger, primary_key=True, autoincrement=False),
        Column("place", BigInteger, unique=True),
        Column("body", LargeBinary),
        prefixes=["TEMPORARY"],
    )


def _set_aside(connection: Connection, noun: Table) -> None:
    kept = _kept_table(noun)
    kept.create(connection)
    # In the order of the key, so that neighbours are stored together.
    bodies = select(*(noun.c[each.name] for each in kept.c))
    bodies = bodies.order_by(noun.c.recorded, noun.c.ordinal)
    connection.execute(insert(kept).from_select(list(kept.c), bodies))


def _put_back(connection: Connection, noun: Noun) -> None:
    """Restore the old bytes of bodies whose content is the same as before."""
    version = noun.table
    kept, place = _kept_table(version), (version.c.ordinal, version.c.recorded)
    same = (kept.c.ordinal == version.c.ordinal) & (kept.c.recorded == version.c.recorded)
    query = select(*place, version.c.body, kept.c.body.label("before")).join(kept, same)
    query = query.where(kept.c.body != version.c.body).order_by(*place).limit(_BATCH)
    here = (version.c.ordinal == bindparam("of")) & (version.c.recorded == bindparam("since"))
    restore = update(version).where(here).values(body=bindparam("before"))
    after = (-1, -1)
    while rows := connection.execute(query.where(tuple_(*place) > tuple_(*after))).all():
        unchanged = [row for row in rows if have_same_content(noun, row.before, row.body)]
        if unchanged:
            connection.execute(restore, [
                {"of": row.ordinal, "since": row.recorded, "before": row.before}
                for row in unchanged
            ])  # fmt: skip
        after = rows[-1].ordinal, rows[-1].recorded
    kept.drop(connection)


def _replay_changeset(
    write: Write, nouns: Mapping[str, Noun], number: int, made: Sequence[Revision]
) -> None:
    lookup = PendingLookup(write, nouns)
    amended = [(each.noun, each.id) for each in made if each.number > 1]
    stored = read_newest(write, amended, before=made[0].seq)
    changed: dict[Key, BeforeAndAfter] = {}
    for each in made:
        key = (each.noun, each.id)
        before = stored[key].record if key in stored else None
        changed[key] = (before, None if each.tombstone else each.record)
        lookup.put_record(*key, changed[key][1])
    lookup.prefetch_referenced((each.noun, each.record) for each in made)
    affected = find_dependents(lookup, changed)
    kept = {name: _kept_table(noun.table) for name, noun in nouns.items()}
    versions = VersionWriter(write, lookup, number, kept=kept)
    versions.replace_versions(made, {key: each.ordinal for key, each in stored.items()})
    versions.write_facets()
    versions.refresh_versions(affected)
    versions.move_horizons()


def projection_tables(nouns: Mapping[str, Noun]) -> list[Table]:
    """Return the tables that can be rebuilt."""
    return [*(noun.table for noun in nouns.values()), facet, horizon, document]


def compare_tables(
    write: Write, stored: Connection, tables: Sequence[Table], watch: ProgressWatch
) -> Iterator[str]:
    """Yield a sentence for each row that differs between the stored tables and their rebuild."""
    watch.begin_part("comparing", sum(_count_rows(stored, table) for table in tables))
    compared = count(1)
    for table in tables:
        keys = _differing_keys(table, compared, watch, stored, write.connection)
        try:
            yield from _faults_of_rows(table, keys)
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
    table: Table, compared: Iterator[int], watch: ProgressWatch, *states: Connection
) -> Iterator[tuple[Any, ...]]:
    """Yield the keys of rows that differ between two states; `compared` numbers all keys.

    Both are read side by side in the order of keys, so memory holds few rows at a time.
    """
    read = (_read_rows_by_key(table, each) for each in states)
    for key, found in groupby(merge(*read, key=itemgetter(0)), itemgetter(0)):
        rows = [row for _, row in found]
        if (done := next(compared)) % _BATCH == 0:
            watch.report_progress(done, rows=done)
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
