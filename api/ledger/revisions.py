"""Single revisions: finding the newest of a record, making the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from api.ledger.canonical import canonical, parse, revision_hash
from api.ledger.lookup import chunks
from api.ledger.noun import Record
from api.ledger.tables import LIVE, revision


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest revision of a record, as a write finds it."""

    seq: int
    number: int
    tombstone: bool
    body: bytes
    hash: bytes
    ordinal: int

    @property
    def record(self) -> Record | None:
        """What the revision says; None for a tombstone."""
        return None if self.tombstone else parse(self.body)


def revision_row(
    noun: str, id: str, number: int, record: Record | None, *, seq: int, changeset: int
) -> dict[str, Any]:
    """Make a row of the revision table; a record of None makes a tombstone."""
    body = b"" if record is None else canonical(record)
    tombstone = record is None
    return {
        "seq": seq,
        "noun": noun,
        "id": id,
        "number": number,
        "changeset": changeset,
        "tombstone": tombstone,
        "body": body,
        "hash": revision_hash(noun, id, number, tombstone=tombstone, body=body),
    }


def newest(
    connection: Connection, noun: str, ids: Iterable[str], *, before: int = LIVE
) -> dict[str, Stored]:
    """Find the newest revision of each id with a `seq` below `before`, tombstones included."""
    found: dict[str, Stored] = {}
    for some in chunks(ids):
        places = (
            select(func.max(revision.c.seq).label("last"), func.min(revision.c.seq).label("first"))
            .where(revision.c.noun == noun, revision.c.id.in_(some), revision.c.seq < before)
            .group_by(revision.c.id)
            .subquery()
        )
        query = select(revision, places.c.first).join(places, revision.c.seq == places.c.last)
        for row in connection.execute(query):
            found[row.id] = Stored(
                row.seq, row.number, row.tombstone, row.body, row.hash, row.first
            )
    return found
