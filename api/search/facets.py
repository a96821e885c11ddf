"""Count the hits of a search by noun and by conflict.

A count says how many hits the search would have with that value instead of the chosen one: the
filter by the other facet applies to it, the filter by its own does not. Counting takes time for
each hit, so only the newest are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.ledger.reading.reader import Reader
from api.ledger.words import WordQuery

MOST_COUNTED = 10_000
"""How many of the newest hits are counted."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by noun and by conflict, largest first; `complete` if every hit was counted."""

    nouns: Mapping[str, int]
    conflicts: Mapping[str, int]
    complete: bool


def count_facets(reader: Reader, wanted: WordQuery) -> Facets:
    """Count the hits of a search by noun and by conflict."""
    anywhere = replace(wanted, nouns=(), conflicts=())
    tallies = reader.count_hits(anywhere, most=MOST_COUNTED + 1)
    nouns, conflicts = Counter[str](), Counter[str]()
    for each in tallies:
        if not wanted.conflicts or each.conflict in wanted.conflicts:
            nouns[each.noun] += each.count
        if each.conflict and (not wanted.nouns or each.noun in wanted.nouns):
            conflicts[each.conflict] += each.count
    complete = sum(each.count for each in tallies) <= MOST_COUNTED
    return Facets(dict(nouns.most_common()), dict(conflicts.most_common()), complete)
