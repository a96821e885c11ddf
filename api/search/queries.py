"""The query parameters of a search, and its answer."""

from dataclasses import dataclass, replace
from typing import Any, cast

import marshmallow as ma

from api.ledger import Asked
from api.ledger.noun import Filter
from api.ledger.reading.moment import Moment
from api.nouns import NOUNS
from api.search.parsing import SearchText, parse_search_text
from api.vocabulary import CodeList
from api.web.contract import parameters
from api.web.contract.fields import Flag, Listed, Many, Next, Part, Told
from api.web.contract.schemas import StrictSchema
from api.web.formats import ENVELOPE, Format, read_format
from api.web.queries import Cursor, CursorParameter, digest_question

RELEVANCE_BOUND = 1_000
"""How many of the newest hits are ranked at most: ranking takes time for each of them."""

MOST_NAMES = 100
"""How many names one name stands for at most; names of the actor recorded first come first."""

COLUMNS = ("noun", "id", "label", "conflict", "conflict_label", "snippet", "recorded_at", "url",
           "complete")  # fmt: skip
"""The columns of flat rows."""

_SEARCHED = CodeList(
    "noun",
    "What is searched.",
    **{each.name: f"each {each.singular}" for each in NOUNS if each.words is not None},
)


class SearchTextParameter(parameters.WordsParameter):
    """The parameter `q`: the text to search for."""

    def __init__(self) -> None:
        super().__init__(
            'what to look for: "words in quotation marks" side by side, a word with a * at its end '
            "as all words that begin like it, a name of an actor as all of its names (in quotation "
            "marks if it has several words), and with a - in front what a hit must not have"
        )

    def parse_value(self, text: str, /) -> SearchText:  # pyright: ignore[reportIncompatibleMethodOverride]
        read = parse_search_text(super().parse_value(text))
        if not read.included:
            raise ma.ValidationError("needs a word to look for: one with a letter or digit in it")
        return read


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A parsed search; `after` is where the previous page ended."""

    text: SearchText
    asked: Asked
    nouns: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    by_relevance: bool = False
    by_forms: bool = False
    limit: int = parameters.DEFAULT_LIMIT
    after: int | None = None
    question: str = ""
    format: Format = ENVELOPE

    def write_cursor(self, moment: Moment, after: int) -> str:
        """Return the cursor of the next page."""
        return Cursor(moment.known_at, "any", self.question, (after,)).to_text()


class SearchQuerySchema(StrictSchema):
    """The query parameters of a search."""

    q = SearchTextParameter()
    noun = parameters.ListParameter(
        "Only records of these nouns, separated by commas. Default: all of them.", codes=_SEARCHED
    )
    conflict = parameters.FilterValues(
        Filter("conflict", "only records that belong to one of these conflicts", noun="conflicts")
    )
    sort = parameters.ChoiceParameter(
        "newest: the records that the registry learned of last come first. relevance: those in "
        "which the words stand most often, relative to their length, come first; only the newest "
        f"{RELEVANCE_BOUND} hits are ranked.",
        ["newest", "relevance"],
        "newest",
    )
    match = parameters.ChoiceParameter(
        "exact: the words as they are written. forms: also their other English forms (negotiate, "
        "negotiations), British and American, with or without a hyphen.",
        ["exact", "forms"],
        "exact",
    )
    known_at = parameters.KnownAtParameter()
    limit = parameters.LimitParameter()
    cursor = CursorParameter()

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> SearchQuery:
        """Return the parsed query; raise ValidationError for a cursor of another search."""
        chosen = read_format(data)
        if "q" not in data:
            raise ma.ValidationError({"q": ["is required"]})
        known: Asked = data.get("known_at") or Asked()
        nouns, conflicts = (tuple(sorted(data.get(n, ()))) for n in ("noun", "conflict"))
        by_relevance = data.get("sort") == "relevance"
        by_forms = data.get("match") == "forms"
        parts = [data["q"].cursor_key, nouns, conflicts, by_relevance, repr(known)]
        parts += ["forms"] if by_forms else []  # Cursors of 0.1.0 know only exact words.
        query = SearchQuery(
            data["q"], known._replace(valid_at="any"), nouns, conflicts, by_relevance, by_forms,
            data.get("limit", parameters.DEFAULT_LIMIT), None, digest_question(parts), chosen,
        )  # fmt: skip
        return _continue_from(query, data["cursor"]) if "cursor" in data else query


def _continue_from(query: SearchQuery, cursor: Cursor) -> SearchQuery:
    if cursor.question != query.question or len(cursor.after) != 1:
        detail = "belongs to another search; keep q, noun, conflict, known_at and sort"
        raise ma.ValidationError({"cursor": [detail]})
    asked, after = Asked(number=cursor.known_at, valid_at="any"), cast("int", cursor.after[0])
    return replace(query, asked=asked, after=after)


class PieceSchema(StrictSchema):
    """A piece of a snippet."""

    text = Told("the text; … stands where it was cut", required=True)
    hit = Flag("it is one of the phrases that were looked for", required=True)


class HitSchema(StrictSchema):
    """A record in which the words were found."""

    noun = Told("its noun", required=True)
    id = Told("its id", required=True)
    label = Told("its name, title or text; its id if it has none of these", required=True)
    conflict = Told("the conflict it belongs to; null if it belongs to none", allow_none=True,
                    required=True)  # fmt: skip
    snippet = Many(
        Part(PieceSchema, required=True), "the text around the words, in pieces to be joined",
        most=None, unique=False, required=True,
    )  # fmt: skip
    recorded_at = Told("when the shown revision was recorded (RFC 3339)", required=True)
    url = Told("its address", required=True)


class SearchSchema(StrictSchema):
    """A page of hits."""

    data = Listed(HitSchema, "the hits, in order")
    next = Next()
    complete = Flag(
        "false if there are more hits than were ranked, or a name stands for more names than were "
        "looked for",
        required=True,
    )
