"""Random problems, and what is true of them by trying everything."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, combinations, product

from api.analysis.engine.model import Claim, HardRule, Member, SolverInput
from api.analysis.engine.rules import read_axioms
from api.analysis.engine.solution import LetGo, Solution, UnsatisfiableSubset

ATOMS = ("a", "b", "c", "d", "e", "f")
RELATIONS = ("excludes", "implies", "equivalent", "not_all", "at_least_one", "fact")
World = dict[str, bool]
KEPT = LetGo((), ())


def random_problem(chance: random.Random) -> SolverInput:
    """Make a problem of up to 12 members over six propositions."""
    members = [
        Member(
            "positions",
            tuple(f"r{n}-{i}" for i in range(chance.randint(1, 3))),
            chance.choice("xyz"),
            _claim(chance),
            chance.choice(["yields", "goes_unmet"]),
        )
        for n in range(chance.randint(1, 12))
    ]
    axioms = [
        {"id": f"rule-{n}", "kind": (kind := chance.choice(RELATIONS)),
         "propositions": _literals(chance, 1, 1) if kind == "fact" else _literals(chance, 2, 3)}
        for n in range(chance.randint(0, 3))
    ]  # fmt: skip
    goals = _literals(chance, 1, 2) if chance.random() < 0.5 else []
    return SolverInput(tuple(members), tuple(read_axioms(axioms)), tuple(goals))


def _literals(chance: random.Random, least: int, most: int) -> list[str]:
    atoms = chance.sample(ATOMS, chance.randint(least, most))
    return [each if chance.random() < 0.6 else f"!{each}" for each in atoms]


def _claim(chance: random.Random) -> Claim:
    kind = chance.random()
    if kind < 0.45:
        return Claim("holds", ((_literals(chance, 1, 1)[0],),))
    if kind < 0.65:
        made = chance.choice(["none_of", "any_of"])
        count = chance.randint(1, 2)
        return Claim(
            made, tuple(tuple(_literals(chance, 1, 3)) for _ in range(count)), about="plan"
        )
    necessary, sufficient = chance.choice([(True, False), (False, True), (True, True)])
    alternatives = tuple(tuple(_literals(chance, 1, 3)) for _ in range(chance.randint(1, 3)))
    consequents = tuple(_literals(chance, 1, 2))
    return Claim("condition", alternatives, consequents, necessary, sufficient)


def true(literal: str, world: World) -> bool:
    return not world[literal[1:]] if literal.startswith("!") else world[literal]


def says(claim: Claim, world: World, let_go: LetGo = KEPT) -> bool:
    """Tell whether a claim is true in a world, by its meaning and not by its clauses."""
    if claim.kind == "holds":
        return true(claim.literals[0], world)
    if claim.kind != "condition":
        some = any(all(true(x, world) for x in each) for each in claim.alternatives)
        return some == (claim.kind == "any_of")
    met = any(
        all(true(x, world) or x in let_go.antecedents for x in each) for each in claim.alternatives
    )
    kept = any(all(true(x, world) for x in each) for each in claim.alternatives)
    for consequent in claim.consequents:
        holds = true(consequent, world)
        if claim.necessary and holds and not met:
            return False
        promised = claim.sufficient and consequent not in let_go.consequents
        if promised and kept and not holds:
            return False
    return True


def obeys(rule: HardRule, world: World) -> bool:
    """Tell whether a world obeys a rule, by its relation."""
    values = [true(each, world) for each in rule.propositions]
    if rule.relation == "excludes":
        return values.count(True) <= 1
    if rule.relation == "not_all":
        return not all(values)
    if rule.relation in ("at_least_one", "fact"):
        return any(values)
    if rule.relation == "implies":
        return not values[0] or all(values[1:])
    if rule.relation == "reads_as":
        return not values[0] or any(values[1:])
    return len(set(values)) == 1


WORLDS: list[World] = [
    dict(zip(ATOMS, values, strict=True)) for values in product((True, False), repeat=len(ATOMS))
]


def _where(true_in: Callable[[World], bool]) -> int:
    """Give the worlds in which something is true, as bits."""
    return sum(1 << bit for bit, world in enumerate(WORLDS) if true_in(world))


class Meaning:
    """In which worlds the parts of a problem are true."""

    def __init__(self, problem: SolverInput) -> None:
        self.problem = problem
        self.members = [self.of(each.claim) for each in problem.members]
        self.rules = [_where(lambda world, r=r: obeys(r, world)) for r in problem.rules]
        self.goals = [_where(lambda world, g=g: true(g, world)) for g in problem.goals]
        self.hard = self.where((), range(len(self.rules)), range(len(self.goals)))

    @staticmethod
    def of(claim: Claim) -> int:
        return _where(lambda world: says(claim, world))

    def where(self, members: Iterable[int], rules: Iterable[int], goals: Iterable[int]) -> int:
        """Give the worlds in which all of these are true."""
        found = (1 << len(WORLDS)) - 1
        for each in members:
            found &= self.members[each]
        for each in rules:
            found &= self.rules[each]
        for each in goals:
            found &= self.goals[each]
        return found


def by_force(meaning: Meaning) -> tuple[set[frozenset[int]], set[frozenset[int]]]:
    """Find all collisions and all concessions by trying every world and every subset."""
    everyone = range(len(meaning.members))
    satisfied = {
        frozenset(m for m in everyone if meaning.members[m] >> bit & 1)
        for bit in range(len(WORLDS))
        if meaning.hard >> bit & 1
    }
    largest = {one for one in satisfied if not any(one < other for other in satisfied)}
    collisions: set[frozenset[int]] = set()
    for subset in chain.from_iterable(combinations(everyone, n) for n in range(len(everyone) + 1)):
        chosen = frozenset(subset)
        if not any(chosen <= each for each in largest) and not any(
            found <= chosen for found in collisions
        ):
            collisions.add(chosen)
    concessions = {frozenset(everyone) - each for each in largest}
    return collisions, concessions - {frozenset()}


def cost(problem: SolverInput, members: Iterable[int]) -> tuple[int, int, int]:
    chosen = [problem.members[each] for each in members]
    unmet = sum(each.gives_way == "goes_unmet" for each in chosen)
    return unmet, len({m.holder for m in chosen}), sum(len(m.records) for m in chosen)


def faults(problem: SolverInput, found: Solution) -> list[str]:
    """Hold a complete solution against the definitions; name what is wrong."""
    meaning = Meaning(problem)
    collisions, concessions = by_force(meaning)
    costs = [cost(problem, each.members) for each in found.concessions]
    checks = {
        "collisions": {frozenset(each.members) for each in found.collisions} == collisions,
        "concessions": {frozenset(each.members) for each in found.concessions} == concessions,
        "order": costs == sorted(costs),
        "cut": not found.cut,
        "leaning": all(_leans(meaning, each) for each in found.collisions),
        "let go": all(
            _is_least(meaning, each.members, each.let_go or {}) for each in found.concessions
        ),
    }
    return [name for name, is_right in checks.items() if not is_right]


def _leans(meaning: Meaning, found: UnsatisfiableSubset) -> bool:
    """Whether a collision leans on what it names, on all of it, and on goals only if it must."""
    parts = (found.members, found.rules, found.goals)
    if meaning.where(*parts):
        return False
    for place, names in enumerate(parts):
        for name in names:
            fewer = list(parts)
            fewer[place] = tuple(each for each in names if each != name)
            if not meaning.where(*fewer):
                return False
    return bool(found.goals) == bool(meaning.where(found.members, range(len(meaning.rules)), ()))


def _is_least(meaning: Meaning, given_up: Sequence[int], let_go: Mapping[int, LetGo]) -> bool:
    """Whether letting this go does, and no fewer parts would."""
    claims = {m: meaning.problem.members[m].claim for m in given_up}
    conditions = {m: claim for m, claim in claims.items() if claim.kind == "condition"}
    others = [m for m in range(len(meaning.members)) if m not in given_up]
    around = meaning.hard & meaning.where(others, (), ())
    possible = [world for bit, world in enumerate(WORLDS) if around >> bit & 1]
    least = min(sum(_missing(claim, world) for claim in conditions.values()) for world in possible)
    size = sum(len(some) for each in let_go.values() for some in each)
    return size == least and any(
        all(says(claim, world, let_go[m]) for m, claim in conditions.items()) for world in possible
    )


def _missing(claim: Claim, world: World) -> int:
    """Count the parts that must be let go so that a condition is true in a world."""
    held = [true(each, world) for each in claim.consequents]
    unmet = [sum(not true(x, world) for x in each) for each in claim.alternatives]
    asked = min(unmet) if claim.necessary and any(held) else 0
    promised = held.count(False) if claim.sufficient and 0 in unmet else 0
    return asked + promised
