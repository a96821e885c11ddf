"""The query of a list: filters, both clocks, order and page, as one parsed value.

`make_query_schema` makes a noun's query schema from its filters, so that a filter is declared once,
as data, and parsed, documented and applied from there. A view gets a `ListQuery`.

A cursor holds the changeset, the day, the last key of the page before, and a digest of its
question; it is refused with any other question. So the pages of a list stay consistent, whatever is
written meanwhile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, cast

import marshmallow as ma
import orjson

from api import clock
from api.ledger import NOW, Asked
from api.ledger.noun import Filter, Kind, Noun
from api.ledger.reading.filters import ParsedFilters, Range
from api.ledger.reading.moment import Moment
from api.vocabulary import THROUGH, CodeList
from api.web.contract import parameters
from api.web.contract.schemas import StrictSchema
from api.web.formats import ENVELOPE, FORMAT_FIELDS, Format, read_format

MOST_EXPANDED = 50
"""How many records of a list are expanded at most."""


class Cursor(NamedTuple):
    """A place in a list that is being paged through."""

    known_at: int
    valid_at: str
    question: str
    after: tuple[str | int, ...]

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """Parse a cursor from a URL; raises marshmallow's ValidationError for any other text."""
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
        is_key = not key or (len(key) == 1 and type(key[0]) is str and "\0" not in key[0])
        is_place = is_key and _is_count(last, 1 << 32)  # there are fewer revisions
        if not (is_place and type(question) is str and _is_count(number)):
            raise _NO_CURSOR
        return made

    def to_text(self) -> str:
        raw = orjson.dumps([self.known_at, self.valid_at, self.question, self.after])
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _is_count(value: object, below: int = 1 << 53) -> bool:
    """Whether a value is a whole number from 0 to below a bound."""
    return type(value) is int and 0 <= value < below


_FROM_URL = bytes.maketrans(b"-_+/", b"+/--")
"""Translates base64url (RFC 4648, section 5) to base64 (section 4)."""

_NO_CURSOR = ma.ValidationError("is no cursor; follow the `next` of an answer")


class CursorParameter(parameters.StrictParameter):
    def __init__(self) -> None:
        super().__init__(
            "Where the page before ended: taken from its `next`, never made by hand.",
            shape={"type": "string", "minLength": 1, "maxLength": 2000},
        )

    def parse_value(self, text: str, /) -> Cursor:
        return Cursor.from_text(text)


class ListQuery(NamedTuple):
    given: ParsedFilters
    asked: Asked = NOW
    sort: str = "recorded"
    descending: bool = False
    limit: int = parameters.DEFAULT_LIMIT
    after: tuple[str | int, ...] | None = None
    question: str = ""
    format: Format = ENVELOPE
    expand: tuple[str, ...] = ()

    def next_cursor(self, moment: Moment, after: tuple[Any, ...]) -> str:
        return Cursor(moment.known_at, moment.valid_at or "any", self.question, after).to_text()


class NothingSchema(StrictSchema):
    """No parameters."""


class ClockQuerySchema(StrictSchema):
    """The registry's clock alone, for answers that depend on no day."""

    known_at = parameters.KnownAtParameter()

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> Any:
        """Return the clock as asked for; subclasses return a whole question."""
        return read_clock(data)


def read_clock(data: Mapping[str, Any], valid_at: str | None = "any") -> Asked:
    """Return the registry's clock as asked for, and a day."""
    return cast("Asked", data.get("known_at", NOW))._replace(valid_at=valid_at)


class RecordQuerySchema(ClockQuerySchema):
    """The query of a single record; `valid_at` is accepted and ignored."""

    valid_at = parameters.ValidAtParameter()


class RecordQuery(NamedTuple):
    """The parsed question for a record: its clocks, and what to show within it."""

    asked: Asked
    expand: tuple[str, ...] = ()


class ExpandableQuerySchema(RecordQuerySchema):
    """The query of a record within which others can be shown, as in force on a day."""

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> RecordQuery:
        valid_at = data.get("valid_at") if "expand" in data else "any"
        return RecordQuery(read_clock(data, valid_at), tuple(data.get("expand", ())))


def make_record_query_schema(noun: Noun) -> ExpandableQuerySchema:
    """Make the query schema of a noun's single records."""
    name = f"Single{noun.singular.title()}QuerySchema"
    return type(name, (ExpandableQuerySchema,), make_expand_fields(noun))()


