"""The search page, and the seam behind it.

`search` is handed what looks words up: `Find`. Until the registry has an index of its own, that is
`by_filters`, which asks each noun's filter `text` in turn and counts no farther than it shows. What
answers `GET /v1/search` is connected in `api.explorer.routes`, by handing another `Find` to
`search`; page and template stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from api.analysis.sentences import Sentences
from api.ledger import Asked
from api.ledger.canonical import parse
from api.ledger.lookup import AsOfLookup
from api.ledger.noun import Kind, Noun, Record
from api.ledger.reader import Reader
from api.nouns import NOUNS
from api.web.parameters import Choice, WordsParameter
from api.web.queries import ClockQuerySchema

Answer = dict[str, Any]

_MOST, _FEW = 50, 5
"""How much is shown of one noun alone, and of each among all."""

_ORDER = ("positions", "preconditions", "statements", "proposals", "actors", "conflicts")
"""First what was said and held; all else behind."""

_SEARCHED = sorted(
    (noun for noun in NOUNS if any(each.kind is Kind.TEXT for each in noun.filters)),
    key=lambda noun: _ORDER.index(noun.name) if noun.name in _ORDER else len(_ORDER),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A record in which the words were found: what it says, its own words, where to read on."""

    noun: str
    id: str
    title: str
    quote: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The hits of one noun; `more` tells that there are others."""

    noun: str
    hits: Sequence[Hit]
    more: bool


Find = Callable[[Reader, str, str | None], Sequence[Facet]]
"""Looks words up, in one noun or in all: facets with at least one hit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; nothing before the first words."""

    asked: Asked
    text: str | None
    noun: str | None


class SearchPageSchema(ClockQuerySchema):
    """The query of the page."""

    text = WordsParameter("What to look for")
    noun = Choice("Only records of this kind.", [each.name for each in _SEARCHED])

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> Wanted:
        """Give the parsed question."""
        return Wanted(self.asked(data), data.get("text"), data.get("noun"))


def search(reader: Reader, wanted: Wanted, find: Find) -> Answer:
    """Look the words up."""
    facets = find(reader, wanted.text, wanted.noun) if wanted.text else ()
    return {"wanted": wanted, "facets": facets, "nouns": [each.name for each in _SEARCHED]}


def by_filters(reader: Reader, text: str, noun: str | None) -> Sequence[Facet]:
    """Look words up by the nouns' own filters."""
    chosen = [each for each in _SEARCHED if noun in (None, each.name)]
    lookup = reader.lookup()
    found = (_facet(reader, lookup, each, text, _MOST if noun else _FEW) for each in chosen)
    return [each for each in found if each.hits]


def _facet(reader: Reader, lookup: AsOfLookup, noun: Noun, text: str, limit: int) -> Facet:
    page = reader.page(noun, {"text": text}, limit=limit)
    records = [parse(each) for each in page.bodies]
    lookup.prefetch_referenced((noun.name, each) for each in records)
    hits = [_hit(lookup, noun, each) for each in records]
    return Facet(noun.name, hits, more=page.after is not None)


def _hit(lookup: AsOfLookup, noun: Noun, record: Record) -> Hit:
    root = "" if noun.name in _ORDER else "/v1"
    return Hit(
        noun.name,
        record["id"],
        _title(lookup, noun, record),
        _quote(noun, record),
        f"{root}/{noun.name}/{record['id']}",
    )


def _title(lookup: AsOfLookup, noun: Noun, record: Record) -> str:
    if noun.name in ("positions", "preconditions"):
        return Sentences(lookup).of_record(noun.name, record)
    if noun.name == "statements":
        who = lookup.label("actors", record["speaker"]) or record["speaker_as"] or "The source"
        return who if record["exact"] else f"{who}: {record['gist']}"
    return record.get(noun.label) or record["id"]


def _quote(noun: Noun, record: Record) -> str | None:
    if noun.name == "statements":
        return record["exact"]
    return next((each["exact"] for each in record.get("quotes", ()) if each["exact"]), None)
