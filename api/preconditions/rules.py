"""When a precondition makes sense beside the records it names, and what follows from these."""

from collections.abc import Iterator
from typing import Any

from api.errors import Problem
from api.evidence.rows import alternatives_text, literal_texts
from api.evidence.testimony import (
    conflict_of,
    drop_derived,
    held,
    issues_of,
    quoted_words,
    refuse_derived,
    succession,
    testimony,
    told_by_evidence,
    witnessed,
)
from api.ledger.noun import Lookup, Record
from api.ledger.rules import dated, fold, ids, ordered, same_conflict, unique, validity


def check(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """It stays within one conflict, is no condition of itself, and has evidence and an order."""
    yield from refuse_derived(record)
    yield from _binds(record)
    record = {**_follows(record, lookup), **record}
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
    follows = _follows(record, lookup)
    record = {**follows, **record}
    antecedents = _propositions(_antecedents(record), lookup)
    propositions = [*antecedents, *_propositions(record["consequents"], lookup)]
    heard = testimony(record, lookup)
    texts = unique(each["text"] for each in propositions)
    return {
        "antecedents_text": alternatives_text(record.get("antecedents", ()), lookup),
        "consequents_text": literal_texts(record["consequents"], lookup),
        "conflict": conflict_of(record, lookup),
        "issues": issues_of(propositions),
        "obligors": unique(actor for each in antecedents for actor in ids(each, "by")),
        **follows,
        "derived": [*follows],
        **heard,
        **validity(record),
        **dated("deadline", record.get("deadline")),
        "search": fold(record.get("cue"), *texts, *quoted_words(heard["quotes"])),
    }


def settle(draft: Record, _previous: Record | None, lookup: Lookup) -> Record:
    """Leave derived what a GET gave as derived."""
    return drop_derived(draft, lambda authored: _follows(authored, lookup))


def _follows(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return what follows for the fields that the author left out."""
    defaults = {"antecedents_kind": "stated", "modality": "unknown"}
    left_out = {name: value for name, value in defaults.items() if name not in record}
    return {**left_out, **told_by_evidence(record, lookup)}


def _antecedents(record: Record) -> list[str]:
    return [literal for each in record.get("antecedents", ()) for literal in each]


def _propositions(literals: list[str], lookup: Lookup) -> list[Record]:
    found = (lookup.get("propositions", each.removeprefix("!")) for each in literals)
    return [each for each in found if each is not None]


def _binds(record: Record) -> Iterator[Problem]:
    if "antecedents" in record and "modality" not in record:
        detail = (
            "was left out, so it is unknown and constrains nothing; say necessary (only if), "
            "sufficient (if) or another"
        )
        yield Problem("/modality", detail, warning=True)


def _is_no_circle(record: Record) -> Iterator[Problem]:
    antecedents = set(_antecedents(record))
    for index, literal in enumerate(record["consequents"]):
        if literal in antecedents:
            yield Problem(f"/consequents/{index}", f"{literal} is among its own antecedents")
