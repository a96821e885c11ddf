"""Warns of a record that is probably on record already, under another id or spelling."""

from collections import defaultdict
from collections.abc import Iterator

from rapidfuzz.distance import OSA

from api.errors import Problem
from api.ledger.names import (
    Range,
    are_alike,
    exactly,
    identity_key,
    read_key,
    similar_names,
)
from api.ledger.noun import Alike, Noun, Record, WrittenRecords, no_identities
from api.ledger.versions.lookup import PendingLookup

_NAMED, _MOST = 3, 50
"""How many records a warning names, and with how many of a changeset one is compared."""


def find_duplicates(
    lookup: PendingLookup, noun: Noun, written: WrittenRecords
) -> Iterator[tuple[str, Problem]]:
    """Yield (id, warning) of records whose new names or identities others have, too.

    Slips of the pen are found among stored records, not among those of one changeset.
    """
    if noun.alike is None and noun.identities is no_identities:
        return
    together: defaultdict[str, list[str]] = defaultdict(list)
    for id, (before, record) in written.items():
        keys, ranges = _list_new_keys(noun, before, record)
        found = {other for key in keys for other in together[key][:_MOST]}
        for key in keys:
            together[key].append(id)
        for whole, limits in ranges:
            found |= {other for key, other in lookup.find_keyed(noun, limits) if _fits(key, whole)}
        same = [other for other in sorted(found - {id}) if _are_same(lookup, noun, record, other)]
        if same:
            detail = f"may be on record already, as {', '.join(same[:_NAMED])}; if it is the same "
            detail += f"{noun.singular}, use that id instead, and amend that record"
            yield id, Problem(f"/{noun.label}", detail, warning=True)


def _list_new_keys(
    noun: Noun, before: Record | None, record: Record
) -> tuple[set[str], list[tuple[str, Range]]]:
    """Return the new keys that equal names share, and ranges of stored keys with their names."""
    known = noun.identities(before) if before else ()
    keys = {identity_key(each) for each in noun.identities(record) if each not in known}
    ranges = [("", exactly(key)) for key in keys]
    old = noun.list_names(before) if before else ()
    for name in noun.list_names(record) if noun.alike else ():
        if name not in old:
            whole, near = similar_names(name)
            keys.update(key for key, _ in near[:1])
            ranges += [(whole, limits) for limits in near]
    return keys, ranges


def _fits(key: str, whole: str) -> bool:
    return key[0] in "#@" or OSA.distance(read_key(key), whole, score_cutoff=1) <= 1


def _are_same(lookup: PendingLookup, noun: Noun, record: Record, id: str) -> bool:
    other = lookup.get(noun.name, id)
    if other is None:
        return False
    own, theirs = {*noun.identities(record)}, {*noun.identities(other)}
    if own & theirs or noun.alike is None or (own and theirs):
        return bool(own & theirs)
    if record.get("conflict") != other.get("conflict"):
        return False
    in_order = noun.alike is Alike.IN_ORDER
    return any(
        are_alike(one, another, in_order=in_order)
        for one in noun.list_names(record)
        for another in noun.list_names(other)
    )
