"""The exporter: all that authors wrote, as lines that the importer takes back; or flat rows.

Nouns come in the order in which they name each other, records in the order of their ids, each as
its author wrote it: no number, no time, no check mark. So an export says what is known, not how it
came to be known: imported into an empty registry, in however many lots, and exported again, it is
the same, byte for byte, on either engine.

Tables, as CSV here and as Parquet in `parquet`, hold the flat rows of one noun, with labels and
what the server adds, in the order in which the registry learned of them. Either way memory holds
some records at a time, whatever there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from api.ledger.canonical import canonical, parse
from api.ledger.noun import Noun
from api.ledger.reader import Reader
from api.nouns import NOUNS
from api.web import rows

_AT_ONCE = 1_000


def export_lines(reader: Reader) -> Iterator[bytes]:
    """Yield one line a record, as known at the reader's moment."""
    for noun in NOUNS:
        for body in reader.authored(noun):
            record = {name: value for name, value in parse(body).items() if name in noun.fields}
            yield b'{"noun":%b,"record":%b}\n' % (orjson.dumps(noun.name), canonical(record))


def export_rows(reader: Reader, noun: Noun) -> Iterator[list[dict[str, Any]]]:
    """Yield the flat rows of all records of a noun, some at a time; at least one empty list."""
    after = None
    while True:
        page = reader.page(noun, {}, limit=_AT_ONCE, after=after)
        # Each time a new lookup: one for all would come to hold every label.
        yield list(rows.make_rows(noun, page.bodies, reader.lookup()))
        after = page.after
        if after is None:
            return


def export_csv(reader: Reader, noun: Noun) -> Iterator[bytes]:
    """Yield a table of all records of a noun, piece by piece."""
    names = rows.column_names(noun)
    for index, some in enumerate(export_rows(reader, noun)):
        yield rows.encode_table(names, some, "csv", excel=False, headed=index == 0)
