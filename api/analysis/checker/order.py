"""Circles and plans: what comes before what, and whether nobody moves too early."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise, permutations
from math import inf, isfinite
from typing import Any

from api.analysis.checker.evaluation import (
    Evaluator,
    FaultError,
    Requirement,
    demand,
    list_let_go,
    negate,
)


class OrderChecker(Evaluator):
    """Checks circles and plans of an answer."""

    def __init__(self, answer: Any, work: int) -> None:
        super().__init__(work)
        self.answer = answer
        self.faults: list[tuple[str, str]] = []
        self.index: dict[str, int] = {}
        self.members: dict[int, list[Requirement]] = {}
        self.rules: dict[tuple[str, str], list[Requirement]] = {}
        self.meaning: dict[str, str] = {}
        self.goals: dict[str, list[Requirement]] = {}
        self.touching: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self.sets: dict[str, list[list[int]]] = {"collisions": [], "concessions": []}
        self.costs: list[tuple[int, ...]] = []
        self.facts: set[str] | None = None

    def find(self, entry: Any) -> list[int]:
        members = entry["members"]
        bare = (
            {k: v for k, v in m.items() if k not in ("move", "weaken", "change")} for m in members
        )
        found = [self.index.get(json.dumps(each, sort_keys=True), -1) for each in bare]
        demand(-1 not in found, "a member is not among `members` as it is here", "/members")
        demand(len(set(found)) == len(found), "a member is named twice", "/members")
        return found

    def is_cut(self, *lists: str) -> bool:
        return not set(lists).isdisjoint(self.answer["cut"])

    def _check_compatible(self) -> None:
        fit = [{x: each[x] for x in ("noun", "id", "holder", "literal")}
               for each in self.answer["members"]]  # fmt: skip
        given_up = self.sets["concessions"] or ([] if self.sets["collisions"] else [[]])
        listed = self.answer["compatible"]
        is_all = len(listed) == len(given_up) or self.is_cut("compatible")
        demand(is_all, "there is not one for each concession")
        for place, (gone, each) in enumerate(zip(map(set, given_up), listed, strict=False)):
            self.spend(len(fit))
            rest = [x for n, x in enumerate(fit) if n not in gone]
            demand(each["members"] == rest, "this is not what the concession leaves", f"/{place}")

    def list_steps(self, claims: Iterable[Any], rules: Iterable[Any]) -> dict[Any, bool]:
        """Map pairs of which the first comes no later to whether it comes strictly before."""
        strict: dict[Any, bool] = {}
        level: list[Any] = []
        for claim in claims:
            ways, thens = claim["alternatives"], claim["consequents"]
            pairs = [(x, then) for each in ways for x in each for then in thens]
            if claim["timing"] == "before":
                strict |= dict.fromkeys(pairs, True)
            elif claim["timing"]:
                level += [*pairs, *(pair[::-1] for pair in pairs)]
        for rule in rules:
            first, *rest = rule["propositions"]
            if rule["relation"] in ("implies", "reads_as"):
                level += [(each, first) for each in rest]
            elif rule["relation"] == "equivalent":
                level += permutations(rule["propositions"], 2)
        return dict.fromkeys(level, False) | strict

    def is_fact(self, literal: str) -> bool:
        """Whether the rules alone imply a literal."""
        if self.facts is None:
            self.facts = self._find_facts()
        return literal in self.facts

    def _find_facts(self) -> set[str]:
        """Try the opposite of each literal by unit propagation, until no more facts are found.

        Where the rules contradict each other, facts are what they say on its own.
        """
        rules: list[Requirement] = [r for some in self.rules.values() for r in some]
        facts, more = set[str](), True
        while more:
            more = False
            known = [*rules, *([[each]] for each in sorted(facts))]
            for literal in (x for atom in self.touching for x in (atom, negate(atom))):
                with suppress(FaultError):
                    if literal not in facts:
                        self.follow([*known, [[negate(literal)]]], [], "")
                        facts.add(literal)
                        self.counts["proofs"] -= 1
                        more = True
        if facts.isdisjoint(map(negate, facts)):
            return facts
        told = (each for each in self.answer["rules"] if each["in_use"])
        return {each["propositions"][0] for each in told if each["relation"] == "fact"}

    def check_cycle(self, _index: int, cycle: Any) -> None:
        named = {*cycle["preconditions"], *cycle["positions"]}
        laws = {*cycle["axioms"], *cycle["measures"]}
        claims = (each["claim"] for each in self.answer["members"] if each["id"] in named)
        used = (each for each in self.answer["rules"] if each["in_use"])
        rules = (each for each in used if each["id"] in laws or each["kind"] == "reading")
        steps, literals = self.list_steps(claims, rules), cycle["literals"]
        pairs = [*pairwise([*literals, *literals[:1]])]
        demand(all(each in steps for each in pairs), "a step of it follows from nothing it names")
        demand(any(steps[each] for each in pairs), "nothing in it comes strictly before")
        demand(not any(map(self.is_fact, literals)), "what is already a fact waits for nothing")
        for way in cycle["ways_out"]:
            members = [self.answer["members"][n] for n in self.find({"members": way["changes"]})]
            is_timed = all(each["claim"]["timing"] for each in members)
            demand(members and is_timed and not cycle["way_round"], "nothing has to change")

    def check_plan(self, plan: Any, left: list[tuple[Any, Any]]) -> set[str]:
        """Check the order of moves in what is left; return the moves."""
        stages: dict[str, int] = {}
        for number, stage in enumerate(plan["stages"], 1):
            for each in stage["moves"]:
                demand(each["literal"] not in stages, "this comes about twice", "/plan/stages")
                stages[each["literal"]] = number
            demand(stage["moves"], "nothing happens at a stage", "/plan/stages")
        is_timed = any(each["claim"]["timing"] for each, _ in left)
        demand(plan["ordered"] == is_timed, "is anything said of the order?", "/plan/ordered")
        demand(plan["possible"] or not stages, "these moves are not possible", "/plan/possible")
        demand(not any(map(self.is_fact, stages)), "a fact has not to come about", "/plan/stages")
        if plan["possible"]:
            awaited = self._list_awaited(stages, left)
            for move in (each for stage in plan["stages"] for each in stage["moves"]):
                demand(move["waits_for"] == sorted(awaited[move["literal"]]),
                        f"{move['literal']} waits for something else", "/plan/stages")  # fmt: skip
            self._check_targets(stages, left)
        return {*stages}

    def _list_awaited(
        self, stages: dict[str, int], left: list[tuple[Any, Any]]
    ) -> defaultdict[str, set[str]]:
        """List for what moves wait; check that they do, and that none could come earlier."""
        awaited, at = defaultdict[str, set[str]](set), self._stage_in(stages)
        claims = ((each["claim"], list_let_go(w, "antecedents")) for each, w in left)
        for claim, asked in claims:
            timing = claim["timing"]
            for then in claim["consequents"] if claim["necessary"] else ():
                ways = [[x for x in each if x not in asked] for each in claim["alternatives"]]
                met = [each for each in ways if self._is_met(each, at(then), timing, at)]
                demand(then not in stages or met, f"{then} comes too early", "/plan/stages")
                for each in (x for way in met for x in way if then in stages and x in stages):
                    if timing == "before" and at(each) == at(then) - 1:
                        awaited[then].add(each)
                    elif timing == "simultaneous" and each != then:
                        awaited[then].add(each)
                        awaited[each].add(then)
        held = {x for x, some in awaited.items() if any(at(each) < at(x) for each in some)}
        pairs = {(each, x) for x, some in awaited.items() for each in some}
        for rule in (each for each in self.answer["rules"] if each["in_use"]):
            first, *rest = rule["propositions"]
            level = {"implies": [(x, first) for x in rest], "reads_as": [(x, first) for x in rest],
                     "equivalent": [*permutations([first, *rest], 2)]}  # fmt: skip
            known = [pair for pair in level.get(rule["relation"], ()) if pair[1] in stages]
            late = [at(x) > at(then) for x, then in known]
            is_late = all(late) if rule["relation"] == "reads_as" else any(late)
            demand(
                not known or not is_late, f"{first} comes before what it implies", "/plan/stages"
            )
            pairs |= {pair for pair in known if at(pair[0]) == at(pair[1]) > 1}
            for x, then in known:
                awaited[then] |= {x} if at(x) == at(then) > 1 else set[str]()
        while more := {then for x, then in pairs if x in held and at(x) == at(then)} - held:
            held |= more
        early = [x for x, number in stages.items() if number > 1 and x not in held]
        demand(not early, f"this could come earlier: {early}", "/plan/stages")
        return awaited

    def _stage_in(self, stages: dict[str, int]) -> Callable[[str], float]:
        return lambda literal: 0 if self.is_fact(literal) else stages.get(literal, inf)

    def _is_met(
        self, way: Any, then: float, timing: str | None, at: Callable[[str], float]
    ) -> bool:
        fits: dict[str | None, Callable[[float], bool]] = {
            "before": lambda x: x < then, "simultaneous": lambda x: x in (0, then), None: isfinite
        }  # fmt: skip
        return all(fits[timing](at(each)) for each in way)

    def _check_targets(self, stages: dict[str, int], left: list[tuple[Any, Any]]) -> None:
        at = self._stage_in(stages)
        targets = [*self.goals, *(each["id"] for each, _ in left if each["noun"] == "goals")]
        demand(
            all(at(each) < inf for each in targets), "a goal does not come about", "/plan/stages"
        )
        for member, weaken in [] if targets else left:
            claim = member["claim"]
            comes = any(all(at(x) < inf for x in each) for each in claim["alternatives"])
            thens = set(claim["consequents"]).difference(list_let_go(weaken, "consequents"))
            if claim["kind"] == "condition":
                is_kept = not (comes and claim["sufficient"]) or all(at(x) < inf for x in thens)
            else:
                is_kept = comes or claim["kind"] == "none_of"
            demand(is_kept, f"{member['id']} is not met", "/plan/stages")
