"""The rules for proposals: what is refused, and what is derived."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from api.errors import Problem
from api.ledger.noun import Lookup, Record
from api.ledger.rules import (
    bound_day,
    check_cycle,
    check_same_conflict,
    drop_repeats,
    fold_text,
    read_ids,
)

MOST_COMPONENTS = 200
"""How many components a proposal may have. The contract does not say so: tools that try each bound
of it would make hundreds of nested objects, again and again."""


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse wrong ids and orders of components, other conflicts, and circles of proposals."""
    yield from _check_components(record)
    for literals in ("components[].propositions[]", "components[].if[]"):
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


def _check_components(record: Record) -> Iterator[Problem]:
    """Refuse equal ids, circles, what comes after unknown ones, and what depends on itself."""
    if len(record["components"]) > MOST_COMPONENTS:
        yield Problem("/components", f"there may be {MOST_COMPONENTS}: make several proposals")
    seen: set[str] = set()
    for index, each in enumerate(record["components"]):
        if each["id"] in seen:
            yield Problem(f"/components/{index}/id", "is already the id of an earlier component")
        seen.add(each["id"])
        asked = {*read_ids(each, "propositions")}
        for number, id in enumerate(read_ids(each, "if")):
            if id in asked:
                detail = f"{id} is what the component itself asks"
                yield Problem(f"/components/{index}/if/{number}", detail)
    yield from _check_order(record["components"])


def _check_order(components: Sequence[Record]) -> Iterator[Problem]:
    before: dict[str, Sequence[str]] = {each["id"]: each.get("after", ()) for each in components}
    for index, each in enumerate(components):
        for number, id in enumerate(each.get("after", ())):
            if id not in before:
                detail = f"there is no component {id} in this proposal"
                yield Problem(f"/components/{index}/after/{number}", detail)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        place = f"/components/{[*before].index(circle[1])}/after"
        yield Problem(place, f"each of these comes before the next: {', '.join(circle[:20])}")
