"""When a source makes sense beside the records it names."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import cycle, dated, fold


def check(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Nothing is a translation of itself."""
    yield from cycle(record, lookup, "sources", "translation_of")


def derive(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Its folded title and the bounds of its publication."""
    return {"search": fold(record["title"]), **dated("published", record.get("published"))}
