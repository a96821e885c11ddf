"""The exporter: all that authors wrote, as lines that the importer takes back.

Nouns come in the order in which they name each other, records in the order of their ids, each as
its author wrote it: no number, no time, no check mark. So an export says what is known, not how it
came to be known: imported into an empty registry, in however many lots, and exported again, it is
the same, byte for byte, on either engine.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from api.ledger.canonical import canonical, parse
from api.ledger.reader import Reader
from api.nouns import NOUNS


def export_lines(reader: Reader) -> Iterator[bytes]:
    """Yield one line a record, as known at the reader's moment."""
    for noun in NOUNS:
        for body in reader.authored(noun):
            record = {name: value for name, value in parse(body).items() if name in noun.fields}
            yield b'{"noun":%b,"record":%b}\n' % (orjson.dumps(noun.name), canonical(record))
