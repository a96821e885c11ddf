"""Finds written records that are on record already, under another id.

A record is compared with those that have a key of its new names or identities (`ledger.names`), by
the names that have it. Slips of the pen are found among stored records, not among those of one
changeset. Of one changeset so many names are compared: the writer's lock is held.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from rapidfuzz.distance import OSA

from api.errors import Problem
from api.ledger.names import Range, are_alike, exactly, identity_key, read_key, similar_names
from api.ledger.noun import Alike, Noun, Record, WrittenRecords
from api.ledger.versions.lookup import PendingLookup

_NAMED, _MOST, _MOST_NAMES = 3, 50, 20_000
"""How many records a warning names, with how many of a changeset one is compared, and how many
times a changeset's names are compared with another record's, which takes some tenths of a second.
"""


def find_duplicates(
    lookup: PendingLookup, noun: Noun, written: WrittenRecords
) -> Iterator[tuple[str, Problem]]:
    """Yield (id, warning) of records whose new names or identities others have, too."""
    together: defaultdict[str, list[str]] = defaultdict(list)
    compared = _NameComparison(lookup, noun)
    for id, (before, record) in written.items():
        met: defaultdict[str, list[str]] = defaultdict(list)
        for name, whole, ranges in _list_new_keys(noun, before, record):
            stored = (row for limits in ranges for row in lookup.find_keyed(noun, limits))
            found = {other for other, key in stored if _fits(key, whole)}
            shared = together[ranges[0][0]]
            for other in found.union(shared[:_MOST]) - {id}:
                met[other].append(name)
            shared.append(id)
        if same := [*islice(compared.list_same(record, met), _NAMED)]:
            detail = f"may be on record already, as {', '.join(same)}; if it is the same "
            detail += f"{noun.singular}, use that id instead, and amend that record"
            yield id, Problem(f"/{noun.label}", detail, warning=True)
        if compared.left <= 0:
            return


def _list_new_keys(
    noun: Noun, before: Record | None, record: Record
) -> Iterator[tuple[str, str, list[Range]]]:
    """Yield each new identity or name, how it sounds, and ranges of keys.

    Equal ones share the first range.
    """
    old: tuple[Sequence[str], Sequence[str]] = ((), ())
    if before is not None:
        old = noun.list_identities(before), noun.list_names(before)
    for each in noun.list_identities(record):
        if each not in old[0]:
            yield each, "", [exactly(identity_key(each))]
    for each in noun.list_names(record) if noun.alike else ():
        if each not in old[1] and (similar := similar_names(each)):
            yield each, *similar


def _fits(key: str, whole: str) -> bool:
    return key[0] in "#@" or OSA.distance(read_key(key), whole, score_cutoff=1) <= 1


class _NameComparison:
    """Compares the names of records; `left` are the comparisons that a changeset has left."""

    def __init__(self, lookup: PendingLookup, noun: Noun) -> None:
        self._lookup, self._noun, self.left = lookup, noun, _MOST_NAMES

    def list_same(self, record: Record, met: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """Yield the records that are the same, of those whose keys some of its names have."""
        self._lookup.prefetch((self._noun.name, id) for id in met)
        for id in sorted(met):
            other = self._lookup.get(self._noun.name, id)
            if other is not None and self.left > 0 and self._are_same(record, other, met[id]):
                yield id

    def _are_same(self, record: Record, other: Record, names: Iterable[str]) -> bool:
        noun = self._noun
        own, theirs = {*noun.list_identities(record)}, {*noun.list_identities(other)}
        if own & theirs or noun.alike is None or (own and theirs):
            return bool(own & theirs)
        if record.get("conflict") != other.get("conflict"):
            return False
        return any(self._are_alike(one, noun.list_names(other)) for one in names)

    def _are_alike(self, name: str, others: Sequence[str]) -> bool:
        self.left -= len(others)
        in_order = self._noun.alike is Alike.IN_ORDER
        return any(are_alike(name, each, in_order=in_order) for each in others)
