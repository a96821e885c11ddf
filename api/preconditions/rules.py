"""When a precondition makes sense beside the records it names, and what follows from these."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.evidence.testimony import (
    conflict_of,
    held,
    issues_of,
    quoted_words,
    succession,
    testimony,
    witnessed,
)
from api.ledger.noun import Lookup, Record
from api.ledger.rules import dated, fold, ids, ordered, same_conflict, unique, validity


def check(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """It stays within one conflict, is no condition of itself, and has evidence and an order."""
    yield from ordered(record)
    yield from held(record, lookup)
    for literals in ("consequents[]", "antecedents[][]"):
        own = conflict_of(record, lookup)
        yield from same_conflict(record, lookup, literals, "propositions", own)
    yield from _is_no_circle(record)
    yield from witnessed(record, lookup)
    yield from succession(record, lookup, "preconditions")


def derive(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Whose act it waits for, its conflict and issues, its period, and what its evidence says."""
    antecedents = _propositions(_antecedents(record), lookup)
    propositions = [*antecedents, *_propositions(record["consequents"], lookup)]
    heard = testimony(record, lookup)
    texts = unique(each["text"] for each in propositions)
    return {
        "conflict": conflict_of(record, lookup),
        "issues": issues_of(propositions),
        "obligors": unique(actor for each in antecedents for actor in ids(each, "by")),
        **heard,
        **validity(record),
        **dated("deadline", record.get("deadline")),
        "search": fold(record.get("cue"), *texts, *quoted_words(heard["quotes"])),
    }


def _antecedents(record: Record) -> list[str]:
    return [literal for each in record.get("antecedents", ()) for literal in each]


def _propositions(literals: list[str], lookup: Lookup) -> list[Record]:
    found = (lookup.get("propositions", each.removeprefix("!")) for each in literals)
    return [each for each in found if each is not None]


def _is_no_circle(record: Record) -> Iterator[Problem]:
    antecedents = set(_antecedents(record))
    for index, literal in enumerate(record["consequents"]):
        if literal in antecedents:
            yield Problem(f"/consequents/{index}", f"{literal} is among its own antecedents")
