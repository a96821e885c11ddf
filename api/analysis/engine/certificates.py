"""Finds certificates: what shows that a solution is right to readers who trust no solver.

Claims, rules and goals are read as requirements, each a disjunction of conjunctions of literals. A
*model* is a set of literals that makes requirements true whatever else holds. No literal of it can
be missed, and none is negated that could as well be true, so that no other sign would do. A
*proof* shows that requirements contradict each other, by reverse unit propagation (RUP: Goldberg
and Novikov, DATE 2003; Wetzler, Heule and Hunt, SAT 2014): each line follows from what is before it
by unit propagation, and in the end that finds the contradiction.

Collisions and concessions certify each other where they can: the model of a concession shows that
a collision is minimal if it gives up one member of it, and that collision then shows that the
concession needs this member. What is left over gets models and proofs of its own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.analysis.declarations import about, answer
from api.analysis.engine.clauses import LetGo
from api.analysis.engine.clusters import unite
from api.analysis.engine.model import (
    AnyOf,
    Claim,
    Condition,
    Holds,
    NoneOf,
    SolverInput,
    atom_of,
    negate_literal,
)
from api.analysis.engine.sat import Clause, OutOfTimeError, Sat, prove_contradiction
from api.analysis.engine.solver import CorrectionSubset, Solution, UnsatisfiableSubset, split_parts

KINDS = ("axiom", "measure", "reading")
"""The kinds of rules, in the order in which a collision names them."""

Requirement = tuple[tuple[str, ...], ...]
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
    problem: SolverInput, found: Solution, moves: Sequence[frozenset[str]], *, seconds: float
) -> Certificates | None:
    """Find the certificates of a solution; None where the time is over before.

    `moves` are those that each concession, or the lack of any, allows; the models fit them.
    """
    try:
        with Sat((), time.monotonic() + seconds) as oracle:
            return _Certifier(problem, found, moves, oracle).certify()
    except OutOfTimeError:
        return None


def read_claim(claim: Claim, let_go: Sequence[LetGo] = ()) -> Iterator[Requirement]:
    """Read a claim, without the parts let go, which are then false."""
    if isinstance(claim, Holds):
        yield ((claim.literal,),)
    elif isinstance(claim, AnyOf):
        yield claim.alternatives
    elif isinstance(claim, NoneOf):
        yield from map(_negate_all, claim.alternatives)
    else:
        yield from _read_condition(claim, let_go)
        yield from (((negate_literal(each.literal),),) for each in let_go)


def _read_condition(claim: Condition, let_go: Sequence[LetGo]) -> Iterator[Requirement]:
    asked, promised = ({each.literal for each in let_go if each.part == part}
                       for part in ("antecedents", "consequents"))  # fmt: skip
    ways = [tuple(x for x in each if x not in asked) for each in claim.alternatives]
    for consequent in claim.consequents:
        if claim.necessary:
            yield ((negate_literal(consequent),), *ways)
        if claim.sufficient and consequent not in promised:
            yield from ((*_negate_all(each), (consequent,)) for each in claim.alternatives)


def _negate_all(literals: Iterable[str]) -> Requirement:
    return tuple((negate_literal(each),) for each in literals)


class _Certifier:
    def __init__(
        self,
        problem: SolverInput,
        found: Solution,
        moves: Sequence[frozenset[str]],
        oracle: Sat,
    ) -> None:
        self._problem, self._found, self._oracle = problem, found, oracle
        self._members = [tuple(read_claim(each.claim)) for each in problem.members]
        self._rules = [tuple(tuple((x,) for x in each) for each in r.clauses)
                       for r in problem.rules]  # fmt: skip
        self._goals: list[tuple[Requirement, ...]] = [(((each,),),) for each in problem.goals]
        self._numbers: dict[str, int] = {}
        self._selectors: dict[Requirement, int] = {}
        self._parts = [tuple(map(frozenset, each)) for each in split_parts(problem)]
        self._models: dict[object, Model] = {}
        self._proofs: dict[object, Proof] = {}
        hard = ([*map(atom_of, rule.propositions)] for rule in problem.rules)
        self._root: Callable[[str | int], str | int] = unite(hard)
        self._collisions = [frozenset(each.members) for each in found.collisions]
        self._concessions = [frozenset(each.members) for each in found.concessions]
        self._moves = self._group_moves(moves)
        given_up = frozenset[int]().union(*self._concessions)
        self._calm = {
            index for index, part in enumerate(self._parts)
            if part[0].isdisjoint(given_up) and len({each[index] for each in self._moves}) <= 1
        }  # fmt: skip

    def _group_moves(
        self, moves: Sequence[frozenset[str]]
    ) -> list[defaultdict[int, frozenset[str]]]:
        """Group the moves of each plan by the part that they belong to."""
        part_of = {atom_of(x): index for index, part in enumerate(self._parts)
                   for r in self._read_part(part) for each in r for x in each}  # fmt: skip
        found: list[defaultdict[int, frozenset[str]]] = []
        for plan in moves:
            grouped = defaultdict[int, frozenset[str]](frozenset)
            for each in plan:
                grouped[part_of[atom_of(each)]] |= {each}
            found.append(grouped)
        return found

    def certify(self) -> Certificates:
        """Certify everything."""
        alone = [*map(self._list_alone, self._collisions)]
        plans = zip(self._found.concessions, self._moves, strict=bool(self._found.collisions))
        concessions = tuple(self._certify_concession(*each) for each in plans)
        pairs = zip(self._found.collisions, alone, strict=True)
        collisions = tuple(self._certify_collision(*each) for each in pairs)
        model: list[str] = []
        for index in () if self._is_hopeless() else sorted(self._calm):
            fixed = self._moves[0][index] if self._moves else ()
            model += self._find_model(self._read_part(self._parts[index]), fixed)
        whole = Certificate((model,), self._prove_complete())
        return Certificates(whole, collisions, concessions)

    def _is_hopeless(self) -> bool:
        return frozenset() in self._collisions

    def _list_alone(self, collision: frozenset[int]) -> frozenset[int]:
        """List the members of a collision which some concession gives up, and no other of it."""
        met = (collision & each for each in self._concessions)
        return frozenset[int]().union(*(each for each in met if len(each) == 1))

    # Collisions

    def _certify_collision(self, found: UnsatisfiableSubset, shown: frozenset[int]) -> Certificate:
        read = {"members": self._members, "rules": self._rules, "goals": self._goals}
        rules = sorted(found.rules, key=lambda each: KINDS.index(self._problem.rules[each].kind))
        parts = [*(("members", i) for i in found.members), *(("rules", i) for i in rules),
                 *(("goals", i) for i in found.goals)]  # fmt: skip
        hard = self._list_around([r for kind, i in parts for r in read[kind][i]])
        models: list[Model] = []
        for part in parts:
            needed = {each: None for each in parts if each != part}
            if part[0] != "rules":
                around = (each for each in hard if each[0] == "rules" or part[0] == "members")
                needed |= dict.fromkeys(each for each in around if each != part)
            is_shown = part[0] == "members" and part[1] in shown
            required = [r for kind, i in needed for r in read[kind][i]]
            models.append(() if is_shown else self._find_model(required))
        proof = self._prove([r for kind, i in parts for r in read[kind][i]])
        return Certificate(models, (proof,))

    def _list_around(self, requirements: Sequence[Requirement]) -> list[tuple[str, int]]:
        """List the rules and goals that hang together with requirements through rules."""
        roots = {self._root(atom_of(x)) for some in requirements for each in some for x in each}
        rules = ((i, each.propositions[0]) for i, each in enumerate(self._problem.rules))
        found = [("rules", i) for i, x in rules if self._root(atom_of(x)) in roots]
        goals = enumerate(self._problem.goals)
        return found + [("goals", i) for i, x in goals if self._root(atom_of(x)) in roots]

    # Concessions

    def _certify_concession(
        self, found: CorrectionSubset, moves: Mapping[int, frozenset[str]]
    ) -> Certificate:
        members = frozenset(found.members)
        met = [members & each for each in self._collisions]
        shown = frozenset[int]().union(*(each for each in met if len(each) == 1))
        model: list[str] = []
        proofs: dict[int, Proof] = {}
        for index, part in enumerate(self._parts):
            if index in self._calm:
                continue
            own = part[0] & members
            freed = tuple(each for each in found.let_go or () if each.member in own)
            key = (index, own, freed, moves[index])
            if key not in self._models:
                required = self._read_part(part, own, freed)
                self._models[key] = self._find_model(required, moves[index])
            model += self._models[key]
            for each in own - shown:
                if (key := (index, own, each)) not in self._proofs:
                    self._proofs[key] = self._prove(self._read_part(part, own - {each}))
                proofs[each] = self._proofs[key]
        return Certificate((model,), [proofs.get(each, ()) for each in found.members])

    def _read_part(
        self,
        part: tuple[frozenset[int], ...],
        without: frozenset[int] = frozenset(),
        let_go: Sequence[LetGo] = (),
    ) -> list[Requirement]:
        """Read members, rules and goals of a part, some members only as far as they are kept."""
        members, rules, goals = map(sorted, part)
        read = [r for m in members if m not in without for r in self._members[m]]
        read += [r for i in rules for r in self._rules[i]]
        read += [r for i in goals for r in self._goals[i]]
        freed: defaultdict[int, list[LetGo]] = defaultdict(list)
        for each in let_go:
            freed[each.member].append(each)
        for member in sorted(without):
            claim = self._problem.members[member].claim
            if isinstance(claim, Condition) and freed[member]:
                read += read_claim(claim, freed[member])
        return read

    def _prove_complete(self) -> tuple[Proof, ...]:
        """Prove that each set of members holds a collision or leaves out a concession."""
        if {"collisions", "concessions", "time"}.intersection(self._found.cut):
            return ()
        if self._is_hopeless() or not self._collisions:
            return ((),)
        clauses = [[-1 - each for each in some] for some in self._collisions]
        clauses += [[1 + each for each in some] for some in self._concessions]
        lines = prove_contradiction(clauses, self._oracle.end)
        return (tuple(tuple(f"{'!' * (x < 0)}{abs(x) - 1}" for x in line) for line in lines),)

    # Models and proofs

    def _find_model(
        self, requirements: Sequence[Requirement], fixed: Collection[str] = ()
    ) -> Model:
        """Find a model that can miss no literal; what is fixed and in it keeps its sign."""
        assumed = [*map(self._select, requirements), *map(self._number, fixed)]
        self._oracle.is_satisfiable(assumed)
        true = self._oracle.read_model()
        atoms = dict.fromkeys(atom_of(x) for r in requirements for each in r for x in each)
        model = {each if self._number(each) in true else f"!{each}" for each in atoms}
        about: defaultdict[str, list[Requirement]] = defaultdict(list)
        for each in requirements:
            for atom in {atom_of(x) for some in each for x in some}:
                about[atom].append(each)
        kept = {atom_of(each) for each in fixed}
        while sum(_simplify(model, atom, about[atom], may_turn=atom not in kept) for atom in atoms):
            pass
        return tuple(x for atom in atoms for x in (atom, f"!{atom}") if x in model)

    def _select(self, requirement: Requirement) -> int:
        """Return the selector of a requirement, which is written at first."""
        if requirement not in self._selectors:
            self._selectors[requirement] = selector = self._number(f"{len(self._selectors)}?")
            first, *rest = self._write_clauses(requirement)
            for clause in ([-selector, *first], *rest):
                self._oracle.add_clause(clause)
        return self._selectors[requirement]

    def _prove(self, requirements: Sequence[Requirement]) -> Proof:
        clauses = [clause for each in requirements for clause in self._write_clauses(each)]
        lines = prove_contradiction(clauses, self._oracle.end)
        if not lines:
            return ()
        names = {number: name for name, number in self._numbers.items()}
        return tuple(tuple(f"{'!' * (x < 0)}{names[abs(x)]}" for x in line) for line in lines)

    def _write_clauses(self, requirement: Requirement) -> list[Clause]:
        """Write a requirement; a conjunction of several literals gets a variable of its name."""
        chosen: list[int] = []
        clauses = [chosen]
        for each in requirement:
            name = each[0] if len(each) == 1 else f"({'&'.join(each)})"
            chosen.append(self._number(name))
            if len(each) != 1:
                clauses += [[-chosen[-1], self._number(x)] for x in each]
        return clauses

    def _number(self, literal: str) -> int:
        number = self._numbers.setdefault(atom_of(literal), len(self._numbers) + 1)
        return number if literal == atom_of(literal) else -number


def _simplify(model: set[str], atom: str, about: Sequence[Requirement], *, may_turn: bool) -> bool:
    """Drop an atom that can be missed; return whether it was turned to true instead."""
    literal = atom if atom in model else f"!{atom}"
    if literal not in model:
        return False
    model.remove(literal)
    if _is_true(model, about):
        return False
    model.add(atom)
    if may_turn and literal != atom and _is_true(model, about):
        return True
    model.remove(atom)
    model.add(literal)
    return False


def _is_true(model: set[str], requirements: Sequence[Requirement]) -> bool:
    return all(any(model.issuperset(each) for each in some) for some in requirements)
