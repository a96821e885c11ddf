"""The exporter: all records as lines that the importer accepts, or as tables of flat rows.

Lines hold what authors wrote: nouns in the order in which they name each other, records in the
order of their ids, without numbers, times or check marks. An export therefore says what is known,
not how it came to be known. Imported into an empty registry, in any number of lots, and exported
again, it is the same, byte for byte, on either engine.

Tables, as CSV here and as Parquet in `parquet`, hold the flat rows of one noun, with labels and
what the server adds, in the order in which they were recorded. Either way memory holds only some
records at a time.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from api.ledger.noun import Noun
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import canonical_bytes, parse_bytes
from api.nouns import NOUNS
from api.web import rows

_PAGE_SIZE = 1_000


def export_lines(reader: Reader) -> Iterator[bytes]:
    """Yield each record as a line, as known at the reader's moment."""
    for noun in NOUNS:
        for body in reader.read_authored(noun):
            record = {
                name: value for name, value in parse_bytes(body).items() if name in noun.fields
            }
            yield b'{"noun":%b,"record":%b}\n' % (orjson.dumps(noun.name), canonical_bytes(record))


def export_rows(reader: Reader, noun: Noun) -> Iterator[list[dict[str, Any]]]:
    """Yield the flat rows of all records of a noun in pages; at least one, which may be empty."""
    after = None
    while True:
        page = reader.read_page(noun, {}, limit=_PAGE_SIZE, after=after)
        # A new lookup for each page, because one for all pages would come to hold every label.
        yield list(rows.make_rows(noun, page.whole_bodies, reader.open_lookup()))
        after = page.after
        if after is None:
            return


def export_csv(reader: Reader, noun: Noun) -> Iterator[bytes]:
    """Yield a CSV table of all records of a noun, piece by piece."""
    names = rows.column_names(noun)
    for index, page in enumerate(export_rows(reader, noun)):
        yield rows.encode_table(names, page, "csv", excel=False, headed=index == 0)
