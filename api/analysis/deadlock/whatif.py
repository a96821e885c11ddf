"""A deadlock with other records than there are: what would change, and nothing is stored.

What is supposed counts: a supposed position is its holder's latest, in a voice that is heard, and
preferred where the holder has a preferred one on the same; supposed rules are in use whichever
recorded ones are.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from api import clock
from api.analysis.deadlock.answer import Deadlock
from api.analysis.deadlock.comparison import Difference, compare_deadlocks
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.declarations import about, answer
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.stances import list_subjects, noun_of
from api.errors import Problem, RecordProblem, RulesBroken
from api.evidence.rules import VOICE_RANKS, list_holders
from api.ledger.noun import Noun, Record

_EACH = 0.4
"""The share of the time for each of the two; the rest is for comparing them."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is left out, as (noun, id), and what is added, as an author would write it."""

    left_out: Sequence[tuple[str, str]] = ()
    added: Mapping[str, Sequence[Record]] = field(default_factory=dict[str, Sequence[Record]])


@answer
class WhatIf:
    """A deadlock beside the same with other records."""

    recorded: Deadlock = about("as it is recorded")
    supposed: Deadlock = about("as it would be")
    difference: Difference = about("what differs")


def work_out_what_if(
    scene: Scene, choices: Choices, supposed: Supposed, nouns: Mapping[str, Noun], *, seconds: float
) -> WhatIf:
    """Answer within about `seconds`: the recorded state, the supposed one, and how they differ.

    Raises RulesBroken when what is supposed names what is not there.
    """
    other = _suppose_scene(scene, choices, supposed, nouns)
    chosen = replace(choices, axioms=_suppose_rules(choices.axioms, supposed))
    before = work_out_deadlock(scene, choices, seconds=_EACH * seconds)
    after = work_out_deadlock(other, chosen, seconds=_EACH * seconds)
    difference = compare_deadlocks(before, after, seconds=(1 - 2 * _EACH) * seconds)
    return WhatIf(before.answer, after.answer, difference)


def _suppose_rules(chosen: Sequence[str] | None, supposed: Supposed) -> tuple[str, ...] | None:
    """Return the rules in use if some are left out and some added; None stands for all."""
    if chosen is None:
        return None
    gone = {id for noun, id in supposed.left_out if noun == "axioms"}
    new = (_make_id("axiom", index) for index, _ in enumerate(supposed.added.get("axioms", ())))
    return (*(each for each in chosen if each not in gone), *new)


def _suppose_scene(
    scene: Scene, choices: Choices, supposed: Supposed, nouns: Mapping[str, Noun]
) -> Scene:
    there = {
        "positions": scene.positions, "preconditions": scene.preconditions, "axioms": scene.axioms
    }  # fmt: skip
    faults = list(_find_unknown(scene, there, supposed.left_out))
    changed: dict[str, Any] = {"omitted": tuple(supposed.left_out)}
    for noun, records in there.items():
        kept = [each for each in records if (noun, each["id"]) not in supposed.left_out]
        for index, draft in enumerate(supposed.added.get(noun, ())):
            faults += _find_missing(scene, nouns[noun], draft, f"/{noun}/{index}")
            facts = _make_facts(scene, choices, nouns[noun], draft, index)
            kept.append({**nouns[noun].fields, **facts, **draft})
        changed[noun] = kept
    if faults:
        raise RulesBroken(faults)
    return replace(scene, **changed)


def _find_missing(scene: Scene, noun: Noun, draft: Record, place: str) -> Iterator[RecordProblem]:
    """Find what a draft names that is not there, or is of another conflict."""
    own = scene.conflict["id"]
    for reference in noun.references:
        for pointer, id in reference.walk_ids(draft):
            record = scene.lookup.get(reference.to, id)
            is_own = reference.to == "actors" or (record or {}).get("conflict", own) == own
            if record is None or not is_own:
                detail = f"there is no {reference.to}/{id} here"
                yield RecordProblem(noun.name, "", Problem(place + pointer, detail))


def _find_unknown(
    scene: Scene, there: Mapping[str, Sequence[Record]], left_out: Sequence[tuple[str, str]]
) -> Iterator[RecordProblem]:
    for index, (noun, id) in enumerate(left_out):
        if not any(each["id"] == id for each in there[noun]):
            detail = f"no {noun}/{id} of {scene.conflict['id']} is in force at the moment asked for"
            yield RecordProblem(noun, id, Problem(f"/leave_out/{index}", detail))


def _make_facts(scene: Scene, choices: Choices, noun: Noun, draft: Record, index: int) -> Record:
    """Return the fields that make a supposed record count."""
    day = clock.OPEN
    return {
        "id": _make_id(noun.singular, index),
        "conflict": scene.conflict["id"],
        "attested_on": day,
        "last_attested_on": day,
        "voice": max(choices.voices, key=VOICE_RANKS.__getitem__),
        "rank": "preferred" if _has_preferred_rival(scene, noun, draft) else "normal",
        "negated": False,
    }


def _has_preferred_rival(scene: Scene, noun: Noun, draft: Record) -> bool:
    """Return whether a holder of a draft has a preferred record that competes with it."""
    there = {"positions": scene.positions, "preconditions": scene.preconditions}
    if noun.name not in there:
        return False
    supposed = {**noun.fields, **draft}
    holders, subjects = set(list_holders(supposed)), _list_subjects(scene, supposed)
    return any(
        each["rank"] == "preferred"
        and not holders.isdisjoint(list_holders(each))
        and not subjects.isdisjoint(_list_subjects(scene, each))
        for each in there[noun.name]
    )


def _list_subjects(scene: Scene, record: Record) -> set[Hashable]:
    """List on what a record competes: an answer to a whole proposal also on each of its parts."""
    is_whole = noun_of(record) == "positions" and record["proposition"] is None
    parts = scene.list_literals(record["responds_to"]["proposal"]) if is_whole else ()
    return {*list_subjects(record), *map(atom_of, parts)}


def _make_id(singular: str, index: int) -> str:
    """Name a supposed record as no recorded one can be named."""
    return f"supposed:{singular}-{index + 1}"
