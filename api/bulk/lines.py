"""Parse lines of records, in files and in request bodies.

In a file that is named after its noun, a line is a record as POST accepts it. In other files a
line names its noun: `{"noun": "actors", "record": {…}}`, or `{"noun": "actors", "retract": ID}`.
A table (CSV) has one record a row, all of one noun; `api.bulk.cells` describes its columns. Every
record is loaded by its noun's own schema, so that bulk and single writes accept the same.

Lines are read one at a time, so that a file may be larger than memory.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO, cast

from api.bulk.cells import FindRecord, TableLayout, add_column
from api.errors import Invalid
from api.ledger import Change
from api.ledger.noun import Record
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS_BY_NAME
from api.web.contract.limits import LINE
from api.web.contract.problems import Fault, RequestRefused
from api.web.requests import parse_json
from api.web.resource import Resource

_SHAPES = ({"noun", "record"}, {"noun", "retract"})
_SEPARATORS = (",", ";", "\t")
csv.field_size_limit(LINE.most)


@dataclass(frozen=True, slots=True)
class Line:
    """A parsed line with its number; if `record` is None, it retracts the record.

    `expected` is the revision from which its record was filled in, as `Change` has it.
    """

    number: int
    noun: str
    id: str
    record: Record | None
    raw: str
    expected: int | None = field(default=None, kw_only=True)

    @property
    def key(self) -> Key:
        return self.noun, self.id

    @property
    def change(self) -> Change:
        return Change(self.noun, self.id, self.record, self.expected)


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is not valid, and why; `key` names its record if it can be told."""

    number: int
    faults: Sequence[Fault]
    key: Key | None
    raw: str


def read_lines(file: BinaryIO, resource: Resource | None) -> Iterator[Line | RefusedLine]:
    """Yield each JSON line, parsed or refused; blank lines are skipped."""
    for number, raw in _number_lines(file):
        if raw.strip():
            text = raw.decode(errors="replace").rstrip("\r\n")
            try:
                yield Line(number, *_parse_line(raw, resource), text)
            except RequestRefused as error:
                key = _find_key(raw, resource)
                yield RefusedLine(number, _locate_faults(error, number), key, text)


def _number_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while raw := file.readline(LINE.most):
        number += 1
        if len(raw) == LINE.most:
            raise Invalid(f"line {number} is longer than {LINE.most:,} bytes")
        yield number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw


def _parse_line(raw: bytes, resource: Resource | None) -> tuple[str, str, Record | None]:
    data = parse_json(raw)
    if resource is not None:
        record = resource.load_draft(data)
        return resource.name, record["id"], record
    return _parse_mixed_line(data)


def _parse_mixed_line(data: Any) -> tuple[str, str, Record | None]:
    given = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    resource = NOUNS_BY_NAME.get(given["noun"]) if isinstance(given.get("noun"), str) else None
    if set(given) not in _SHAPES:
        raise _make_refusal("", "must be an object with noun and record, or noun and retract")
    if resource is None:
        raise _make_refusal("/noun", f"must be one of {', '.join(NOUNS_BY_NAME)}")
    noun = resource.name
    if "retract" in given:
        if not isinstance(given["retract"], str):
            raise _make_refusal("/retract", "must be the id of a record")
        return noun, given["retract"], None
    record = _load_within(resource, given["record"])
    return noun, record["id"], record


def _load_within(resource: Resource, data: Any) -> Record:
    try:
        return resource.load_draft(data)
    except RequestRefused as error:
        within = [{**each, "pointer": f"/record{each.get('pointer', '')}"} for each in error.faults]
        raise RequestRefused(error.status, error.detail, within) from error


def _make_refusal(pointer: str, detail: str) -> RequestRefused:
    return RequestRefused(422, detail, [{"pointer": pointer, "detail": detail}])


def _find_key(raw: bytes, resource: Resource | None) -> Key | None:
    """Find the record that a refused line names; None if it names none."""
    try:
        match parse_json(raw):
            case {"noun": str(noun), "record": {"id": str(id)}} if resource is None:
                return noun, id
            case {"id": str(id)} if resource is not None:
                return resource.name, id
            case _:
                return None
    except RequestRefused:
        return None


def read_rows(file: BinaryIO, resource: Resource, find: FindRecord) -> Iterator[Line | RefusedLine]:
    """Yield each row of a table, parsed or refused; empty rows are skipped.

    `find` returns what is on record, which stays in the fields that have no column.

    Cells are separated by commas, semicolons or tabs: by what a first line such as `sep=;` names,
    else by what the header contains most often. Raises Invalid if the text is not a table.
    """
    excel = file.read(3) == b"\xef\xbb\xbf"
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig" if excel else "utf-8", newline="")
    try:
        yield from _parse_table(text, resource, find, excel=excel)
    except UnicodeDecodeError as error:
        raise Invalid('it is not UTF-8; in a spreadsheet, save it as "CSV UTF-8"') from error
    finally:
        text.detach()


def _parse_table(
    text: io.TextIOWrapper, resource: Resource, find: FindRecord, *, excel: bool
) -> Iterator[Line | RefusedLine]:
    lines = _read_text_lines(text)
    first, skipped = next(lines, ""), 0
    if first.startswith("sep="):
        separator, first, skipped = first[4:5], next(lines, ""), 1
        if separator not in _SEPARATORS:
            raise Invalid("line 1: sep= must be followed by a comma, a semicolon or a tab")
    else:
        separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
    try:
        header = [each.strip() for each in next(reader, list[str]())]
        layout = TableLayout(resource, header, find, excel=excel)
        number = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield _parse_row(layout, resource, cells, number + skipped)
            number = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"line {reader.line_num + skipped}: {error}") from error
    except RequestRefused as error:
        faults = _locate_faults(error, 1 + skipped)
        yield RefusedLine(1 + skipped, faults, None, first.rstrip("\r\n"))


def _read_text_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LINE.most):
        if len(line) == LINE.most:
            raise Invalid(f"a line is longer than {LINE.most:,} characters")
        yield line


def _parse_row(
    layout: TableLayout, resource: Resource, cells: list[str], number: int
) -> Line | RefusedLine:
    noun = resource.name
    id: str | None = None
    try:
        data, expected = layout.parse_row(cells)
        id = data.get("id")
        record = resource.load_draft(data)
        if id is None:  # the one that is made from the content may be on record
            data["id"] = id = record["id"]
            if expected := layout.keep_absent(data):
                record = resource.load_draft(data)
    except RequestRefused as error:
        faults = [add_column(each, layout.columns) for each in _locate_faults(error, number)]
        return RefusedLine(number, faults, None if id is None else (noun, id), _join_cells(cells))
    return Line(number, noun, record["id"], record, _join_cells(cells), expected=expected)


def _join_cells(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _locate_faults(error: RequestRefused, number: int) -> list[Fault]:
    faults = error.faults or [{"pointer": "", "detail": error.detail}]
    return [{"line": str(number), **each} for each in faults]
