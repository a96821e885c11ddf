"""Finds certificates: what shows that a solution is right to readers who trust no solver.

A *model* is a set of literals that makes requirements true whatever else holds. No literal of it
can be missed, and none is negated that could as well be true, so that no other sign would do. A
*proof* shows that requirements contradict each other, by reverse unit propagation (RUP: Goldberg
and Novikov, DATE 2003; Wetzler, Heule and Hunt, SAT 2014): each line follows from what is before it
by unit propagation, and in the end that finds the contradiction.

Collisions and concessions show that each other are minimal (Reiter 1987): a member is needed in a
set if one of the others has it alone of that set. Only members for which a cut list has no such set
get a model, or a proof, of their own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.analysis.declarations import about, answer
from api.analysis.engine.clauses import Encoding, Requirement, read_claim
from api.analysis.engine.clusters import unite
from api.analysis.engine.model import SolverInput, atom_of, negate_literal
from api.analysis.engine.plan import weaken_member
from api.analysis.engine.sat import Clause, OutOfTimeError, Sat, prove_contradiction
from api.analysis.engine.solver import CorrectionSubset, Solution, UnsatisfiableSubset

KINDS = ("axiom", "measure", "reading")
"""The kinds of rules, in the order in which a collision names them."""

Model = tuple[str, ...]
Proof = tuple[tuple[str, ...], ...]


@answer
class Certificate:
    """What shows, without a solver, that a part of an answer is right."""

    models: Sequence[Sequence[str]] = about(
        "literals that make true what fits together; none of them can be missed",
        each="a literal",
        unique=False,
    )
    proofs: Sequence[Sequence[Sequence[str]]] = about(
        "what cannot fit together: clauses that lead to the contradiction, each by unit "
        "propagation (RUP); no clause where that finds it alone",
        each="a literal, or `(a&b)` for several together",
        unique=False,
    )


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates of a solution as a whole, and of each of its sets."""

    whole: Certificate
    collisions: tuple[Certificate, ...]
    concessions: tuple[Certificate, ...]


def certify_solution(
    problem: SolverInput, found: Solution, moves: Sequence[Sequence[str]], *, seconds: float
) -> Certificates | None:
    """Find the certificates of a solution; None where the time is over before.

    `moves` are those that each concession, or the lack of any, allows.
    """
    try:
        return _Certifier(problem, found, Sat((), time.monotonic() + seconds)).certify(moves)
    except OutOfTimeError:
        return None


