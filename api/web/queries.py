"""The query of a list: filters, both clocks, order and page, as one parsed value.

`query_schema` makes a noun's query schema from its filters, so that a filter is declared once, as
data, and parsed, documented and applied from there. `ListQuery` is what a view gets.

A cursor names the changeset, the day, the last key of the page before, and a digest of the
question it belongs to; it is refused with any other question. So a list that is paged through is
one list, whatever is written meanwhile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import marshmallow as ma
import orjson

from api import clock
from api.ledger import NOW, Asked
from api.ledger.canonical import canonical
from api.ledger.filters import Given, Range
from api.ledger.moment import Moment
from api.ledger.noun import Filter, Kind, Noun
from api.vocabulary import THROUGH, CodeList
from api.web.formats import ENVELOPE, Format, read_format
from api.web.parameters import (
    DEFAULT_LIMIT,
    Choice,
    DateParameter,
    FlagParameter,
    KnownAt,
    Limit,
    ListParameter,
    StrictParameter,
    ValidAt,
    Values,
    WordsParameter,
)
from api.web.schemas import StrictSchema

MOST_EXPANDED = 50
"""How many records of a list are expanded at most."""


class Cursor(NamedTuple):
    """A place in a list that is being paged through."""

    known_at: int
    valid_at: str
    question: str
    after: tuple[str | int, ...]

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read a cursor from a URL; raises marshmallow's ValidationError for any other text."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            raw = binascii.a2b_base64(padded.translate(_FROM_URL), strict_mode=True)
            number, day, question, after = orjson.loads(raw)
            made = cls(number, day, question, tuple(after))
            if day != "any":
                clock.parse_day(day)
        except (ValueError, TypeError, binascii.Error) as error:
            raise _NO_CURSOR from error
        *key, last = made.after or (None,)
        if (
            type(number) is not int or not 0 <= number < 2**53
            or type(question) is not str or type(last) is not int or not 0 <= last < 2**53
            or len(key) > 1 or any(type(each) is not str or "\0" in each for each in key)
        ):  # fmt: skip
            raise _NO_CURSOR
        return made

    def written(self) -> str:
        """Write it as URLs hold it."""
        raw = orjson.dumps([self.known_at, self.valid_at, self.question, self.after])
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_FROM_URL = bytes.maketrans(b"-_+/", b"+/--")
"""From the alphabet of RFC 4648, section 5, which has neither + nor /, to that of section 4."""

_NO_CURSOR = ma.ValidationError("is no cursor; follow the `next` of an answer")


class CursorParameter(StrictParameter):
    """Where the page before ended."""

    def __init__(self) -> None:
        super().__init__(
            "Where the page before ended: taken from its `next`, never made by hand.",
            shape={"type": "string", "minLength": 1, "maxLength": 2000},
        )

    def read(self, text: str) -> Cursor:
        return Cursor.read(text)


class ListQuery(NamedTuple):
    """A list's question, parsed. `given` maps filters' names to what `api.ledger.filters` takes."""

    given: Mapping[str, Any] = MappingProxyType({})
    asked: Asked = NOW
    sort: str = "recorded"
    descending: bool = False
    limit: int = DEFAULT_LIMIT
    after: tuple[str | int, ...] | None = None
    question: str = ""
    format: Format = ENVELOPE
    expand: tuple[str, ...] = ()

    def cursor(self, moment: Moment, after: tuple[Any, ...]) -> str:
        """Make the cursor of the next page of this question."""
        return Cursor(moment.known_at, moment.valid_at or "any", self.question, after).written()


class NothingSchema(StrictSchema):
    """No parameters."""


class ClockQuerySchema(StrictSchema):
    """The registry's clock alone; what is asked holds for any day."""

    known_at = KnownAt()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> Any:
        """Give the asked clock; subclasses give what else was asked along with it."""
        return self.asked(data)

    @staticmethod
    def asked(data: Mapping[str, Any]) -> Asked:
        """Give the asked clock."""
        known = cast("Asked", data.get("known_at") or Asked())
        return Asked(known.number, known.instant, "any")


class RecordQuerySchema(ClockQuerySchema):
    """The query of a single record; `valid_at` is taken and makes no difference."""

    valid_at = ValidAt()


class RecordQuery(NamedTuple):
    """The question for a record: as known when, and what to show within it."""

    asked: Asked
    expand: tuple[str, ...] = ()


class ExpandableQuerySchema(ClockQuerySchema):
    """The query of a record within which others can be shown, as they hold on a day."""

    valid_at = ValidAt()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> RecordQuery:
        """Return the parsed question."""
        asked, expand = self.asked(data), tuple(cast("list[str]", data.get("expand", ())))
        if expand:
            asked = asked._replace(valid_at=data.get("valid_at"))
        return RecordQuery(asked, expand)


def record_query_schema(noun: Noun) -> ExpandableQuerySchema:
    """Make the query schema of a noun's single records."""
    name = f"Single{noun.singular.title()}QuerySchema"
    return type(name, (ExpandableQuerySchema,), expand_fields(noun))()


