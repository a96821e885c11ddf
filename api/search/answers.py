"""From a question to its answer: names, hits, order, snippets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.ledger.noun import Noun, Record
from api.ledger.reader import Reader
from api.ledger.search import Hit
from api.ledger.words import Choice, Wanted
from api.nouns import NOUNS_BY_NAME
from api.search.queries import MOST_NAMES, RELEVANCE_BOUND, SearchQuery
from api.search.ranking import order
from api.search.snippets import snippet
from api.search.wording import widened


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, where the next one begins if there are more, and what was looked for."""

    data: list[dict[str, Any]]
    after: int | None
    complete: bool
    wanted: Wanted


def search(reader: Reader, query: SearchQuery) -> Found:
    """Answer a search as known at the reader's moment."""
    names = reader.other_names(query.said.names)
    too_many = [name for name, others in names.items() if len(others) > MOST_NAMES]
    names |= {name: names[name][:MOST_NAMES] for name in too_many}
    choices = widened(query.said.found, names)
    left_out = widened(query.said.left_out, names)
    wanted = Wanted(
        all_of=tuple(choices),
        none_of=tuple(phrase for each in left_out for phrase in each),
        nouns=query.nouns,
        conflicts=query.conflicts,
    )
    page = _by_relevance if query.by_relevance else _newest
    hits, after, complete = page(reader, query, wanted)
    records = zip(hits, reader.found(hits), strict=True)
    data = [_row(NOUNS_BY_NAME[hit.noun], record, choices) for hit, record in records]
    return Found(data, after, complete and not too_many, wanted)


Page = tuple[Sequence[Hit], int | None, bool]


def _newest(reader: Reader, query: SearchQuery, wanted: Wanted) -> Page:
    hits = reader.hits(wanted, limit=query.limit + 1, before=query.after)
    shown = hits[: query.limit]
    return shown, shown[-1].ordinal if len(hits) > query.limit else None, True


def _by_relevance(reader: Reader, query: SearchQuery, wanted: Wanted) -> Page:
    hits = reader.hits(wanted, limit=RELEVANCE_BOUND + 1)
    ranked = hits[:RELEVANCE_BOUND]
    places = order([hit.words for hit in ranked], wanted.all_of)
    start = query.after or 0
    end = start + query.limit
    shown = [ranked[place] for place in places[start:end]]
    return shown, end if end < len(places) else None, len(hits) <= RELEVANCE_BOUND


def _row(noun: Noun, record: Record, choices: Sequence[Choice]) -> dict[str, Any]:
    texts = [] if noun.words is None else noun.words(record)
    return {
        "noun": noun.name,
        "id": record["id"],
        "label": record.get(noun.label) or record["id"],
        "conflict": record.get("conflict"),
        "snippet": snippet(texts, choices),
        "recorded_at": record["recorded_at"],
        "url": record["links"]["self"],
    }
