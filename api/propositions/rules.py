"""The rules for propositions: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import check_cycle, check_same_conflict, fold_text, named_records


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse issues and readings of another conflict, and readings that lead in a circle."""
    yield from check_same_conflict(record, lookup, "issues[]", "issues", record["conflict"])
    yield from check_same_conflict(record, lookup, "readings[]", "propositions", record["conflict"])
    yield from check_cycle(record, lookup, "propositions", "readings")


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return its folded text with the names of its issues.

    A filter by the words of an issue thus finds the propositions that settle it.
    """
    issues = named_records(record, lookup, "issues", "issues")
    return {"search": fold_text(record["text"], *(each["name"] for each in issues))}


def list_search_texts(record: Record) -> list[str]:
    """List the texts that the search looks into: its text and its note."""
    return [each for name in ("text", "note") if (each := record.get(name))]
