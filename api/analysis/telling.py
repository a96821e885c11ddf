"""From a solution back to records and sentences: the answer that people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.analysis.asks import Ask, needs, open_asks
from api.analysis.choices import Choices
from api.analysis.clauses import LetGo
from api.analysis.model import Condition, Holds, LeftOut, Member, Rule
from api.analysis.precedence import Cycle, cycles
from api.analysis.scene import Scene
from api.analysis.sentences import Sentences, counted, joined
from api.analysis.solver import Collision, Concession, Solution
from api.analysis.translation import Translation
from api.vocabulary import LEFT_OUT

Answer = dict[str, Any]


class Telling:
    """Turns indices back into records and sentences."""

    def __init__(self, scene: Scene, choices: Choices, asked: Translation, found: Solution) -> None:
        self._scene, self._choices, self._asked, self._found = scene, choices, asked, found
        self._problem = asked.problem
        self._say = Sentences(scene)
        timings = {each["id"]: each["timing"] for each in scene.preconditions}
        self._cycles, all_cycles = cycles(self._problem, timings)
        self._cut = [*found.cut, *([] if all_cycles else ["cycles"])]
        self._sayings = [
            {
                "noun": each.noun,
                "id": each.records[0] if each.records else each.claim.literals[0],
                "records": list(each.records),
                "holder": each.holder,
                "literal": each.claim.literal if isinstance(each.claim, Holds) else None,
                "inferred": isinstance(each.claim, Condition) and each.claim.inferred,
                "sentence": self._say.member(each),
            }
            for each in self._problem.members
        ]

    def answer(self) -> Answer:
        """Give the whole answer."""
        collisions = sorted(
            self._found.collisions, key=lambda c: (not c.goals, len(c.members), c.members)
        )
        asks = [*map(self._ask, open_asks(self._scene, self._problem, self._choices.goals))]
        verdict = self._verdict()
        return {
            "verdict": verdict,
            "sentence": self._summary(verdict, len(asks)),
            "goals": [{"literal": g, "text": self._say.literal(g)} for g in self._choices.goals],
            "collisions": [*map(self._collision, collisions)],
            "concessions": [*map(self._concession, self._found.concessions)],
            "compatible": self._compatible(),
            "open_asks": asks,
            "cycles": [*map(self._cycle, self._cycles)],
            "rules": [self._rule(rule) | {"in_use": used} for rule, used in self._asked.rules],
            "left_out": [*map(self._left_out, self._asked.left_out)],
            "complete": not self._cut,
            "cut": self._cut,
            "parameters": self._parameters(),
        }

    def _verdict(self) -> str:
        if self._cut:
            return "incomplete"
        hindered = any(map(self._hinders, self._found.collisions))
        return "blocked" if hindered or self._stuck() else "no_recorded_obstacle"

    def _hinders(self, collision: Collision) -> bool:
        """Whether a collision stands in the way of what was asked: of a goal, if there is any."""
        if not self._choices.goals:
            return True
        if self._choices.soft_goals:
            return any(self._problem.members[each].noun == "goals" for each in collision.members)
        return bool(collision.goals)

    def _stuck(self) -> list[Cycle]:
        """Give the circles without a way round that what was asked runs into."""
        needed = {each.literal for each in needs(self._problem, self._choices.goals)}
        return [
            each
            for each in self._cycles
            if not each.has_way_round
            and (not needed or any(step.then in needed for step in each.steps))
        ]

    def _summary(self, verdict: str, asks: int) -> str:
        goals = joined([self._say.literal(each) for each in self._choices.goals])
        hindering = sum(map(self._hinders, self._found.collisions))
        others = len(self._found.collisions) - hindering
        obstacles = {"collision": hindering, "circle of who moves first": len(self._stuck())}
        counts = joined(counted(number, what) for what, number in obstacles.items() if number)
        said = {
            "blocked": f"in the way: {counts}",
            "no_recorded_obstacle": "nothing that was recorded stands in the way",
            "incomplete": "this is not all of it; `cut` tells what is missing",
        }[verdict]
        parts = [f"Of {goals}: {said}." if goals else f"Of all demands together: {said}."]
        if others:
            parts.append(f"Whatever the goal: {counted(others, 'further collision')}.")
        if asks:
            parts.append(f"Without a recorded answer: {counted(asks, 'ask')}.")
        return " ".join(parts)

    def _collision(self, found: Collision) -> Answer:
        rules = [self._problem.rules[each] for each in found.rules]
        goals = [self._problem.goals[each] for each in found.goals]
        members = [self._problem.members[each] for each in found.members]
        return {
            "members": [self._sayings[each] for each in found.members],
            "axioms": [each.id for each in rules if each.kind == "axiom"],
            "measures": [each.id for each in rules if each.kind == "measure"],
            "goals": goals,
            "sentence": self._say.collision(members, rules, goals),
        }

    def _concession(self, found: Concession) -> Answer:
        members = [self._problem.members[each] for each in found.members]
        let_go = [[g for g in found.let_go or () if g.member == i] for i in found.members]
        return {
            "members": [
                self._sayings[index]
                | {"move": member.gives_way, "weaken": self._weaken(member, parts, found.let_go)}
                for index, member, parts in zip(found.members, members, let_go, strict=True)
            ],
            "actors": list(dict.fromkeys(each.holder for each in members if each.holder)),
            "goes_unmet": sum(each.gives_way == "goes_unmet" for each in members),
            "sentence": self._say.concession(members, let_go),
        }

    def _weaken(
        self, member: Member, parts: Sequence[LetGo], known: Sequence[LetGo] | None
    ) -> Answer | None:
        if not isinstance(member.claim, Condition) or known is None:
            return None
        return {
            part: [each.literal for each in parts if each.part == part]
            for part in ("antecedents", "consequents")
        }

    def _compatible(self) -> list[Answer]:
        everyone = range(len(self._sayings))
        given_up: list[set[int]] = [set(each.members) for each in self._found.concessions]
        if not given_up and not self._found.collisions:
            given_up = [set()]
        return [
            {
                "members": [
                    {name: self._sayings[each][name] for name in ("noun", "id", "literal")}
                    for each in everyone
                    if each not in without
                ]
            }
            for without in given_up
        ]

    def _ask(self, ask: Ask) -> Answer:
        need = ask.need
        return {
            "literal": need.literal,
            "of": ask.of,
            "needed_for": need.consequent,
            "noun": need.noun,
            "id": need.id,
            "alternative": need.alternative,
            "sentence": self._say.ask(need.literal, ask.of, need.consequent),
        }

    def _cycle(self, cycle: Cycle) -> Answer:
        holders = dict.fromkeys(each.holder for each in cycle.members if each.holder)
        first = [self._say.literal(each.first) for each in cycle.steps]
        return {
            "actors": list(holders),
            "preconditions": [each.records[0] for each in cycle.members],
            "axioms": [each.id for each in cycle.rules if each.kind == "axiom"],
            "measures": [each.id for each in cycle.rules if each.kind == "measure"],
            "literals": [each.first for each in cycle.steps],
            "way_round": cycle.has_way_round,
            "sentence": f"Nobody can begin: {' must come before '.join([*first, first[0]])}.",
        }

    def _rule(self, rule: Rule) -> Answer:
        return {"kind": rule.kind, "id": rule.id, "sentence": f"{self._say.rule(rule)}."}

    def _left_out(self, entry: LeftOut) -> Answer:
        return {
            "noun": entry.noun,
            "id": entry.id,
            "literal": entry.literal,
            "reason": entry.reason,
            "sentence": LEFT_OUT.values[entry.reason],
        }

    def _parameters(self) -> Answer:
        chosen = self._choices
        return {
            "goal": list(chosen.goals),
            "goals": "soft" if chosen.soft_goals else "hard",
            "voices": list(chosen.voices),
            "holders": "parties" if chosen.parties_only else "all",
            "attested_since": chosen.attested_since,
            "demands": "standing" if chosen.standing_demands else "conditional",
            "offers": "literal" if chosen.literal_offers else "both",
            "axioms": [r.id for r, used in self._asked.rules if r.kind == "axiom" and used],
            "measures": "on" if chosen.measures else "off",
            "limit": chosen.limit,
        }
