"""From members, rules and goals to clauses: the only translation into the solver's language.

Each member, rule and goal gets a *selector*, a variable that switches its clauses on when it is
assumed. So one solver answers for every subset. An alternative of a precondition gets a variable
of its own, from which its literals follow (Tseitin 1968, one direction):

    c only if (a and b) or d:   -c | x | y,   -x | a,   -x | b,   -y | d
    c if (a and b) or d:        -a | -b | c,  -d | c
    not all of a, b:            -a | -b

A precondition can also be written *loosely*: each antecedent that it asks and each consequent that
it promises can then be let go, by a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.analysis.engine.model import Claim, Condition, Holds, Problem, atom
from api.analysis.engine.sat import Clause


@dataclass(frozen=True, slots=True)
class LetGo:
    """A part of a precondition: a literal among its `antecedents` or its `consequents`."""

    member: int
    part: str
    literal: str


class Encoding:
    """Numbers the variables of a problem and writes its clauses."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._last = 0
        atoms = dict.fromkeys(atom(each) for each in _literals(problem))
        self._atoms = {each: self.new() for each in atoms}
        self.members = [self.new() for _ in problem.members]
        self.rules = [self.new() for _ in problem.rules]
        self.goals = [self.new() for _ in problem.goals]

    def new(self) -> int:
        """Number one more variable."""
        self._last += 1
        return self._last

    def clauses(self) -> Iterator[Clause]:
        """Write everything, each clause behind the selector of its member, rule or goal."""
        for selector, member in zip(self.members, self.problem.members, strict=True):
            for clause in self._claim(member.claim):
                yield [-selector, *clause]
        yield from self.hard()

    def hard(self) -> Iterator[Clause]:
        """Write rules and goals, behind their selectors."""
        for selector, rule in zip(self.rules, self.problem.rules, strict=True):
            for literals in rule.clauses:
                yield [-selector, *map(self._number, literals)]
        for selector, goal in zip(self.goals, self.problem.goals, strict=True):
            yield [-selector, self._number(goal)]

    def member(self, index: int) -> Iterator[Clause]:
        """Write one member without its selector."""
        return self._claim(self.problem.members[index].claim)

    def loosely(self, index: int) -> tuple[list[Clause], dict[LetGo, int]]:
        """Write a precondition whose parts can be let go, and the variables that do so."""
        claim = self.problem.members[index].claim
        freed: dict[LetGo, int] = {}

        def let_go(part: str, literal: str) -> list[int]:
            which = LetGo(index, part, literal)
            if which not in freed:
                freed[which] = self.new()
            return [freed[which]]

        return list(self._condition(claim, let_go)) if isinstance(claim, Condition) else [], freed

    def _claim(self, claim: Claim) -> Iterator[Clause]:
        if isinstance(claim, Condition):
            yield from self._condition(claim, lambda _part, _literal: [])
        elif isinstance(claim, Holds):
            yield [self._number(claim.literal)]
        else:
            yield [-self._number(each) for each in claim.literals]

    def _condition(
        self, claim: Condition, let_go: Callable[[str, str], list[int]]
    ) -> Iterator[Clause]:
        if claim.necessary:
            chosen = [self.new() for _ in claim.alternatives]
            for consequent in claim.consequents:
                yield [-self._number(consequent), *chosen]
            for variable, literals in zip(chosen, claim.alternatives, strict=True):
                for each in literals:
                    yield [-variable, self._number(each), *let_go("antecedents", each)]
        if claim.sufficient:
            for consequent in claim.consequents:
                for literals in claim.alternatives:
                    unmet = (-self._number(each) for each in literals)
                    yield [*unmet, self._number(consequent), *let_go("consequents", consequent)]

    def _number(self, literal: str) -> int:
        number = self._atoms[atom(literal)]
        return number if literal == atom(literal) else -number


def _literals(problem: Problem) -> Iterator[str]:
    for member in problem.members:
        yield from member.claim.literals
    for rule in problem.rules:
        yield from rule.propositions
    yield from problem.goals
