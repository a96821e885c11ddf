"""Flat rows: one record, one row, usable as it stands in pandas, a spreadsheet or a dashboard.

Positions and preconditions make their own rows (`Noun.row`). All others get theirs here: scalars
as they are, a reference with its label beside it, lists joined by `|` (as JSON where an entry holds
one), objects spread into columns, lists of objects as JSON.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import orjson

from api.ledger.noun import Noun, Record
from api.ledger.versions.lookup import AsOfLookup
from api.ledger.versions.rendering import parse_body
from api.web.cells import join_values

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
}
"""Of each format of a table; `responses` lists those that are compressed."""

RISKY = re.compile("'*[=+@\\t\\r-]")
"""Beginnings of cells that spreadsheets run as formulas (OWASP, CSV injection)."""


def column_names(noun: Noun) -> list[str]:
    """Return the names of the columns of a noun's rows."""
    return list(_row_maker(noun)(noun.fields, _NOTHING))


def make_rows(noun: Noun, bodies: Sequence[bytes], lookup: AsOfLookup) -> Iterator[dict[str, Any]]:
    """Yield the flat rows of records."""
    records: list[Record] = [parse_body(noun, body) for body in bodies]
    # With a few queries: the records that the rows name, and those that these name.
    ahead = [(noun.name, record) for record in records]
    for _ in range(2):
        lookup.prefetch_referenced(ahead)
        ahead = lookup.loaded_records()
    make = _row_maker(noun)
    return (make(record, lookup) for record in records)


def encode_table(
    names: Sequence[str], found: Iterable[Record], form: str, *, excel: bool, headed: bool = True
) -> bytes:
    """Encode the named columns of rows in a format of `MEDIA_TYPES`.

    A CSV that continues another one is not `headed`.
    """
    rows = [{name: row[name] for name in names} for row in found]
    if form == "json":
        return orjson.dumps(rows)
    if form == "ndjson":
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    return _encode_csv(names, rows, excel=excel, headed=headed)


_NOTHING: Any = SimpleNamespace(get=lambda *_: None, find_label=lambda *_: None)
"""A lookup without records, with which an empty row can be made."""


def _row_maker(noun: Noun) -> Callable[[Record, AsOfLookup], dict[str, Any]]:
    return noun.row or (lambda record, lookup: _make_row(noun, record, lookup))


def _make_row(noun: Noun, record: Record, lookup: AsOfLookup) -> dict[str, Any]:
    references = {ref.path: ref.to for ref in noun.references}
    row: dict[str, Any] = {}
    for name in noun.fields:
        value = record[name]
        if name in noun.parts:
            row |= {f"{name}_{part}": (value or {}).get(part) for part in noun.parts[name]}
        else:
            row[name] = join_values(cast("list[Any]", value)) if isinstance(value, list) else value
        if name in references:
            row[f"{name}_label"] = lookup.find_label(references[name], cast("str | None", value))
    row |= {name: record.get(name) for name in ("revision", "changeset", "recorded_at")}
    address = "record_url" if "url" in row else "url"  # a source has a url of its own
    return {**row, address: f"/v1/{noun.name}/{record['id']}"}


def _encode_csv(
    names: Sequence[str], rows: Iterable[dict[str, Any]], *, excel: bool, headed: bool
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if headed:
        writer.writerow(names)
    for row in rows:
        writer.writerow([_encode_cell(row[name], excel=excel) for name in names])
    return (b"\xef\xbb\xbf" if excel else b"") + out.getvalue().encode()


def _encode_cell(value: Any, *, excel: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if excel and isinstance(value, str) and RISKY.match(text) else text
