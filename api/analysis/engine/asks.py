"""Open asks: what the goals would need, of whom, to which no answer is recorded.

What is a fact, or what was asked and ended as met, needs nobody. The goal itself is asked of
nobody.

Whoever's act would bring the needed about (`by`) is asked. Answers are, in whatever voice:

- a position on it that takes a stand, refuses, defers, abstains, denies or leaves it open: of the
  actor, of what is part of it, or of a bloc to which it belongs; also a bloc member's refusal;
- a denial of a position that asks for it;
- a precondition for it;
- what the actor itself wants or makes a condition, where that excludes it given the goals.

What the rules exclude, because the opposite is a fact, is asked of nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from api.analysis.engine.clauses import Trial
from api.analysis.engine.model import SolverInput, atom_of, negate_literal, write_literal
from api.analysis.engine.needs import Need
from api.analysis.engine.scene import Scene
from api.analysis.engine.stances import (
    ANSWERS,
    list_holder_wholes,
    list_holders,
    noun_of,
    sign_of,
)
from api.ledger.noun import Record

_DEMANDING = frozenset({"propose", "demand"})
"""Forces of a position that asks something of others."""


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """A need with the actor of whom it is asked; None where nobody's act is recorded."""

    need: Need
    of: str | None


class Answers:
    """Looks up whether an actor answered what is asked of it; raises OutOfTimeError at `end`."""

    def __init__(self, scene: Scene, problem: SolverInput, end: float) -> None:
        self._scene, self._problem = scene, problem
        self._recorded = set(_list_answered(scene))
        self._dissent = set(_list_dissent(scene))
        self._trial = Trial(problem, end)
        # Hard goals are in every trial; soft ones are members.
        members = zip(problem.members, self._trial.encoding.members, strict=True)
        self._goals = [selector for each, selector in members if each.noun == "goals"]
        self._excluded: dict[tuple[str, str], bool] = {}

    def has_answer(self, actor: str | None, literal: str) -> bool:
        """Whether an answer is recorded; under None, anybody's."""
        if (actor, atom_of(literal)) in self._recorded or (actor, literal) in self._dissent:
            return True
        return actor is not None and self._excludes(actor, literal)

    def _excludes(self, actor: str, literal: str) -> bool:
        """Whether the rules exclude a literal, or what an actor wants does, given the goals."""
        key = actor, literal
        if key not in self._excluded:
            own, asked = self._select_members(actor), self._trial.encoding.number_literal(literal)
            goals, fits = self._goals, self._trial.is_satisfiable
            self._excluded[key] = not fits([asked], with_goals=False) or (
                bool(own) and not fits([*goals, *own, asked])
                and fits([*goals, *own]) and fits([*goals, asked])
            )  # fmt: skip
        return self._excluded[key]

    def _select_members(self, actor: str) -> list[int]:
        """Select what an actor wants, itself or through what is part of it."""
        members = zip(self._problem.members, self._trial.encoding.members, strict=True)
        return [
            selector for each, selector in members
            if each.holder is not None and actor in self._scene.list_wholes(each.holder)
        ]  # fmt: skip


def find_open_asks(scene: Scene, needs: Iterable[Need], answers: Answers) -> list[OpenAsk]:
    """Find the needs that nobody answered, in order."""
    found: dict[tuple[str, str | None], OpenAsk] = {}
    for need in needs:
        by: Sequence[str | None] = scene.find_proposition(atom_of(need.literal))["by"]
        by = by or ((None,) if need.noun == "preconditions" else ())
        for actor in (each for each in by if not answers.has_answer(each, need.literal)):
            known = found.get((need.literal, actor))
            if known is None or (known.need.alternative and not need.alternative):
                found[need.literal, actor] = OpenAsk(need, actor)
    return list(found.values())


def count_unanswered(
    scene: Scene, problem: SolverInput, answers: Answers, done: frozenset[str]
) -> int:
    """Count what holders demand or make a condition of others, and to which nobody answered."""
    asked = {
        (actor, literal)
        for holder, literal in _list_asked(problem)
        for actor in scene.find_proposition(atom_of(literal)).get("by") or ()
        if actor != holder and literal not in done
    }
    return sum(not answers.has_answer(*each) for each in asked)


def _list_asked(problem: SolverInput) -> Iterator[tuple[str | None, str]]:
    """Yield what each holder demands, or makes a condition."""
    for each in problem.members:
        is_asking = each.noun == "preconditions" or not _DEMANDING.isdisjoint(each.forces)
        if is_asking and (each.claim.kind == "holds" or each.is_necessary):
            literals = chain.from_iterable(each.claim.alternatives)
            yield from ((each.holder, literal) for literal in literals)


def list_done(scene: Scene, facts: frozenset[str]) -> frozenset[str]:
    """List the literals that are facts, or that came about as demands and conditions that ended."""
    counting = (each for each in scene.met if each["rank"] != "deprecated")
    return facts.union(*map(_list_met, counting))


def _list_met(record: Record) -> Iterator[str]:
    """Yield what came about; of a condition with several alternatives nobody knows which."""
    if noun_of(record) == "preconditions":
        alternatives = record["antecedents"] or ()
        yield from alternatives[0] if len(alternatives) == 1 else ()
    elif record["proposition"] is not None and (sign := sign_of(record)):
        yield write_literal(record["proposition"], sign)


def _list_answered(scene: Scene) -> Iterator[tuple[str | None, str]]:
    """Yield (actor, proposition) of each answer; under None, of everybody's."""
    for record in scene.positions:
        if record["force"] in ANSWERS and record["rank"] != "deprecated":
            for about in _list_subjects(scene, record):
                yield from ((who, about) for who in (None, *_list_answering(scene, record)))
    for record in scene.preconditions:
        if record["rank"] != "deprecated":
            wholes = list_holder_wholes(scene, record)
            for each in record["consequents"]:
                yield from ((who, atom_of(each)) for who in (None, *wholes))


def _list_answering(scene: Scene, record: Record) -> set[str]:
    """List those for whom a position is an answer: its holders' wholes, and members of blocs."""
    found = list_holder_wholes(scene, record)
    return found.union(*(scene.list_members(each) for each in list_holders(record)))


def _list_dissent(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield (bloc, literal) of what a member refuses, by itself or with a whole proposal."""
    for record in scene.positions:
        sign = sign_of(record) if record["rank"] != "deprecated" else 0
        blocs = [b for each in list_holders(record) for b in scene.list_blocs(each)] if sign else ()
        for bloc in blocs:
            for literal in scene.list_answered(record):
                yield bloc, literal if sign < 0 else negate_literal(literal)


def _list_subjects(scene: Scene, record: Record) -> list[str]:
    answered: Record = record["responds_to"] or {}
    is_denial = record["force"] == "deny"
    denied = scene.find_records("positions", [answered.get("position")]) if is_denial else ()
    named: list[str] = [e["proposition"] for e in (record, *denied) if e["proposition"]]
    return named or [atom_of(each) for each in scene.list_answered(record)]
