"""The rules for preconditions: what is refused, and what is derived."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.errors import Problem
from api.evidence import rules as evidence
from api.evidence.rivals import find_repeats, find_rivals, list_some, share_source
from api.evidence.rows import write_alternatives, write_literals
from api.ledger.noun import Lookup, PendingRecords, Record, WrittenRecords
from api.ledger.rules import (
    bound_day,
    check_period,
    check_same_conflict,
    drop_repeats,
    find_moves,
    fold_text,
    named_records,
    read_ids,
)


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Check holder, evidence and period, one conflict, and that it is no condition of itself."""
    yield from evidence.check_derived(record)
    yield from _check_modality(record)
    yield from _check_copies(record, lookup)
    record = {**_derive_left_out(record, lookup), **record}
    yield from check_period(record)
    yield from evidence.check_holder(record, lookup)
    for literals in ("consequents[]", "antecedents[][]"):
        own = evidence.find_conflict(record, lookup)
        yield from check_same_conflict(record, lookup, literals, "propositions", own)
    yield from _check_consequents(record)
    yield from evidence.check_statements(record, lookup)
    yield from evidence.check_replaced(record, lookup, "preconditions")


def find_doubts(written: WrittenRecords, lookup: PendingRecords) -> Iterator[tuple[str, Problem]]:
    """Warn of conditions that move or repeat, and of older ones that count beside them."""
    yield from find_moves(written, lookup, lambda each: evidence.find_conflict(each, lookup))
    read: dict[str, _Condition] = {}
    for own, found in find_rivals("preconditions", _list_subjects, written, lookup):
        rivals = [r for r in found if not set(r["consequents"]).isdisjoint(own["consequents"])]
        read |= {r["id"]: _read_condition(r) for r in (own, *rivals) if r["id"] not in read}
        yield from find_repeats(own, [r for r in rivals if read[r["id"]] == read[own["id"]]])
        if older := [each for each in rivals if _counts_on_beside(each, own, read)]:
            detail = "another condition of the same holder for the same thing counts, too, unless "
            detail += f"the later one says that there are none: {list_some(older)}; if this one "
            detail += "takes its place, give valid_to to that one and name it here"
            yield own["id"], Problem("/replaces", detail, warning=True)


def _list_subjects(record: Record) -> Iterator[tuple[str, str]]:
    yield from (("consequents[]", id) for id in drop_repeats(read_ids(record, "consequents")))


_Condition = tuple[str, frozenset[frozenset[str]], str]


def _read_condition(record: Record) -> _Condition:
    """Return whether conditions are stated, the alternatives, and how they bind."""
    alternatives = frozenset(frozenset(each) for each in record.get("antecedents", ()))
    return record["antecedents_kind"], alternatives, record["modality"]


def _counts_on_beside(older: Record, own: Record, read: Mapping[str, _Condition]) -> bool:
    """Whether another condition of that day or before counts on beside a new one.

    The conditions that one source lists for one day belong together, unless one includes another.
    """
    (kind, some, _), (own_kind, others, _) = read[older["id"]], read[own["id"]]
    if evidence.day_of(older) > evidence.day_of(own) or (kind, some) == (own_kind, others):
        return False
    if {kind, own_kind} != {"stated"}:
        return "none" in (kind, own_kind)
    is_listed = evidence.day_of(older) == evidence.day_of(own) and share_source(older, own)
    return not is_listed or _includes(some, others) or _includes(others, some)


def _includes(some: frozenset[frozenset[str]], others: frozenset[frozenset[str]]) -> bool:
    """Whether each of some alternatives includes another one."""
    return all(any(other <= each for other in others) for each in some)


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the facts that follow from its propositions and its evidence."""
    derived = _derive_left_out(record, lookup)
    record = {**derived, **record}
    antecedents, propositions = _list_propositions(record, lookup)
    shared = evidence.derive_shared_fields(record, derived, propositions, lookup)
    texts = drop_repeats(each["text"] for each in propositions)
    return {
        **shared,
        "antecedents_text": write_alternatives(record.get("antecedents", ()), lookup),
        "consequents_text": write_literals(record["consequents"], lookup),
        "obligors": _list_obligors(antecedents),
        **bound_day("deadline", record.get("deadline")),
        "search": fold_text(
            record.get("cue"), *texts, *evidence.list_quoted_words(shared["quotes"])
        ),
    }


def normalise_draft(draft: Record, _previous: Record | None, lookup: Lookup) -> Record:
    """Drop the fields that a GET listed as derived, so that they stay derived."""
    return evidence.drop_derived(draft, lookup, _derive_left_out)


def _derive_left_out(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the fields that the author left out, with the values that follow."""
    defaults = {"antecedents_kind": "stated", "modality": "unknown"}
    left_out = {name: value for name, value in defaults.items() if name not in record}
    return {**left_out, **evidence.derive_from_evidence(record, lookup)}


def _list_antecedents(record: Record) -> list[str]:
    return [literal for each in record.get("antecedents", ()) for literal in each]


def _list_propositions(record: Record, lookup: Lookup) -> tuple[list[Record], list[Record]]:
    """List the propositions of the antecedents, and all, as often as they are named."""
    asked = {"antecedents": _list_antecedents(record)}
    antecedents = named_records(asked, lookup, "antecedents", "propositions")
    consequents = named_records(record, lookup, "consequents", "propositions")
    return antecedents, [*antecedents, *consequents]


def _list_obligors(antecedents: Iterable[Record]) -> list[str]:
    return drop_repeats(actor for each in antecedents for actor in read_ids(each, "by"))


def _check_copies(record: Record, lookup: Lookup) -> Iterator[Problem]:
    antecedents, propositions = _list_propositions(record, lookup)
    texts = [each["text"] for each in propositions]
    ids = [*evidence.list_issues(propositions), *_list_obligors(antecedents)]
    yield from evidence.check_copies(
        "", [*evidence.list_quotes(record, lookup), *texts, *ids], lookup
    )


def _check_modality(record: Record) -> Iterator[Problem]:
    if "antecedents" in record and "modality" not in record:
        detail = (
            "was left out, so it is unknown and constrains nothing; give necessary (only if), "
            "sufficient (if) or another value"
        )
        yield Problem("/modality", detail, warning=True)


def _check_consequents(record: Record) -> Iterator[Problem]:
    antecedents = set(_list_antecedents(record))
    for index, literal in enumerate(record["consequents"]):
        if literal in antecedents:
            yield Problem(f"/consequents/{index}", f"{literal} is among its own antecedents")
