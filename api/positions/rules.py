"""The rules for positions: what is refused, and what is derived."""

from collections.abc import Hashable, Iterator
from typing import Any

from api.errors import Problem
from api.evidence import rules as evidence
from api.evidence.rivals import find_repeats, find_rivals, list_some
from api.ledger.noun import Lookup, PendingRecords, Record, WrittenRecords
from api.ledger.rules import (
    check_cycle,
    check_period,
    check_same_conflict,
    find_moves,
    fold_text,
    named_records,
    read_ids,
)

_UNCONDITIONAL = frozenset({
    "assert", "accuse", "allege", "deny", "warn", "concern", "reject", "defer", "abstain",
})  # fmt: skip
"""Forces that cannot depend on a precondition."""

_BINDING = frozenset({"commit", "concede"})
"""Forces that fit only an actor in the proposition's `by`."""


def check_record(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Check holder, evidence and period, and that answers and preconditions fit."""
    yield from evidence.check_derived(record)
    yield from _check_copies(record, lookup)
    record = {**evidence.derive_from_evidence(record, lookup), **record}
    yield from check_period(record)
    yield from evidence.check_holder(record, lookup)
    for check in (_check_evidence, _check_answer, _check_denial, _check_conditions,
                  _check_conflict, _check_own_act):  # fmt: skip
        yield from check(record, lookup)
    yield from evidence.check_replaced(record, lookup, "positions")
    yield from check_cycle(record, lookup, "positions", "responds_to.position")


def find_doubts(written: WrittenRecords, lookup: PendingRecords) -> Iterator[tuple[str, Problem]]:
    """Warn of positions that move, and that contradict or repeat their holder's own."""
    yield from find_moves(written, lookup, lambda each: evidence.find_conflict(each, lookup))
    for own, rivals in find_rivals("positions", _list_subjects, written, lookup):
        sign = evidence.sign_of(own)
        opposite = [each for each in rivals if sign * evidence.sign_of(each) < 0]
        if of_day := [r for r in opposite if evidence.day_of(r) == evidence.day_of(own)]:
            detail = f"is the opposite of {list_some(of_day)}, by the same holder on the same "
            detail += "day, so what hangs on it is disputed; amend or deprecate what is wrong, or "
            detail += "give valid_to to the first and name it in replaces"
            yield own["id"], Problem("/force", detail, warning=True)
        yield from find_repeats(own, [each for each in rivals if _say_the_same(own, each)])


def _list_subjects(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what a position is about, as path and id; nothing for a vote."""
    path = "proposition" if "proposition" in record else "responds_to.proposal"
    if "evidence" in record:
        yield from ((path, id) for id in read_ids(record, path))


def _say_the_same(one: Record, other: Record) -> bool:
    """Whether two positions on one thing take the same stand, as far as both tell the occasion."""
    sign = evidence.sign_of(one)
    equal = ("under",) if sign else ("under", "force", "negated")
    return (
        sign == evidence.sign_of(other)
        and all(one.get(name) == other.get(name) for name in equal)
        and all(one[n] == other[n] for n in ("targets", "responds_to") if n in one and n in other)
    )


def derive_fields(record: Record, lookup: Lookup) -> dict[str, Any]:
    """Return the facts that follow from its proposition, its evidence and what it answers."""
    derived = evidence.derive_from_evidence(record, lookup)
    record = {**derived, **record}
    propositions = _list_propositions(record, lookup)
    shared = evidence.derive_shared_fields(record, derived, propositions, lookup)
    titles = _list_proposal_titles(record, lookup)
    return {
        **shared,
        "answers": _list_answered(record),
        "proposition_text": _read_proposition_text(record, lookup),
        "search": fold_text(*titles, *evidence.list_quoted_words(shared["quotes"])),
    }


def normalise_draft(draft: Record, _previous: Record | None, lookup: Lookup) -> Record:
    """Drop the fields that a GET listed as derived, so that they stay derived."""
    return evidence.drop_derived(draft, lookup, evidence.derive_from_evidence)


def find_batch_key(record: Record, lookup: Lookup) -> Hashable:
    """Return all that a vote says except who casts it; None if somebody speaks."""
    if not _OF_VOTES.issuperset(record) or record["force"] in _BINDING:
        return None
    answered = record.get("responds_to", {})
    if "position" in answered:  # which may lead back to the record itself
        return None
    kind = (lookup.get("actors", record["holder"]) or {}).get("kind")
    if kind == "audience":  # whose fault tells its name
        return None
    sources = tuple(record.get("sources", ()))
    return (*map(record.get, _PLAIN), tuple(answered.items()), sources, kind)


_PLAIN = (
    "force", "proposition", "negated", "attestation", "attested_on", "valid_from", "rank", "coder",
    "note",
)  # fmt: skip
"""The fields of a vote that hold one value."""

_OF_VOTES = frozenset({"id", "holder", "responds_to", "sources", *_PLAIN})
"""The fields of a position that can belong to a batch."""


def list_search_texts(record: Record) -> list[str]:
    """List the texts that the search looks into: the words of its quotes, and its note.

    A vote has neither; it is found through its proposition, which is searched as a record.
    """
    return [*evidence.list_quoted_words(record["quotes"]), *filter(None, [record.get("note")])]


def list_names(record: Record) -> list[str]:
    """List its id, by whose words it is looked up; a vote has no name, because many are alike."""
    return [record["id"]] if record.get("evidence") else []


def _list_proposal_titles(record: Record, lookup: Lookup) -> list[str]:
    """Return the title of the proposal that it answers as a whole; none with a proposition.

    A filter by words looks into the proposition's own row, so its words are not repeated here.
    """
    if "proposition" in record:
        return []
    named = named_records(record, lookup, "responds_to.proposal", "proposals")
    return [each["title"] for each in named]


def _read_proposition_text(record: Record, lookup: Lookup) -> str | None:
    """Return the text of its proposition; None for a vote, because many share one."""
    if "evidence" not in record:
        return None
    named = named_records(record, lookup, "proposition", "propositions")
    return named[0]["text"] if named else None


def _list_propositions(record: Record, lookup: Lookup) -> list[Record]:
    """Return its proposition, or else all propositions of the proposal that it answers."""
    if "proposition" in record:
        return named_records(record, lookup, "proposition", "propositions")
    return [
        proposition
        for proposal in named_records(record, lookup, "responds_to.proposal", "proposals")
        for component in proposal["components"]
        for proposition in named_records(component, lookup, "propositions", "propositions")
    ]


def _list_answered(record: Record) -> list[str]:
    """Return what it answers, as in the filter `responds_to`: proposal and proposal/component."""
    answered = record.get("responds_to", {})
    proposals = [answered["proposal"]] if "proposal" in answered else []
    if "component" in answered:
        proposals.append(f"{answered['proposal']}/{answered['component']}")
    return proposals


def _check_copies(record: Record, lookup: Lookup) -> Iterator[Problem]:
    quotes, text = evidence.list_quotes(record, lookup), _read_proposition_text(record, lookup)
    issues = evidence.list_issues(_list_propositions(record, lookup))
    yield from evidence.check_copies("", [*quotes, text or "", *issues], lookup)


def _check_evidence(record: Record, lookup: Lookup) -> Iterator[Problem]:
    sources = named_records(record, lookup, "sources", "sources")
    if len(sources) < len(read_ids(record, "sources")):
        return
    if not any(each["kind"] == "recorded_vote" for each in sources):
        yield from evidence.check_statements(record, lookup, ", or a source of kind recorded_vote")


def _check_answer(record: Record, lookup: Lookup) -> Iterator[Problem]:
    for proposal in named_records(record, lookup, "responds_to.proposal", "proposals"):
        component = record["responds_to"].get("component")
        known = [each["id"] for each in proposal["components"]]
        if component is not None and component not in known:
            detail = f"{proposal['id']} has no component {component}, only {', '.join(known)}"
            yield Problem("/responds_to/component", detail)
        for each in proposal["components"]:
            abouts = [literal.removeprefix("!") for literal in each["propositions"]]
            if each["id"] == component and record.get("proposition") not in (None, *abouts):
                detail = f"{component} is about {', '.join(abouts)}, not {record['proposition']}"
                yield Problem("/responds_to/component", detail)


def _check_denial(record: Record, lookup: Lookup) -> Iterator[Problem]:
    """Warn of a holder that denies its own word."""
    for denied in named_records(record, lookup, "responds_to.position", "positions"):
        said = {"attested_on": "", **evidence.derive_from_evidence(denied, lookup), **denied}
        speaker, on = said.get("speaker"), said["attested_on"]
        holders = evidence.list_holders(record) if record["force"] == "deny" else []
        for each in filter(evidence.list_holders(said).__contains__, holders):
            voice = evidence.classify_voice(speaker, None, each, on, lookup)
            if voice in ("own", "authorised"):
                detail = f"{said['id']} is {each}'s own word; if it took that back, end that record"
                yield Problem("/responds_to/position", detail, warning=True)


def _check_conditions(record: Record, lookup: Lookup) -> Iterator[Problem]:
    force = record["force"]
    if force == "accept_conditionally" and "under" not in record:
        detail = "names no precondition, so the condition of this acceptance is not recorded"
        yield Problem("/under", detail, warning=True)
    if force in _UNCONDITIONAL and "under" in record:
        detail = f"must be left out: a position of force {force} cannot depend on preconditions"
        yield Problem("/under", detail)
    for index, id in enumerate(read_ids(record, "under")):
        condition = lookup.get("preconditions", id)
        if condition and not {*evidence.list_holders(condition)} & {*evidence.list_holders(record)}:
            detail = f"{id} is held by {condition['holder']}, not by {record['holder']}"
            yield Problem(f"/under/{index}", detail)


def _check_conflict(record: Record, lookup: Lookup) -> Iterator[Problem]:
    def find_other_conflict(other: Record) -> str | None:
        return other.get("conflict") or evidence.find_conflict(other, lookup)

    own = evidence.find_conflict(record, lookup)
    answers = "responds_to" in record or "under" in record
    for path, noun in _PATHS_WITH_CONFLICT if answers else ():
        yield from check_same_conflict(record, lookup, path, noun, own, find_other_conflict)


_PATHS_WITH_CONFLICT = (
    ("responds_to.proposal", "proposals"),
    ("responds_to.position", "positions"),
    ("under[]", "preconditions"),
)
"""The fields of a position that name records of a conflict."""


def _check_own_act(record: Record, lookup: Lookup) -> Iterator[Problem]:
    if record["force"] not in _BINDING:
        return
    for proposition in named_records(record, lookup, "proposition", "propositions"):
        by = read_ids(proposition, "by")
        if by and not set(by) & set(evidence.list_holders(record)):
            detail = (
                f"{record['holder']} cannot {record['force']} this by itself: it depends on "
                f"{', '.join(by)} (the proposition's `by`)"
            )
            yield Problem("/force", detail, warning=True)
