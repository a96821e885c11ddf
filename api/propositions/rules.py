"""The rules for propositions: what is refused, and what is derived."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from api.errors import Problem
from api.evidence.rules import check_copies
from api.ledger.noun import Lookup, PendingRecords, Record, WrittenRecords
from api.ledger.rules import check_cycle, check_same_conflict, find_moves, fold_text, named_records
from api.units import explain_difference, read_unit


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Refuse issues and readings of another conflict, and readings that lead in a circle."""
    yield from check_same_conflict(record, lookup, "issues[]", "issues", record["conflict"])
    yield from check_same_conflict(record, lookup, "readings[]", "propositions", record["conflict"])
    yield from check_cycle(record, lookup, "propositions", "readings")
    yield from check_copies("/issues", _list_issue_names(record, lookup), lookup)


def find_doubts(written: WrittenRecords, lookup: PendingRecords) -> Iterator[tuple[str, Problem]]:
    """Warn of propositions that move, and of measures that cannot be compared on their scale."""
    yield from find_moves(written, lookup)
    measured = [record for _, record in written.values() if "measure" in record]
    conflicts = {("conflict", each["conflict"]) for each in measured}
    stored = lookup.find_unchanged("propositions", conflicts)
    scales = _group_units([*measured, *(each for each in stored if "measure" in each)])
    for record in measured:
        units = scales[record["conflict"], record["measure"]["scale"]]
        if detail := _tell_difference(record["measure"].get("unit"), units):
            yield record["id"], Problem("/measure/unit", detail, warning=True)


def _tell_difference(unit: str | None, units: Mapping[str | None, str]) -> str | None:
    """Say with which proposition of its scale a measure cannot be compared, if any."""
    for other in islice(units if len(units) > 1 else (), _MOST_UNITS):
        if read_unit(unit).dimensions != read_unit(other).dimensions:
            told = f"cannot be compared with {units[other]}, on the same scale: "
            return told + explain_difference(unit, other)
    return None


def _group_units(measured: Iterable[Record]) -> Mapping[tuple[str, str], dict[str | None, str]]:
    """Map conflict and scale to the units in use, each with the first proposition that has it."""
    scales: defaultdict[tuple[str, str], dict[str | None, str]] = defaultdict(dict)
    for each in sorted(measured, key=itemgetter("id"), reverse=True):
        units = scales[each["conflict"], each["measure"]["scale"]]
        units[each["measure"].get("unit")] = each["id"]
    return scales


_MOST_UNITS = 100
"""With how many units of its scale a measure is compared at most."""


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return its folded text with the names of its issues.

    A filter by the words of an issue thus finds the propositions that settle it.
    """
    return {"search": fold_text(record["text"], *_list_issue_names(record, lookup))}


def _list_issue_names(record: Record, lookup: Lookup) -> list[str]:
    return [each["name"] for each in named_records(record, lookup, "issues", "issues")]


def list_search_texts(record: Record) -> list[str]:
    """List the texts that the search looks into: its text and its note."""
    return [each for name in ("text", "note") if (each := record.get(name))]
