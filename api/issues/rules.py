"""The rules for issues: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import check_cycle, check_same_conflict, fold_text


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse a parent of another conflict, and an issue that is a part of itself."""
    yield from check_same_conflict(record, lookup, "parent", "issues", record["conflict"])
    yield from check_cycle(record, lookup, "issues", "parent")


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its folded name."""
    return {"search": fold_text(record["name"])}
