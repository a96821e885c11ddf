"""The cells of an imported table: parse a row into a record, in the layout of flat rows.

A column is a field that an author writes. Lists are joined by `|` (alternatives of antecedents by
`|`, their members by `&`). A part of an object has a column named after both
(`responds_to_proposal`). Lists of objects are JSON; any list may be JSON, which an entry that
contains `|` needs. Columns that only flat rows have (labels, what the server adds) are ignored, so
a downloaded table can be imported as it is.

An empty cell is an absent field. A field without a column stays as it is on record; a row that was
filled in so expects that revision still to be the newest when it is written. Flat rows of
positions and preconditions lack some authored fields, so where there is no such record a row of a
downloaded table is refused: it would make a record without them.

This module only turns text into JSON values. The noun's own schema validates them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson

from api.ledger.noun import Record
from api.web.contract.limits import COLUMNS
from api.web.contract.problems import Fault, RequestRefused, refuse_excess, suggest_name
from api.web.requests import parse_json
from api.web.resource import Resource
from api.web.rows import RISKY, column_names

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,39})?([eE][+-]?[0-9]{1,2})?")
_TRUTH: Mapping[str, bool] = {"true": True, "false": False}
_DOWNLOADED = frozenset({"revision", "changeset", "recorded_at"})
"""Columns that only the server fills: a table with one of them was downloaded."""


@dataclass(frozen=True, slots=True)
class SchemaColumn:
    """The field, or the part of an object field, that a column holds."""

    field: str
    part: str | None
    kind: ma.fields.Field[Any]


FindRecord = Callable[[str, str], Record | None]
"""Returns the served record of a noun with an id, or None."""


class TableLayout:
    """The columns of one imported table; raises RequestRefused if the header is wrong.

    `excel` says that the table was made by or for a spreadsheet. The quotation mark that keeps a
    cell from being run as a formula is then removed.
    """

    def __init__(
        self, resource: Resource, header: Sequence[str], find: FindRecord, *, excel: bool
    ) -> None:
        self._header, self._excel, self._find = header, excel, find
        self.columns = map_columns(resource.draft_schema)
        _check_header(resource, self.columns, header)
        self._noun = resource
        stored = {name for name, each in self.columns.items() if each.field in self._noun.fields}
        self._absent = stored - {*header}

    def parse_row(self, cells: Sequence[str]) -> tuple[dict[str, Any], int | None]:
        """Parse a row into plain data, as a JSON line would hold it.

        If some of it is what was on record, the number of that revision comes with it; 0 is none.
        """
        if any(cells[len(self._header) :]) or len(cells) < len(self._header):
            detail = f"the row has {len(cells)} cells, but the header has {len(self._header)}"
            raise RequestRefused(422, detail)
        data: dict[str, Any] = {}
        for name, text in zip(self._header, cells, strict=False):
            if text and not name:
                raise _make_cell_error(name, "this cell is in a column without a name")
            if text and name in self.columns:
                self._set_field(data, name, self._clean_text(text))
        return data, self.keep_absent(data) if "id" in data else None

    def keep_absent(self, data: dict[str, Any]) -> int | None:
        """Fill in what is on record in the fields that have no column; return its revision.

        It is 0 if there is no such record, None if every field has a column.
        """
        if not self._absent:
            return None
        stored = self._find(self._noun.name, data["id"])
        if stored is None:
            self._refuse_loss()
            return 0
        for column in map(self.columns.__getitem__, self._absent):
            value: Any = stored[column.field]
            if column.part is None:
                data[column.field] = value
            elif value and value.get(column.part) is not None:
                data.setdefault(column.field, {})[column.part] = value[column.part]
        return stored["revision"]

    def _refuse_loss(self) -> None:
        lost = sorted(self._absent.difference(column_names(self._noun)))
        if lost and _DOWNLOADED.intersection(self._header):
            raise RequestRefused(422, _describe_lost_columns(self._noun.name, lost))

    def _set_field(self, data: dict[str, Any], name: str, text: str) -> None:
        column = self.columns[name]
        try:
            value = _parse_cell(column.kind, text)
        except RequestRefused as error:
            raise _make_cell_error(name, error.detail) from error
        if column.part is None:
            data[column.field] = value
        else:
            data.setdefault(column.field, {})[column.part] = value

    def _clean_text(self, text: str) -> str:
        if "\0" in text:
            raise RequestRefused(400, "the row contains a NUL character; remove it")
        return text[1:] if self._excel and text[0] == "'" and RISKY.match(text, 1) else text


def map_columns(schema: ma.Schema) -> dict[str, SchemaColumn]:
    """Map each column that a table of records may have to the field of a schema that it holds."""
    found: dict[str, SchemaColumn] = {}
    for name, kind in _list_fields(schema):
        field = kind.data_key or name
        if isinstance(kind, ma.fields.Nested):
            for part, inner in _list_fields(kind.schema):
                found[f"{field}_{part}"] = SchemaColumn(field, inner.data_key or part, inner)
        else:
            found[field] = SchemaColumn(field, None, kind)
    return found


def add_column(fault: Fault, known: Mapping[str, SchemaColumn]) -> Fault:
    """Add the column that a fault's pointer refers to, unless it refers to the whole record."""
    steps = fault.get("pointer", "").split("/")[1:3]
    names = ("_".join(steps), steps[0]) if steps else ()
    column = next((each for each in names if each in known), None)
    return fault if column is None else {**fault, "column": column}


def _list_fields(schema: ma.Schema) -> Iterable[tuple[str, ma.fields.Field[Any]]]:
    return cast("dict[str, ma.fields.Field[Any]]", cast("Any", schema).fields).items()


def _check_header(
    resource: Resource, known: Mapping[str, SchemaColumn], header: Sequence[str]
) -> None:
    if len(header) > COLUMNS.most:
        raise refuse_excess(COLUMNS)
    allowed = {"", *known, *column_names(resource), *resource.ignored}
    unknown = (name for name in header if name not in allowed)
    twice = (name for name, count in Counter(filter(None, header)).items() if count > 1)
    told = [(name, f"unknown column; {suggest_name(name, [*known])}") for name in unknown]
    told += [(name, "this column occurs twice") for name in twice]
    if told:
        faults = [{"column": name, "detail": detail} for name, detail in told]
        raise RequestRefused(422, "Some columns are wrong; see errors.", faults)


def _describe_lost_columns(noun: str, lost: Sequence[str]) -> str:
    return (
        f"there is no such record, and flat rows of {noun} do not hold {', '.join(lost)}; add "
        f"these columns, or remove the columns {', '.join(sorted(_DOWNLOADED))} if a new record "
        "is to have none of them"
    )


def _make_cell_error(column: str, detail: str) -> RequestRefused:
    return RequestRefused(422, detail, [{"column": column, "detail": detail}])


def _parse_cell(kind: ma.fields.Field[Any], text: str) -> Any:
    """Convert a cell to its field's JSON type; other text is left for the schema to refuse."""
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
            return parse_json(text.encode())
        except RequestRefused as error:
            raise RequestRefused(422, f"is not a JSON list: {error.detail}") from error
    if isinstance(inner, ma.fields.Nested):
        raise RequestRefused(422, "must be a JSON list: [{…}, …]")
    entries = text.split("|")
    return [each.split("&") for each in entries] if isinstance(inner, ma.fields.List) else entries
