"""Flat rows as Parquet: columns with types, some rows at a time. The only reader of pyarrow.

pyarrow is the reference writer, well kept and without dependencies, but large; so it is an extra
(`pip install sinequanon[parquet]`), and without it everything else works.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import marshmallow as ma

from api.web.fields import Day
from api.web.resource import Resource
from api.web.rows import columns

MISSING = (
    "Parquet needs the package pyarrow, which is not installed here; in the environment of the "
    "server: pip install 'sinequanon[parquet]'"
)
_ROW_GROUP = 20_000
"""How many rows are compressed together: what a reader can skip, and what memory holds."""
_ADDED_TYPES: Mapping[str, str] = {
    "revision": "int64",
    "changeset": "int64",
    "recorded_at": "timestamp",
    "valid_from_date": "date32",
    "valid_to_date": "date32",
    "verified": "bool_",
}
"""Types of columns that flat rows add; all others that they add are text."""
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "date32": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


def is_available() -> bool:
    """Whether Parquet can be written here."""
    return find_spec("pyarrow") is not None


def map_column_types(resource: Resource) -> dict[str, str]:
    """Map the columns of a noun's flat rows to the names of their Arrow types."""
    known = {**_map_field_types(resource.record_schema), **_ADDED_TYPES}
    return {name: known.get(name, "string") for name in columns(resource.noun)}


def _map_field_types(schema: ma.Schema, before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in cast("dict[str, Any]", cast("Any", schema).fields).items():
        if isinstance(field, ma.fields.Nested):
            found |= _map_field_types(cast("Any", field).schema, f"{name}_")
        else:
            found[f"{before}{name}"] = _name_field_type(field)
    return found


def _name_field_type(field: Any) -> str:
    match field:
        case Day():
            return "date32"
        case ma.fields.Boolean():
            return "bool_"
        case ma.fields.Integer():
            return "int64"
        case ma.fields.Float():
            return "float64"
        case _:
            return "string"


def export_parquet(resource: Resource, batches: Iterable[list[dict[str, Any]]]) -> Iterator[bytes]:
    """Yield a Parquet file of rows, piece by piece."""
    arrow, writing = _import_arrow("pyarrow"), _import_arrow("pyarrow.parquet")
    named = map_column_types(resource)
    schema = arrow.schema([(name, _make_arrow_type(arrow, each)) for name, each in named.items()])
    sink = _Sink()
    with writing.ParquetWriter(sink, schema, compression="zstd") as writer:
        yield sink.take_bytes()
        for some in _group_rows(arrow, schema, named, batches):
            writer.write_table(arrow.Table.from_batches(some, schema))
            yield sink.take_bytes()
    yield sink.take_bytes()


def _import_arrow(name: str) -> Any:
    # It has no complete types of its own, and may be absent.
    return import_module(name)


def _make_arrow_type(arrow: Any, name: str) -> Any:
    return arrow.timestamp("us", "UTC") if name == "timestamp" else getattr(arrow, name)()


def _group_rows(
    arrow: Any, schema: Any, named: Mapping[str, str], batches: Iterable[list[dict[str, Any]]]
) -> Iterator[list[Any]]:
    """Gather rows, already packed, until they make a row group."""
    gathered: list[Any] = []
    size = 0
    for rows in batches:
        packed = [
            {name: _convert_value(row[name], kind) for name, kind in named.items()} for row in rows
        ]
        gathered.append(arrow.RecordBatch.from_pylist(packed, schema))
        size += len(rows)
        if size >= _ROW_GROUP:
            yield gathered
            gathered, size = [], 0
    yield gathered


def _convert_value(value: Any, kind: str) -> Any:
    read = _PARSERS.get(kind)
    return value if read is None or value is None else read(value)


class _Sink(io.RawIOBase):
    """Takes what a writer writes, until it is taken on."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._length += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._length

    def take_bytes(self) -> bytes:
        """Give what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
