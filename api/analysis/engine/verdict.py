"""The verdict: whether what was recorded stands in the way of what was asked, and what is open.

A collision is in the way of the goals if it leans on one; those that stand whatever the goal are
not. Without any goal every collision is. So is whatever cannot begin, if the goals need it.

Open asks are what the goals would need, of whom, to which no answer is recorded. From the goals on,
what is needed is followed back: a necessary precondition of something needed needs its antecedents,
a rule that implies needs what it implies. Where a precondition has several alternatives, each is
named, and followed no further. Whoever's act would bring the needed about (`by`) is asked; an
answer is any position of theirs on it that takes a stand, refuses, defers or abstains, in whatever
voice, and any precondition of theirs for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.engine.model import Condition, HardRule, SolverInput, atom_of
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.solver import Solution, leans_on_goals
from api.analysis.engine.stances import ANSWERS, list_holder_wholes
from api.ledger.noun import Record


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a deadlock comes to: the code, what is in the way, what is cut, what is asked."""

    code: str
    hindering: int
    stuck: Sequence[str]
    cut: Sequence[str]
    asks: Sequence[OpenAsk]


def reach_verdict(
    scene: Scene, choices: Choices, problem: SolverInput, found: Solution, order: PrecedenceOrder
) -> Verdict:
    """Judge what was found by what was asked."""
    hindering = sum(not choices.goals or leans_on_goals(problem, each) for each in found.collisions)
    needed = {each.literal for each in follow_needs(problem, choices.goals) if not each.alternative}
    stuck = sorted(order.stuck & needed if choices.goals else order.stuck)
    cut = [*found.cut, *([] if order.complete else ["cycles"])]
    known = "blocked" if hindering or stuck else "no_recorded_obstacle"
    code = "incomplete" if cut else known
    return Verdict(code, hindering, stuck, cut, find_open_asks(scene, problem, choices.goals))


@dataclass(frozen=True, slots=True)
class Need:
    """A literal that something needs: a goal, a precondition or a rule, by noun and id.

    `consequent` is what needs it; `alternative` tells that another way is named beside it.
    """

    literal: str
    noun: str
    id: str
    consequent: str
    alternative: bool = False


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """A need with the actor of whom it is asked; None where nobody's act is recorded."""

    need: Need
    of: str | None


def find_open_asks(scene: Scene, problem: SolverInput, goals: Iterable[str]) -> list[OpenAsk]:
    """Find what the goals need and nobody answered, in order of need."""
    answered = set(_list_answered(scene))
    found: dict[tuple[str, str | None], OpenAsk] = {}
    for need in follow_needs(problem, goals):
        by: Sequence[str | None] = scene.find_proposition(atom_of(need.literal))["by"]
        by = by or ((None,) if need.noun == "preconditions" else ())
        unanswered = (each for each in by if (each, atom_of(need.literal)) not in answered)
        for actor in unanswered:
            known = found.get((need.literal, actor))
            if known is None or (known.need.alternative and not need.alternative):
                found[need.literal, actor] = OpenAsk(need, actor)
    return list(found.values())


def _list_answered(scene: Scene) -> Iterator[tuple[str | None, str]]:
    """Yield (actor, proposition) of each answer; under None, of everybody's."""
    for record in scene.positions:
        if record["force"] in ANSWERS and record["rank"] != "deprecated":
            for about in _list_subjects(scene, record):
                yield from ((who, about) for who in (None, *list_holder_wholes(scene, record)))
    for record in scene.preconditions:
        if record["rank"] != "deprecated":
            wholes = scene.list_wholes(record["holder"])
            for each in record["consequents"]:
                yield from ((who, atom_of(each)) for who in (None, *wholes))


def _list_subjects(scene: Scene, record: Record) -> list[str]:
    if record["proposition"] is not None:
        return [record["proposition"]]
    answered: Record = record["responds_to"] or {}
    return [atom_of(each) for each in scene.literals_of(answered.get("proposal") or "")]


def follow_needs(problem: SolverInput, goals: Iterable[str]) -> Iterator[Need]:
    """Follow back what the goals need, themselves first."""
    ahead = [Need(goal, "goals", goal, goal) for goal in goals]
    seen: set[str] = set()
    while ahead:
        need = ahead.pop(0)
        yield need
        if need.alternative or need.literal in seen:
            continue
        seen.add(need.literal)
        ahead += _find_needs_behind(problem, need.literal)


def _find_needs_behind(problem: SolverInput, literal: str) -> Iterator[Need]:
    for rule in problem.rules:
        for each in _list_implied(rule, literal):
            yield Need(each, f"{rule.kind}s", rule.id, literal)
    for member in problem.members:
        claim = member.claim
        if isinstance(claim, Condition) and claim.necessary and literal in claim.consequents:
            several = len(claim.alternatives) > 1
            for alternative in claim.alternatives:
                for each in alternative:
                    yield Need(each, "preconditions", member.records[0], literal, several)


def _list_implied(rule: HardRule, literal: str) -> Sequence[str]:
    if rule.relation == "implies" and rule.propositions[0] == literal:
        return rule.propositions[1:]
    if rule.relation == "equivalent" and literal in rule.propositions:
        return [each for each in rule.propositions if each != literal]
    return ()
