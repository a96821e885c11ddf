"""The rules for proposals: what is refused, and what is derived."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import bound_day, check_cycle, check_same_conflict, drop_repeats, fold_text


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse equal component ids, propositions of another conflict, and circles of proposals."""
    yield from _check_component_ids(record)
    literals = "components[].propositions[]"
    yield from check_same_conflict(record, lookup, literals, "propositions", record["conflict"])
    yield from check_cycle(record, lookup, "proposals", "revises")
    yield from check_cycle(record, lookup, "proposals", "responds_to.proposal")


def derive_fields(record: Record, _lookup: Lookup) -> dict[str, Any]:
    """Return its folded words and the bounds of the day on which it was made."""
    labels = (each.get("label") for each in record["components"])
    return {
        "search": fold_text(record["title"], *labels),
        **bound_day("made", record.get("made_on")),
    }


def list_search_texts(record: Record) -> list[str]:
    """List the texts that the search looks into: title, names within components, note."""
    parts = [each.get(n) for each in record["components"] for n in ("label", "phase", "option")]
    return drop_repeats(each for each in (record["title"], *parts, record.get("note")) if each)


def _check_component_ids(record: Record) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, each in enumerate(record["components"]):
        if each["id"] in seen:
            yield Problem(f"/components/{index}/id", "is already the id of an earlier component")
        seen.add(each["id"])
