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
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, cast

import marshmallow as ma
import orjson

from api import clock
from api.ledger import Asked
from api.ledger.canonical import canonical
from api.ledger.filters import Range
from api.ledger.moment import Moment
from api.ledger.noun import Filter, Kind, Noun
from api.vocabulary import THROUGH
from api.web.fields import SLUG, StrictParameter
from api.web.rows import columns
from api.web.schemas import StrictSchema

LONGEST_LIST, LONGEST_WORDS = 200, 200
DEFAULT_LIMIT, MOST = 50, 1000


class Values(StrictParameter):
    """Any of several values, separated by commas."""

    def __init__(self, filter: Filter) -> None:
        about = filter.about
        pattern = None
        if filter.noun is not None:
            about = f"{about}; ids of `{filter.noun}`"
            pattern = SLUG
        shape: dict[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 1}}
        if pattern:
            shape["items"]["pattern"] = pattern
        shape |= {"maxItems": LONGEST_LIST, "minItems": 1}
        super().__init__(f"{about}. Several values, separated by commas, mean any of them.",
                         shape=shape, codes=filter.codes, listed=True)  # fmt: skip
        self._pattern = re.compile(pattern, re.ASCII) if pattern else None
        self._codes = filter.codes

    def read(self, text: str) -> list[str]:
        values = text.split(",")
        if not all(values):
            raise ma.ValidationError("has an empty value; leave the parameter out instead")
        if len(values) > LONGEST_LIST:
            raise ma.ValidationError(f"takes at most {LONGEST_LIST} values")
        for value in values:
            if self._codes is not None and value not in self._codes.values:
                known = ", ".join(self._codes.values)
                raise ma.ValidationError(f"{value!r} is none of {known}")
            if self._pattern is not None and not self._pattern.fullmatch(value):
                raise ma.ValidationError(f"{value!r} is no id")
        return values


