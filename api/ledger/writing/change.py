"""A change of one record, and the check of what its author expects to be stored before."""

from __future__ import annotations

from typing import NamedTuple

from api.errors import AlreadyExists, Gone, NotFound, RevisionMoved
from api.ledger.noun import Record
from api.ledger.truth.revisions import StoredRevision
from api.ledger.truth.tags import revision_tag

ABSENT = "absent"
"""Expects that the id was never used."""

LIVE_RECORD = "live"
"""Expects any live revision."""


class Change(NamedTuple):
    """The new state of one record; a `record` of None retracts it.

    `expected` is `ABSENT`, `LIVE_RECORD`, the tags of revisions that the author agrees to replace,
    or None to write over anything that is not retracted, as imports do.
    """

    noun: str
    id: str
    record: Record | None
    expected: str | frozenset[str] | None = None


def check_expected(change: Change, stored: StoredRevision | None) -> None:
    """Check that the stored record is as the author of the change expects it.

    Raises AlreadyExists, Gone, NotFound or RevisionMoved.
    """
    if stored is None and change.expected is None and change.record is not None:
        return
    where = f"{change.noun}/{change.id}"
    if change.expected == ABSENT:
        _expect_absent(where, stored)
    elif stored is None:
        if change.expected is not None or change.record is None:
            raise NotFound(f"there is no {where}; POST creates it")
    elif change.expected in (None, LIVE_RECORD):
        if stored.tombstone:
            raise Gone(f"{where} was retracted; PUT revives it", etag=revision_tag(stored.hash))
    elif revision_tag(stored.hash) not in change.expected:
        raise RevisionMoved(f"{where} is at revision {stored.number} now; read it again")
    elif stored.tombstone and change.record is None:
        raise Gone(f"{where} is already retracted", etag=revision_tag(stored.hash))


def _expect_absent(where: str, stored: StoredRevision | None) -> None:
    if stored is None:
        return
    if stored.tombstone:
        raise AlreadyExists(
            f"{where} was retracted, and ids are never reused; "
            "PUT with its ETag in If-Match revives it"
        )
    raise AlreadyExists(f"{where} exists; PUT with its ETag in If-Match amends it")
