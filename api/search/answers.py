"""Answer a search: look up names, find hits, order them, cut snippets, count by noun and conflict.

A count says how many hits the search would have with that value instead of the chosen one: the
filter by the other facet applies to it, the filter by its own does not. Counting takes time for
each hit, so only the newest are counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.reading.search import SearchHit
from api.ledger.words import PhraseChoice, WordQuery
from api.nouns import NOUNS_BY_NAME
from api.search.forms import widen_to_forms
from api.search.parsing import widen_to_names
from api.search.queries import MOST_NAMES, RELEVANCE_BOUND, SearchQuery
from api.search.ranking import rank_texts
from api.search.snippets import cut_snippet


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of hits.

    `after` is where the next page begins, None at the end. `wanted` is what was looked for.
    `complete` is false if hits or names exceeded a bound.
    """

    data: list[dict[str, Any]]
    after: int | None
    complete: bool
    wanted: WordQuery


HitPage = tuple[Sequence[SearchHit], int | None, bool]
"""Hits, where the next page begins, and whether all were ranked."""


def find_hits(reader: Reader, query: SearchQuery) -> SearchAnswer:
    """Return a page of hits, as known at the reader's moment."""
    names = reader.other_names(query.text.possible_names)
    complete = all(len(others) <= MOST_NAMES for others in names.values())
    names = {name: others[:MOST_NAMES] for name, others in names.items()}
    choices = widen_to_names(query.text.included, names)
    choices = widen_to_forms(choices) if query.by_forms else choices
    left_out = chain(*widen_to_names(query.text.excluded, names))
    wanted = WordQuery(tuple(choices), tuple(left_out), query.nouns, query.conflicts)
    page = _read_most_relevant if query.by_relevance else _read_newest
    hits, after, are_all = page(reader, query, wanted)
    found = zip(hits, reader.read_hits(hits), reader.read_words(hits), strict=True)
    data = [_make_hit(hit, record, words, choices) for hit, record, words in found]
    return SearchAnswer(data, after, complete and are_all, wanted)


def _read_newest(reader: Reader, query: SearchQuery, wanted: WordQuery) -> HitPage:
    hits = reader.find_hits(wanted, limit=query.limit + 1, before=query.after)
    shown = hits[: query.limit]
    return shown, shown[-1].ordinal if len(hits) > query.limit else None, True


def _read_most_relevant(reader: Reader, query: SearchQuery, wanted: WordQuery) -> HitPage:
    hits = reader.find_hits(wanted, limit=RELEVANCE_BOUND + 1)
    ranked, start = hits[:RELEVANCE_BOUND], query.after or 0
    places, end = rank_texts(reader.read_words(ranked), wanted.all_of), start + query.limit
    shown = [ranked[place] for place in places[start:end]]
    return shown, end if end < len(places) else None, len(hits) <= RELEVANCE_BOUND


def _make_hit(
    hit: SearchHit, record: Record, words: str, choices: Sequence[PhraseChoice]
) -> dict[str, Any]:
    noun = NOUNS_BY_NAME[hit.noun]
    texts = [] if noun.words is None else noun.words(record)
    return {
        "noun": noun.name,
        "id": record["id"],
        "label": record.get(noun.label) or record["id"],
        "conflict": record.get("conflict"),
        "snippet": cut_snippet(texts, words, choices),
        "recorded_at": record["recorded_at"],
        "url": record["links"]["self"],
    }


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
