"""Finds written records that are on record already, under another id.

A record is compared with those that have a key of its new names or identities (`ledger.names`), by
the names that have it. Slips of the pen are found among stored records, not among those of one
changeset. All nouns of a changeset share one budget of steps, `lookup.compared`: the writer's lock
is held. No warnings are given after it is spent.
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
"""How many records a warning names, with how many of a changeset one is compared, by how many of
its names with each, and how many times a changeset's names are compared with another record's.

All of these comparisons, or as many steps for something else, take about half a second on SQLite,
and one if the keys are not in its cache. PostgreSQL takes .2 ms for each new name.
"""

_COMPARISON, _RANGE, _LETTERS, _LONG = 20, 5, 2, 60
"""How many steps it takes to compare two names, and to read a range of keys.

Each key that is read is one more step, as is each name of a record that is compared. A step takes
about 1 µs, in which two letters (`_LETTERS`) of a new name are spelt. A comparison counts once more
for each 60 characters (`_LONG`) of the longer name.
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
            if compared.left <= 0:
                return
            shared = together[ranges[0][0]]
            found = compared.find_stored(name, whole, ranges)
            for other in found.union(shared[:_MOST]) - {id}:
                met[other].append(name)
            shared.append(id)
        if same := [*islice(compared.list_same(record, met), _NAMED)]:
            detail = f"may be on record already, as {', '.join(same)}; if it is the same "
            detail += f"{noun.singular}, use that id instead, and amend that record"
            yield id, Problem(f"/{noun.label}", detail, warning=True)


def _list_new_keys(
    noun: Noun, before: Record | None, record: Record
) -> Iterator[tuple[str, str, list[Range]]]:
    """Yield each new identity or name, how it sounds, and ranges of keys.

    Equal ones share the first range.
    """
    old = ({*noun.map_identities(before).values()}, noun.list_names(before)) if before else ((), ())
    for each in noun.map_identities(record).values():
        if each not in old[0]:
            yield each, "", [exactly(identity_key(each))]
    for each in noun.list_names(record) if noun.alike else ():
        if each not in old[1] and (similar := similar_names(each)):
            yield each, *similar


def _fits(key: str, whole: str) -> bool:
    return key[0] in "#@" or OSA.distance(read_key(key), whole, score_cutoff=1) <= 1


class _NameComparison:
    """Finds and compares records of a noun, while its changeset has steps left."""

    def __init__(self, lookup: PendingLookup, noun: Noun) -> None:
        self._lookup, self._noun = lookup, noun

    @property
    def left(self) -> int:
        """How many steps the changeset has left."""
        return _MOST_NAMES * _COMPARISON - self._lookup.compared

    def find_stored(self, name: str, whole: str, ranges: Sequence[Range]) -> set[str]:
        """Return the stored records with a key in the ranges that fits a name."""
        rows = self._lookup.find_keyed(self._noun, ranges)
        self._lookup.compared += len(name) // _LETTERS + _RANGE * len(ranges) + len(rows)
        return {id for id, key in rows if _fits(key, whole)}

    def list_same(self, record: Record, met: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """Yield the records that are the same, of those whose keys some of its names have."""
        ids = sorted(met)
        for start in range(0, len(ids), _MOST):
            some = ids[start : start + _MOST]
            self._lookup.prefetch((self._noun.name, id) for id in some)
            for id in some:
                other = self._lookup.get(self._noun.name, id)
                if self.left <= 0:
                    return
                if other is not None and self._are_same(record, other, met[id][:_MOST]):
                    yield id

    def _are_same(self, record: Record, other: Record, names: Iterable[str]) -> bool:
        noun, others = self._noun, self._noun.list_names(other)
        self._lookup.compared += _RANGE + len(others)
        own, theirs = noun.map_identities(record), noun.map_identities(other)
        is_same = not {*own.values()}.isdisjoint(theirs.values())
        if is_same or noun.alike is None or own.keys() & theirs.keys():
            return is_same
        if record.get("conflict") != other.get("conflict"):
            return False
        return any(self._are_alike(one, others) for one in names)

    def _are_alike(self, name: str, others: Sequence[str]) -> bool:
        times = sum(1 + max(len(name), len(each)) // _LONG for each in others)
        self._lookup.compared += _COMPARISON * times
        in_order = self._noun.alike is Alike.IN_ORDER
        return any(are_alike(name, each, in_order=in_order) for each in others)
