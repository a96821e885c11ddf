"""The exporter: all records as lines that the importer accepts, or as tables of flat rows.

Lines hold what authors wrote: nouns in the order in which they name each other, records in the
order of their ids, without numbers, times or check marks. An export therefore says what is known,
not how it came to be known. Imported into an empty registry, in any number of lots, and exported
again, it is the same, byte for byte, on either engine.

Tables, as CSV or as Parquet with typed columns, hold the flat rows of one noun, with labels and
what the server adds, in the order in which they were recorded. Either way memory holds only some
records at a time.

Only this file imports pyarrow. That is the reference implementation, well maintained and without
dependencies, but large. So it is an extra (`pip install sinequanon[parquet]`), and everything else
works without it.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import marshmallow as ma
import orjson

from api.bulk.cells import map_columns
from api.ledger.noun import Noun
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import canonical_bytes
from api.nouns import NOUNS
from api.web import rows as flat
from api.web.contract.fields import Day
from api.web.resource import Resource
from api.web.revisions import strip_server_fields

_PAGE_SIZE = 1_000


def export_lines(reader: Reader) -> Iterator[bytes]:
    """Yield each record as a line, as known at the reader's moment."""
    for noun in NOUNS:
        for body in reader.read_authored(noun):
            record = strip_server_fields(noun, body)
            yield b'{"noun":%b,"record":%b}\n' % (orjson.dumps(noun.name), canonical_bytes(record))


def export_rows(reader: Reader, noun: Noun) -> Iterator[list[dict[str, Any]]]:
    """Yield the flat rows of all records of a noun in pages; at least one, which may be empty."""
    for page in reader.read_pages(noun, {}, limit=_PAGE_SIZE):
        # A new lookup for each page, because one for all pages would come to hold every label.
        yield list(flat.make_rows(noun, page.whole_bodies, reader.open_lookup()))


def export_csv(reader: Reader, noun: Noun) -> Iterator[bytes]:
    """Yield a CSV table of all records of a noun, piece by piece."""
    names = flat.column_names(noun)
    for index, page in enumerate(export_rows(reader, noun)):
        yield flat.encode_table(names, page, "csv", excel=False, headed=index == 0)


MISSING = (
    "Parquet needs the package pyarrow, which is not installed; run pip install "
    "'sinequanon[parquet]' in the environment of the server"
)
_ROW_GROUP = 20_000
"""How many rows are compressed together: a reader can skip them, and memory holds them."""
_ADDED_TYPES: Mapping[str, str] = {
    "revision": "int64",
    "changeset": "int64",
    "recorded_at": "timestamp",
    "valid_from_date": "date32",
    "valid_to_date": "date32",
    "verified": "bool_",
}
"""Types of the columns that flat rows add to fields; all other added columns are text."""
_PARSERS = {"date32": date.fromisoformat, "timestamp": datetime.fromisoformat}


def is_available() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def map_column_types(resource: Resource) -> dict[str, str]:
    """Map the columns of a noun's flat rows to the names of their Arrow types."""
    columns = map_columns(resource.record_schema).items()
    known = {**{name: _name_field_type(each.kind) for name, each in columns}, **_ADDED_TYPES}
    return {name: known.get(name, "string") for name in flat.column_names(resource)}


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


def export_parquet(reader: Reader, resource: Resource) -> Iterator[bytes]:
    """Yield a Parquet file of all records of a noun, piece by piece."""
    # Any, because pyarrow is only partly typed; not at the top, because it may be missing.
    arrow: Any = import_module("pyarrow")
    writing: Any = import_module("pyarrow.parquet")
    types = map_column_types(resource)
    schema = arrow.schema([(name, _make_arrow_type(arrow, each)) for name, each in types.items()])
    sink = _Sink()
    with writing.ParquetWriter(sink, schema, compression="zstd") as writer:
        yield sink.take_bytes()
        for group in _group_rows(arrow, schema, types, export_rows(reader, resource)):
            writer.write_table(arrow.Table.from_batches(group, schema))
            yield sink.take_bytes()
    yield sink.take_bytes()


def _make_arrow_type(arrow: Any, name: str) -> Any:
    return arrow.timestamp("us", "UTC") if name == "timestamp" else getattr(arrow, name)()


def _group_rows(
    arrow: Any, schema: Any, types: Mapping[str, str], pages: Iterable[list[dict[str, Any]]]
) -> Iterator[list[Any]]:
    """Collect pages of rows as Arrow batches until they make a row group."""
    group, size = list[Any](), 0
    for rows in pages:
        converted = [{name: _convert_value(row[name], kind) for name, kind in types.items()}
                     for row in rows]  # fmt: skip
        group.append(arrow.RecordBatch.from_pylist(converted, schema))
        size += len(rows)
        if size >= _ROW_GROUP:
            yield group
            group, size = [], 0
    yield group


def _convert_value(value: Any, kind: str) -> Any:
    parse = _PARSERS.get(kind)
    return value if parse is None or value is None else parse(value)


class _Sink(io.BytesIO):
    """A file in memory whose bytes are taken out piece by piece."""

    _taken = 0

    def tell(self) -> int:
        return self._taken + super().tell()

    def take_bytes(self) -> bytes:
        """Return what was written since the last call."""
        piece = self.getvalue()
        self._taken += len(piece)
        self.seek(0)
        self.truncate()
        return piece
