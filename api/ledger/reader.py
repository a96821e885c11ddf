"""The read path of the ledger: one snapshot, one moment, bytes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from api.errors import Damaged, Gone, Invalid, NotFound
from api.ledger import texts
from api.ledger.counts import Group, counts
from api.ledger.database import Database
from api.ledger.filters import Conditions
from api.ledger.lookup import AsOfLookup
from api.ledger.moment import Asked, Moment, resolve, settle
from api.ledger.noun import Grouping, Noun
from api.ledger.render import closing, reopened
from api.ledger.tables import Row, changeset, revision
from api.ledger.tags import tag
from api.ledger.touching import About, Touching

_AT_ONCE = 1000
"""How many records are read with one query where all are wanted."""


@dataclass(frozen=True, slots=True)
class Served:
    """A record's bytes and the tag of its version."""

    body: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in order, and the key of the last if there are more."""

    bodies: Sequence[bytes]
    after: tuple[Any, ...] | None


class Reader:
    """Reads the registry as known at one moment."""

    def __init__(self, connection: Connection, nouns: Mapping[str, Noun], moment: Moment) -> None:
        self._connection, self._nouns = connection, nouns
        self.moment = moment

    def lookup(self, known_at: int | None = None) -> AsOfLookup:
        """Give access to single records as known at the moment, or at an earlier changeset."""
        last = self.moment.known_at
        return AsOfLookup(
            self._connection, self._nouns, last if known_at is None else min(known_at, last)
        )

    def record(self, noun: Noun, id: str) -> Served:
        """Give one record; raises NotFound, or Gone with the tombstone's tag."""
        version = noun.table
        query = _shown(noun, version.c.recorded, version.c.hash).where(
            version.c.id == id,
            version.c.recorded <= self.moment.known_at,
            version.c.superseded > self.moment.known_at,
        )
        row = self._connection.execute(query).first()
        if row is None:
            raise self._missing(noun, id)
        rendered_in = None if row.recorded == row.changeset else row.recorded
        return Served(_whole(row), tag(row.hash, rendered_in=rendered_in))

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
        version = noun.table
        order = [version.c[noun.sorts[sort]], version.c.ordinal]
        if order[0] is order[1]:
            del order[0]
        query = _shown(noun, *order).where(
            *Conditions(self._connection, self._nouns, noun, self.moment).of(given)
        )
        if after is not None:
            key = tuple_(*order)
            query = query.where(key < tuple(after) if descending else key > tuple(after))
        query = query.order_by(*(c.desc() if descending else c for c in order)).limit(limit + 1)
        rows = self._connection.execute(query).all()
        more = len(rows) > limit
        last = tuple(getattr(rows[limit - 1], c.name) for c in order) if more else None
        return Page([_whole(row) for row in rows[:limit]], last)

    def every(self, noun: Noun, given: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
        """Give all records that fit the filters, parsed; raises Invalid if there are more."""
        found: list[dict[str, Any]] = []
        after: Sequence[Any] | None = None
        while len(found) <= most:
            page = self.page(noun, given, limit=_AT_ONCE, after=after)
            found += (reopened(noun, body) for body in page.bodies)
            after = page.after
            if after is None and len(found) <= most:
                return found
        raise Invalid(
            f"more than {most} {noun.name} fit, which is too many for one answer; narrow it by "
            "a filter, or ask for a day on which fewer hold"
        )

    def counts(self, noun: Noun, given: Mapping[str, Any], by: Sequence[Grouping]) -> list[Group]:
        """Count the records that fit the filters, the largest groups first."""
        return counts(self._connection, self._nouns, noun, self.moment, given, by)

    def values(
        self, noun: Noun, given: Mapping[str, Any], *names: str
    ) -> Iterator[tuple[Any, ...]]:
        """Yield index columns of the records that fit the filters, in no order."""
        columns = [noun.table.c[name] for name in names]
        for row in self._connection.execute(self._narrowed(noun, given, *columns)):
            yield tuple(row)

    def varied(self, noun: Noun, given: Mapping[str, Any], by: str, of: str) -> set[str]:
        """Give the values of a column under which another one has more than one value."""
        group, value = noun.table.c[by], noun.table.c[of]
        query = self._narrowed(noun, given, group).group_by(group)
        query = query.having(func.min(value) != func.max(value))
        return set(self._connection.execute(query).scalars())

    def _narrowed(self, noun: Noun, given: Mapping[str, Any], *columns: Any) -> Any:
        conditions = Conditions(self._connection, self._nouns, noun, self.moment).of(given)
        return select(*columns).where(*conditions)

    def authored(self, noun: Noun) -> Iterator[bytes]:
        """Yield the canonical bytes of all records known by then, in the order of recording."""
        version, known_at = noun.table, self.moment.known_at
        query = (
            select(revision.c.body)
            .join(version, version.c.seq == revision.c.seq)
            .where(version.c.recorded <= known_at, version.c.superseded > known_at)
            .order_by(version.c.ordinal)
            .execution_options(yield_per=_AT_ONCE)
        )
        for row in self._connection.execute(query):
            yield row.body

    def history(
        self, noun: Noun, id: str, *, limit: int | None = None, after: int = 0
    ) -> list[dict[str, Any]]:
        """Give the revisions of a record known by then, oldest first; NotFound without any."""
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
        if not rows and after == 0:
            raise NotFound(f"there is no {noun.name}/{id} as known at this moment")
        return rows

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

    def _missing(self, noun: Noun, id: str) -> NotFound | Gone | Damaged:
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
            return NotFound(f"there is no {noun.name}/{id} as known at this moment")
        if not newest.tombstone:
            return Damaged(f"{noun.name}/{id} is not among its projections; run `db reindex`")
        return Gone(
            f"{noun.name}/{id} was retracted; /v1/{noun.name}/{id}/history tells when and what it "
            "said, an earlier known_at still shows it, and PUT with this ETag in If-Match "
            "revives it",
            etag=tag(newest.hash),
        )


@contextmanager
def reading(database: Database, nouns: Mapping[str, Noun], asked: Asked) -> Generator[Reader]:
    """Open a snapshot and resolve the clocks in it."""
    with database.reading() as connection:
        moment = resolve(connection, asked)
        if moment is not None:
            yield Reader(connection, nouns, moment)
            return
    with _settled_snapshot(database, asked) as (connection, moment):
        yield Reader(connection, nouns, moment)


@contextmanager
def _settled_snapshot(database: Database, asked: Asked) -> Generator[tuple[Connection, Moment]]:
    # The snapshot of the transaction before is older than the gate: a new one is needed.
    with database.reading() as connection:
        yield connection, settle(database, connection, asked)


def _shown(noun: Noun, *more: Any) -> Any:
    """Select what a whole record is made of, and more columns."""
    version = noun.table
    return select(
        version.c.body, version.c.changeset, changeset.c.recorded_at, changeset.c.author, *more
    ).join(changeset, changeset.c.number == version.c.changeset)


def _whole(row: Any) -> bytes:
    return row.body + closing(row.changeset, row.recorded_at, row.author)