def expand_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameter `expand` of a noun that has expansions."""
    if not noun.expansions:
        return {}
    codes = CodeList("expand", "", {each.name: each.about for each in noun.expansions})
    about = (
        "Show these within each record, as `expanded`: the first of them, and in `next` the "
        "address of the rest."
    )
    return {"expand": ListParameter(about, codes=codes)}


class ListQuerySchema(StrictSchema):
    """What turns the parameters of a list into its question; `query_schema` adds the fields."""

    noun: Noun
    default_sort: str

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> ListQuery:
        """Give the parsed question; raises ValidationError for a cursor of another one."""
        sort = cast("str", data.get("sort", self.default_sort))
        asked = asked_of(self.noun, data)
        given = given_of(self.noun, data)
        _check_expand(self.noun, data)
        query = ListQuery(
            given=given,
            asked=asked,
            sort=sort.lstrip("-"),
            descending=sort.startswith("-"),
            limit=data.get("limit", DEFAULT_LIMIT),
            question=name_question(self.noun, given, sort, asked),
            format=read_format(data),
            expand=tuple(data.get("expand", ())),
        )
        return self.further(query, data["cursor"]) if "cursor" in data else query

    def further(self, query: ListQuery, cursor: Cursor) -> ListQuery:
        """Give the question further on; raises ValidationError for a cursor of another one."""
        wanted = 1 if self.noun.sorts[query.sort] == "ordinal" else 2
        if cursor.question != query.question or len(cursor.after) != wanted:
            detail = "belongs to another question; keep filters, clocks and sort as they were"
            raise ma.ValidationError({"cursor": [detail]})
        asked = Asked(number=cursor.known_at, valid_at=cursor.valid_at)
        return query._replace(asked=asked, after=cursor.after)


def _check_expand(noun: Noun, data: Mapping[str, Any]) -> None:
    """Raise ValidationError for what does not go with expand, or goes with nothing else."""
    if "expand" not in data:
        if "valid_at" in data and not noun.has_validity:
            raise ma.ValidationError({"valid_at": ["goes with expand alone"]})
        return
    if "format" in data:
        raise ma.ValidationError({"expand": ["goes with records as JSON; leave format out"]})
    if data.get("limit", DEFAULT_LIMIT) > MOST_EXPANDED:
        raise ma.ValidationError({"limit": [f"must be at most {MOST_EXPANDED} with expand"]})


def query_schema(noun: Noun, *, sort: str = "") -> ListQuerySchema:
    """Make the query schema of a noun's list from its filters.

    `sort` is the order where none is asked for, unless it is the noun's own.
    """
    sort = sort or noun.default_sort
    fields = filter_fields(noun)
    orders = [name for each in noun.sorts for name in (each, f"-{each}")]
    fields["sort"] = Choice("The order; a - in front reverses it.", orders, sort)
    fields |= clock_fields(noun)
    fields |= expand_fields(noun)
    fields |= {"limit": Limit(), "cursor": CursorParameter()}
    name = f"{noun.singular.title()}QuerySchema"
    return type(name, (ListQuerySchema,), {**fields, "noun": noun, "default_sort": sort})()


def filter_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameters of a noun's filters."""
    fields: dict[str, Any] = {}
    for filter in noun.filters:
        made = _parameters(filter)
        for each in made.values():
            each.metadata = {**each.metadata, "rare": filter.rare}
        fields |= made
    return fields


def clock_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameters of the clocks that a noun has, or what is shown within its records."""
    has_day = noun.has_validity or any(each.by for each in noun.expansions)
    world = {"valid_at": ValidAt()} if has_day else {}
    return {**world, "known_at": KnownAt()}


def asked_of(noun: Noun, data: Mapping[str, Any]) -> Asked:
    """Give the clocks as asked for; without validity any day is."""
    known = cast("Asked", data.get("known_at") or Asked())
    valid_at = data.get("valid_at") if noun.has_validity or "expand" in data else "any"
    return Asked(known.number, known.instant, valid_at)


def _parameters(filter: Filter) -> dict[str, ma.fields.Field[Any]]:
    match filter.kind:
        case Kind.EQUAL:
            return {filter.name: Values(filter)}
        case Kind.FLAG:
            return {filter.name: FlagParameter(filter.about)}
        case Kind.TEXT:
            return {filter.name: WordsParameter(filter.about)}
        case Kind.RANGE:
            return {
                filter.name: DateParameter(filter.about),
                f"{filter.name}_gte": DateParameter(f"{filter.about}: then or later"),
                f"{filter.name}_lte": DateParameter(f"{filter.about}: then or earlier"),
            }
        case Kind.THROUGH:
            return {filter.name: Choice(filter.about, list(THROUGH.values))}


def given_of(noun: Noun, data: Mapping[str, Any]) -> Given:
    """Give the filters as `api.ledger.filters` takes them; raises ValidationError."""
    asked = _asked_by(noun)
    given: dict[str, Any] = {}
    for filter in (asked[name] for name in data if name in asked):
        if filter.kind is Kind.RANGE:
            given[filter.name] = _range(
                *(data.get(f"{filter.name}{end}") for end in ("", "_gte", "_lte"))
            )
        elif filter.kind is Kind.THROUGH and filter.on not in data:
            raise ma.ValidationError({filter.name: [f"widens {filter.on}; give that, too"]})
        else:
            given[filter.name] = data[filter.name]
    return Given(noun, given)


@lru_cache(maxsize=32)
def _asked_by(noun: Noun) -> dict[str, Filter]:
    """Map the parameters of a noun's filters to them."""
    return {name: each for each in noun.filters for name in _parameters(each)}


def _range(equal: clock.Bounds | None, gte: clock.Bounds | None, lte: clock.Bounds | None) -> Range:
    since = [b.earliest for b in (equal, gte) if b is not None]
    until = [b.latest for b in (equal, lte) if b is not None]
    return Range(max(since, default=None), min(until, default=None))


def name_question(noun: Noun, given: Mapping[str, Any], sort: str, asked: Asked) -> str:
    """Name the question of a list, so that a cursor of another one can be refused."""
    return digest([noun.name, repr(sorted(given.items())), sort, repr(asked)])


def digest(question: Any) -> str:
    """Name a question, given as plain data, in 16 hexadecimal digits."""
    return sha256(canonical(question)).hexdigest()[:16]
