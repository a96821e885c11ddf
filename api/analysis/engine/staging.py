"""Writes the order of moves as clauses: which literal came about by which stage.

Each literal that comes about has a stage. `by(l, i)`, "l came about by stage i", implies
`by(l, i + 1)`, and at last that l is true: the order encoding. What is already a fact came about at
stage 0. Written are

- a condition `before`: what comes about by stage i needs an alternative that came about by i - 1;
- a condition `simultaneous`: it needs an alternative that came about at the very same stage;
- a condition without a time: it needs an alternative that comes about;
- a rule by which x implies y: y came about no later than x; of the readings of x, one did.

Literals of different groups are not compared: the one need only come about for the other. With one
group for all the stages are those of a plan. With one for each set of literals that wait for each
other it is decided cheaply whether there are any stages.
"""

from collections.abc import Iterator, Mapping, Sequence

from api.analysis.engine.clauses import Encoding
from api.analysis.engine.model import (
    Claim,
    HardRule,
    Member,
    SolverInput,
    list_no_later,
    negate_literal,
)
from api.analysis.engine.sat import Clause
from api.analysis.engine.scene import Literals

_LAST = 1_000_000


def find_facts(problem: SolverInput) -> frozenset[str]:
    """Find what is already a fact: what is recorded as one, and what follows from that by rules.

    It follows step by step (unit propagation). What rules force without any fact must come out so,
    but has not come about.
    """
    facts = set[str]()
    ahead = {rule.propositions[0] for rule in problem.rules if rule.relation == "fact"}
    clauses = [each for rule in problem.rules for each in rule.clauses]
    while ahead:
        facts |= ahead
        open_parts = ([x for x in each if negate_literal(x) not in facts] for each in clauses)
        ahead = {each[0] for each in open_parts if len(each) == 1} - facts
    return frozenset(facts)


class Staging:
    """The clauses of an order of moves; `stages` maps each group to how many it has at most."""

    def __init__(
        self,
        problem: SolverInput,
        facts: frozenset[str],
        group_of: Mapping[str, int],
        stages: Mapping[int, int],
    ) -> None:
        self.encoding = Encoding(problem)
        self.clauses: list[Clause] = []
        self.variables: dict[str, list[int]] = {}
        self._facts, self._group_of, self._stages = facts, group_of, stages
        self._true = self.encoding.new_variable()
        self._all: dict[tuple[Literals, int | None, int], int] = {}
        self._at_one_stage: dict[Literals, list[int]] = {}
        self.clauses.append([self._true])
        self.clauses += [[each] for each in self.encoding.rules]
        self.clauses += self.encoding.write_hard()
        for rule in problem.rules:
            self._write_rule(rule)

    def by(self, literal: str, stage: int = _LAST) -> int:
        """Number the variable that says that a literal came about by a stage, or at all."""
        if literal in self._facts:
            return self._true
        if stage < 1:
            return -self._true
        made = self.variables.get(literal) or self._make_variables(literal)
        return made[min(stage, len(made)) - 1]

    def _make_variables(self, literal: str) -> list[int]:
        count = self._stages.get(self._group_of.get(literal, -1), 1)
        made = [self.encoding.new_variable() for _ in range(count)]
        ahead = [*made[1:], self.encoding.number_literal(literal)]
        self.clauses += [[-one, other] for one, other in zip(made, ahead, strict=True)]
        self.variables[literal] = made
        return made

    def _list_stages(self, literal: str) -> range:
        if literal in self._facts:
            return range(0)
        self.by(literal)
        return range(1, len(self.variables[literal]) + 1)

    def _by_for(self, literal: str, other: str, stage: int) -> int:
        """Return `by`, or for a literal of another group that it comes about at all."""
        is_same = self._group_of.get(literal) == self._group_of.get(other)
        return self.by(literal, stage if is_same else _LAST)

    def _write_rule(self, rule: HardRule) -> None:
        pairs = [*list_no_later(rule)]
        ways = [([first], then) for first, then in pairs]
        if rule.relation == "reads_as":
            ways = [([first for first, _ in pairs], rule.propositions[0])]
        for firsts, then in ways:
            for i in self._list_stages(then):
                came = [self._by_for(each, then, i) for each in firsts]
                self.clauses.append([-self.by(then, i), *came])

    def write_condition(self, claim: Claim, timing: str | None, guard: int) -> None:
        """Write that consequents wait for an alternative, if `guard` is assumed."""
        for then in claim.consequents:
            if timing == "simultaneous":
                if then not in self._facts:
                    ways = [self._at_once(each, then) for each in claim.alternatives]
                    self.clauses.append([-guard, -self.by(then), *ways])
                continue
            for i in self._list_stages(then):
                stage = i - 1 if timing == "before" else _LAST
                ways = [self._all_by(each, then, stage) for each in claim.alternatives]
                self.clauses.append([-guard, -self.by(then, i), *ways])

    def write_demand(self, member: Member, *unless: int) -> None:
        """Write that what a member demands, or promises for what comes about, comes about."""
        claim = member.claim
        if member.is_refusal:
            return
        if claim.kind == "holds":
            self.clauses.append([*unless, self.by(claim.literals[0])])
        elif claim.kind == "any_of":
            ways = (self._all_by(each, "", _LAST) for each in claim.alternatives)
            self.clauses.append([*unless, *ways])
        elif claim.sufficient:
            for alternative in claim.alternatives:
                unmet = [-self.by(each) for each in alternative]
                self.clauses += [[*unless, *unmet, self.by(each)] for each in claim.consequents]

    def _all_by(self, literals: Literals, then: str, stage: int) -> int:
        """Number the variable from which it follows that all came about by a stage."""
        key = literals, self._group_of.get(then), stage
        if key not in self._all:
            made = self._all[key] = self.encoding.new_variable()
            self.clauses += [[-made, self._by_for(each, then, stage)] for each in literals]
        return self._all[key]

    def _at_once(self, literals: Literals, then: str) -> int:
        """Number the variable from which it follows that all came about at one stage."""
        waiting = [each for each in literals if each not in self._facts]
        if not waiting:
            return self._true
        count = len(self._list_stages(then))
        used, *stages = self._share_stages(tuple(waiting), count)
        chosen = self.encoding.new_variable()
        self.clauses += [[-chosen, used], *self._equate(chosen, then, stages)]
        return chosen

    def _share_stages(self, literals: Literals, count: int) -> list[int]:
        """Number a variable, and stages at which all of these come about if it is true."""
        if literals not in self._at_one_stage:
            made = [self.encoding.new_variable() for _ in range(count + 1)]
            self._at_one_stage[literals] = made
            for each in literals:
                self.clauses += self._equate(made[0], each, made[1:])
        return self._at_one_stage[literals]

    def _equate(self, guard: int, literal: str, stages: Sequence[int]) -> Iterator[Clause]:
        for i, variable in zip(self._list_stages(literal), stages, strict=True):
            yield [-guard, -self.by(literal, i), variable]
            yield [-guard, self.by(literal, i), -variable]

    def list_came(self, model: set[int]) -> list[str]:
        """List the literals that come about in a model."""
        return sorted(each for each, made in self.variables.items() if made[-1] in model)

    def read_stages(self, model: set[int]) -> dict[str, int]:
        """Map the literals that come about in a model to the stages at which they do."""
        return {
            literal: next(i for i, each in enumerate(self.variables[literal], 1) if each in model)
            for literal in self.list_came(model)
        }
