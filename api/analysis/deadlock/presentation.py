"""From a solution back to records and sentences: the answer that people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.analysis.engine.asks import Ask
from api.analysis.engine.choices import Choices
from api.analysis.engine.clauses import LetGo
from api.analysis.engine.model import Condition, Holds, LeftOut, Member, Rule
from api.analysis.engine.precedence import Cycle, Order
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, counted, joined
from api.analysis.engine.solver import Collision, Concession, Solution
from api.analysis.engine.translation import Translation
from api.analysis.engine.verdict import Verdict
from api.vocabulary import LEFT_OUT

Answer = dict[str, Any]

_MOST_FITTING = 100_000
"""How many members are listed in all compatible sets together at most."""


def tell(
    scene: Scene,
    choices: Choices,
    asked: Translation,
    found: Solution,
    order: Order,
    verdict: Verdict,
) -> Answer:
    """Tell the whole answer."""
    return _Telling(scene, choices, asked, found).answer(order, verdict)


class _Telling:
    def __init__(self, scene: Scene, choices: Choices, asked: Translation, found: Solution) -> None:
        self._choices, self._asked, self._found = choices, asked, found
        self._problem = asked.problem
        self._say = Sentences(scene.lookup)
        self._sayings = [self._saying(each) for each in self._problem.members]

    def answer(self, order: Order, verdict: Verdict) -> Answer:
        """Give the whole answer."""
        compatible = self._compatible()
        sets = max(len(self._found.concessions), 1)
        cut = [*verdict.cut, *(["compatible"] if 0 < len(compatible) < sets else [])]
        code = "incomplete" if cut else verdict.code
        return {
            "verdict": code,
            "sentence": self._summary(code, verdict),
            "goals": [{"literal": g, "text": self._say.literal(g)} for g in self._choices.goals],
            "collisions": [*map(self._collision, self._found.collisions)],
            "concessions": [*map(self._concession, self._found.concessions)],
            "compatible": compatible,
            "open_asks": [*map(self._ask, verdict.asks)],
            "cycles": [*map(self._cycle, order.cycles)],
            "rules": [self._rule(rule) | {"in_use": used} for rule, used in self._asked.rules],
            "left_out": [*map(self._left_out, self._asked.left_out)],
            "complete": not cut,
            "cut": cut,
            "parameters": self._parameters(),
        }

    def _saying(self, member: Member) -> Answer:
        claim = member.claim
        return {
            "noun": member.noun,
            "id": member.records[0] if member.records else claim.literals[0],
            "records": list(member.records),
            "holder": member.holder,
            "literal": claim.literal if isinstance(claim, Holds) else None,
            "inferred": isinstance(claim, Condition) and claim.inferred,
            "sentence": self._say.member(member),
        }

    def _summary(self, code: str, verdict: Verdict) -> str:
        goals = joined(map(self._say.literal, self._choices.goals)) or "all demands together"
        others = len(self._found.collisions) - verdict.hindering
        obstacles = [
            *([counted(verdict.hindering, "collision")] if verdict.hindering else []),
            *([f"who moves first to {joined(map(self._say.literal, verdict.stuck))}"]
              if verdict.stuck else []),
        ]  # fmt: skip
        nothing = (
            f"stands in the way of {goals}" if self._sayings else "wants or refuses anything here"
        )
        said = {
            "blocked": f"In the way of {goals}: {joined(obstacles)}.",
            "no_recorded_obstacle": f"Nothing that was recorded {nothing}.",
            "incomplete": f"In the way of {goals}, so far: {joined(obstacles) or 'nothing'}; this "
            "is not all of it, `cut` tells what is missing.",
        }[code]
        parts = [said]
        if others:
            parts.append(f"Whatever the goal: {counted(others, 'collision')}.")
        if verdict.asks:
            parts.append(f"Without a recorded answer: {counted(len(verdict.asks), 'ask')}.")
        return " ".join(parts)

    def _collision(self, found: Collision) -> Answer:
        rules = [self._problem.rules[each] for each in found.rules]
        goals = [self._problem.goals[each] for each in found.goals]
        members = [self._problem.members[each] for each in found.members]
        soft = [each.claim.literals[0] for each in members if each.noun == "goals"]
        return {
            "members": [self._sayings[each] for each in found.members],
            "axioms": [each.id for each in rules if each.kind == "axiom"],
            "measures": [each.id for each in rules if each.kind == "measure"],
            "goals": [*goals, *soft],
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
        """List what each concession leaves, as far as it is not too much."""
        given_up: list[set[int]] = [set(each.members) for each in self._found.concessions]
        if not given_up and not self._found.collisions:
            given_up = [set()]
        named = [
            {name: each[name] for name in ("noun", "id", "holder", "literal")}
            for each in self._sayings
        ]
        most = _MOST_FITTING // max(len(named), 1)
        return [
            {"members": [each for index, each in enumerate(named) if index not in without]}
            for without in given_up[: max(most, 1)]
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
        begin = "Only another way leads in" if cycle.has_way_round else "Nobody can begin"
        return {
            "actors": list(holders),
            "preconditions": [each.records[0] for each in cycle.members],
            "axioms": [each.id for each in cycle.rules if each.kind == "axiom"],
            "measures": [each.id for each in cycle.rules if each.kind == "measure"],
            "literals": [each.first for each in cycle.steps],
            "way_round": cycle.has_way_round,
            "sentence": f"{begin}: {' must come before '.join([*first, first[0]])}.",
        }

    def _rule(self, rule: Rule) -> Answer:
        return {"kind": rule.kind, "id": rule.id, "sentence": f"{self._say.rule(rule)}."}

    def _left_out(self, entry: LeftOut) -> Answer:
        return {
            "noun": entry.noun,
            "id": entry.id,
            "holder": entry.holder,
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
