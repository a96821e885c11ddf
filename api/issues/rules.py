"""When an issue makes sense beside the records it names."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import cycle, fold, same_conflict


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Its parent is of the same conflict, and nothing is a part of itself."""
    yield from same_conflict(record, lookup, "parent", "issues", record["conflict"])
    yield from cycle(record, lookup, "issues", "parent")


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Its folded name."""
    return {"search": fold(record["name"])}
