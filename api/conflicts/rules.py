"""The rules for conflicts: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import fold, ordered, unique, validity


def check_record(record: Record, _lookup: Lookup) -> Iterator[Problem]:
    """Refuse a conflict that ends before it begins."""
    yield from ordered(record)


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its period, its folded words and the standings of its parties."""
    return {
        "search": fold(record["name"], record.get("summary")),
        "statuses": unique(each["status"] for each in record.get("parties", ())),
        **validity(record),
    }
