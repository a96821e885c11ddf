"""Reads the truth as known at a moment: revisions, changesets, source texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from api.errors import Damaged, Gone, NotFound
from api.ledger.noun import Noun
from api.ledger.reading.change_log import ChangeLog, ChangeLogFilter
from api.ledger.reading.moment import Moment
from api.ledger.store.tables import Row, changeset, revision
from api.ledger.store.transactions import Snapshot
from api.ledger.truth import texts
from api.ledger.truth.revisions import revision_tag
from api.ledger.versions.publicity import are_public, find_declaring


@dataclass(slots=True, eq=False)
class HistoryReader:
    """Reads revisions, changesets and source texts as known at one moment."""

    _transaction: Snapshot
    _nouns: Mapping[str, Noun]
    moment: Moment

    @property
    def _connection(self) -> Connection:
        return self._transaction.connection

    def read_history(
        self, noun: Noun, id: str, *, limit: int | None = None, after: int = 0
    ) -> list[dict[str, Any]]:
        """Read the revisions of a record after a number, oldest first.

        Raises NotFound if the record has no revisions at all.
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
                raise self._not_found(noun, id)
            self.read_history(noun, id, limit=1)
        return rows

    def retracted_ids(self, noun: Noun) -> set[str]:
        """Return the ids of all records that were ever retracted; they are never reused."""
        query = select(revision.c.id).where(
            revision.c.noun == noun.name,
            revision.c.tombstone,
            revision.c.changeset <= self.moment.known_at,
        )
        return set(self._connection.execute(query).scalars())

    def list_changesets(self, *, limit: int, before: int | None = None) -> list[Row]:
        """Read the changesets up to the moment, newest first."""
        last = self.moment.known_at if before is None else min(before - 1, self.moment.known_at)
        query = select(changeset).where(changeset.c.number <= last)
        query = query.order_by(changeset.c.number.desc()).limit(limit)
        return list(self._connection.execute(query).mappings())

    def read_changeset(self, number: int) -> Row:
        """Read one changeset; raises NotFound."""
        query = select(changeset).where(
            changeset.c.number == number, changeset.c.number <= self.moment.known_at
        )
        row = self._connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"there is no changeset {number}")
        return row

    def list_changes(self, number: int, *, limit: int, after: int = 0) -> list[Row]:
        """Read the revisions of a changeset after a `seq`, in order of writing."""
        columns = [revision.c[n] for n in ("seq", "noun", "id", "number", "tombstone", "hash")]
        query = select(*columns).where(revision.c.changeset == number, revision.c.seq > after)
        query = query.order_by(revision.c.seq).limit(limit)
        return list(self._connection.execute(query).mappings())

    def open_change_log(self, about: ChangeLogFilter) -> ChangeLog:
        """Return the change log, filtered by what its revisions are about."""
        return ChangeLog(self._connection, self._nouns, self.moment.known_at, about)

    def read_text(self, sha256: str) -> str | None:
        """Return an attached source text, or None."""
        return texts.find_text(self._connection, sha256)

    def is_text_public(self, sha256: str) -> bool:
        """Return whether every source that declares a text makes it public."""
        at = self.moment.known_at
        return are_public(find_declaring(self._transaction, self._nouns, sha256, at).values())

    def _not_found(self, noun: Noun, id: str) -> NotFound:
        if self.moment.is_newest:
            return NotFound(f"no {noun.singular} has the id {id}")
        return NotFound(f"no {noun.singular} had the id {id} at changeset {self.moment.known_at}")

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
            return self._not_found(noun, id)
        if not newest.tombstone:
            return Damaged(
                f"{noun.name}/{id} is missing in its index table; run `sinequanon db reindex`"
            )
        return Gone(
            f"{noun.name}/{id} was retracted; /v1/{noun.name}/{id}/history shows when, and what it "
            "said; an earlier known_at still shows it; PUT with this ETag in If-Match revives it",
            etag=revision_tag(newest.hash),
        )
