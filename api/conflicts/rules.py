"""The rules for conflicts: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import bound_validity, check_period, drop_repeats, fold_text


def check_record(record: Record, _lookup: Lookup) -> Iterator[Problem]:
    """Refuse a conflict that ends before it begins."""
    yield from check_period(record)


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its period, its folded words and the standings of its parties."""
    return {
        "search": fold_text(record["name"], record.get("summary")),
        "statuses": drop_repeats(each["status"] for each in record.get("parties", ())),
        **bound_validity(record),
    }
