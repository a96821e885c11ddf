"""The search page: the answer of `GET /v1/search` with facets to narrow it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import marshmallow as ma
from rapidfuzz import fuzz, process

from api.analysis.engine.sentences import Sentences
from api.explorer.addresses import record_url
from api.explorer.pages import Context
from api.explorer.words import _
from api.ledger.names import spell_sounds
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import AsOfLookup
from api.ledger.words import Phrase, WordQuery, split_words
from api.nouns import NOUNS_BY_NAME
from api.search.answers import MOST_COUNTED, Facets, SearchAnswer, count_facets, find_hits
from api.search.forms import widen_to_forms
from api.search.parsing import SearchText, format_search_text, parse_search_text
from api.search.queries import RELEVANCE_BOUND, SearchQuery, SearchQuerySchema, SearchTextParameter
from api.search.suggestions import suggest_records

Pieces = Sequence[Mapping[str, Any]]
"""A text in pieces; those with `hit` set are highlighted."""


class _LenientTextParameter(SearchTextParameter):
    """The search text; without a word in it, it finds nothing and is no error."""

    def parse_value(self, text: str, /) -> SearchText:
        return super().parse_value(text) if parse_search_text(text).included else SearchText((), ())


class SearchPageSchema(SearchQuerySchema):
    """The query of the search page, parsed as None where it holds no word."""

    q = _LenientTextParameter()

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> SearchQuery | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        chosen = {"sort": "relevance", "match": "forms", **data}
        return super().make_query(chosen) if "q" in data and data["q"].included else None


_NAMED = ("actors", "conflicts", "issues", "sources")
_MOST_NAMED, _LEAST_ALIKE, _SHORTEST_CORRECTED = 5, 70, 4
"""Records listed by name; how alike a neighbour is, up to 100; letters of a word that has one."""


def _prefetch_labels(reader: Reader, found: SearchAnswer, counted: Facets) -> AsOfLookup:
    lookup = reader.open_lookup()
    lookup.prefetch((each["noun"], each["id"]) for each in found.data)
    lookup.prefetch_referenced(lookup.loaded_records())
    lookup.prefetch(("conflicts", each) for each in counted.conflicts)
    return lookup


def build_search_page(reader: Reader, query: SearchQuery | None) -> Context:
    """Show the records found, and the facets that narrow them."""
    if query is None:
        return {"query": None}
    found = find_hits(reader, query)
    shown = query if found.data else _correct_spelling(reader, query)
    found = find_hits(reader, shown) if shown != query else found
    counted = count_facets(reader, found.wanted)
    lookup = _prefetch_labels(reader, found, counted)
    typed = " ".join(map(str, query.text.included))
    return {
        "query": query,
        "hits": [_build_result(lookup, each) for each in found.data],
        "facets": [*_list_facets(lookup, query, counted)],
        "next": None if found.after is None else query.write_cursor(reader.moment, found.after),
        "complete": found.complete,
        "ranked": RELEVANCE_BOUND,
        "named": suggest_records(reader, typed, nouns=_NAMED, limit=_MOST_NAMED),
        "record_url": record_url,
        "nouns": NOUNS_BY_NAME,
        "instead": format_search_text(shown.text) if shown != query else None,
        "counted": None if counted.complete else MOST_COUNTED,
    }


def _correct_spelling(reader: Reader, query: SearchQuery) -> SearchQuery:
    """Return the query with each word that finds nothing replaced by its neighbour."""
    included = tuple(
        each if each.is_beginning
        else Phrase(tuple(_correct_word(reader, word) for word in each.words))
        for each in query.text.included
    )  # fmt: skip
    return replace(query, text=replace(query.text, included=included))


def _correct_word(reader: Reader, word: str) -> str:
    """Return a word that is found, or the one spelt most like it in a name, title or text."""
    forms = WordQuery(tuple(widen_to_forms([(Phrase((word,)),)])))
    if len(word) < _SHORTEST_CORRECTED or reader.find_hits(forms, limit=1):
        return word
    suggested = suggest_records(reader, word, limit=_MOST_NAMED)
    near = {
        other: spell_sounds(other) for each in suggested for other in split_words(each["matched"])
    }
    found = process.extractOne(
        spell_sounds(word), near, scorer=fuzz.ratio, processor=" ".join, score_cutoff=_LEAST_ALIKE
    )
    return found[2] if found else word


def _list_facets(
    lookup: AsOfLookup, query: SearchQuery, counted: Facets
) -> Iterator[tuple[str, str, Sequence[Context]]]:
    """Yield the parameter, label and values of each facet that has a choice to offer."""
    label = partial(lookup.find_label, "conflicts")
    facets = (("noun", _("Kind"), counted.nouns, query.nouns, str),
              ("conflict", _("Conflict"), counted.conflicts, query.conflicts, label))  # fmt: skip
    for name, title, counts, chosen, describe in facets:
        choices: list[Context] = [
            {"value": each, "label": describe(each) or each, "count": count,
             "is_chosen": each in chosen}
            for each, count in counts.items()
        ]  # fmt: skip
        if len(choices) > 1 or any(each["is_chosen"] for each in choices):
            yield name, title, choices


def _build_result(lookup: AsOfLookup, found: Mapping[str, Any]) -> Context:
    record = lookup.get(found["noun"], found["id"]) or {}
    title, pieces = _result_title(lookup, found, record), found["snippet"]
    text = "".join(each["text"] for each in pieces)
    says_more = text.strip("…") not in title
    return {
        "noun": NOUNS_BY_NAME[found["noun"]].singular,
        "title": [{"text": title, "hit": False}] if says_more else pieces,
        "snippet": pieces if says_more else [],
        "is_quote": any(text.strip("…") in each for each in _list_quotes(found["noun"], record)),
        "conflict": found["conflict"] and lookup.find_label("conflicts", found["conflict"]),
        "on": record.get("stated_on") or record.get("attested_on") or record.get("made_on"),
        "url": record_url(found["noun"], found["id"], found["conflict"]),
    }


def _result_title(lookup: AsOfLookup, found: Mapping[str, Any], record: Record) -> str:
    if found["noun"] == "positions":
        return Sentences(lookup).describe_record("positions", record)
    if found["noun"] == "statements":
        speaker = lookup.find_label("actors", record["speaker"]) or record["speaker_as"]
        return speaker or lookup.find_label("sources", record["source"]) or _("The source")
    return found["label"]


def _list_quotes(noun: str, record: Record) -> Iterator[str]:
    """Yield the verbatim quotes that a record holds."""
    for each in [record] if noun == "statements" else record.get("quotes", ()):
        if each["exact"]:
            yield each["exact"]
