"""When a proposition makes sense beside the records it names."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import cycle, fold, named, same_conflict


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Issues and readings stay within the conflict; readings lead to no circle."""
    yield from same_conflict(record, lookup, "issues[]", "issues", record["conflict"])
    yield from same_conflict(record, lookup, "readings[]", "propositions", record["conflict"])
    yield from cycle(record, lookup, "propositions", "readings")


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Its folded text and names of issues: who looks for a truce also means what settles one."""
    issues = named(record, lookup, "issues", "issues")
    return {"search": fold(record["text"], *(each["name"] for each in issues))}


def list_search_texts(record: Record) -> list[str]:
    """Give what the search may meet: its text and its note."""
    return [each for name in ("text", "note") if (each := record.get(name))]
