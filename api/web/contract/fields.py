"""Strict marshmallow fields: a value is accepted as it is or refused, never coerced.

marshmallow's own Integer takes "12", its Boolean "off", its DateTime naive instants. A registry
must not turn such a mistake into a record. Every field documents itself in OpenAPI through its
metadata and the converters in `api.web.contract.openapi`.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast

import marshmallow as ma

from api import clock
from api.ledger.truth.canonical import canonical_bytes
from api.vocabulary import CodeList
from api.web.characters import EXCLUDED, compile_excluded, describe_excluded
from api.web.contract import limits

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LITERAL = r"^!?[a-z0-9]+(-[a-z0-9]+)*$"
ID_LENGTH = 96
MANY, FEW = limits.ENTRIES.most, limits.INNER_ENTRIES.most
"""How many entries an author's list may have, and a list within a list: what a person can check."""
RESERVED_IDS = frozenset({"counts", "search", "export", "stream", "history", "text"})

_MONTH, _DAY = "(0[1-9]|1[0-2]|2[1-4]|XX)", "(0[1-9]|[12][0-9]|3[01]|XX)"
_POINT = rf"[0-9]{{2}}([0-9]{{2}}|[0-9]X|XX)(-{_MONTH}(-{_DAY})?)?[?~%]?"
EDTF_POINT = f"^{_POINT}$"
EDTF = rf"^({_POINT}|({_POINT}|\.\.)?/({_POINT}|\.\.)?)$"
"""How the contract documents dates; `api.clock` validates them."""

_NOT_BLANK = r"^[^{0}]*[^\s{0}][^{0}]*$"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})*$"
_URL = "^https?://[^\\s/?#{0}][^\\s{0}]*$".format(EXCLUDED["label"])

_LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON takes as it is (RFC 8259, section 6)."""

Parsed = TypeVar("Parsed")
Fields = tuple[str, ...]

_NONE: Mapping[str, Any] = MappingProxyType({})
_MESSAGES: dict[str, Any] = {"null": "must not be null", "required": "is required"}


class ScalarField(ma.fields.Field[Any]):
    """A field that decides on its value alone, whatever record it stands in.

    It is documented by `about` and `metadata`. It may be null unless it is required.
    `is_cacheable` says that its values are short texts that records share.
    """

    default_error_messages = _MESSAGES
    is_cacheable = False

    def __init__(self, about: str, *, metadata: Mapping[str, Any] = _NONE, **more: Any) -> None:
        more.setdefault("allow_none", not more.get("required", False))
        super().__init__(metadata={"description": about, **metadata}, **more)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls._deserialize is not ScalarField._deserialize:
            raise TypeError(f"{cls.__name__} must override parse_value(), not _deserialize()")

    def parse_value(self, value: Any, /) -> Any:
        """Return what is stored of a value; raises ValidationError where it does not fit."""
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.parse_value(value)


class Text(ScalarField, ma.fields.String):
    """Text that is not blank, of at most `longest` characters, maybe with a pattern.

    It is stored as it is, with blanks at its ends. Its `kind` excludes some characters.
    """

    def __init__(
        self, about: str, *, longest: int = 2_000, pattern: str | None = None, hint: str = "",
        kind: str = "label", shape: Mapping[str, Any] = _NONE, **more: Any,
    ) -> None:  # fmt: skip
        told = {"minLength": 1, "maxLength": longest,
                "pattern": pattern or _NOT_BLANK.format(EXCLUDED[kind])}  # fmt: skip
        super().__init__(about, metadata={"shape": shape or told}, **more)
        self._longest, self._hint, self._excluded = longest, hint, compile_excluded(kind)
        self._pattern = re.compile(pattern, re.ASCII) if pattern else None

    def parse_value(self, value: Any, /) -> str:
        if not isinstance(value, str):
            raise ma.ValidationError("must be text")
        if not value.strip():
            raise ma.ValidationError("must not be blank; leave the field out instead")
        if len(value) > self._longest:
            raise ma.ValidationError(f"must have at most {self._longest} characters")
        if found := self._excluded.search(value):
            raise ma.ValidationError(describe_excluded(found))
        if self._pattern is not None and not self._pattern.fullmatch(value):
            raise ma.ValidationError(self._hint or f"must match {self._pattern.pattern}")
        return value


class Told(ma.fields.String):
    """Text that the server writes, of any length."""

    def __init__(self, about: str, **more: Any) -> None:
        super().__init__(metadata={"description": about}, **more)


class Next(Told):
    def __init__(self) -> None:
        about = "the address of the next page; null at the end"
        super().__init__(about, required=True, allow_none=True)


class Id(Text):
    """The record's own id."""

    def __init__(self, about: str, **more: Any) -> None:
        hint = "must be lower-case ASCII words and digits joined by single hyphens"
        super().__init__(about, longest=ID_LENGTH, pattern=SLUG, hint=hint, **more)

    def parse_value(self, value: Any, /) -> str:
        id = super().parse_value(value)
        if id in RESERVED_IDS:
            raise ma.ValidationError("is a reserved word of the URL space; choose another id")
        return id


