"""Plans the moves that a concession allows: the fewest stages, and nobody before their condition.

What is left is all other members, what is weakened in part in its weaker form, the rules and the
goals. A *move* is a literal that comes about: a goal, or without goals whatever is still demanded
or promised, but nothing that is merely refused; what necessary conditions for a move ask; what a
move implies. Stages are searched one, two, three, … (`staging`). Of the plans with fewest stages
one is taken in which no move can be left out, and none can come earlier.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from api.analysis.engine.clauses import LetGo
from api.analysis.engine.model import Condition, Holds, Member, SolverInput
from api.analysis.engine.order import PrecedenceOrder, count_stages, group_waiting
from api.analysis.engine.sat import OutOfTimeError, Sat
from api.analysis.engine.solver import CorrectionSubset, Solution
from api.analysis.engine.staging import Staging

_LOOSE = 0
"""Instead of a number of stages: only those that wait for each other are compared."""


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


def weaken_problem(problem: SolverInput, conceded: CorrectionSubset) -> SolverInput:
    """Return what a concession leaves: the other members, and the rest of its conditions."""
    members: list[Member] = []
    given_up = frozenset(conceded.members)
    for index, member in enumerate(problem.members):
        if index not in given_up:
            members.append(member)
        elif conceded.let_go is not None:
            members += weaken_member(member, [g for g in conceded.let_go if g.member == index])
    return replace(problem, members=tuple(members))


def weaken_member(member: Member, let_go: Sequence[LetGo]) -> Iterator[Member]:
    """Yield what is left of a precondition: what it still asks for, and what it still promises."""
    claim = member.claim
    if not isinstance(claim, Condition):
        return
    freed = {part: {g.literal for g in let_go if g.part == part}
             for part in ("antecedents", "consequents")}  # fmt: skip
    if claim.necessary:
        asked = tuple(tuple(x for x in each if x not in freed["antecedents"])
                      for each in claim.alternatives)  # fmt: skip
        yield replace(member, claim=replace(claim, alternatives=asked, sufficient=False))
    promised = tuple(each for each in claim.consequents if each not in freed["consequents"])
    if claim.sufficient and promised:
        kept = replace(claim, consequents=promised, necessary=False)
        yield replace(member, claim=kept, timing=None)


def plan_concessions(
    problem: SolverInput, found: Solution, order: PrecedenceOrder, *, seconds: float
) -> list[MovePlan | None]:
    """Plan each concession, or what holds if nobody has to give way; None if the time is over."""
    is_blocked = bool(found.collisions or found.concessions)  # either may be cut by the time
    conceded = found.concessions if is_blocked else (CorrectionSubset((), ()),)
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
        self._problem, self._order, self._end = problem, order, end
        self._groups, _ = group_waiting(order.steps)
        self._searches: dict[int, _Search] = {}

    def plan_moves(self, conceded: CorrectionSubset) -> MovePlan:
        """Plan the moves that a concession allows."""
        left = weaken_problem(self._problem, conceded)
        targets = list_targets(left)
        if self._find_search(_LOOSE).find_model(conceded, targets) is None:
            return MovePlan(left, self._order.facts, None)
        for stages in count(1):
            search = self._find_search(stages)
            model = search.find_model(conceded, targets)
            if model is not None:
                return MovePlan(left, self._order.facts, search.find_earliest(model))
        raise AssertionError  # there is a plan, and its stages are counted up

    def _find_search(self, stages: int) -> _Search:
        if stages not in self._searches:
            groups, most = self._groups, count_stages(self._order.steps.values(), self._groups)
            if stages != _LOOSE:
                groups, most = dict.fromkeys(groups, 0), {0: stages}
            staging = Staging(self._problem, self._order.facts, groups, most)
            self._searches[stages] = _Search(self._problem, staging, self._end)
        return self._searches[stages]


class _Search:
    """One solver for the plans of all concessions with at most so many stages."""

    def __init__(self, problem: SolverInput, staging: Staging, end: float) -> None:
        self._problem, self._staging, self._encoding = problem, staging, staging.encoding
        self._demanded = self._encoding.new_variable()
        self._weakened: dict[tuple[int, tuple[LetGo, ...]], list[int]] = {}
        self._fixed: list[int] = []
        for member, selector in zip(problem.members, self._encoding.members, strict=True):
            self._write_member(member, selector)
        self._sat, self._written = Sat((), end), 0

    def _write_member(self, member: Member, selector: int) -> None:
        clauses = self._encoding.write_claim(member.claim)
        self._staging.clauses += [[-selector, *each] for each in clauses]
        self._staging.write_demand(member, -selector, -self._demanded)
        if isinstance(member.claim, Condition) and member.claim.necessary:
            self._staging.write_condition(member.claim, member.timing, selector)

    def find_model(self, conceded: CorrectionSubset, targets: Sequence[str]) -> set[int] | None:
        """Find stages for what a concession leaves; without targets for all that is demanded."""
        given_up = frozenset(conceded.members)
        kept = [index for index in range(len(self._problem.members)) if index not in given_up]
        chosen = [self._encoding.members[each] for each in kept]
        for index in conceded.members if conceded.let_go is not None else ():
            let_go = tuple(g for g in conceded.let_go or () if g.member == index)
            chosen += self._select_weakened(index, let_go)
        if not targets:
            asking = (each for each in map(self._problem.members.__getitem__, kept)
                      if not each.is_refusal)  # fmt: skip
            targets = [m.claim.literal for m in asking if isinstance(m.claim, Holds)]
            chosen.append(self._demanded)
        else:
            chosen.append(-self._demanded)
        self._fixed = [*self._encoding.goals, *chosen, *map(self._staging.by, targets)]
        return self._solve(())

    def _select_weakened(self, index: int, let_go: tuple[LetGo, ...]) -> list[int]:
        if (index, let_go) not in self._weakened:
            selectors: list[int] = []
            for member in weaken_member(self._problem.members[index], let_go):
                selectors.append(self._encoding.new_variable())
                self._write_member(member, selectors[-1])
            self._weakened[index, let_go] = selectors
        return self._weakened[index, let_go]

    def _solve(self, assumed: Sequence[int]) -> set[int] | None:
        clauses = self._staging.clauses
        for clause in clauses[self._written :]:
            self._sat.add_clause(clause)
        self._written = len(clauses)
        is_possible = self._sat.is_satisfiable([*self._fixed, *assumed])
        return self._sat.read_model() if is_possible else None

    def find_earliest(self, model: set[int]) -> dict[str, int]:
        """Leave out each move that can be left out, then move each forward as far as it can."""
        by = self._staging.by
        wanted = set(self._fixed)
        for each in self._staging.list_came(model):
            came = self._staging.list_came(model)
            if each not in came or by(each) in wanted:
                continue
            absent = [-by(other) for other in self._staging.variables if other not in came]
            if (fewer := self._solve([*absent, -by(each)])) is not None:
                model = fewer
        stages = self._read_stages(model)
        absent = [-by(other) for other in self._staging.variables if other not in stages]
        while any(stage > 1 for stage in stages.values()):
            no_later = [by(each, stage) for each, stage in stages.items()]
            earlier = [by(each, stage - 1) for each, stage in stages.items() if stage > 1]
            selector = self._encoding.new_variable()
            self._staging.clauses.append([-selector, *earlier])
            if (sooner := self._solve([*absent, *no_later, selector])) is None:
                break
            stages = self._read_stages(sooner)
        return stages

    def _read_stages(self, model: set[int]) -> dict[str, int]:
        came = self._staging.list_came(model)
        found = {each: self._staging.find_stage(each, model) for each in came}
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))
