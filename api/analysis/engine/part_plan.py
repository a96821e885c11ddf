"""Plans the moves of one part of a problem, for what concessions leave of it.

Stages are searched one, two, three, … (`staging`). Of the plans with so many stages one is taken in
which no move can be left out, and none can come earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.analysis.engine.model import Member, SolverInput
from api.analysis.engine.parts import Part
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.sat import Sat
from api.analysis.engine.solution import Conceded, weaken_member
from api.analysis.engine.staging import Staging

Rest = tuple[Conceded, tuple[str, ...]]
"""Of a part what gives way, and the targets: none for all."""


class PartPlanner:
    """A part of a problem, and the plans for what is left of it."""

    def __init__(
        self, problem: SolverInput, part: Part, order: PrecedenceOrder, end: float
    ) -> None:
        self._problem = part.select_from(problem)
        self._members = dict(zip(part.members, self._problem.members, strict=True))
        self._order, self._end = order, end
        self._soft_goals = {n: each.claim.literals[0] for n, each in self._members.items()
                            if each.noun == "goals"}  # fmt: skip
        # More stages than conditions to wait for are never needed.
        self._most = 1 + sum(each.timing == "before" for each in self._members.values())
        self._searches: dict[int, _Search] = {}
        self._fewest: dict[Rest, int | None] = {}
        self._plans: dict[tuple[Rest, int], Sequence[tuple[str, int]]] = {}

    def list_targets(self, conceded: Conceded) -> tuple[str, ...]:
        """List its goals, hard or soft, that are not given up."""
        given_up = dict(conceded)
        soft = (each for n, each in self._soft_goals.items() if n not in given_up)
        return (*self._problem.goals, *soft)

    def count_stages(self, rest: Rest) -> int | None:
        """Count the stages that a rest needs at least; None if it has no order."""
        if rest not in self._fewest:
            tried = (n for n in range(1, 1 + self._most)
                     if self._find_search(n).find_model(rest) is not None)  # fmt: skip
            self._fewest[rest] = next(tried, None)
        return self._fewest[rest]

    def plan_rest(self, rest: Rest, stages: int) -> Sequence[tuple[str, int]]:
        """Plan the moves of a rest in at most so many stages, each with its own."""
        stages = min(stages, self._most)
        if (rest, stages) not in self._plans:
            self._plans[rest, stages] = [*self._find_search(stages).find_earliest(rest).items()]
        return self._plans[rest, stages]

    def _find_search(self, stages: int) -> _Search:
        if stages not in self._searches:
            groups = dict.fromkeys(self._order.groups, 0)
            staging = Staging(self._problem, self._order.facts, groups, {0: stages})
            self._searches[stages] = _Search(self._members, staging, self._end)
        return self._searches[stages]


class _Search:
    """One solver for the plans of one part with at most so many stages."""

    def __init__(self, members: Mapping[int, Member], staging: Staging, end: float) -> None:
        self._members, self._staging, self._encoding = members, staging, staging.encoding
        self._selectors = dict(zip(members, self._encoding.members, strict=True))
        self._demanded = self._encoding.new_variable()
        self._weakened: dict[Conceded, list[int]] = {}
        self._fixed: list[int] = []
        for index, member in members.items():
            self._write_member(member, self._selectors[index])
        self._sat, self._written = Sat((), end), 0

    def _write_member(self, member: Member, selector: int) -> None:
        clauses = self._encoding.write_claim(member.claim)
        self._staging.clauses += [[-selector, *each] for each in clauses]
        self._staging.write_demand(member, -selector, -self._demanded)
        if member.is_necessary:
            self._staging.write_condition(member.claim, member.timing, selector)

    def find_model(self, rest: Rest) -> set[int] | None:
        """Find stages for a rest."""
        conceded, targets = rest
        given_up = dict(conceded)
        kept = [index for index in self._members if index not in given_up]
        chosen = [self._selectors[each] for each in kept]
        chosen += self._select_weakened(conceded)
        chosen.append(-self._demanded if targets else self._demanded)
        if not targets:
            asking = (each for each in map(self._members.__getitem__, kept)
                      if each.claim.kind == "holds" and not each.is_refusal)  # fmt: skip
            targets = tuple(each.claim.literals[0] for each in asking)
        self._fixed = [*self._encoding.goals, *chosen, *map(self._staging.by, targets)]
        return self._solve(())

    def _select_weakened(self, conceded: Conceded) -> list[int]:
        """Select what is left of preconditions that give way, which is written at first."""
        changed = tuple(each for each in conceded if each[1] is not None)
        if changed not in self._weakened:
            selectors = self._weakened[changed] = list[int]()
            for index, let_go in changed:
                for member in weaken_member(self._members[index], let_go):
                    selectors.append(self._encoding.new_variable())
                    self._write_member(member, selectors[-1])
        return self._weakened[changed]

    def _solve(self, assumed: Sequence[int]) -> set[int] | None:
        clauses = self._staging.clauses
        for clause in clauses[self._written :]:
            self._sat.add_clause(clause)
        self._written = len(clauses)
        is_possible = self._sat.is_satisfiable([*self._fixed, *assumed])
        return self._sat.read_model() if is_possible else None

    def find_earliest(self, rest: Rest) -> dict[str, int]:
        """Leave out each move that can be left out, then move each forward as far as it can."""
        model, by = self.find_model(rest) or set(), self._staging.by
        wanted = set(self._fixed)
        for each in self._staging.list_came(model):
            came = self._staging.list_came(model)
            if each not in came or by(each) in wanted:
                continue
            absent = [-by(other) for other in self._staging.variables if other not in came]
            if (fewer := self._solve([*absent, -by(each)])) is not None:
                model = fewer
        stages = self._staging.read_stages(model)
        absent = [-by(other) for other in self._staging.variables if other not in stages]
        while any(stage > 1 for stage in stages.values()):
            no_later = [by(each, stage) for each, stage in stages.items()]
            earlier = [by(each, stage - 1) for each, stage in stages.items() if stage > 1]
            selector = self._encoding.new_variable()
            self._staging.clauses.append([-selector, *earlier])
            if (sooner := self._solve([*absent, *no_later, selector])) is None:
                break
            stages = self._staging.read_stages(sooner)
        return stages
