"""Judges an answer of a deadlock by trying every world, every set of members and every staging.

It takes the answer's own claims, rules and goals for granted, and shares no code with the engine or
the checker; worlds and stagings are those of the oracle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain, combinations, pairwise, permutations, product
from typing import Any

from tests.analysis.oracle_worlds import (
    Claim,
    Member,
    Order,
    Rule,
    Worlds,
    find_collisions,
    find_hitting_sets,
    meet,
    negate,
)

PARTS = ("antecedents", "consequents")


def list_untruths(answer: dict[str, Any]) -> list[str]:
    """Name the parts of an answer that are not what its own claims and rules imply."""
    judge = _Judge(answer)
    told = {
        "collisions": judge.are_collisions(),
        "concessions": judge.are_concessions(),
        "clusters": all(map(judge.is_cluster, answer["clusters"])),
        "weaken": all(map(judge.is_weakened, judge.concessions, answer["concessions"])),
        "cycles": all(map(judge.is_cycle, answer["cycles"])),
        "stuck": judge.is_stuck_told(),
        "plans": all(judge.is_plan(*each) for each in judge.list_plans()),
        "verdict": answer["verdict"] in judge.list_verdicts(),
    }
    return [name for name, is_true in told.items() if not is_true]


class _Judge:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer, self.cut = answer, {*answer["cut"]}
        rules = [each for each in answer["rules"] if each["in_use"]]
        goals = _list_goals(answer, rules)
        texts = [x for m in answer["members"] for x in _list_literals(m["claim"])]
        texts += [*chain(*(r["propositions"] for r in rules)), *goals]
        plans = (answer["plan"], *(each["plan"] for each in answer["concessions"]))
        stages = (stage for each in plans if each for stage in each["stages"])
        texts += [move["literal"] for stage in stages for move in stage["moves"]]
        self.worlds = Worlds(sorted({x.removeprefix("!") for x in texts}))
        self.members = [_read_member(each) for each in answer["members"]]
        self.rules = {(r["kind"], r["id"]): _read_rule(r, self.worlds) for r in rules}
        self.facts = self.find_facts([[x for (x,) in s] for r in rules for s in _require(r)])
        readings = (r["propositions"] for r in rules if r["relation"] == "reads_as")
        self.readings = [_tie(first, rest) for first, *rest in readings]
        self.goals = goals
        self.granted = [each.claim.find(self.worlds) for each in self.members]
        self.ruled = reduce(int.__and__, (r.granted for r in self.rules.values()), self.worlds.all)
        self.hard = self.ruled & self.worlds.find_all(goals)
        self.minimal = find_collisions(self.granted, self.hard)
        hopeless = frozenset[int]() in self.minimal
        self.corrections = [] if hopeless else [s for s in find_hitting_sets(self.minimal) if s]
        self.collisions = [*map(self.find, answer["collisions"])]
        self.concessions = [*map(self.find, answer["concessions"])]

    def find(self, entry: Any) -> frozenset[int]:
        told = self.answer["members"]
        bare = ({k: v for k, v in m.items() if k not in ("move", "weaken")}
                for m in entry["members"])  # fmt: skip
        return frozenset(map(told.index, bare))

    def are_collisions(self) -> bool:
        all_told = {*self.collisions} == {*self.minimal} or not {"collisions"}.isdisjoint(self.cut)
        pairs = zip(self.collisions, self.answer["collisions"], strict=True)
        return all_told and {*self.collisions} <= {*self.minimal} and all(
            self.is_ground(*each) for each in pairs
        )  # fmt: skip

    def is_ground(self, found: frozenset[int], told: Any) -> bool:
        """Whether the rules and goals that a collision names are needed for it, and suffice."""
        kinds = ("axiom", "measure", "reading")
        named = [self.rules[kind, id].granted for kind in kinds for id in told[f"{kind}s"]]
        named += [self.worlds.find(goal) for goal in told["goals"] if goal in self.goals]
        base = meet(self.granted, found, self.worlds.all)
        fewer = (reduce(int.__and__, [*named[:n], *named[n + 1 :]], base)
                 for n in range(len(named)))  # fmt: skip
        return not reduce(int.__and__, named, base) and all(fewer)

    def are_concessions(self) -> bool:
        is_cut = not {"concessions"}.isdisjoint(self.cut)
        told, true = {*self.concessions}, {*self.corrections}
        return told <= true if is_cut else told == true

    def is_cluster(self, told: Any) -> bool:
        sets = [self.collisions[n - 1] for n in told["collisions"]]
        members = frozenset[int]().union(*sets)
        ways = {self.find(each) for each in told["ways_out"]}
        true = {each & members for each in self.corrections} - {frozenset()}
        if "collisions" in self.cut:  # a way may not be the smallest
            return all(any(each <= way for each in true) for way in ways)
        return ways <= true if "concessions" in self.cut else ways == true

    def leave(self, index: int, let_go: Mapping[str, Sequence[str]]) -> list[Member]:
        """Return what is left of a condition."""
        member, claim = self.members[index], self.members[index].claim
        asked = tuple(tuple(x for x in way if x not in let_go[PARTS[0]])
                      for way in claim.alternatives)  # fmt: skip
        kept = tuple(x for x in claim.consequents if x not in let_go[PARTS[1]])
        left: list[Member] = []
        if claim.necessary:
            ties = Claim("condition", asked, claim.consequents, necessary=True)
            left.append(Member(member.noun, member.holder, ties, member.timing, ()))
        if claim.sufficient and kept:
            ties = Claim("condition", claim.alternatives, kept, sufficient=True)
            left.append(Member(member.noun, member.holder, ties, None, ()))
        return left

    def list_weakened(self, told: Any) -> list[Member]:
        found = {n: m["weaken"] for m in told["members"] if m["weaken"] for n in [self.index(m)]}
        return [*chain(*(self.leave(*each) for each in found.items()))]

    def index(self, member: Any) -> int:
        [found] = self.find({"members": [member]})
        return found

    def is_weakened(self, given_up: frozenset[int], told: Any) -> bool:
        """Whether what is let go suffices, and nothing less would."""
        conditions = [n for n in sorted(given_up) if self.members[n].claim.kind == "condition"]
        of = {self.index(m): m["weaken"] for m in told["members"] if m["weaken"]}
        if sorted(of) != conditions:
            return "time" in self.cut
        every: list[tuple[int, str, str]] = []
        for n in conditions:
            claim = self.members[n].claim
            every += [(n, PARTS[0], x) for x in {*chain(*claim.alternatives)}]
            every += [(n, PARTS[1], x) for x in claim.consequents]
        gone = {(n, part, x) for n, each in of.items() for part in PARTS for x in each[part]}
        rest = meet(self.granted, set(range(len(self.members))) - given_up, self.hard)

        def fits(some: Iterable[tuple[int, str, str]]) -> bool:
            let = {n: {p: [x for m, q, x in some if (m, q) == (n, p)] for p in PARTS}
                   for n in conditions}  # fmt: skip
            left = [m.claim.find(self.worlds) for n in conditions for m in self.leave(n, let[n])]
            return bool(meet(left, range(len(left)), rest))

        fewer = chain(*(combinations(every, size) for size in range(len(gone))))
        return gone <= {*every} and fits([*gone]) and not any(map(fits, fewer))

    def make_order(self, members: Sequence[Member]) -> Order:
        order = Order(self.worlds, [*members, *self.readings], [*self.rules.values()], ())
        order.facts = self.facts
        return order

    def find_facts(self, clauses: Sequence[Sequence[str]]) -> frozenset[str]:
        """Find what follows from facts by one rule after another."""
        facts = {each.fact for each in self.rules.values() if each.fact}
        while facts:
            left = [[x for x in some if negate(x) not in facts] for some in clauses]
            if facts.issuperset(new := {each[0] for each in left if len(each) == 1}):
                break
            facts |= new
        return frozenset(facts)

    def is_cycle(self, told: Any) -> bool:
        named = {*told["preconditions"], *told["positions"]}
        steps = {pair: False for rule in self.rules.values() for one, other in rule.implies
                 for pair in [(other, one)]}  # fmt: skip
        steps |= {(x, m.claim.consequents[0]): False for m in self.readings
                  for x in chain(*m.claim.alternatives)}  # fmt: skip
        for member, whole in zip(self.members, self.answer["members"], strict=True):
            if whole["id"] in named and member.timing and member.claim.necessary:
                pairs = [*product({*chain(*member.claim.alternatives)}, member.claim.consequents)]
                strict = member.timing == "before"
                both = pairs if strict else [*pairs, *((b, a) for a, b in pairs)]
                steps |= {pair: strict or steps.get(pair, False) for pair in both}
        circle = [*pairwise([*told["literals"], *told["literals"][:1]])]
        facts = self.make_order(self.members).facts
        return facts.isdisjoint(told["literals"]) and all(each in steps for each in circle) and any(
            steps[each] for each in circle
        )  # fmt: skip

    def is_stuck_told(self) -> bool:
        """Whether what is stuck could begin but for the times, and no goal is that is not told."""
        order = self.make_order([m for m in self.members if m.claim.necessary])
        told = {*self.answer["stuck"]}
        return "cycles" in self.cut or all(
            (each in told) == self.is_late(order, each) for each in {*told, *self.goals}
        )

    def is_late(self, order: Order, literal: str) -> bool:
        known = literal.removeprefix("!") in self.worlds.where and literal not in order.facts
        return known and not self.comes(order, literal) and self.comes(order, literal, timed=False)

    def comes(self, order: Order, literal: str, *, timed: bool = True) -> bool:
        moves = self.list_moves(order, self.ruled)
        return any(literal in each and order.can_stage(each, timed=timed) for each in moves)

    def list_moves(self, order: Order, within: int) -> Iterator[frozenset[str]]:
        """Yield the sets of literals that may come about together, fewest first."""
        true = {each - order.facts for each in self.worlds.list_literals(within)}
        sizes = range(len(self.worlds.propositions) + 1)
        for size in sizes:
            yield from {frozenset(some) for each in true for some in combinations(each, size)}

    def list_plans(self) -> Iterator[tuple[Any, frozenset[int], list[Member]]]:
        whole = (self.answer["plan"], frozenset[int](), list[Member]())
        told = zip(self.answer["concessions"], self.concessions, strict=True)
        found = [(each["plan"], given_up, self.list_weakened(each)) for each, given_up in told]
        plans = found if self.answer["collisions"] else [whole]
        return (each for each in plans if each[0] is not None)

    def is_plan(self, plan: Any, given_up: frozenset[int], weakened: Sequence[Member]) -> bool:
        """Whether a plan does all that is left, in time; or whether none does."""
        kept = [n for n in range(len(self.members)) if n not in given_up]
        left = [*(self.members[n] for n in kept), *weakened]
        within = reduce(int.__and__, (m.claim.find(self.worlds) for m in left), self.hard)
        order = self.make_order(left)
        wanted = [
            self.members[n] for n in kept if not self.answer["members"][n]["claim"]["refuses"]
        ]
        done = [*wanted, *weakened]
        if not plan["possible"]:
            moves = self.list_moves(order, within)
            return not any(self.does_all(order, done, e) and order.can_stage(e) for e in moves)
        stage = {x["literal"]: n for n, each in enumerate(plan["stages"], 1) for x in each["moves"]}
        moves = frozenset(stage)
        fits = bool(within & self.worlds.find_all(moves))
        return fits and self.does_all(order, done, moves) and _is_in_time(order, stage)

    def does_all(self, order: Order, left: Sequence[Member], moves: frozenset[str]) -> bool:
        """Whether all goals come about; without any what is demanded, and what is promised."""
        there = moves | order.facts
        soft = (each.claim.alternatives[0][0] for each in left if each.noun == "goals")
        if aims := [*self.goals, *soft]:
            return there.issuperset(aims)
        for claim in (each.claim for each in left):
            met = any(there.issuperset(way) for way in claim.alternatives)
            if claim.kind in ("holds", "any_of") and not met:
                return False
            if claim.sufficient and met and not there.issuperset(claim.consequents):
                return False
        return True

    def list_verdicts(self) -> set[str]:
        """List what the verdict can be; other cases are taken at their word."""
        answer, codes = self.answer, {each["verdict"] for each in self.answer["cases"]}
        hindering = any(each["goals"] or not (each["members"] and answer["goals"])
                        for each in answer["collisions"])  # fmt: skip
        plans = [plan for plan, *_ in self.list_plans()]
        barred = bool(answer["stuck"]) or (plans and not any(e["possible"] for e in plans))
        own = "blocked" if hindering or barred else "no_recorded_obstacle"
        own = "incomplete" if self.cut - {"cases", "compatible", "certificates"} else own
        codes |= {own}
        if {"blocked", "no_recorded_obstacle"} <= codes:
            return {"disputed"}
        return {own} if len(codes) == 1 and not self.cut - {"certificates"} else {"incomplete"}


def _is_in_time(order: Order, stage: Mapping[str, int]) -> bool:
    """Whether each move comes when what it waits for lets it."""
    at = {**dict.fromkeys(order.facts, 0), **stage}
    if any(one in stage and at.get(other, 99) > stage[one] for one, other in order.implies):
        return False
    for member in order.conditions:
        for then in stage.keys() & {*member.claim.consequents}:
            in_time = {
                x for x, n in at.items()
                if member.timing is None or not n
                or (n < stage[then] if member.timing == "before" else n == stage[then])
                or (member.timing == "no later" and n <= stage[then])
            }  # fmt: skip
            if not any(in_time.issuperset(way) for way in member.claim.alternatives):
                return False
    return True


def _tie(first: str, readings: Sequence[str]) -> Member:
    """Make one of the readings of ambiguous words come no later than they do."""
    ways = tuple((each,) for each in readings)
    tied = Claim("condition", ways, (first,), necessary=True)
    return Member("readings", None, tied, "no later", ())


def _read_member(told: Any) -> Member:
    claim = told["claim"]
    ways = tuple(map(tuple, claim["alternatives"]))
    read = Claim(claim["kind"], ways, tuple(claim["consequents"]), claim["necessary"],
                 claim["sufficient"])  # fmt: skip
    return Member(told["noun"], told["holder"], read, claim["timing"], tuple(told["records"]))


def _require(rule: Any) -> list[list[list[str]]]:
    """List what a rule requires: sets of literals, of each list one."""
    relation, literals = rule["relation"], rule["propositions"]
    first, *rest = literals
    return {
        "excludes": [[[negate(a)], [negate(b)]] for a, b in combinations(literals, 2)],
        "not_all": [[[negate(each)] for each in literals]],
        "at_least_one": [[[each] for each in literals]],
        "fact": [[[first]]],
        "reads_as": [[[negate(first)], *([each] for each in rest)]],
        "implies": [[[negate(first)], [each]] for each in rest],
        "equivalent": [[[negate(a)], [b]] for a, b in permutations(literals, 2)],
    }[relation]


def _read_rule(told: Any, worlds: Worlds) -> Rule:
    relation, (first, *rest) = told["relation"], told["propositions"]
    every = permutations(told["propositions"], 2)
    implies = {"implies": [(first, x) for x in rest], "equivalent": [*every]}.get(relation, [])
    granted = reduce(int.__and__, map(worlds.find_any, _require(told)), worlds.all)
    fact = first if relation == "fact" else None
    return Rule(told["kind"], told["id"], granted, tuple(implies), fact)


def _list_literals(claim: Any) -> list[str]:
    return [*claim["consequents"], *chain(*claim["alternatives"])]


def _list_goals(answer: Any, rules: Iterable[Any]) -> list[str]:
    if answer["parameters"]["goals"] == "soft":
        return []
    meant = {r["propositions"][0]: r["propositions"][1] for r in rules
             if r["kind"] == "reading" and r["relation"] == "equivalent"}  # fmt: skip
    goals = [each["literal"] for each in answer["goals"]]
    return [meant.get(g, g) if g[0] != "!" else negate(meant.get(g[1:], g[1:])) for g in goals]