class _Certifier:
    def __init__(self, problem: SolverInput, found: Solution, oracle: Sat) -> None:
        self._problem, self._found, self._oracle = problem, found, oracle
        self._encoding = Encoding(problem)
        self._members = [[*read_claim(each.claim)] for each in problem.members]
        self._rules: list[list[Requirement]] = [
            [tuple((x,) for x in each) for each in rule.clauses] for rule in problem.rules
        ]
        self._goals: list[list[Requirement]] = [[((each,),)] for each in problem.goals]
        self._selectors: dict[Requirement, int] = {}
        self._clauses: dict[Requirement, list[Clause]] = {}
        self._models: dict[tuple[Requirement, ...], Model] = {}
        self._proofs: dict[tuple[Requirement, ...], Proof] = {}
        groups = (*self._members, *self._rules, *self._goals)
        find_root = unite([*map(atom_of, _list_literals(each))] for each in groups)
        self._part = {each: find_root(each) for each in self._encoding.numbers}
        self._by_part: defaultdict[object, list[tuple[int, Requirement]]] = defaultdict(list)
        """Requirements by part, each with its member's index; rules and goals have greater ones."""
        for index, each in enumerate(groups):
            for requirement in each:
                self._by_part[self._part_of(requirement)].append((index, requirement))
        self._collisions = [frozenset(each.members) for each in found.collisions]
        self._concessions = [frozenset(each.members) for each in found.concessions]

    def certify(self, moves: Sequence[Sequence[str]]) -> Certificates:
        """Certify everything."""
        is_cut = not {"collisions", "concessions", "time"}.isdisjoint(self._found.cut)
        models: list[Sequence[str]] = []
        proofs: list[Proof] = []
        if not is_cut and self._collisions:
            proofs.append(self._prove_complete())
        elif not is_cut:
            models += self._certify_concession(CorrectionSubset((), ()), moves[0]).models
        given_up = zip(self._found.concessions, moves, strict=False)
        return Certificates(
            Certificate(models, proofs),
            tuple(map(self._certify_collision, self._found.collisions)),
            tuple(self._certify_concession(*each) for each in given_up),
        )

    def _certify_collision(self, found: UnsatisfiableSubset) -> Certificate:
        members = [self._members[each] for each in found.members]
        rules = sorted(found.rules, key=lambda each: KINDS.index(self._problem.rules[each].kind))
        laws, goals = [self._rules[each] for each in rules], [self._goals[i] for i in found.goals]
        alone = _list_alone(found.members, self._concessions)
        missing = (place for place, each in enumerate(found.members) if each not in alone)
        fitting = [[*_leave_out(members, each), *self._rules, *self._goals] for each in missing]
        fitting += [[*members, *_leave_out(laws, each), *goals] for each in range(len(laws))]
        hard = self._rules if members else laws
        fitting += [[*members, *hard, *_leave_out(goals, each)] for each in range(len(goals))]
        models = [self._find_model(r for each in some for r in each) for some in fitting]
        everything = [r for each in (*members, *laws, *goals) for r in each]
        return Certificate(models, (self._prove(everything),))

    def _certify_concession(self, found: CorrectionSubset, moves: Sequence[str]) -> Certificate:
        alone = _list_alone(found.members, self._collisions)
        missing = [each for each in found.members if each not in alone]
        given_up = frozenset(found.members)
        proofs = [self._prove_needed(each, given_up) for each in missing]
        kept = [r for some in self._by_part.values() for n, r in some if n not in given_up]
        let_go = found.let_go or ()
        for index in found.members:
            own = [each for each in let_go if each.member == index]
            for left in weaken_member(self._problem.members[index], own) if own else ():
                kept += read_claim(left.claim)
        kept += [((negate_literal(each.literal),),) for each in let_go]
        return Certificate((self._find_model([*kept, *(((x,),) for x in moves)]),), proofs)

    def _prove_needed(self, member: int, given_up: frozenset[int]) -> Proof:
        """Prove that a member that is given up contradicts what is left, which its part shows."""
        part = self._by_part[self._part_of(self._members[member][0])]
        return self._prove(r for n, r in part if n == member or n not in given_up)

    def _prove_complete(self) -> Proof:
        """Prove that each set of members holds a collision or leaves out a concession."""
        clauses = [[-1 - each for each in some] for some in self._collisions]
        clauses += [[1 + each for each in some] for some in self._concessions]
        lines = prove_contradiction(clauses, self._oracle.end) if all(clauses) else []
        return tuple(tuple(f"{'!' * (x < 0)}{abs(x) - 1}" for x in line) for line in lines)

    def _prove(self, requirements: Iterable[Requirement]) -> Proof:
        """Prove that requirements contradict each other; many sets have parts in common."""
        required = tuple(requirements)
        if required not in self._proofs:
            clauses = [clause for each in required for clause in self._write(each)]
            lines = prove_contradiction(clauses, self._oracle.end)
            names = {n: name for name, n in self._encoding.numbers.items()} if lines else {}
            named = (tuple(f"{'!' * (x < 0)}{names[abs(x)]}" for x in line) for line in lines)
            self._proofs[required] = tuple(named)
        return self._proofs[required]

    def _find_model(self, requirements: Iterable[Requirement]) -> Model:
        """Find a model part by part, as many have parts in common."""
        parts: defaultdict[object, dict[Requirement, None]] = defaultdict(dict)
        for each in requirements:
            parts[self._part_of(each)][each] = None
        found: list[str] = []
        for required in map(tuple, parts.values()):
            if required not in self._models:
                self._models[required] = self._find_part_model(required)
            found += self._models[required]
        return tuple(found)

    def _find_part_model(self, requirements: Sequence[Requirement]) -> Model:
        """Find a model; leave out what can be missed, and turn what can be true as well."""
        self._oracle.is_satisfiable(map(self._select, requirements))
        true, number = self._oracle.read_model(), self._encoding.number_literal
        of_atom: defaultdict[str, list[Requirement]] = defaultdict(list)
        for each in requirements:
            for atom in dict.fromkeys(map(atom_of, _list_literals([each]))):
                of_atom[atom].append(each)
        model = {each if number(each) in true else f"!{each}" for each in of_atom}
        while sum([_simplify(model, *each) for each in of_atom.items()]):
            pass
        return tuple(x for atom in of_atom for x in (atom, f"!{atom}") if x in model)

    def _select(self, requirement: Requirement) -> int:
        """Return the selector of a requirement, which is written at first."""
        if requirement not in self._selectors:
            self._selectors[requirement] = selector = self._encoding.new_variable()
            for clause in self._write(requirement):
                self._oracle.add_clause([-selector, *clause])
        return self._selectors[requirement]

    def _write(self, requirement: Requirement) -> list[Clause]:
        if requirement not in self._clauses:
            self._clauses[requirement] = [*self._encoding.write_requirement(requirement)]
        return self._clauses[requirement]

    def _part_of(self, requirement: Requirement) -> object:
        return self._part[atom_of(requirement[0][0])]


def _list_literals(requirements: Iterable[Requirement]) -> Iterator[str]:
    return (x for some in requirements for each in some for x in each)


def _list_alone(chosen: Iterable[int], others: Iterable[frozenset[int]]) -> frozenset[int]:
    """List the members that some other set has, and no other of these."""
    these = frozenset(chosen)
    return frozenset[int]().union(*(met for each in others if len(met := these & each) == 1))


def _leave_out(some: Sequence[list[Requirement]], place: int) -> list[list[Requirement]]:
    return [each for n, each in enumerate(some) if n != place]


def _simplify(model: set[str], atom: str, about: Sequence[Requirement]) -> bool:
    """Drop an atom that can be missed; return whether it was turned to true instead."""
    literal = atom if atom in model else f"!{atom}"
    model.discard(literal)
    if _is_true(model, about):
        return False
    model.add(atom)
    if literal == atom or _is_true(model, about):
        return literal != atom
    model.remove(atom)
    model.add(literal)
    return False


def _is_true(model: set[str], requirements: Sequence[Requirement]) -> bool:
    return all(any(model.issuperset(each) for each in some) for some in requirements)