def make_expand_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameter `expand` of a noun that has expansions."""
    if not noun.expansions:
        return {}
    codes = CodeList("expand", "", **{each.name: each.about for each in noun.expansions})
    about = (
        "Show these within each record, as `expanded`: the first of them, and in `next` the "
        "address of the rest."
    )
    return {"expand": parameters.ListParameter(about, codes=codes)}


class ListQuerySchema(StrictSchema):
    """Makes a question of the parameters of a list; `make_query_schema` adds the fields."""

    noun: Noun
    default_sort: str
    takes_day: bool

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> ListQuery:
        """Return the parsed question; raises ValidationError for a cursor of another one."""
        sort = cast("str", data.get("sort", self.default_sort))
        asked = read_clocks(self.noun, data)
        given = read_filters(self.noun, data)
        if "expand" in data:
            _check_expanded(data)
        elif "valid_at" in data and not self.takes_day:
            raise ma.ValidationError({"valid_at": ["goes with expand alone"]})
        question = digest_question([self.noun.name, repr(sorted(given.items())), sort, repr(asked)])
        query = ListQuery(
            given=given,
            asked=asked,
            sort=sort.lstrip("-"),
            descending=sort.startswith("-"),
            limit=data.get("limit", parameters.DEFAULT_LIMIT),
            question=question,
            format=ENVELOPE if FORMAT_FIELDS.isdisjoint(data) else read_format(data),
            expand=tuple(data.get("expand", ())),
        )
        return self.continue_from(query, data["cursor"]) if "cursor" in data else query

    def continue_from(self, query: ListQuery, cursor: Cursor) -> ListQuery:
        """Return the question at a cursor; raises ValidationError for a cursor of another one."""
        wanted = 1 if self.noun.sorts[query.sort] == "ordinal" else 2
        if cursor.question != query.question or len(cursor.after) != wanted:
            detail = "belongs to another question; keep filters, clocks and sort as they were"
            raise ma.ValidationError({"cursor": [detail]})
        asked = Asked(number=cursor.known_at, valid_at=cursor.valid_at)
        return query._replace(asked=asked, after=cursor.after)


def _check_expanded(data: Mapping[str, Any]) -> None:
    """Raise ValidationError for parameters that exclude expand."""
    if "format" in data:
        detail = "goes with records as JSON; leave format out, or .csv and its like"
        raise ma.ValidationError({"expand": [detail]})
    if data.get("limit", parameters.DEFAULT_LIMIT) > MOST_EXPANDED:
        raise ma.ValidationError({"limit": [f"must be at most {MOST_EXPANDED} with expand"]})


def make_query_schema(noun: Noun, *, sort: str = "", for_page: bool = False) -> ListQuerySchema:
    """Make the query schema of a noun's list from its filters.

    `sort` is the order where none is asked for, unless it is the noun's own. `for_page` also takes
    a day where none matters, because a page passes it on to others.
    """
    sort = sort or noun.default_sort
    orders = [name for each in noun.sorts for name in (each, f"-{each}")]
    order = parameters.ChoiceParameter("The order; a - in front reverses it.", orders, sort)
    fields = {**make_filter_fields(noun), "sort": order, **make_clock_fields(noun)}
    fields |= {**make_expand_fields(noun), "limit": parameters.LimitParameter()}
    fields |= {"cursor": CursorParameter()}
    fields |= {"valid_at": parameters.ValidAtParameter()} if for_page else {}
    fields |= {"noun": noun, "default_sort": sort, "takes_day": for_page or noun.has_validity}
    return type(f"{noun.singular.title()}QuerySchema", (ListQuerySchema,), fields)()


def make_filter_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameters of a noun's filters."""
    fields: dict[str, Any] = {}
    for filter in noun.filters:
        made = _filter_fields(filter)
        for each in made.values():
            each.metadata["rare"] = filter.rare
        fields |= made
    return fields


def make_clock_fields(noun: Noun) -> dict[str, Any]:
    """Make the parameters of the clocks that a noun or its expansions have."""
    has_day = noun.has_validity or any(each.by for each in noun.expansions)
    world = {"valid_at": parameters.ValidAtParameter()} if has_day else {}
    return {**world, "known_at": parameters.KnownAtParameter()}


def read_clocks(noun: Noun, data: Mapping[str, Any]) -> Asked:
    """Return the clocks as asked for; without validity the day is `any`."""
    valid_at = data.get("valid_at") if noun.has_validity or "expand" in data else "any"
    return cast("Asked", data.get("known_at", NOW))._replace(valid_at=valid_at)


def _filter_fields(filter: Filter) -> dict[str, Any]:
    match filter.kind:
        case Kind.EQUAL:
            return {filter.name: parameters.FilterValues(filter)}
        case Kind.FLAG:
            return {filter.name: parameters.FlagParameter(filter.about)}
        case Kind.TEXT:
            return {filter.name: parameters.WordsParameter(filter.about)}
        case Kind.RANGE:
            return {
                filter.name: parameters.DateParameter(filter.about),
                f"{filter.name}_gte": parameters.DateParameter(f"{filter.about}: then or later"),
                f"{filter.name}_lte": parameters.DateParameter(f"{filter.about}: then or earlier"),
            }
        case Kind.THROUGH:
            return {filter.name: parameters.ChoiceParameter(filter.about, list(THROUGH.values))}


def read_filters(noun: Noun, data: Mapping[str, Any]) -> ParsedFilters:
    """Return the filters for `api.ledger.reading.filters`; raises ValidationError."""
    asked = _filters_by_parameter(noun)
    given: dict[str, Any] = {}
    for filter in (asked[name] for name in data if name in asked):
        if filter.kind is Kind.RANGE:
            given[filter.name] = _make_range(
                *(data.get(f"{filter.name}{end}") for end in ("", "_gte", "_lte"))
            )
        elif filter.kind is Kind.THROUGH and filter.on not in data:
            raise ma.ValidationError({filter.name: [f"widens {filter.on}; give that, too"]})
        else:
            given[filter.name] = data[filter.name]
    return ParsedFilters(noun, given)


@lru_cache(maxsize=32)
def _filters_by_parameter(noun: Noun) -> dict[str, Filter]:
    """Map the parameters of a noun's filters to the filters."""
    return {name: each for each in noun.filters for name in _filter_fields(each)}


def _make_range(
    equal: clock.Bounds | None, gte: clock.Bounds | None, lte: clock.Bounds | None
) -> Range:
    since = [b.earliest for b in (equal, gte) if b is not None]
    until = [b.latest for b in (equal, lte) if b is not None]
    return Range(max(since, default=None), min(until, default=None))


def digest_question(question: Any) -> str:
    """Return 16 hexadecimal digits for a question as plain data: cursors of others are refused."""
    return sha256(orjson.dumps(question)).hexdigest()[:16]
