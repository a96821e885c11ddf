"""Plans the moves that a concession allows: the fewest stages, and nobody before their condition.

What is left is all other members, what is weakened in part in its weaker form, the rules and the
goals. A *move* is a literal that comes about: a goal, or without goals whatever is still demanded
or promised, but nothing that is merely refused; what necessary conditions for a move ask; what a
move implies. Each part is planned for itself (`part_plan`), in as many stages as any one needs.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from api.analysis.engine.model import SolverInput
from api.analysis.engine.part_plan import PartPlanner, Rest
from api.analysis.engine.parts import Parts
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.sat import OutOfTimeError
from api.analysis.engine.solution import Conceded, CorrectionSubset, Solution, weaken_member


@dataclass(frozen=True, slots=True)
class MovePlan:
    """The moves by stage, from 1, of what is left; `stages` is None where there is no order."""

    left: SolverInput
    facts: frozenset[str]
    stages: Mapping[str, int] | None


def list_targets(problem: SolverInput) -> tuple[str, ...]:
    """List the goals, hard or soft; none stands for all that is demanded."""
    soft = (each.claim.literals[0] for each in problem.members if each.noun == "goals")
    return tuple(dict.fromkeys((*problem.goals, *soft)))


def plan_concessions(
    problem: SolverInput, found: Solution, order: PrecedenceOrder, *, seconds: float
) -> list[MovePlan | None]:
    """Plan each concession, or what holds if nobody has to give way; None if the time is over."""
    is_blocked = bool(found.collisions or found.concessions)  # either may be cut by the time
    conceded = found.concessions if is_blocked else (CorrectionSubset((), {}),)
    plans: list[MovePlan | None] = []
    planner = Planner(problem, order, time.monotonic() + seconds)
    for each in conceded:
        try:
            plans.append(planner.plan_moves(each))
        except OutOfTimeError:
            plans.append(None)
    return plans


class Planner:
    """Plans moves for the concessions of one problem until `end`; then raises OutOfTimeError."""

    def __init__(self, problem: SolverInput, order: PrecedenceOrder, end: float) -> None:
        self._problem, self._facts, self._split = problem, order.facts, Parts(problem)
        circular = {self._split.find_part(first) for first, _ in order.waiting}
        self._parts = [PartPlanner(problem, each, order, end) for each in self._split.every]
        self._whole = [((), each.list_targets(())) for each in self._parts]
        # Those that may have no order come first.
        self._numbers = sorted(range(len(self._parts)), key=lambda each: each not in circular)

    def plan_moves(self, conceded: CorrectionSubset) -> MovePlan:
        """Plan the moves that a concession allows, part by part, in the same stages."""
        split, fewest = conceded.split_by(self._split), 1
        left = self._weaken_problem(conceded)
        rests = [*self._list_rests(split)]
        for part, rest in rests:
            if (stages := part.count_stages(rest)) is None:
                return MovePlan(left, self._facts, None)
            fewest = max(fewest, stages)
        moves = [each for part, rest in rests for each in part.plan_rest(rest, fewest)]
        return MovePlan(left, self._facts, dict(sorted(moves, key=lambda each: each[::-1])))

    def _weaken_problem(self, found: CorrectionSubset) -> SolverInput:
        """Return what a concession leaves: the other members, and the rest of its conditions."""
        left = [*self._problem.members]
        for index, let_go in sorted(found.conceded, reverse=True):
            left[index : index + 1] = weaken_member(left[index], let_go)
        return replace(self._problem, members=tuple(left))

    def _list_rests(self, split: Mapping[int, Conceded]) -> Iterator[tuple[PartPlanner, Rest]]:
        """List what a concession leaves of each part that has a target."""
        rests: list[Rest] = [*self._whole]
        for n, conceded in split.items():
            rests[n] = conceded, self._parts[n].list_targets(conceded)
        is_aimed = any(targets for _, targets in rests)
        return ((self._parts[n], rests[n]) for n in self._numbers if rests[n][1] or not is_aimed)
