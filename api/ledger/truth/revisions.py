"""Revisions of a record: reads the newest one, makes the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from api.ledger.noun import Record
from api.ledger.store.prepared import (
    PreparedStatement,
    named_parameter,
    numbered_parameters,
    numbered_values,
    split_ids,
)
from api.ledger.store.tables import LIVE, revision
from api.ledger.store.transactions import Transaction
from api.ledger.truth.canonical import canonical_bytes, parse_bytes, revision_hash


@dataclass(slots=True)
class Revision:
    """A revision: its columns in the order of the table, and its record (`{}` in a tombstone)."""

    seq: int
    noun: str
    id: str
    number: int
    changeset: int
    tombstone: bool
    body: bytes
    hash: bytes
    record: Record

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Revision:
        """Make a revision from a row of the revision table."""
        return cls(*row, record={} if row[5] else parse_bytes(row[6]))

    @classmethod
    def from_record(
        cls,
        noun: str,
        id: str,
        number: int,
        record: Record | None,
        *,
        seq: int,
        changeset: int,
    ) -> Revision:
        """Make a revision from a record; a record of None makes a tombstone."""
        tombstone = record is None
        body = b"" if record is None else canonical_bytes(record)
        hash = revision_hash(noun, id, number, tombstone=tombstone, body=body)
        return cls(seq, noun, id, number, changeset, tombstone, body, hash, record or {})

    @property
    def row(self) -> tuple[Any, ...]:
        """The row of the revision table."""
        return (self.seq, self.noun, self.id, self.number, self.changeset, self.tombstone,
                self.body, self.hash)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """The newest stored revision of a record, as a write reads it."""

    seq: int
    number: int
    tombstone: bool
    body: bytes
    hash: bytes
    ordinal: int

    @property
    def record(self) -> Record | None:
        """The record of the revision; None for a tombstone."""
        return None if self.tombstone else parse_bytes(self.body)


def read_newest(
    transaction: Transaction, noun: str, ids: Iterable[str], *, before: int = LIVE
) -> dict[str, StoredRevision]:
    """Read the newest revision of each id with a `seq` below `before`, tombstones included."""
    found: dict[str, StoredRevision] = {}
    for some in split_ids(ids):
        values = {"noun": noun, "before": before, **numbered_values(some)}
        for id, *rest in transaction.fetch_rows(_select_newest(len(some)), values):
            found[id] = StoredRevision(*rest)
    return found


@lru_cache(maxsize=64)
def _select_newest(count: int) -> PreparedStatement:
    bounds = (
        select(func.max(revision.c.seq).label("last"), func.min(revision.c.seq).label("first"))
        .where(revision.c.noun == named_parameter("noun"),
               revision.c.id.in_(numbered_parameters(count)),
               revision.c.seq < named_parameter("before"))
        .group_by(revision.c.id)
        .subquery()
    )  # fmt: skip
    names = ("id", "seq", "number", "tombstone", "body", "hash")
    columns = [revision.c[name] for name in names]
    return PreparedStatement(
        select(*columns, bounds.c.first).join(bounds, revision.c.seq == bounds.c.last)
    )
