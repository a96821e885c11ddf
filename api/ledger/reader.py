"""The read path of the ledger: one moment, bytes.

What was known at a moment reads the same ever since. Pages and records are read without a
transaction, since each of their statements says itself what was known by then; all else sees one
snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import add, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from api.errors import Damaged, Gone, NotFound, TooMany
from api.ledger import search, texts
from api.ledger.as_of import is_shown
from api.ledger.closings import Closings
from api.ledger.counts import Group, counts
from api.ledger.database import Database
from api.ledger.filters import Conditions
from api.ledger.listing import Order
from api.ledger.lookup import AsOfLookup
from api.ledger.moment import Asked, Moment, Newest, resolve, settle
from api.ledger.noun import Grouping, Noun
from api.ledger.pages import Pages
from api.ledger.prepared import Prepared, parameter
from api.ledger.render import Served, reopened
from api.ledger.tables import Row, changeset, revision
from api.ledger.tags import tag
from api.ledger.touching import About, Touching
from api.ledger.transactions import Snapshot
from api.ledger.words import Wanted

_BATCH_SIZE = 1000
"""How many records are read with one query where all are wanted."""


class Page(NamedTuple):
    """Some records in order, as stored and with their ends; the key of the last if more follow."""

    openings: list[bytes]
    ends: list[bytes]
    after: tuple[Any, ...] | None

    @property
    def bodies(self) -> list[bytes]:
        """Each record as a whole."""
        return [*map(add, self.openings, self.ends)]

    def joined(self, before: bytes, behind: bytes) -> bytes:
        """Put all records between two texts, with commas; they are copied once."""
        if not self.openings:
            return before + behind
        pieces = [b","] * (3 * len(self.openings) + 1)
        pieces[1::3], pieces[2::3] = self.openings, self.ends
        pieces[0], pieces[-1] = before, behind
        return b"".join(pieces)


class Reader:
    """Reads the registry as known at one moment."""

    def __init__(
        self,
        transaction: Snapshot,
        nouns: Mapping[str, Noun],
        moment: Moment,
        closings: Closings,
    ) -> None:
        self._transaction, self._nouns = transaction, nouns
        self._closings, self.moment = closings, moment

    @property
    def _connection(self) -> Connection:
        return self._transaction.connection

    def lookup(self, known_at: int | None = None) -> AsOfLookup:
        """Give access to single records as known at the moment, or at an earlier changeset."""
        last = self.moment.known_at
        return AsOfLookup(
            self._transaction, self._nouns, last if known_at is None else min(known_at, last)
        )

    def record(self, noun: Noun, id: str) -> Served:
        """Give one record; raises NotFound, or Gone with the tombstone's tag."""
        given = {"id": id, "known_at": self.moment.known_at}
        rows = self._transaction.alone(_select_record(noun), given)
        if not rows:
            raise self._explain_missing(noun, id)
        body, changeset, recorded, hash = rows[0]
        rendered_in = None if recorded == changeset else recorded
        [whole] = self._complete_bodies([(body, changeset)])
        return Served(whole, tag(hash, rendered_in=rendered_in))

    def page(
        self,
        noun: Noun,
        given: Mapping[str, Any],
        *,
        sort: str = "recorded",
        descending: bool = False,
        limit: int,
        after: Sequence[Any] | None = None,
    ) -> Page:
        """Give up to `limit` records that fit the given filters, behind the key `after`.

        The key is (sort column, ordinal): unique among the versions of one moment, so that no
        record is skipped or repeated however much is written between two pages.
        """
        order = Order(sort, descending)
        rows = self._make_pages().rows(noun, given, order, limit + 1, after)
        more = len(rows) > limit
        del rows[limit:]
        return Page(
            [row[0] for row in rows], self._read_suffixes(rows), rows[-1][2:] if more else None
        )

    def every(self, noun: Noun, given: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
        """Give all records that fit the filters, parsed; raises TooMany if there are more.

        Answers draw on several such lists, so they are read in the transaction.
        """
        self._transaction.begin()
        # Indexes give what holds for a time from the newest start back: too many are soon known.
        newest = Order(noun.default_sort.lstrip("-"), descending=True)
        rows = self._make_pages().rows(noun, given, newest, most + 1, None)
        if len(rows) > most:
            raise TooMany(most, noun.name)
        rows.sort(key=_sort_key)
        return [reopened(noun, body) for body in self._complete_bodies(rows)]

    def counts(self, noun: Noun, given: Mapping[str, Any], by: Sequence[Grouping]) -> list[Group]:
        """Count the records that fit the filters, the largest groups first."""
        conditions = self._make_conditions(noun, given)
        return counts(self._connection, self._nouns, noun, conditions, self.moment, by)

    def hits(self, wanted: Wanted, *, limit: int, before: int | None = None) -> list[search.Hit]:
        """Find up to `limit` records by their words, newest first, behind an ordinal."""
        known_at = self.moment.known_at
        return search.hits(
            self._connection, self._nouns, known_at, wanted, limit=limit, before=before
        )

    def tallies(self, wanted: Wanted, *, most: int) -> list[search.Tally]:
        """Count what the words find, no more than the newest `most`, by noun and conflict."""
        known_at = self.moment.known_at
        return search.tallies(self._connection, self._nouns, known_at, wanted, most=most)

    def other_names(self, said: Collection[str]) -> dict[str, list[str]]:
        """Map each of the said names to all names of those who are called so."""
        return search.other_names(self._connection, self._nouns, self.moment.known_at, said)

    def found(self, hits: Sequence[search.Hit]) -> list[dict[str, Any]]:
        """Give the records that were found, parsed, in the order of the hits."""
        records: dict[int, dict[str, Any]] = {}
        for name in {hit.noun for hit in hits}:
            noun, version = self._nouns[name], self._nouns[name].table
            query = select(version.c.body, version.c.changeset, version.c.ordinal).where(
                version.c.ordinal.in_([hit.ordinal for hit in hits if hit.noun == name]),
                is_shown(version, self.moment.known_at),
            )
            rows = [tuple(row) for row in self._connection.execute(query)]
            for row, body in zip(rows, self._complete_bodies(rows), strict=True):
                records[row[2]] = reopened(noun, body)
        return [records[hit.ordinal] for hit in hits]

    def values(
        self, noun: Noun, given: Mapping[str, Any], *names: str
    ) -> Iterator[tuple[Any, ...]]:
        """Yield index columns of the records that fit the filters, in no order."""
        query, values = self._select_matching(noun, given, *(noun.table.c[name] for name in names))
        for row in self._connection.execute(query, values):
            yield tuple(row)

    def varied(self, noun: Noun, given: Mapping[str, Any], by: str, of: str) -> set[str]:
        """Give the values of a column under which another one has more than one value."""
        group, value = noun.table.c[by], noun.table.c[of]
        query, values = self._select_matching(noun, given, group)
        query = query.group_by(group).having(func.min(value) != func.max(value))
        return set(self._connection.execute(query, values).scalars())

    def _select_matching(
        self, noun: Noun, given: Mapping[str, Any], *columns: Any
    ) -> tuple[Any, dict[str, Any]]:
        conditions = self._make_conditions(noun, given)
        return select(*columns).where(*conditions.all(noun.table)), conditions.values()

    def _make_conditions(self, noun: Noun, given: Mapping[str, Any]) -> Conditions:
        return Conditions(self._transaction, self._nouns, noun, self.moment, given)

    def _make_pages(self) -> Pages:
        return Pages(self._transaction, self._nouns, self.moment)

    def _complete_bodies(self, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """Give each stored body with what its changeset adds to it."""
        return [row[0] + end for row, end in zip(rows, self._read_suffixes(rows), strict=True)]

    def _read_suffixes(self, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """Give what its changeset adds to each stored body."""
        known = self._closings.of(self.moment)
        try:
            return [known[row[1]] for row in rows]
        except KeyError:
            numbers = {row[1] for row in rows}
            known = self._closings.learnt(self._transaction, self.moment, numbers)
            return [known[row[1]] for row in rows]

    def authored(self, noun: Noun) -> Iterator[bytes]:
        """Yield the canonical bytes of all records known by then, in the order of their ids."""
        given = {"known_at": self.moment.known_at, "limit": _BATCH_SIZE}
        after = ""
        while rows := self._transaction.rows(_select_authored(noun), {**given, "after": after}):
            yield from (body for _, body in rows)
            after = rows[-1][0]

    def history(
        self, noun: Noun, id: str, *, limit: int | None = None, after: int = 0
    ) -> list[dict[str, Any]]:
        """Give the revisions of a record known by then, oldest first, behind a number.

        Raises NotFound where there are none at all.
        """
        query = (
            select(revision, changeset.c.recorded_at, changeset.c.author, changeset.c.message)
            .join(changeset, changeset.c.number == revision.c.changeset)
            .where(
                revision.c.noun == noun.name,
                revision.c.id == id,
                revision.c.changeset <= self.moment.known_at,
                revision.c.number > after,
            )
            .order_by(revision.c.number)
            .limit(limit)
        )
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        if not rows:
            if not after:
                raise NotFound(f"no {noun.singular} has the id {id}")
            self.history(noun, id, limit=1)
        return rows

    def retracted(self, noun: Noun) -> set[str]:
        """Give the ids of records that were ever retracted, which no other one can have."""
        query = select(revision.c.id).where(
            revision.c.noun == noun.name,
            revision.c.tombstone,
            revision.c.changeset <= self.moment.known_at,
        )
        return set(self._connection.execute(query).scalars())

    def changesets(self, *, limit: int, before: int | None = None) -> list[Row]:
        """Give the changesets known by then, newest first."""
        last = self.moment.known_at if before is None else min(before - 1, self.moment.known_at)
        query = select(changeset).where(changeset.c.number <= last)
        query = query.order_by(changeset.c.number.desc()).limit(limit)
        return list(self._connection.execute(query).mappings())

    def changeset(self, number: int) -> Row:
        """Give one changeset; raises NotFound."""
        query = select(changeset).where(
            changeset.c.number == number, changeset.c.number <= self.moment.known_at
        )
        row = self._connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"there is no changeset {number}")
        return row

    def changes(self, number: int, *, limit: int, after: int = 0) -> list[Row]:
        """Give what a changeset wrote: its revisions, in order of writing, behind a `seq`."""
        columns = [revision.c[n] for n in ("seq", "noun", "id", "number", "tombstone", "hash")]
        query = select(*columns).where(revision.c.changeset == number, revision.c.seq > after)
        query = query.order_by(revision.c.seq).limit(limit)
        return list(self._connection.execute(query).mappings())

    def touching(self, about: About) -> Touching:
        """Give the trail of changesets, narrowed to what was written about one thing."""
        return Touching(self._connection, self._nouns, self.moment.known_at, about)

    def text(self, sha256: str) -> str | None:
        """Give an attached source text, or None."""
        return texts.find(self._connection, sha256)

    def _explain_missing(self, noun: Noun, id: str) -> NotFound | Gone | Damaged:
        query = (
            select(revision.c.hash, revision.c.tombstone)
            .where(
                revision.c.noun == noun.name,
                revision.c.id == id,
                revision.c.changeset <= self.moment.known_at,
            )
            .order_by(revision.c.number.desc())
            .limit(1)
        )
        newest = self._connection.execute(query).first()
        if newest is None:
            return NotFound(f"no {noun.singular} has the id {id}")
        if not newest.tombstone:
            return Damaged(f"{noun.name}/{id} is not among its projections; run `db reindex`")
        return Gone(
            f"{noun.name}/{id} was retracted; /v1/{noun.name}/{id}/history tells when and what it "
            "said, an earlier known_at still shows it, and PUT with this ETag in If-Match "
            "revives it",
            etag=tag(newest.hash),
        )


_sort_key = itemgetter(-1)
"""The end of every key: the order in which the registry learned of records."""


@lru_cache(maxsize=32)
def _select_record(noun: Noun) -> Prepared:
    version = noun.table
    return Prepared(
        select(version.c.body, version.c.changeset, version.c.recorded, version.c.hash).where(
            version.c.id == parameter("id"), is_shown(version, parameter("known_at"))
        )
    )


@lru_cache(maxsize=32)
def _select_authored(noun: Noun) -> Prepared:
    """Find the next canonical bytes by id: some at a time, because engines sort in memory."""
    version = noun.table
    some = (
        select(version.c.id, version.c.seq)
        .where(version.c.id > parameter("after"), is_shown(version, parameter("known_at")))
        .order_by(version.c.id)
        .limit(parameter("limit"))
        .subquery()
    )
    query = select(some.c.id, revision.c.body).join(revision, revision.c.seq == some.c.seq)
    return Prepared(query.order_by(some.c.id))


class Reading:
    """Takes a snapshot and resolves the clocks: a context manager that gives a reader."""

    __slots__ = ("_asked", "_closings", "_database", "_newest", "_nouns", "_snapshot")
    _snapshot: Snapshot

    def __init__(
        self,
        database: Database,
        nouns: Mapping[str, Noun],
        asked: Asked,
        newest: Newest,
        closings: Closings,
    ) -> None:
        self._database, self._nouns, self._newest = database, nouns, newest
        self._asked, self._closings = asked, closings

    def __enter__(self) -> Reader:
        self._snapshot = self._database.open_snapshot()
        try:
            newest = self._newest.of(self._snapshot)
            moment = resolve(self._snapshot, self._asked, newest) or settle(
                self._database, self._snapshot, self._asked
            )
        except BaseException as error:
            self._database.close_snapshot(self._snapshot, error)
            raise
        return Reader(self._snapshot, self._nouns, moment, self._closings)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._database.close_snapshot(self._snapshot, error)