class Ref(Text):
    """The id of a record; `reads` names the fields of that record which the rules read."""

    is_cacheable = True

    def __init__(self, noun: str, about: str, *, reads: Fields = (), **more: Any) -> None:
        hint = f"must be an id of {noun}: lower-case words joined by hyphens"
        about = f"{about} (an id of `{noun}`)"
        super().__init__(about, longest=ID_LENGTH, pattern=SLUG, hint=hint, **more)
        self.noun, self.reads = noun, reads


class Literal(Text):
    """A proposition's id, or `!` and the id for its negation."""

    is_cacheable = True

    def __init__(self, *, reads: Fields = ()) -> None:
        about = "a proposition, or `!` and its id for the opposite"
        hint = "must be an id of propositions, with ! before it for its negation"
        super().__init__(about, longest=ID_LENGTH + 1, pattern=LITERAL, hint=hint, required=True)
        self.reads = reads


class Code(ScalarField, ma.fields.String):
    """A value of a closed list."""

    is_cacheable = True

    def __init__(self, codes: CodeList, about: str = "", **more: Any) -> None:
        listed = f"one of {', '.join(codes.values)}"
        told = {"required": f"is required: {listed}", "invalid": f"must be {listed}"}
        metadata = {"codes": codes}
        super().__init__(about or codes.about, metadata=metadata, error_messages=told, **more)
        self.codes = codes

    def parse_value(self, value: Any, /) -> str:
        if not isinstance(value, str) or value not in self.codes.values:
            raise self.make_error("invalid")
        return value


class Day(Text):
    is_cacheable = True

    def __init__(self, about: str, **more: Any) -> None:
        super().__init__(f"{about} (ISO 8601 day)", longest=10, shape={"format": "date"}, **more)

    def parse_value(self, value: Any, /) -> str:
        return parse_strictly(clock.parse_day, super().parse_value(value))


class Edtf(Text):
    """An EDTF day, month, year or interval, maybe uncertain; with `point` no interval."""

    is_cacheable = True

    def __init__(self, about: str, *, point: bool = False, **more: Any) -> None:
        shape = {"maxLength": 32, "pattern": EDTF_POINT if point else EDTF}
        super().__init__(f"{about} (EDTF level 1)", longest=32, shape=shape, **more)
        self._only_point = point

    def parse_value(self, value: Any, /) -> str:
        text = super().parse_value(value)
        if self._only_point and "/" in text:
            raise ma.ValidationError("must be a single date, not an interval")
        parse_strictly(clock.parse_edtf, text)
        return text


def parse_strictly(parse: Callable[[str], Parsed], text: str, also: str = "") -> Parsed:
    """Return what `parse` makes of a text; its ValueError becomes a ValidationError."""
    try:
        return parse(text)
    except ValueError as error:
        raise ma.ValidationError(f"{error}{also}") from error


class Flag(ScalarField, ma.fields.Boolean):
    """A boolean: true or false alone."""

    def parse_value(self, value: Any, /) -> bool:
        if not isinstance(value, bool):
            raise ma.ValidationError("must be true or false")
        return value


class Count(ScalarField, ma.fields.Integer):
    """A whole number of at least 0."""

    def __init__(self, about: str, **more: Any) -> None:
        super().__init__(about, metadata={"shape": {"minimum": 0, "maximum": _LARGEST}}, **more)

    def parse_value(self, value: Any, /) -> int:
        if type(value) is not int or not 0 <= value <= _LARGEST:
            raise ma.ValidationError(f"must be a whole number from 0 to {_LARGEST}")
        return value