class FlagParameter(StrictParameter):
    """true or false."""

    def __init__(self, about: str) -> None:
        super().__init__(about, shape={"type": "boolean"})

    def read(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ma.ValidationError("must be true or false")
        return text == "true"


class WordsParameter(StrictParameter):
    """Words to look for."""

    def __init__(self, about: str) -> None:
        super().__init__(
            f"{about}; all of the words, whatever their case and accents",
            shape={"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS, "pattern": r"\S"},
        )

    def read(self, text: str) -> str:
        if not text.strip() or len(text) > LONGEST_WORDS:
            raise ma.ValidationError(f"must be some words, at most {LONGEST_WORDS} characters")
        return text


class DateParameter(StrictParameter):
    """A day, month or year; a month stands for all of its days."""

    def __init__(self, about: str) -> None:
        super().__init__(
            f"{about} (a day, or an EDTF month or year for all of its days)",
            shape={"type": "string", "minLength": 4, "maxLength": 32},
        )

    def read(self, text: str) -> clock.Bounds:
        try:
            return clock.bounds(text)
        except ValueError as error:
            raise ma.ValidationError(str(error)) from error


class KnownAt(StrictParameter):
    """The registry's clock."""

    def __init__(self) -> None:
        super().__init__(
            "What the registry said then: the number of a changeset, or an RFC 3339 instant with "
            "offset (a + must be written %2B). Default: now.",
            shape={"type": "string", "pattern": r"^(\d{1,15}|\d{4}-\d{2}-\d{2}[Tt].+)$"},
        )

    def read(self, text: str) -> Asked:
        if text.isascii() and text.isdecimal() and len(text) <= 15:
            return Asked(number=int(text))
        try:
            return Asked(instant=clock.instant(text))
        except ValueError as error:
            detail = f"{error}, or the number of a changeset"
            raise ma.ValidationError(detail) from error


class ValidAt(StrictParameter):
    """The world's clock."""

    def __init__(self) -> None:
        super().__init__(
            "In force on this day, or `any` for whenever. Default: today (UTC).",
            shape={"type": "string", "pattern": r"^(any|\d{4}-\d{2}-\d{2})$"},
        )

    def read(self, text: str) -> str:
        if text == "any":
            return text
        try:
            return clock.day(text)
        except ValueError as error:
            raise ma.ValidationError(f"{error}, or any") from error


class Limit(StrictParameter):
    """The size of a page."""

    def __init__(self) -> None:
        shape = {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
        super().__init__("How many records at most.", shape=shape)

    def read(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:5]) <= MOST):
            raise ma.ValidationError(f"must be a whole number from 1 to {MOST}")
        return int(text)


class ColumnsParameter(StrictParameter):
    """Which columns of a flat row."""

    def __init__(self, known: Sequence[str]) -> None:
        shape = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(known)}}
        about = "Only these columns, in this order, separated by commas. Default: all."
        super().__init__(about, shape=shape, listed=True)
        self._known = known

    def read(self, text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        for each in chosen:
            if each not in self._known:
                near = difflib.get_close_matches(each, self._known, n=1, cutoff=0)
                raise ma.ValidationError(f"{each!r} is no column here; did you mean {near[0]}?")
        if len(set(chosen)) < len(chosen):
            raise ma.ValidationError("names a column twice")
        return chosen


class CursorParameter(StrictParameter):
    """Where the page before ended."""

    def __init__(self) -> None:
        super().__init__(
            "Where the page before ended: taken from its `next`, never made by hand.",
            shape={"type": "string", "minLength": 1, "maxLength": 2000},
        )

    def read(self, text: str) -> Cursor:
        return Cursor.read(text)


class Choice(StrictParameter):
    """One of some words."""

    def __init__(self, about: str, words: list[str], default: str | None = None) -> None:
        shape: dict[str, Any] = {"type": "string", "enum": words}
        if default is not None:
            shape["default"] = default
        super().__init__(about, shape=shape)
        self._words = words

    def read(self, text: str) -> str:
        if text not in self._words:
            raise ma.ValidationError(f"must be one of {', '.join(self._words)}")
        return text


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list that is being paged through."""

    known_at: int
    valid_at: str
    question: str
    after: tuple[str | int, ...]

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read a cursor from a URL; raises marshmallow's ValidationError for any other text."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            number, day, question, after = orjson.loads(raw)
            made = cls(number, day, question, tuple(after))
            if day != "any":
                clock.day(day)
        except (ValueError, TypeError, binascii.Error) as error:
            raise _NO_CURSOR from error
        *key, last = made.after or (None,)
        if (
            type(number) is not int or not 0 <= number < 2**53
            or type(question) is not str or type(last) is not int or not 0 <= last < 2**53
            or len(key) > 1 or any(type(each) is not str for each in key)
        ):  # fmt: skip
            raise _NO_CURSOR
        return made

    def __str__(self) -> str:
        raw = orjson.dumps([self.known_at, self.valid_at, self.question, self.after])
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_NO_CURSOR = ma.ValidationError("is no cursor; follow the `next` of an answer")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A list's question, parsed. `given` maps filters' names to what `api.ledger.filters` takes."""

    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    asked: Asked = field(default_factory=Asked)
    sort: str = "recorded"
    descending: bool = False
    limit: int = DEFAULT_LIMIT
    after: tuple[str | int, ...] | None = None
    question: str = ""
    excel: bool = False
    columns: tuple[str, ...] | None = None

    def cursor(self, moment: Moment, after: tuple[Any, ...]) -> str:
        """Make the cursor of the next page of this question."""
        return str(Cursor(moment.known_at, moment.valid_at or "any", self.question, after))


class ClockQuerySchema(StrictSchema):
    """The registry's clock alone."""

    known_at = KnownAt()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> Asked:
        """Give the asked clock."""
        return data.get("known_at") or Asked()


class RecordQuerySchema(ClockQuerySchema):
    """The query of a single record; `valid_at` is taken and makes no difference."""

    valid_at = ValidAt()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> Asked:
        """Give the asked clocks."""
        known = data.get("known_at") or Asked()
        return Asked(known.number, known.instant, data.get("valid_at"))


class ListQuerySchema(StrictSchema):
    """What every list takes; subclasses add a noun's filters and orders."""

    noun: Noun
    known_at = KnownAt()
    limit = Limit()
    cursor = CursorParameter()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> ListQuery:
        """Give the parsed question; raises ValidationError for a cursor of another one."""
        sort = cast("str", data.get("sort", "recorded"))
        known = cast("Asked", data.get("known_at") or Asked())
        valid_at = data.get("valid_at") if self.noun.has_validity else "any"
        asked = Asked(known.number, known.instant, valid_at)
        given = _given(self.noun, data)
        question = _digest([self.noun.name, repr(sorted(given.items())), sort, repr(asked)])
        cursor = cast("Cursor | None", data.get("cursor"))
        if cursor is not None:
            wanted = 1 if self.noun.sorts[sort.lstrip("-")] == "ordinal" else 2
            if cursor.question != question or len(cursor.after) != wanted:
                detail = "belongs to another question; keep filters, clocks and sort as they were"
                raise ma.ValidationError({"cursor": [detail]})
            asked = Asked(number=cursor.known_at, valid_at=cursor.valid_at)
        return ListQuery(
            given=given,
            asked=asked,
            sort=sort.lstrip("-"),
            descending=sort.startswith("-"),
            limit=data.get("limit", DEFAULT_LIMIT),
            after=cursor and cursor.after,
            question=question,
            excel=data.get("excel") == "1",
            columns=data.get("columns"),
        )


def query_schema(noun: Noun, *, flat: bool = False) -> ListQuerySchema:
    """Make the query schema of a noun's list from its filters; `flat` adds what tables take."""
    fields: dict[str, Any] = {}
    for filter in noun.filters:
        fields |= _parameters(filter)
    orders = [name for each in noun.sorts for name in (each, f"-{each}")]
    fields["sort"] = Choice("The order; - turns it round.", orders, "recorded")
    if noun.has_validity:
        fields["valid_at"] = ValidAt()
    if flat:
        fields["columns"] = ColumnsParameter(columns(noun))
        about = "For spreadsheets: a byte order mark, and no cell that would run as a formula."
        fields["excel"] = Choice(about, ["1", "0"], "0")
    name = f"{noun.singular.title()}{'Row' if flat else ''}QuerySchema"
    return type(name, (ListQuerySchema,), {**fields, "noun": noun})()


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


def _given(noun: Noun, data: Mapping[str, Any]) -> dict[str, Any]:
    given = {
        f.name: data[f.name] for f in noun.filters if f.kind is not Kind.RANGE and f.name in data
    }
    for filter in (f for f in noun.filters if f.kind is Kind.RANGE):
        days = _range(*(data.get(f"{filter.name}{end}") for end in ("", "_gte", "_lte")))
        if days != Range():
            given[filter.name] = days
    for filter in (f for f in noun.filters if f.kind is Kind.THROUGH and f.name in data):
        if filter.on not in given:
            raise ma.ValidationError({filter.name: [f"widens {filter.on}; give that, too"]})
    return given


def _range(equal: clock.Bounds | None, gte: clock.Bounds | None, lte: clock.Bounds | None) -> Range:
    since = [b.earliest for b in (equal, gte) if b is not None]
    until = [b.latest for b in (equal, lte) if b is not None]
    return Range(max(since, default=None), min(until, default=None))


def _digest(question: Any) -> str:
    return sha256(canonical(question)).hexdigest()[:16]
