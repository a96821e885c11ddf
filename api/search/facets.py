"""How many hits there are of each noun and in each conflict, to narrow a search by.

A facet counts what choosing its value would find: the narrowing by the other facet holds for it,
its own does not. Counting takes time for each hit, so no more than the newest are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.ledger.reader import Reader
from api.ledger.words import Wanted

MOST_COUNTED = 10_000
"""How many of the newest hits are counted."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by noun and by conflict, the largest first; `complete` unless there are more hits."""

    nouns: Mapping[str, int]
    conflicts: Mapping[str, int]
    complete: bool


def count_facets(reader: Reader, wanted: Wanted) -> Facets:
    """Count the hits of a search."""
    anywhere = replace(wanted, nouns=(), conflicts=())
    tallies = reader.tallies(anywhere, most=MOST_COUNTED + 1)
    nouns, conflicts = Counter[str](), Counter[str]()
    for each in tallies:
        if not wanted.conflicts or each.conflict in wanted.conflicts:
            nouns[each.noun] += each.count
        if each.conflict and (not wanted.nouns or each.noun in wanted.nouns):
            conflicts[each.conflict] += each.count
    complete = sum(each.count for each in tallies) <= MOST_COUNTED
    return Facets(dict(nouns.most_common()), dict(conflicts.most_common()), complete)
