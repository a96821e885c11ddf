"""The hash chain and its head, the newest revision of a record, and the entity tags that name one.

A change says which revision its author expects to be the newest.

A revision's hash covers its identity and its bytes. A changeset's hash covers its revisions, its
time, author, reviewer and message, and the changeset before it. With the newest hash one can
therefore check every byte before it. An attacker who rewrites the whole tail can recompute all
hashes of it; only a copy of a hash that is kept elsewhere reveals that. A write follows the newest
changeset, the head; a reader starts from it.

The entity tag (RFC 9110, section 8.8.3) of a record is the first half of its revision's hash. If
the version was rendered again because a record changed from which it derives facts, a dot and the
number of that changeset follow. A cache sees the difference; If-Match compares the revision alone.
It also ignores what a compressing proxy has put before or after the tag: the rest still names the
revision exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Text, column, func, select, table

from api import clock
from api.errors import AlreadyExists, Gone, NotFound, RevisionMoved
from api.ledger.noun import Record
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import LIVE, changeset, revision
from api.ledger.store.transactions import (
    PreparedStatement,
    Transaction,
    check_schema,
    named_parameter,
    split_keys,
)
from api.ledger.truth.canonical import canonical_bytes, parse_bytes

GENESIS = bytes(32)
"""The previous hash of the first changeset."""

ABSENT = "absent"
"""Expects that the id was never used."""

LIVE_RECORD = "live"
"""Expects any live revision."""

_DIGITS = 32

_TOLERATED = 1_000_000
"""Microseconds by which the clocks of two hosts may differ."""

_TAG = re.compile(rf'^(?:W/)?"?([0-9a-f]{{{_DIGITS}}})(?![0-9a-f])')


class Change(NamedTuple):
    """The new state of one record; a `record` of None retracts it.

    `expected` is `ABSENT`, `LIVE_RECORD`, the tags of revisions that the author agrees to replace,
    or None to write over anything that is not retracted, as imports do. A number is that of the
    revision from which the new state was made, or 0 if there was none.
    """

    noun: str
    id: str
    record: Record | None
    expected: str | frozenset[str] | int | None = None


class Head(NamedTuple):
    """The newest changeset: number, time stamp in microseconds, hash, and its last `seq`."""

    number: int
    recorded_at: int
    hash: bytes
    last_seq: int


BEGINNING = Head(0, 0, GENESIS, 0)
"""Stands for the head of a registry that has no changeset yet."""

_NEWEST = select(func.max(changeset.c.number)).scalar_subquery()

_HEAD = PreparedStatement(
    select(column("version_num", Text), changeset.c.number, changeset.c.recorded_at,
           changeset.c.hash, select(func.max(revision.c.seq)).scalar_subquery())
    .select_from(table("alembic_version").outerjoin(changeset, changeset.c.number == _NEWEST))
)  # fmt: skip


def read_head(transaction: Transaction) -> Head:
    """Return the newest changeset, or `BEGINNING` if there is none.

    Raises NotReady if the database is at another migration than the code.
    """
    found = transaction.fetch_alone(_HEAD, {})
    check_schema(found[0][0] if found else None)
    return BEGINNING if found[0][1] is None else Head(*found[0][1:])


def describe_clock(head: Head, now: int) -> str | None:
    """Return a sentence if the newest changeset was recorded in the future: a clock was ahead.

    `now` is the instant by the clock of the database's host, in microseconds.
    """
    if head.recorded_at <= now + _TOLERATED:
        return None
    return (
        f"changeset {head.number} is recorded at {clock.format_instant(head.recorded_at)}, in the "
        "future by the clock of the database's host: set right what is wrong; until then no "
        "instant of known_at that has passed knows the newest changesets"
    )


def revision_hash(noun: str, id: str, number: int, *, tombstone: bool, body: bytes) -> bytes:
    """Hash one revision: SHA-256 over its identity, a line feed, and its canonical bytes."""
    return sha256(canonical_bytes([noun, id, number, tombstone]) + b"\n" + body).digest()


def contents_hash(revision_hashes: Iterable[bytes]) -> bytes:
    """Hash the contents of a changeset: SHA-256 over its revisions' hashes in order of writing."""
    return sha256(b"".join(revision_hashes)).digest()


