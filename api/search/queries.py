"""The query of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma

from api.ledger import Asked
from api.ledger.moment import Moment
from api.ledger.noun import Filter, Kind
from api.nouns import NOUNS
from api.search.wording import Said, said
from api.vocabulary import CodeList
from api.web.formats import ENVELOPE, Format, read_format
from api.web.parameters import (
    DEFAULT_LIMIT,
    LONGEST_WORDS,
    ChoiceParameter,
    FilterValues,
    KnownAtParameter,
    LimitParameter,
    ListParameter,
    StrictParameter,
)
from api.web.queries import Cursor, CursorParameter, digest_question
from api.web.schemas import StrictSchema

RELEVANCE_BOUND = 1_000
"""How many of the newest hits are ranked, because ranking takes time for each of them."""

MOST_NAMES = 100
"""How many names one name stands for at most; those of who was recorded first come first."""

COLUMNS = ("noun", "id", "label", "conflict", "conflict_label", "snippet", "recorded_at", "url",
           "complete")  # fmt: skip
"""The columns of its rows."""

_SEARCHED = CodeList(
    "noun",
    "What is searched.",
    {each.name: f"each {each.singular}" for each in NOUNS if each.words is not None},
)


class Question(StrictParameter):
    """What is looked for."""

    def __init__(self) -> None:
        super().__init__(
            'What to look for, whatever its case and accents: all of the words; "words in '
            'quotation marks" side by side; a * at the end of a word lets it go on; a - in front '
            "leaves out what has it. A name of an actor stands for all of its names; put "
            "one of several words in quotation marks.",
            shape={"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS, "pattern": r"\S"},
        )

    def parse_value(self, text: str, /) -> Said:
        if len(text) > LONGEST_WORDS:
            raise ma.ValidationError(f"must have at most {LONGEST_WORDS} characters")
        read = said(text)
        if not read.found:
            raise ma.ValidationError("needs a word to look for, with a letter or digit in it")
        return read


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search, parsed; `after` is where the page before ended."""

    said: Said
    asked: Asked
    nouns: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    by_relevance: bool = False
    limit: int = DEFAULT_LIMIT
    after: int | None = None
    question: str = ""
    format: Format = ENVELOPE

    def cursor(self, moment: Moment, after: int) -> str:
        """Make the cursor of the next page."""
        return Cursor(moment.known_at, "any", self.question, (after,)).to_text()


class SearchQuerySchema(StrictSchema):
    """What turns the parameters of a search into its question."""

    q = Question()
    noun = ListParameter(
        "Only records of these nouns, separated by commas. Default: all of them.", codes=_SEARCHED
    )
    conflict = FilterValues(
        Filter(
            "conflict", Kind.EQUAL, "only records that belong to one of these conflicts",
            "conflict", noun="conflicts",
        )
    )  # fmt: skip
    sort = ChoiceParameter(
        "newest: what the registry learned of last comes first. relevance: where the words stand "
        f"most often in the fewest; only the newest {RELEVANCE_BOUND} hits are ranked.",
        ["newest", "relevance"],
        "newest",
    )
    known_at = KnownAtParameter()
    limit = LimitParameter()
    cursor = CursorParameter()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> SearchQuery:
        """Give the parsed question; raises ValidationError for a cursor of another one."""
        chosen = read_format(data)
        if "q" not in data:
            raise ma.ValidationError({"q": ["is required"]})
        known = cast("Asked", data.get("known_at") or Asked())
        nouns, conflicts = (tuple(sorted(data.get(n, ()))) for n in ("noun", "conflict"))
        by_relevance = data.get("sort") == "relevance"
        question = digest_question([repr(data["q"]), nouns, conflicts, by_relevance, repr(known)])
        cursor = cast("Cursor | None", data.get("cursor"))
        if cursor is not None:
            if cursor.question != question or len(cursor.after) != 1:
                detail = "belongs to another question; keep q, filters, clock and sort as they were"
                raise ma.ValidationError({"cursor": [detail]})
            known = Asked(number=cursor.known_at)
        return SearchQuery(
            said=data["q"],
            asked=Asked(known.number, known.instant, "any"),
            nouns=nouns,
            conflicts=conflicts,
            by_relevance=by_relevance,
            limit=data.get("limit", DEFAULT_LIMIT),
            after=cast("int | None", cursor and cursor.after[0]),
            question=question,
            format=chosen,
        )
