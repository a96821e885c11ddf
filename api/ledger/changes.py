"""A change of one record, and what its author expects to be on record."""

from typing import NamedTuple

from api.errors import AlreadyExists, Gone, NotFound, RevisionMoved
from api.ledger.noun import Record
from api.ledger.truth.revisions import StoredRevision, revision_tag

ABSENT = "absent"
"""Expects that the id was never used."""

LIVE_RECORD = "live"
"""Expects any live revision."""


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
