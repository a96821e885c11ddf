"""The rules for proposals: what is refused, and what is derived."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
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


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse wrong ids and orders of components, other conflicts, and circles of proposals."""
    yield from _check_component_ids(record)
    yield from _check_order(record)
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


def _check_component_ids(record: Record) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, each in enumerate(record["components"]):
        if each["id"] in seen:
            yield Problem(f"/components/{index}/id", "is already the id of an earlier component")
        seen.add(each["id"])


def _check_order(record: Record) -> Iterator[Problem]:
    """Refuse components after unknown ones or in a circle, or due only if they are done."""
    before = {each["id"]: each.get("after", ()) for each in record["components"]}
    circle = _find_circle(before)
    for index, each in enumerate(record["components"]):
        for number, id in enumerate(each.get("after", ())):
            place = f"/components/{index}/after/{number}"
            if id not in before:
                yield Problem(place, f"there is no component {id}, only {', '.join(before)}")
            elif (id, each["id"]) in pairwise(circle):
                yield Problem(place, f"leads into a circle: {' before '.join(circle)}")
        asked = read_ids(each, "propositions")
        for number, id in enumerate(read_ids(each, "if")):
            if id in asked:
                detail = f"{id} is what the component itself asks; name what it depends on"
                yield Problem(f"/components/{index}/if/{number}", detail)


def _find_circle(before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return components each of which comes before the next, back to the first; else nothing."""
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        return error.args[1]
    return []
