"""Writes members, rules and goals as clauses, which the SAT solver takes.

Each member, rule and goal gets a *selector*, a variable that switches its clauses on when it is
assumed. So one solver answers for every subset. An alternative of a precondition gets a variable
of its own, from which its literals follow (Tseitin 1968, one direction):

    c only if (a and b) or d:   -c | x | y,   -x | a,   -x | b,   -y | d
    c if (a and b) or d:        -a | -b | c,  -d | c
    one of (a and b), d:        x | y,   -x | a,   -x | b,   -y | d
    none of (a and b), d:       -a | -b,   -d

A precondition can also be written *loosely*: each antecedent that it asks and each consequent that
it promises can then be let go, by a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from api.analysis.engine.model import AnyOf, Claim, Condition, Holds, SolverInput, atom_of
from api.analysis.engine.sat import Clause


@dataclass(frozen=True, slots=True)
class LetGo:
    """A part of a precondition: a literal among its `antecedents` or its `consequents`."""

    member: int
    part: str
    literal: str


class Encoding:
    """Numbers the variables of a problem and writes its clauses."""

    def __init__(self, problem: SolverInput) -> None:
        self.problem = problem
        self._last = 0
        atoms = dict.fromkeys(atom_of(each) for each in _list_literals(problem))
        self._atoms = {each: self.new_variable() for each in atoms}
        self.members = [self.new_variable() for _ in problem.members]
        self.rules = [self.new_variable() for _ in problem.rules]
        self.goals = [self.new_variable() for _ in problem.goals]

    def new_variable(self) -> int:
        """Number one more variable."""
        self._last += 1
        return self._last

    def write_clauses(self) -> Iterator[Clause]:
        """Write everything, each clause behind the selector of its member, rule or goal."""
        for selector, member in zip(self.members, self.problem.members, strict=True):
            for clause in self.write_claim(member.claim):
                yield [-selector, *clause]
        yield from self.write_hard()

    def write_hard(self) -> Iterator[Clause]:
        """Write rules and goals, behind their selectors."""
        for selector, rule in zip(self.rules, self.problem.rules, strict=True):
            for literals in rule.clauses:
                yield [-selector, *map(self.number_literal, literals)]
        for selector, goal in zip(self.goals, self.problem.goals, strict=True):
            yield [-selector, self.number_literal(goal)]

    def write_loosely(self, index: int) -> tuple[list[Clause], dict[LetGo, int]]:
        """Write a precondition whose parts can be let go, and the variables that do so."""
        claim = self.problem.members[index].claim
        freed: dict[LetGo, int] = {}

        def let_go(part: str, literal: str) -> list[int]:
            which = LetGo(index, part, literal)
            if which not in freed:
                freed[which] = self.new_variable()
            return [freed[which]]

        clauses = [*self._write_condition(claim, let_go)] if isinstance(claim, Condition) else []
        return clauses, freed

    def write_claim(self, claim: Claim) -> Iterator[Clause]:
        """Write the claim of one member without its selector."""
        if isinstance(claim, Condition):
            yield from self._write_condition(claim, lambda _part, _literal: [])
        elif isinstance(claim, Holds):
            yield [self.number_literal(claim.literal)]
        elif isinstance(claim, AnyOf):
            chosen = [self.new_variable() for _ in claim.alternatives]
            yield chosen
            for variable, literals in zip(chosen, claim.alternatives, strict=True):
                yield from ([-variable, self.number_literal(each)] for each in literals)
        else:
            for literals in claim.alternatives:
                yield [-self.number_literal(each) for each in literals]

    def _write_condition(
        self, claim: Condition, let_go: Callable[[str, str], list[int]]
    ) -> Iterator[Clause]:
        if claim.necessary:
            chosen = [self.new_variable() for _ in claim.alternatives]
            for consequent in claim.consequents:
                yield [-self.number_literal(consequent), *chosen]
            for variable, literals in zip(chosen, claim.alternatives, strict=True):
                for each in literals:
                    yield [-variable, self.number_literal(each), *let_go("antecedents", each)]
        if claim.sufficient:
            for then, literals in product(claim.consequents, claim.alternatives):
                unmet = (-self.number_literal(each) for each in literals)
                yield [*unmet, self.number_literal(then), *let_go("consequents", then)]

    def has_literal(self, literal: str) -> bool:
        """Whether the problem speaks of a literal's proposition."""
        return atom_of(literal) in self._atoms

    def number_literal(self, literal: str) -> int:
        """Return the number of a literal, minus that of its proposition where it is negated."""
        number = self._atoms[atom_of(literal)]
        return number if literal == atom_of(literal) else -number


def _list_literals(problem: SolverInput) -> Iterator[str]:
    for member in problem.members:
        yield from member.claim.literals
    for rule in problem.rules:
        yield from rule.propositions
    yield from problem.goals
