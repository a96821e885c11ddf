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

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from api.analysis.engine.clauses import Encoding, Requirement, read_claim
from api.analysis.engine.model import SolverInput, negate_literal
from api.analysis.engine.models import Model, ModelFinder
from api.analysis.engine.parts import Parts, group_by
from api.analysis.engine.sat import OutOfTimeError, Sat, prove_contradiction
from api.analysis.engine.solution import (
    Certificate,
    Certificates,
    Conceded,
    CorrectionSubset,
    Solution,
    UnsatisfiableSubset,
    weaken_member,
)

KINDS = ("axiom", "measure", "reading")
"""The kinds of rules, in the order in which a collision names them."""

Proof = tuple[tuple[str, ...], ...]
_Rest = tuple[int, Conceded, tuple[str, ...]]
"""The number of a part, what gives way in it, and its moves."""


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
        self._encoding, self._parts = Encoding(problem), Parts(problem)
        self._finder = ModelFinder(self._encoding, oracle)
        self._required: list[list[Requirement]] = [
            *([*read_claim(each.claim)] for each in problem.members),
            *([tuple((x,) for x in each) for each in rule.clauses] for rule in problem.rules),
            *([((each,),)] for each in problem.goals),
        ]
        """What members, rules and goals require; rules are numbered after members."""
        first_goal = len(problem.members) + len(problem.rules)
        self._rules = range(len(problem.members), first_goal)
        self._goals = range(first_goal, len(self._required))
        self._hard_of = [
            [*(self._rules[each] for each in part.rules),
             *(self._goals[each] for each in part.goals)] for part in self._parts.every
        ]  # fmt: skip
        self._part_of = {**self._parts.of_member, **{each: n for n, some in enumerate(self._hard_of)
                                                    for each in some}}  # fmt: skip
        self._part_models: dict[object, Model] = {}
        self._proofs: dict[tuple[int, ...], Proof] = {}
        self._collisions = [frozenset(each.members) for each in found.collisions]
        self._concessions = [frozenset(each.members) for each in found.concessions]
        self._collided = _index_by_member(self._collisions)
        self._conceded = _index_by_member(self._concessions)

    def certify(self, moves: Sequence[Sequence[str]]) -> Certificates:
        """Certify everything."""
        is_cut = not {"collisions", "concessions", "time"}.isdisjoint(self._found.cut)
        models, proofs = list[Sequence[str]](), list[Proof]()
        if not is_cut and self._collisions:
            proofs.append(self._prove_complete())
        elif not is_cut:
            models += self._certify_concession(CorrectionSubset((), {}), moves[0]).models
        given_up = zip(self._found.concessions, moves, strict=False)
        return Certificates(
            Certificate(models, proofs),
            tuple(map(self._certify_collision, self._found.collisions)),
            tuple(self._certify_concession(*each) for each in given_up),
        )

    def _certify_collision(self, found: UnsatisfiableSubset) -> Certificate:
        members, goals = found.members, [self._goals[each] for each in found.goals]
        rules = sorted(found.rules, key=lambda each: KINDS.index(self._problem.rules[each].kind))
        laws = [self._rules[each] for each in rules]
        missing = _list_missing(members, self._conceded)
        fitting = [[*_leave_out(members, e), *self._rules, *self._goals] for e in missing]
        fitting += [[*members, *_leave_out(laws, each), *goals] for each in laws]
        hard = self._rules if members else laws
        fitting += [[*members, *hard, *_leave_out(goals, each)] for each in goals]
        models = [self._find_model(each) for each in fitting]
        return Certificate(models, (self._prove([*members, *laws, *goals]),))

    def _certify_concession(self, found: CorrectionSubset, moves: Sequence[str]) -> Certificate:
        needless = _list_missing(found.members, self._collided)
        proofs = [self._prove_needed(each, found.members) for each in needless]
        conceded = found.split_by(self._parts)
        came: defaultdict[int, list[str]] = defaultdict(list)
        for each in moves:
            came[self._parts.find_part(each)].append(each)
        numbers = range(len(self._parts.every))
        rests = ((n, conceded.get(n, ()), tuple(came.get(n, ()))) for n in numbers)
        models = (self._model_part(each, self._list_rest(each)) for each in rests)
        return Certificate((tuple(chain.from_iterable(models)),), proofs)

    def _model_part(self, chosen: object, required: Iterable[Requirement]) -> Model:
        """Find a model of what is required of a part, once for each choice of what is left."""
        if chosen not in self._part_models:
            self._part_models[chosen] = self._finder.find_model(required)
        return self._part_models[chosen]

    def _list_rest(self, rest: _Rest) -> Iterator[Requirement]:
        """List what a concession leaves in a part, and what is to come about there."""
        part, conceded, moves = rest
        given_up = dict(conceded)
        kept = (each for each in self._parts.every[part].members if each not in given_up)
        yield from self._read([*kept, *self._hard_of[part]])
        for index, let_go in conceded:
            for left in weaken_member(self._problem.members[index], let_go):
                yield from read_claim(left.claim)
        freed = chain.from_iterable(let_go or ((), ()) for let_go in given_up.values())
        yield from (((negate_literal(each),),) for each in chain.from_iterable(freed))
        yield from (((each,),) for each in moves)

    def _read(self, numbers: Iterable[int]) -> Iterator[Requirement]:
        return (each for number in numbers for each in self._required[number])

    def _prove_needed(self, member: int, given_up: Sequence[int]) -> Proof:
        """Prove that a member that is given up contradicts what is left, which its part shows."""
        part = self._part_of[member]
        own = self._parts.every[part].members
        kept = (each for each in own if each == member or each not in given_up)
        return self._prove([*kept, *self._hard_of[part]])

    def _prove_complete(self) -> Proof:
        """Prove that each set of members holds a collision or leaves out a concession."""
        clauses = [[-1 - each for each in some] for some in self._collisions]
        clauses += [[1 + each for each in some] for some in self._concessions]
        lines = prove_contradiction(clauses, self._oracle.end) if all(clauses) else []
        return tuple(tuple(f"{'!' * (x < 0)}{abs(x) - 1}" for x in line) for line in lines)

    def _prove(self, numbers: Iterable[int]) -> Proof:
        """Prove that these contradict each other; many sets have parts in common."""
        chosen = tuple(numbers)
        if chosen not in self._proofs:
            clauses = [
                clause
                for each in self._read(chosen)
                for clause in self._finder.write_requirement(each)
            ]
            lines = prove_contradiction(clauses, self._oracle.end)
            names = {n: name for name, n in self._encoding.numbers.items()} if lines else {}
            named = (tuple(f"{'!' * (x < 0)}{names[abs(x)]}" for x in line) for line in lines)
            self._proofs[chosen] = tuple(named)
        return self._proofs[chosen]

    def _find_model(self, numbers: Iterable[int]) -> Model:
        """Find a model part by part, as many have parts in common."""
        parts = map(tuple, group_by(numbers, self._part_of.__getitem__))
        models = (self._model_part(each, self._read(each)) for each in parts)
        return tuple(chain.from_iterable(models))


def _index_by_member(sets: Iterable[frozenset[int]]) -> Mapping[int, Sequence[frozenset[int]]]:
    """Map each member to the sets that have it."""
    found: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    for some in sets:
        for each in some:
            found[each].append(some)
    return found


def _list_missing(
    chosen: Sequence[int], others: Mapping[int, Sequence[frozenset[int]]]
) -> list[int]:
    """List the members of a set that no other set has alone of these."""
    these = frozenset(chosen)
    return [each for each in chosen
            if not any(map((these - {each}).isdisjoint, others.get(each, ())))]  # fmt: skip


def _leave_out(some: Iterable[int], one: int) -> list[int]:
    return [each for each in some if each != one]
