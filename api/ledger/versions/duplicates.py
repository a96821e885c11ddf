"""Finds written records that are on record already, under another id.

A record is compared with those that have a key of its new names or identities (`ledger.names`).
Slips of the pen are found among stored records, not among those of one changeset.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import OSA

from api.errors import Problem
from api.ledger.names import Range, are_alike, exactly, identity_key, read_key, similar_names
from api.ledger.noun import Alike, Noun, Record, WrittenRecords
from api.ledger.versions.lookup import PendingLookup

_NAMED, _MOST = 3, 50
"""How many records a warning names, and with how many of a changeset one is compared."""


def find_duplicates(
    lookup: PendingLookup, noun: Noun, written: WrittenRecords
) -> Iterator[tuple[str, Problem]]:
    """Yield (id, warning) of records whose new names or identities others have, too."""
    together: defaultdict[str, list[str]] = defaultdict(list)
    for id, (before, record) in written.items():
        found: set[str] = set()
        for whole, ranges in _list_new_keys(noun, before, record):
            stored = (row for limits in ranges for row in lookup.find_keyed(noun, limits))
            found.update(other for other, key in stored if _fits(key, whole))
            shared = together[ranges[0][0]]
            found.update(shared[:_MOST])
            shared.append(id)
        same = [other for other in sorted(found - {id}) if _are_same(lookup, noun, record, other)]
        if same:
            detail = f"may be on record already, as {', '.join(same[:_NAMED])}; if it is the same "
            detail += f"{noun.singular}, use that id instead, and amend that record"
            yield id, Problem(f"/{noun.label}", detail, warning=True)


def _list_new_keys(
    noun: Noun, before: Record | None, record: Record
) -> Iterator[tuple[str, list[Range]]]:
    """Yield each new identity or name with ranges of keys, first of those that equal ones share."""
    old: tuple[Sequence[str], Sequence[str]] = ((), ())
    if before is not None:
        old = noun.list_identities(before), noun.list_names(before)
    for each in noun.list_identities(record):
        if each not in old[0]:
            yield "", [exactly(identity_key(each))]
    for each in noun.list_names(record) if noun.alike else ():
        if each not in old[1] and (similar := similar_names(each)):
            yield similar


def _fits(key: str, whole: str) -> bool:
    return key[0] in "#@" or OSA.distance(read_key(key), whole, score_cutoff=1) <= 1


def _are_same(lookup: PendingLookup, noun: Noun, record: Record, id: str) -> bool:
    other = lookup.get(noun.name, id)
    if other is None:
        return False
    own, theirs = {*noun.list_identities(record)}, {*noun.list_identities(other)}
    if own & theirs or noun.alike is None or (own and theirs):
        return bool(own & theirs)
    if record.get("conflict") != other.get("conflict"):
        return False
    in_order, others = noun.alike is Alike.IN_ORDER, noun.list_names(other)
    return any(
        are_alike(one, another, in_order=in_order)
        for one in noun.list_names(record) for another in others
    )  # fmt: skip
