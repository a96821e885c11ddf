"""Writes members, rules and goals as clauses, which the SAT solver takes.

Each member, rule and goal gets a *selector*, a variable that switches its clauses on when it is
assumed. So one solver answers for every subset. A claim is read as *requirements*, each a
disjunction of conjunctions of literals. A conjunction of several literals gets a variable of its
name, from which they follow (Tseitin 1968, one direction):

    c only if (a and b) or d:   -c | x | d,   -x | a,   -x | b
    c if (a and b) or d:        -a | -b | c,  -d | c
    one of (a and b), d:        x | d,   -x | a,   -x | b
    none of (a and b), d:       -a | -b,   -d

A precondition can also be written *loosely*: each antecedent that it asks and each consequent that
it promises can then be let go, by a variable of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from api.analysis.engine.model import Claim, SolverInput, atom_of, negate_literal
from api.analysis.engine.sat import Clause, Sat

Requirement = tuple[tuple[str, ...], ...]
"""Of several conjunctions of literals, at least one is true."""

Freed = tuple[dict[str, int], dict[str, int]]
"""The variables that let antecedents, and consequents, of a precondition go."""


def read_claim(claim: Claim) -> Iterator[Requirement]:
    """Read what a claim requires."""
    if claim.wants_one:
        yield claim.alternatives
    elif claim.kind == "none_of":
        yield from map(_negate_all, claim.alternatives)
    for then in claim.consequents:
        if claim.necessary:
            yield ((negate_literal(then),), *claim.alternatives)
        if claim.sufficient:
            yield from ((*_negate_all(each), (then,)) for each in claim.alternatives)


def _negate_all(literals: Iterable[str]) -> Requirement:
    return tuple((negate_literal(each),) for each in literals)


class Encoding:
    """Numbers the variables of a problem and writes its clauses."""

    def __init__(self, problem: SolverInput) -> None:
        self.problem = problem
        self._last = 0
        atoms = chain.from_iterable(chain.from_iterable(problem.list_atoms()))
        self.numbers = {each: self.new_variable() for each in dict.fromkeys(atoms)}
        """The variables of propositions, and by name those of conjunctions."""

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

    def write_loosely(self, index: int) -> tuple[list[Clause], Freed]:
        """Return the clauses of a precondition whose parts can be let go, each by a variable."""
        claim = self.problem.members[index].claim
        clauses: list[Clause] = []
        freed: Freed = {}, {}

        def loosen(part: int, literals: Iterable[str]) -> tuple[str, ...]:
            """Return a name for each literal: it implies the literal, unless that is let go."""
            named = {f"({part} {index} {each})": each for each in literals}
            for name, literal in named.items():
                if literal not in freed[part]:
                    freed[part][literal] = self.new_variable()
                    ways = [self.number_literal(literal), freed[part][literal]]
                    clauses.append([-self.number_literal(name), *ways])
            return tuple(named)

        asked = tuple(loosen(0, each) for each in claim.alternatives)
        promised = loosen(1, claim.consequents)
        clauses += self.write_claim(replace(claim, alternatives=asked, sufficient=False))
        clauses += self.write_claim(replace(claim, consequents=promised, necessary=False))
        return clauses, freed

    def write_claim(self, claim: Claim) -> Iterator[Clause]:
        """Write the claim of one member without its selector."""
        for each in read_claim(claim):
            yield from self.write_requirement(each)

    def write_requirement(self, requirement: Requirement) -> Iterator[Clause]:
        """Write a requirement, and what follows from the variables of its conjunctions."""
        named = {each[0] if len(each) == 1 else f"({'&'.join(each)})": each for each in requirement}
        yield [*map(self.number_literal, named)]
        for name, literals in named.items():
            if len(literals) != 1:
                variable = self.number_literal(name)
                yield from ([-variable, self.number_literal(each)] for each in literals)

    def number_literal(self, literal: str) -> int:
        """Return the number of a literal, minus that of its proposition where it is negated."""
        atom = atom_of(literal)
        number = self.numbers.get(atom) or self.numbers.setdefault(atom, self.new_variable())
        return number if literal == atom else -number


Wants = frozenset[tuple[str | None, Claim]]
"""Names who wants what, independent of the records that show it and of their wording."""


def list_wants(problem: SolverInput, chosen: Iterable[int]) -> Wants:
    """List who wants what in some of the members."""
    members = problem.members
    return frozenset((members[each].holder, members[each].claim) for each in chosen)


class Trial:
    """A problem in which sets are tried, without a search for all, until the instant `end`.

    Raises OutOfTimeError then. A set is named by who wants what, so that the sets of one problem
    can be tried in another.
    """

    def __init__(self, problem: SolverInput, end: float) -> None:
        self.encoding = Encoding(problem)
        self._sat = Sat(self.encoding.write_clauses(), end)
        self._selector = {
            (each.holder, each.claim): selector
            for each, selector in zip(problem.members, self.encoding.members, strict=True)
        }

    def is_collision(self, tried: Wants) -> bool:
        """Return whether these cannot all hold, but can once any one is left out."""
        if not self._selector.keys() >= tried:
            return False
        chosen = [self._selector[each] for each in tried]
        rests = ([*chosen[:n], *chosen[n + 1 :]] for n, _ in enumerate(chosen))
        return not self.is_satisfiable(chosen) and all(map(self.is_satisfiable, rests))

    def is_concession(self, tried: Wants) -> bool:
        """Return whether all else fits without these, and each of them must go for that."""
        if not self._selector.keys() >= tried:
            return False
        kept = [self._selector[each] for each in self._selector.keys() - tried]
        return self.is_satisfiable(kept) and not any(
            self.is_satisfiable([*kept, self._selector[each]]) for each in tried
        )

    def is_satisfiable(self, assumed: Iterable[int], *, with_goals: bool = True) -> bool:
        """Return whether selectors or literals fit with the rules, and the goals if asked."""
        goals = self.encoding.goals if with_goals else ()
        return self._sat.is_satisfiable([*self.encoding.rules, *goals, *assumed])