def changeset_hash(row: Mapping[Any, Any]) -> bytes:
    """Hash a changeset over its number, time, author, message, contents and predecessor.

    The reviewer is covered where there is one, so changesets without one have the hash of 0.1.0.
    """
    covered = {name: row[name] for name in ("number", "recorded_at", "author", "message")}
    covered |= {name: row[name].hex() for name in ("contents", "previous")}
    if row.get("reviewer") is not None:
        covered["reviewer"] = row["reviewer"]
    return sha256(canonical_bytes(covered)).digest()


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
        cls, noun: str, id: str, number: int, record: Record | None, *, seq: int, changeset: int
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
    transaction: Transaction, keys: Iterable[tuple[str, str]], *, before: int = LIVE
) -> dict[tuple[str, str], StoredRevision]:
    """Read the newest revision of each (noun, id) with a `seq` below `before`, also tombstones."""
    found: dict[tuple[str, str], StoredRevision] = {}
    for noun, ids in split_keys(keys):
        values = {"noun": noun, "ids": ids, "before": before}
        for id, *rest in transaction.fetch_rows(_NEWEST_REVISIONS, values):
            found[noun, id] = StoredRevision(*rest)
    return found


_BOUNDS = (
    select(func.max(revision.c.seq).label("last"), func.min(revision.c.seq).label("first"))
    .where(revision.c.noun == named_parameter("noun"), in_list(revision.c.id, "ids"),
           revision.c.seq < named_parameter("before"))
    .group_by(revision.c.id)
    .subquery()
)  # fmt: skip

_NEWEST_REVISIONS = PreparedStatement(
    select(revision.c.id, revision.c.seq, revision.c.number, revision.c.tombstone,
           revision.c.body, revision.c.hash, _BOUNDS.c.first)
    .join(_BOUNDS, revision.c.seq == _BOUNDS.c.last)
)  # fmt: skip


def revision_tag(revision_hash: bytes, *, rendered_in: int | None = None) -> str:
    """Make the tag of a revision, or of a later rendering of it, without quotation marks."""
    digits = revision_hash.hex()[:_DIGITS]
    return digits if rendered_in is None else f"{digits}.{rendered_in}"


def named_revision(etag: str) -> str | None:
    """Return the part of an If-Match tag that names the revision; None if there is none."""
    match = _TAG.match(etag.strip())
    return match[1] if match else None


def check_expected(change: Change, stored: StoredRevision | None) -> None:
    """Check that the stored record is as the author of the change expects it.

    Raises AlreadyExists, Gone, NotFound or RevisionMoved.
    """
    where, expected = f"{change.noun}/{change.id}", change.expected
    if stored is None:
        if expected not in (ABSENT, None, 0) or change.record is None:
            raise NotFound(f"there is no {where}; POST creates it")
        return
    tag = revision_tag(stored.hash)
    if expected == ABSENT:
        detail = "was retracted, and ids are never reused;" if stored.tombstone else "exists;"
        verb = "revives" if stored.tombstone else "amends"
        raise AlreadyExists(f"{where} {detail} PUT with its ETag in If-Match {verb} it")
    if isinstance(expected, frozenset):
        if tag not in expected:
            raise RevisionMoved(f"{where} is at revision {stored.number} now; read it again")
        if stored.tombstone and change.record is None:
            raise Gone(f"{where} is already retracted", etag=tag)
    elif stored.tombstone:
        if change.record is not None or expected is not None:
            raise Gone(f"{where} was retracted; PUT with its ETag in If-Match revives it", etag=tag)
    elif isinstance(expected, int) and expected != stored.number:
        raise RevisionMoved(f"{where} was amended meanwhile, by somebody else; send it again")
