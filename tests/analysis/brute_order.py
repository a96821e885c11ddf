"""The order of moves by trying everything, written from the laws alone.

A staging says which literals come about, and at which stage; of a proposition and its opposite at
most one does. Every staging of up to five propositions is tried. Sets of stagings are bits of a
number, so what several conditions permit together is the `&` of their numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, permutations, product
from math import inf

from api.analysis.engine.model import Claim, HardRule, Member, SolverInput
from api.analysis.engine.order import find_order
from api.analysis.engine.plan import MovePlan, Planner
from api.analysis.engine.precedence import PrecedenceCycle, PrecedenceOrder
from api.analysis.engine.rules import read_axioms
from api.analysis.engine.solution import CorrectionSubset, LetGo
from api.analysis.engine.solver import solve_input
from tests.analysis.problems import KEPT, obeys, says, true

Stages = Mapping[str, int]
World = dict[str, bool]
ATOMS = "abcde"
RELATIONS = ("excludes", "implies", "implies", "equivalent", "not_all", "at_least_one", "fact")


def random_order(chance: random.Random, size: int) -> SolverInput:
    """Make a problem with times, over so many propositions."""
    atoms = ATOMS[:size]

    def literals(least: int, most: int) -> list[str]:
        chosen = chance.sample(atoms, min(size, chance.randint(least, most)))
        return [each if chance.random() < 0.8 else f"!{each}" for each in chosen]

    def alternatives() -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(literals(1, 2)) for _ in range(chance.choice([1, 1, 2])))

    def member(number: int) -> Member:
        kind = chance.random()
        claim = Claim("holds", ((literals(1, 1)[0],),))
        if kind < 0.75:
            modes = [(True, False), (True, False), (True, True), (False, True)]
            consequents = tuple(literals(1, 2))
            claim = Claim("condition", alternatives(), consequents, *chance.choice(modes))
        elif kind < 0.85:
            claim = Claim(chance.choice(["any_of", "none_of"]), alternatives(), about="plan")
        times = ["before", "before", "simultaneous", None]
        is_timed = claim.necessary
        timing = chance.choice(times) if is_timed else None
        noun = "preconditions" if claim.kind == "condition" else "positions"
        return Member(noun, (f"r{number}",), chance.choice("xyz"), claim, "yields", (), timing)

    axioms = [
        {"id": f"rule-{n}", "kind": (kind := chance.choice(RELATIONS)),
         "propositions": literals(1, 1) if kind == "fact" else literals(2, 3)}
        for n in range(chance.randint(0, 2))
    ]  # fmt: skip
    rules = [*read_axioms(axioms)]
    if chance.random() < 0.2:
        whole, *readings = chance.sample(atoms, 3)
        clause = (f"!{whole}", *readings)
        rules.append(HardRule("reading", whole, "reads_as", (whole, *readings), (clause,)))
    goals = literals(1, 2) if chance.random() < 0.6 else []
    members = tuple(member(n) for n in range(chance.randint(1, 6)))
    return SolverInput(members, tuple(rules), tuple(goals))


def list_stagings(atoms: Sequence[str]) -> list[Stages]:
    """List all ways in which some of these, or their opposites, come about, without gaps."""
    found: list[Stages] = []
    for chosen in chain.from_iterable(combinations(atoms, n) for n in range(len(atoms) + 1)):
        for order in product(range(1, len(chosen) + 1), repeat=len(chosen)):
            if set(order) == set(range(1, max(order, default=0) + 1)):
                for signs in product(("", "!"), repeat=len(chosen)):
                    signed = (f"{sign}{each}" for sign, each in zip(signs, chosen, strict=True))
                    found.append(dict(zip(signed, order, strict=True)))
    return found


class Trials:
    """All stagings of a problem, and which of them each law permits, as bits."""

    def __init__(self, problem: SolverInput) -> None:
        self.problem = problem
        parts = (*(m.claim.literals for m in problem.members), problem.goals,
                 *(r.propositions for r in problem.rules))  # fmt: skip
        self.atoms = sorted({each.removeprefix("!") for some in parts for each in some})
        every = [dict(zip(self.atoms, values, strict=True))
                 for values in product((True, False), repeat=len(self.atoms))]  # fmt: skip
        self.worlds = [w for w in every if all(obeys(r, w) for r in problem.rules)]
        self.facts = _list_facts(problem)
        moving = [each for each in self.atoms if not {each, f"!{each}"} & self.facts]
        self.stagings = list_stagings(moving)
        self.rules = self.where(lambda s: all(self.keeps_rule(r, s) for r in problem.rules))
        self.rules &= self.where_true(self.worlds)

    def where(self, is_permitted: Callable[[Stages], bool]) -> int:
        return sum(1 << bit for bit, each in enumerate(self.stagings) if is_permitted(each))

    def where_true(self, worlds: Sequence[World]) -> int:
        """Permit the stagings of which all that comes about is true in one of the worlds."""
        known: dict[frozenset[str], bool] = {}

        def is_true(stages: Stages) -> bool:
            came = frozenset(stages)
            if came not in known:
                known[came] = any(all(true(each, w) for each in came) for w in worlds)
            return known[came]

        return self.where(is_true)

    def keeps_rule(self, rule: HardRule, stages: Stages) -> bool:
        """Whether what a rule implies comes no later, and a reading no later than the words."""
        first, *rest = rule.propositions
        if rule.relation == "implies":
            return all(self.no_later(each, first, stages) for each in rest)
        if rule.relation == "equivalent":
            return all(self.no_later(a, b, stages) for a in rule.propositions
                       for b in rule.propositions)  # fmt: skip
        if rule.relation == "reads_as":
            return any(self.no_later(each, first, stages) for each in rest)
        return True

    def no_later(self, one: str, other: str, stages: Stages) -> bool:
        if other not in stages or one in self.facts:
            return True
        return one in stages and stages[one] <= stages[other]

    def keeps_order(
        self, claim: Claim, timing: str | None, stages: Stages, freed: Collection[str] = ()
    ) -> bool:
        """Whether all that waits for a condition comes when the condition permits it."""

        def is_met(first: str, then: str) -> bool:
            if first in self.facts or first in freed:
                return True
            if first not in stages:
                return False
            if timing == "before":
                return stages[first] < stages[then]
            return timing is None or stages[first] == stages[then]

        return all(
            any(all(is_met(first, then) for first in way) for way in claim.alternatives)
            for then in claim.consequents if then in stages
        )  # fmt: skip

    def permit(self, member: Member, timing: str | None) -> int:
        claim = member.claim
        assert claim.kind == "condition"
        return self.where(lambda s: self.keeps_order(claim, timing, s))

    def contain(self, literals: Iterable[str]) -> int:
        wanted = set(literals) - self.facts
        return self.where(lambda s: wanted <= s.keys())

    def pick(self, bits: int) -> Iterator[Stages]:
        return (each for bit, each in enumerate(self.stagings) if bits >> bit & 1)


def order_faults(problem: SolverInput) -> list[str]:
    """Hold stuck literals, circles, ways out and plans against the laws; name what is wrong."""
    trials = Trials(problem)
    if not trials.worlds:
        return []
    order = find_order(problem, seconds=60)
    wrong = [] if order.complete else ["complete"]
    wrong += [] if order.facts == trials.facts else ["facts"]
    timed = [m for m in problem.members if m.claim.necessary]
    permitted = {id(each): trials.permit(each, each.timing) for each in timed}
    begin = trials.rules
    for each in permitted.values():
        begin &= each
    could = trials.rules
    for each in timed:
        could &= trials.permit(each, None)
    able = {lit for s in trials.pick(begin) for lit in s}
    idle = {lit for s in trials.pick(could) for lit in s} - able
    has_circle = bool(order.cycles)
    wrong += [] if order.stuck == (idle if has_circle else set()) else ["stuck"]
    wrong += [] if has_circle or not idle else ["stuck without a circle"]
    wrong += list(_check_circles(trials, order, able))
    for cycle in order.cycles:
        wrong += list(_check_ways_out(trials, cycle, timed, permitted))
    found = solve_input(problem, limit=8, seconds=60)
    conceded = found.concessions
    if not found.collisions:
        conceded = (CorrectionSubset((), {}),)
    planner = Planner(problem, order, inf)
    for each in conceded:
        wrong += list(_check_plan(trials, each, planner.plan_moves(each)))
    return wrong


def _check_circles(trials: Trials, order: PrecedenceOrder, able: set[str]) -> Iterator[str]:
    pairs = {pair: strict for pair, strict in _list_pairs(trials.problem).items()
             if not trials.facts & set(pair)}  # fmt: skip
    told: dict[tuple[str, str], int] = {}
    for cycle in order.cycles:
        circle = [each.first for each in cycle.steps]
        steps = [*zip(circle, [*circle[1:], circle[0]], strict=True)]
        if not all(step in pairs for step in steps) or not any(pairs[step] for step in steps):
            yield "no circle"
        if cycle.has_way_round != bool(able & set(circle)):
            yield "way round"
        told |= {step: min(told.get(step, 99), len(circle)) for step in steps}
    for (first, then), strict in pairs.items():
        if strict and told.get((first, then), 99) != _measure_circle(pairs, first, then):
            yield "shortest circle"


def _list_facts(problem: SolverInput) -> set[str]:
    """List what is recorded as a fact, and what follows from that by one rule after another."""
    facts = {each.propositions[0] for each in problem.rules if each.relation == "fact"}
    ahead = True
    while ahead:
        before = len(facts)
        for rule in problem.rules if facts else ():
            for clause in rule.clauses:
                left = [x for x in clause if (x[1:] if x[0] == "!" else f"!{x}") not in facts]
                facts |= set(left) if len(left) == 1 else set()
        ahead = len(facts) > before
    return facts


def _list_pairs(problem: SolverInput) -> dict[tuple[str, str], bool]:
    """Map what comes before what, or no later, to whether it is strictly before."""
    befores: set[tuple[str, str]] = set()
    others: set[tuple[str, str]] = set()
    for member in problem.members:
        claim = member.claim
        if member.timing and claim.kind == "condition":
            made = {*product(chain(*claim.alternatives), claim.consequents)}
            if member.timing == "before":
                befores |= made
            else:
                others |= made | {(then, first) for first, then in made}
    for rule in problem.rules:
        first, *rest = rule.propositions
        if rule.relation in ("implies", "reads_as"):
            others |= {(each, first) for each in rest}
        elif rule.relation == "equivalent":
            others |= {*permutations(rule.propositions, 2)}
    return {pair: pair in befores for pair in befores | others}


def _measure_circle(pairs: Mapping[tuple[str, str], bool], first: str, then: str) -> int:
    """Return the length of the shortest circle through a pair; 99 if there is none."""
    reached, length = {then}, 1
    while first not in reached:
        further = reached | {b for a, b in pairs if a in reached}
        if further == reached:
            return 99
        reached, length = further, length + 1
    return length


def _check_ways_out(
    trials: Trials, cycle: PrecedenceCycle, timed: Sequence[Member], permitted: Mapping[int, int]
) -> Iterator[str]:
    aim = trials.rules & trials.contain(each.first for each in cycle.steps)
    milder = {id(m): trials.permit(m, "simultaneous") for m in timed if m.timing == "before"}

    def suffices(changes: Mapping[int, str]) -> bool:
        left = aim
        for each in permitted:
            if each not in changes:
                left &= permitted[each]
            elif changes[each] == "simultaneous":
                left &= milder[each]
        return bool(left)

    either = ("simultaneous", "dropped")
    choices = {each: either if each in milder else ("dropped",) for each in permitted}
    best = {} if cycle.has_way_round else _choose_fewest(choices, suffices)
    told = [{id(m): how for m, how in way} for way in cycle.ways_out]
    if {frozenset(each) for each in told} != best.keys():
        yield "ways out"
    elif any([*each.values()].count("simultaneous") != best[frozenset(each)] or not suffices(each)
             for each in told):  # fmt: skip
        yield "milder way out"


def _choose_fewest(
    choices: Mapping[int, Sequence[str]], suffices: Callable[[Mapping[int, str]], bool]
) -> dict[frozenset[int], int]:
    """Find the smallest sets of changes that suffice, and how many of each can be milder."""
    best: dict[frozenset[int], int] = {}
    for size in range(len(choices) + 1):
        for some in combinations(choices, size):
            every = product(*(choices[each] for each in some))
            fitting = [how.count("simultaneous") for how in every
                       if suffices(dict(zip(some, how, strict=True)))]  # fmt: skip
            if fitting:
                best[frozenset(some)] = max(fitting)
        if best:
            break
    return best


def _check_plan(trials: Trials, conceded: CorrectionSubset, plan: MovePlan) -> Iterator[str]:
    allowed = trials.rules & _permit_left(trials, conceded)
    lengths = [max(s.values(), default=0) for s in trials.pick(allowed)]
    if plan.stages is None:
        if lengths:
            yield "no plan"
        return
    mine = dict(plan.stages)
    length = max(mine.values(), default=0)
    if not any(s == mine for s in trials.pick(allowed)):
        yield "plan breaks a law"
    elif length != min(lengths):
        yield "longer plan"
    for other in trials.pick(allowed):
        if other.keys() < mine.keys() and max(other.values(), default=0) <= length:
            yield "idle move"
        same = other.keys() == mine.keys() and other != mine
        if same and all(other[each] <= mine[each] for each in mine):
            yield "late move"


def _permit_left(trials: Trials, conceded: CorrectionSubset) -> int:
    """Permit the stagings in which all that a concession leaves is kept."""
    problem, let_go = trials.problem, conceded.let_go or {}
    left: list[tuple[Member, LetGo]] = []
    for index, member in enumerate(problem.members):
        freed = let_go.get(index, KEPT)
        if index not in conceded.members or member.claim.kind == "condition":
            left.append((member, freed))
    worlds = [w for w in trials.worlds if all(true(g, w) for g in problem.goals)
              and all(says(m.claim, w, freed) for m, freed in left)]  # fmt: skip
    permitted = trials.where_true(worlds) & trials.contain(problem.goals)
    for member, freed in left:
        claim = member.claim
        if claim.necessary:
            asked = freed.antecedents
            permitted &= trials.where(
                lambda s, c=claim, m=member, f=asked: trials.keeps_order(c, m.timing, s, f)
            )
        if not problem.goals:
            promised = {*freed.consequents}
            permitted &= trials.where(
                lambda s, c=claim, f=promised: _is_delivered(c, {*s, *trials.facts}, f)
            )
    return permitted


def _is_delivered(claim: Claim, came: set[str], freed: set[str]) -> bool:
    """Whether what is demanded, or promised for what came about, comes about."""
    if claim.kind == "holds":
        return claim.literals[0] in came
    if claim.kind == "any_of":
        return any(came.issuperset(each) for each in claim.alternatives)
    if claim.sufficient:
        met = any(came.issuperset(each) for each in claim.alternatives)
        return not met or came.issuperset(set(claim.consequents) - freed)
    return True
