"""Query parameters: text on the wire, read strictly, documented by their shape."""

import re
from typing import Any, cast

import marshmallow as ma

from api import clock
from api.ledger import Asked
from api.ledger.noun import Filter
from api.ledger.rules import fold_text
from api.vocabulary import CodeList
from api.web.contract.fields import EDTF, ID_LENGTH, SLUG, ScalarField, parse_strictly
from api.web.contract.limits import VALUE, VALUES

DEFAULT_LIMIT, MOST = 50, 1000


def _is_number(text: str, *, digits: int = 15) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits


class StrictParameter(ScalarField):
    """A query parameter: text on the wire, parsed by `parse_value`, documented by `metadata`.

    That is its `shape`. `listed` parameters take several values separated by commas, each of
    `codes` if given. `name` is its name on the wire where Python could not call it so. Only a
    `required` one must be there.
    """

    def __init__(
        self, about: str, *, name: str | None = None, required: bool = False, **metadata: Any
    ) -> None:
        super().__init__(
            about, metadata=metadata, data_key=name, required=required, allow_none=False
        )


class NumberParameter(StrictParameter):
    def __init__(self, about: str) -> None:
        super().__init__(about, shape={"type": "integer", "minimum": 0})

    def parse_value(self, text: str, /) -> int:
        if not _is_number(text):
            raise ma.ValidationError("must be a whole number from 0, of at most 15 digits")
        return int(text)


class ListParameter(StrictParameter):
    """Several values, separated by commas, each counted once.

    A `repeatable` one may also be given several times. `about` says what holds without it: a list
    as `default` in the contract makes code generators write code that does not parse.
    """

    def __init__(
        self, about: str, *, each: dict[str, Any] | None = None, codes: CodeList | None = None,
        most: int = VALUES.most, repeatable: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        item = {"type": "string", "minLength": 1, "maxLength": VALUE.most, **(each or {})}
        shape: dict[str, Any] = {"type": "array", "items": item, "maxItems": most, "minItems": 1}
        told = {"shape": shape, "codes": codes, "listed": True, "repeatable": repeatable}
        super().__init__(about, name=name, **told)
        pattern = cast("str | None", item.get("pattern"))
        self._pattern = re.compile(pattern, re.ASCII) if pattern else None
        self._longest: int = item["maxLength"]
        self._codes, self._most = codes, most

    def parse_value(self, text: str, /) -> list[str]:
        values = text.split(",")
        if not all(values):
            raise ma.ValidationError("has an empty value; leave the parameter out instead")
        if len(values) > self._most:
            raise ma.ValidationError(f"takes at most {self._most} values")
        for value in values:
            if self._codes is not None and value not in self._codes.values:
                raise ma.ValidationError(f"{value!r} is none of {', '.join(self._codes.values)}")
            if self._pattern is not None and not self._pattern.fullmatch(value):
                raise ma.ValidationError(f"{value!r} is no id")
            if len(value) > self._longest:
                raise ma.ValidationError(f"takes values of at most {self._longest} characters")
        return list(dict.fromkeys(values))


class FilterValues(ListParameter):
    """Any of several values of a filter."""

    def __init__(self, filter: Filter) -> None:
        ids = f"; ids of `{filter.noun}`" if filter.noun else ""
        each = {"maxLength": ID_LENGTH, "pattern": SLUG} if filter.noun else None
        about = f"{filter.about}{ids}. Several values, separated by commas, mean any of them."
        super().__init__(about, each=each, codes=filter.codes)


class FlagParameter(StrictParameter):
    def __init__(self, about: str) -> None:
        super().__init__(about, shape={"type": "boolean"})

    def parse_value(self, text: str, /) -> bool:
        if text not in ("true", "false"):
            raise ma.ValidationError("must be true or false")
        return text == "true"


class WordsParameter(StrictParameter):
    def __init__(self, about: str, *, required: bool = False) -> None:
        about = f"{about}; all of the words, whatever their case and accents"
        shape = {"type": "string", "minLength": 1, "maxLength": VALUE.most, "pattern": r"\S"}
        super().__init__(about, shape=shape, required=required)

    def parse_value(self, text: str, /) -> str:
        if not fold_text(text) or len(text) > VALUE.most:
            raise ma.ValidationError(f"must be some words, at most {VALUE.most} characters")
        return text


class DateParameter(StrictParameter):
    """A day, month or year; a month stands for all of its days."""

    def __init__(self, about: str, *, name: str | None = None) -> None:
        about = f"{about} (a day, or an EDTF month or year for all of its days)"
        shape = {"type": "string", "maxLength": 32, "pattern": EDTF}
        super().__init__(about, shape=shape, name=name)

    def parse_value(self, text: str, /) -> clock.Bounds:
        return parse_strictly(clock.parse_edtf, text)


class DayParameter(StrictParameter):
    def __init__(self, about: str) -> None:
        super().__init__(about, shape={"type": "string", "format": "date"})

    def parse_value(self, text: str, /) -> str:
        return parse_strictly(clock.parse_day, text)


class KnownAtParameter(StrictParameter):
    """The registry's clock."""

    def __init__(self) -> None:
        super().__init__(
            "What the registry said then: the number of a changeset, or an RFC 3339 instant with "
            "offset (in a URL written by hand, + is %2B). Default: now.",
            shape={"type": "string", "pattern": r"^(\d{1,15}|\d{4}-\d{2}-\d{2}[Tt].+)$"},
        )

    def parse_value(self, text: str, /) -> Asked:
        if _is_number(text):
            return Asked(number=int(text))
        also = ", or the number of a changeset"
        return Asked(instant=parse_strictly(clock.parse_instant, text, also))


class ValidAtParameter(StrictParameter):
    """The world's clock."""

    def __init__(self) -> None:
        about = "In force on this day, or `any` for whenever. Default: today (UTC)."
        shape = {"type": "string", "pattern": r"^(any|\d{4}-\d{2}-\d{2})$"}
        super().__init__(about, shape=shape)

    def parse_value(self, text: str, /) -> str:
        return text if text == "any" else parse_strictly(clock.parse_day, text, ", or any")


class LimitParameter(StrictParameter):
    def __init__(
        self,
        about: str = "How many at most, fewer if they are large: follow `next`.",
        *,
        most: int = MOST,
        default: int = DEFAULT_LIMIT,
    ) -> None:
        shape = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
        super().__init__(about, shape=shape)
        self._most = most

    def parse_value(self, text: str, /) -> int:
        if not (_is_number(text, digits=4) and 1 <= int(text) <= self._most):
            raise ma.ValidationError(f"must be a whole number from 1 to {self._most}")
        return int(text)


class ChoiceParameter(StrictParameter):
    def __init__(
        self, about: str, words: list[str], default: str | None = None, *, name: str | None = None
    ) -> None:
        shape: dict[str, Any] = {"type": "string", "enum": words}
        if default is not None:
            shape["default"] = default
        super().__init__(about, shape=shape, name=name)
        self._words = words

    def parse_value(self, text: str, /) -> str:
        if text not in self._words:
            raise ma.ValidationError(f"must be one of {', '.join(self._words)}")
        return text