class Sign(ma.fields.Integer):
    """1, -1 or 0; null too where that is allowed."""

    def __init__(self, about: str, **more: Any) -> None:
        values = [1, -1, 0, None] if more.get("allow_none") else [1, -1, 0]
        super().__init__(metadata={"description": about, "shape": {"enum": values}}, **more)


class Number(ScalarField, ma.fields.Float):
    """A finite number."""

    def parse_value(self, value: Any, /) -> float:
        if type(value) not in (int, float) or not abs(value) <= 2**53:
            raise ma.ValidationError("must be a number between -2^53 and 2^53")
        # 5 and 5.0 are one number, so they make one record (RFC 8785, section 3.2.2.3).
        return int(value) if value == int(value) else cast("float", value)


class Many(ma.fields.List):
    """An ordered list without repeats; an author may write at most `most` entries."""

    default_error_messages = _MESSAGES

    def __init__(
        self, each: ma.fields.Field[Any], about: str, *, least: int = 0, most: int | None = MANY,
        unique: bool = True, **more: Any,
    ) -> None:  # fmt: skip
        more.setdefault("allow_none", not more.get("required", False))
        shape: dict[str, Any] = {"uniqueItems": unique}
        if least:
            shape["minItems"] = least
        if most is not None and not more.get("dump_only"):
            shape["maxItems"] = most
        super().__init__(each, metadata={"description": about, "shape": shape}, **more)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        loaded = super()._deserialize(self.check_length(value), attr, data, **kwargs)
        self.refuse_repeats(loaded)
        return loaded

    def check_length(self, value: Any) -> list[Any]:
        """Return a value that is a list and neither too short nor too long."""
        if not isinstance(value, list):
            raise ma.ValidationError("must be a list")
        listed = cast("list[Any]", value)
        if len(listed) < self._least or (self._most is not None and len(listed) > self._most):
            raise ma.ValidationError(f"must have {self._describe_length()}")
        return listed

    def refuse_repeats(self, loaded: list[Any]) -> None:
        """Raise ValidationError where an entry stands twice; a null is as good as absent."""
        seen: set[str | bytes] = set()
        for index, each in enumerate(loaded):
            if isinstance(each, dict):
                each = {k: v for k, v in each.items() if v is not None}  # noqa: PLW2901
            if (key := each if isinstance(each, str) else canonical_bytes(each)) in seen:
                raise ma.ValidationError({index: ["is a repeat; each entry may stand once"]})
            seen.add(key)

    def _describe_length(self) -> str:
        if self._most is not None:
            return f"{self._least} to {self._most} entries"
        return f"at least {self._least} {'entry' if self._least == 1 else 'entries'}"


class Ids(Many):
    def __init__(self, noun: str, about: str, *, reads: Fields = (), **more: Any) -> None:
        entry = f"{'an' if noun[0] in 'ai' else 'a'} {noun.removesuffix('s')}"
        super().__init__(Ref(noun, entry, reads=reads, required=True), about, **more)


class Part(ma.fields.Nested):
    """An object within a record."""

    default_error_messages = _MESSAGES

    def __init__(self, schema: type[ma.Schema] | str, about: str = "", **more: Any) -> None:
        more.setdefault("allow_none", not more.get("required", False))
        super().__init__(schema, metadata={"description": about} if about else {}, **more)


class Listed(Many):
    """Objects that the server lists, as many as there are."""

    def __init__(self, schema: type[ma.Schema], about: str) -> None:
        super().__init__(Part(schema, required=True), about, most=None, required=True)


class Sha256(Text):
    def __init__(self, about: str, **more: Any) -> None:
        hint = "must be a SHA-256 in 64 lower-case hexadecimal digits"
        super().__init__(about, longest=64, pattern=r"^[0-9a-f]{64}$", hint=hint, **more)


class Language(Text):
    is_cacheable = True

    def __init__(self, about: str, **more: Any) -> None:
        hint = "must be a BCP 47 language tag, such as en, uk or zh-Hant"
        super().__init__(f"{about} (BCP 47)", longest=35, pattern=_LANGUAGE, hint=hint, **more)


class Url(Text):
    def __init__(self, about: str, **more: Any) -> None:
        hint = "must be a web address that starts with http"
        super().__init__(about, pattern=_URL, hint=hint, **more)
