"""Reads the truth as known at a moment: revisions, changesets, source texts."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, and_, func, select

from api import clock
from api.errors import Damaged, Gone, NotFound
from api.ledger.noun import Noun
from api.ledger.reading.moment import Moment, find_last_seq
from api.ledger.reading.subjects import ANYTHING, Subject, is_about, select_numbers
from api.ledger.store.tables import LIVE, Row, changeset, revision
from api.ledger.store.transactions import PreparedStatement, Snapshot, named_parameter
from api.ledger.truth.revisions import revision_tag
from api.ledger.versions.as_of import is_shown
from api.ledger.versions.texts import are_public, find_declaring, find_text

_COMPARISONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "author": changeset.c.author.in_,
    "reviewer": changeset.c.reviewer.in_,
    "recorded_on_gte": lambda day: changeset.c.recorded_at >= clock.start_of_day(day),
    "recorded_on_lte": lambda day: changeset.c.recorded_at < clock.start_of_day(day) + clock.DAY,
}
"""How the filters of changesets compare their values."""

_SIGNATURE = ("recorded_at", "author", "reviewer", "message")

_SIGNED = select(revision, *(changeset.c[name] for name in _SIGNATURE)).join(
    changeset, changeset.c.number == revision.c.changeset
)
"""Revisions, each with who wrote it, when and why."""

_AT_ONCE = 1000
"""How many records one query reads when all are read, because the engines sort in memory."""

_WITHOUT_BODY = select(*(each for each in revision.c if each is not revision.c.body))


@dataclass(slots=True, eq=False)
class HistoryReader:
    """Reads revisions, changesets and source texts as known at one moment."""

    _transaction: Snapshot
    _nouns: Mapping[str, Noun]
    moment: Moment

    @property
    def _connection(self) -> Connection:
        return self._transaction.connection

    def at_day(self, day: str | None) -> Self:
        """Return the reader of a day, or of all days where None, as known at the same moment."""
        return replace(self, moment=self.moment._replace(valid_at=day))

    def read_history(self, noun: Noun, id: str, limit: int, after: int = 0) -> list[dict[str, Any]]:
        """Read the revisions of a record after a number, oldest first.

        Raises NotFound if the record has no revisions at all.
        """
        query = _SIGNED.where(self._is_revision_of(noun, id), revision.c.number > after)
        query = query.order_by(revision.c.number).limit(limit)
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        if not rows:
            if not after:
                raise self._not_found(noun, id)
            self.read_history(noun, id, limit=1)
        return rows

    def retracted_ids(self, noun: Noun) -> set[str]:
        """Return the ids of all records that were ever retracted; they are never reused."""
        gone = revision.c.tombstone & (revision.c.changeset <= self.moment.known_at)
        query = select(revision.c.id).where(revision.c.noun == noun.name, gone)
        return set(self._connection.execute(query).scalars())

    def read_authored(self, noun: Noun) -> Iterator[bytes]:
        """Yield the canonical bytes of all records known at the moment, in the order of ids."""
        statement, values = _select_authored(noun), {"known_at": self.moment.known_at}
        after = ""
        while rows := self._transaction.fetch_rows(statement, {**values, "after": after}):
            yield from (body for _, body in rows)
            after = rows[-1][0]

    def list_unknown(self, noun: str, ids: Collection[str]) -> list[str]:
        """Return the ids that no record of a noun ever had."""
        query = select(revision.c.id).where(revision.c.noun == noun, revision.c.id.in_(ids))
        known = {*self._connection.execute(query.distinct()).scalars()}
        return [each for each in ids if each not in known]

    def list_changesets(
        self, limit: int, *, before: int | None = None, about: Subject = ANYTHING, **given: Any
    ) -> list[Row]:
        """Read the changesets up to the moment that wrote about a subject, newest first.

        `given` are values to compare with, by the names in `_COMPARISONS`.
        """
        last = min(LIVE if before is None else before - 1, self.moment.known_at)
        wanted = (_COMPARISONS[name](value) for name, value in given.items())
        query = select(changeset).where(changeset.c.number <= last, *wanted).limit(limit)
        if about:
            query = query.where(changeset.c.number.in_(select_numbers(self._nouns, about)))
        return list(self._connection.execute(query.order_by(changeset.c.number.desc())).mappings())

    def read_changeset(self, number: int) -> Row:
        """Read one changeset; raises NotFound."""
        query = select(changeset).where(
            changeset.c.number == number, changeset.c.number <= self.moment.known_at
        )
        row = self._connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"there is no changeset {number}")
        return row

    def list_changes(
        self, limit: int, after: int = 0, *, number: int | None = None,
        nouns: Sequence[str] = (), about: Subject = ANYTHING, whole: bool = False,
    ) -> list[Row]:  # fmt: skip
        """Read the revisions after a `seq` in order of writing.

        They are those of one changeset, or of all; of some nouns, and about a subject, if given.
        Only `whole` ones have their bodies, and their changeset's columns.
        """
        query = _SIGNED if whole else _WITHOUT_BODY
        query = query.where(revision.c.seq > after, revision.c.changeset <= self.moment.known_at)
        if number is not None:
            query = query.where(revision.c.changeset == number)
        if nouns:
            query = query.where(revision.c.noun.in_(nouns))
        if about:
            if number is None:  # few changesets, mostly; each of their revisions is looked up
                numbers = select_numbers(self._nouns, about)
                query = query.where(revision.c.changeset.in_(numbers))
            query = query.where(is_about(self._nouns, about))
        query = query.order_by(revision.c.seq).limit(limit)
        return list(self._connection.execute(query).mappings())

    def measure_changeset(self, number: int, most: int) -> tuple[int, int]:
        """Count revisions of a changeset, up to `most`, and their bytes with the ones before."""
        before = revision.alias()
        follows = (before.c.noun == revision.c.noun, before.c.id == revision.c.id,
                   before.c.number == revision.c.number - 1)  # fmt: skip
        size = func.length(revision.c.body) + func.coalesce(func.length(before.c.body), 0)
        sizes = select(size.label("size")).outerjoin_from(revision, before, and_(*follows))
        sizes = sizes.where(revision.c.changeset == number).limit(most).subquery()
        count, total = self._connection.execute(select(func.count(), func.sum(sizes.c.size))).one()
        return count, int(total or 0)

    def find_last_seq(self, number: int) -> int:
        """Return the `seq` of the last revision that was written up to a changeset."""
        return find_last_seq(self._transaction, number)

    def read_text(self, sha256: str) -> str | None:
        """Return an attached source text, or None."""
        return find_text(self._connection, sha256)

    def is_text_public(self, sha256: str) -> bool:
        """Return whether every source that declares a text makes it public."""
        at = self.moment.known_at
        return are_public(find_declaring(self._transaction, self._nouns, sha256, at).values())

    def _is_revision_of(self, noun: Noun, id: str) -> ColumnElement[bool]:
        known = revision.c.changeset <= self.moment.known_at
        return and_(revision.c.noun == noun.name, revision.c.id == id, known)

    def _not_found(self, noun: Noun, id: str) -> NotFound:
        if self.moment.is_newest:
            return NotFound(f"no {noun.singular} has the id {id}")
        return NotFound(f"no {noun.singular} had the id {id} at changeset {self.moment.known_at}")

    def _explain_missing(self, noun: Noun, id: str) -> NotFound | Gone | Damaged:
        query = select(revision.c.hash, revision.c.tombstone).where(self._is_revision_of(noun, id))
        query = query.order_by(revision.c.number.desc()).limit(1)
        newest, where = self._connection.execute(query).first(), f"{noun.name}/{id}"
        if newest is None:
            return self._not_found(noun, id)
        if not newest.tombstone:
            return Damaged(f"{where} is missing in its index table; run `sinequanon db reindex`")
        return Gone(
            f"{where} was retracted; /v1/{where}/history shows when, and what it said; an earlier "
            "known_at still shows it; PUT with this ETag in If-Match revives it",
            etag=revision_tag(newest.hash),
        )


@lru_cache(maxsize=32)
def _select_authored(noun: Noun) -> PreparedStatement:
    """Select the next ids and their canonical bytes."""
    version = noun.table
    part = (
        select(version.c.id, version.c.seq)
        .where(version.c.id > named_parameter("after"),
               is_shown(version, named_parameter("known_at")))
        .order_by(version.c.id)
        .limit(_AT_ONCE)
        .subquery()
    )  # fmt: skip
    query = select(part.c.id, revision.c.body).join(revision, revision.c.seq == part.c.seq)
    return PreparedStatement(query.order_by(part.c.id))
