"""Cells: a record as a row of a table, laid out as flat rows are.

A column is a field of what an author writes. Lists are joined by `|` (alternatives of antecedents
by `|`, their members by `&`), parts of an object have its name and theirs (`responds_to_proposal`),
lists of objects are JSON; any list may be JSON, which is what a `|` within an entry needs. An empty
cell is an absent field. Columns that flat rows add (labels, what the server adds) are passed over,
so that a table that was downloaded comes back as it is.

Positions' and preconditions' flat rows do not hold all that their author wrote. Taking such a
table back would empty the rest without a word, so it is refused until it has these columns, too.

What a cell holds is judged by the noun's own schema; nothing is judged here that JSON could say.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson

from api.web.problems import Fault, RequestRefused
from api.web.requests import strictly_parsed
from api.web.resource import Resource
from api.web.rows import RISKY, columns

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TRUTH: Mapping[str, bool] = {"true": True, "false": False}
_DOWNLOADED = frozenset({"revision", "changeset", "recorded_at"})
"""Columns that only the server makes: a table with one of them was downloaded."""


@dataclass(frozen=True, slots=True)
class AuthoredColumn:
    """A column that holds a field, or a part of a field that is an object."""

    field: str
    part: str | None
    kind: ma.fields.Field[Any]


class TableLayout:
    """The columns of one table of a noun's records; raises RequestRefused for wrong ones.

    `excel` tells that a spreadsheet made it, or that it was made for one: a quotation mark before
    what would run as a formula is taken off.
    """

    def __init__(self, resource: Resource, header: Sequence[str], *, excel: bool) -> None:
        self._header, self._excel = header, excel
        self._known = map_authored_columns(resource)
        _check_header(resource, self._known, header)

    def parse_row(self, cells: Sequence[str]) -> dict[str, Any]:
        """Give what a row says as plain data, as a line of JSON would say it."""
        if any(cells[len(self._header) :]) or len(cells) < len(self._header):
            detail = f"the row has {len(cells)} cells, the header {len(self._header)}"
            raise RequestRefused(422, detail)
        found: dict[str, Any] = {}
        for name, text in zip(self._header, cells, strict=False):
            if text and not name:
                raise _make_cell_error(name, "a cell stands in a column without a name")
            if text and name in self._known:
                self._set_field(found, name, self._clean_text(text))
        return found

    def _set_field(self, found: dict[str, Any], name: str, text: str) -> None:
        column = self._known[name]
        try:
            value = _parse_cell(column.kind, text)
        except RequestRefused as error:
            raise _make_cell_error(name, error.detail) from error
        if column.part is None:
            found[column.field] = value
        else:
            found.setdefault(column.field, {})[column.part] = value

    def _clean_text(self, text: str) -> str:
        if "\0" in text:
            raise RequestRefused(400, "the row holds a NUL character, which no text needs")
        return text[1:] if self._excel and text[0] == "'" and text[1:].startswith(RISKY) else text

    def add_column(self, fault: Fault) -> Fault:
        """Name the column to which a fault's pointer leads."""
        column = find_column(self._known, fault.get("pointer", ""))
        return {**fault, "column": column} if column else fault


def map_authored_columns(resource: Resource) -> dict[str, AuthoredColumn]:
    """Map the columns that a table of a noun's records may have to what they hold."""
    found: dict[str, AuthoredColumn] = {}
    for name, kind in _list_fields(resource.draft_schema):
        field = kind.data_key or name
        if isinstance(kind, ma.fields.Nested):
            for part, inner in _list_fields(kind.schema):
                found[f"{field}_{part}"] = AuthoredColumn(field, inner.data_key or part, inner)
        else:
            found[field] = AuthoredColumn(field, None, kind)
    return found


def find_column(known: Mapping[str, AuthoredColumn], pointer: str) -> str | None:
    """Name the column to which a JSON pointer into a record leads; None for the whole record."""
    steps = pointer.split("/")[1:3]
    names = ("_".join(steps), steps[0]) if steps else ()
    return next((each for each in names if each in known), None)


def _list_fields(schema: ma.Schema) -> Iterable[tuple[str, ma.fields.Field[Any]]]:
    return cast("dict[str, ma.fields.Field[Any]]", cast("Any", schema).fields).items()


def _check_header(
    resource: Resource, known: Mapping[str, AuthoredColumn], header: Sequence[str]
) -> None:
    flat = columns(resource.noun)
    ignored = {*flat, *resource.ignored}
    faults = [
        {"column": name, "detail": _describe_unknown_column(name, [*known])}
        for name in header
        if name and name not in known and name not in ignored
    ]
    faults += [
        {"column": name, "detail": "this column stands twice"}
        for name in dict.fromkeys(header)
        if name and header.count(name) > 1
    ]
    lost = [name for name in known if name not in flat and name not in header]
    if _DOWNLOADED.intersection(header) and lost:
        faults.append(
            {"column": lost[0], "detail": _describe_lost_columns(resource.noun.name, lost)}
        )
    if faults:
        raise RequestRefused(422, "The columns do not fit; see errors.", faults)


def _describe_unknown_column(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return f"unknown column; {hint}"


def _describe_lost_columns(noun: str, lost: Sequence[str]) -> str:
    return (
        f"flat rows of {noun} do not hold {', '.join(lost)}, which this import would empty; add "
        f"these columns, or take out {', '.join(sorted(_DOWNLOADED))} to say that there is nothing "
        "in them"
    )


def _make_cell_error(column: str, detail: str) -> RequestRefused:
    return RequestRefused(422, detail, [{"column": column, "detail": detail}])


def _parse_cell(kind: ma.fields.Field[Any], text: str) -> Any:
    """Read a cell as its field would stand in JSON; text that can't be is left to the schema."""
    match kind:
        case ma.fields.Boolean():
            return _TRUTH.get(text.lower(), text)
        case ma.fields.Integer() | ma.fields.Float():
            return orjson.loads(text) if _NUMBER.fullmatch(text) else text
        case ma.fields.List():
            return _parse_list(cast("ma.fields.Field[Any]", cast("Any", kind).inner), text)
        case _:
            return text


def _parse_list(inner: ma.fields.Field[Any], text: str) -> Any:
    if text.startswith("["):
        try:
            return strictly_parsed(text.encode())
        except RequestRefused as error:
            raise RequestRefused(422, f"is no list in JSON: {error.detail}") from error
    if isinstance(inner, ma.fields.Nested):
        raise RequestRefused(422, "must be a list in JSON: [{…}, …]")
    entries = text.split("|")
    return [each.split("&") for each in entries] if isinstance(inner, ma.fields.List) else entries
