"""Presents a solution as the answer that people read: indices become records and sentences."""

from collections.abc import Mapping
from typing import Any

from api.analysis.deadlock import answer
from api.analysis.deadlock.basis import list_notes, state_basis
from api.analysis.deadlock.members import present_member, tell_with_account
from api.analysis.deadlock.moves import MovesPresentation
from api.analysis.deadlock.reasons import name_rules
from api.analysis.deadlock.summary import WorkedCase, present_cases, summarise
from api.analysis.engine.asks import OpenAsk
from api.analysis.engine.model import HardRule, Omission
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.solution import (
    Cluster,
    CorrectionSubset,
    LetGo,
    UnsatisfiableSubset,
    hinders_goals,
)
from api.analysis.engine.translation import Case
from api.analysis.engine.verdict import join_verdicts
from api.vocabulary import LEFT_OUT

_MOST_FITTING = 100_000
"""How many members are listed in all compatible sets together at most."""


class Presentation:
    """Presents the solution of one case."""

    def __init__(self, scene: Scene, choices: Choices, worked: WorkedCase) -> None:
        self._scene, self._choices, self._worked = scene, choices, worked
        self._asked, self._found = worked.asked, worked.found
        self._problem = worked.asked.problem
        self._say = Sentences(scene.lookup)
        self._members = [present_member(scene, self._say, each) for each in self._problem.members]
        self._moves = MovesPresentation(scene, self._say, worked.order)
        self._plans = [each and self._moves.present_plan(each) for each in worked.plans]

    def present_deadlock(
        self, verdicts: Mapping[Case, str], *, are_all: bool, end: float
    ) -> answer.Deadlock:
        """Return the whole answer; `verdicts` are those of the cases, of this and perhaps all."""
        verdict, found = self._worked.verdict, self._found
        compatible = self._list_compatible()
        sets = max(len(self._found.concessions), 1)
        cut = [*verdict.cut, *(["compatible"] if 0 < len(compatible) < sets else [])]
        cut += [] if are_all else ["cases"]
        joined = join_verdicts([*verdicts.values()])
        code = "incomplete" if cut and joined != "disputed" else joined
        basis = state_basis(self._scene, self._worked, end=end)
        collisions = [*map(self._present_collision, self._found.collisions)]
        presented = present_cases(self._scene, self._say, verdicts, self._worked.case)
        goals = self._choices.goals
        told = summarise(self._say, verdict, goals, collisions, presented, code=code)
        return answer.Deadlock(
            verdict=code,
            sentence=f"{told} {basis.sentence}",
            goals=[answer.Goal(each, self._say.name_literal(each)) for each in goals],
            members=self._members,
            collisions=collisions,
            clusters=[*map(self._present_cluster, self._found.clusters)],
            concessions=[*map(self._present_concession, found.concessions, self._plans)],
            compatible=compatible,
            open_asks=[*map(self._present_ask, verdict.asks)],
            cycles=[*map(self._moves.present_cycle, self._worked.order.cycles)],
            stuck=list(verdict.stuck),
            plan=None if found.collisions or found.concessions else self._plans[0],
            cases=presented,
            notes=list_notes(self._scene, self._problem, self._say),
            basis=basis,
            rules=[self._present_rule(rule, in_use=used) for rule, used in self._asked.rules],
            left_out=[*map(_present_omission, self._asked.left_out)],
            complete=not cut,
            cut=cut,
            certificate=None,
            parameters=self._list_parameters(self._choices),
        )

    def _present_collision(self, found: UnsatisfiableSubset) -> answer.Collision:
        rules = [self._problem.rules[each] for each in found.rules]
        goals = [self._problem.goals[each] for each in found.goals]
        members = [self._problem.members[each] for each in found.members]
        told = [tell_with_account(self._members[each]) for each in found.members]
        return answer.Collision(
            members=[self._members[each] for each in found.members],
            axioms=name_rules(rules, "axiom"),
            measures=name_rules(rules, "measure"),
            readings=name_rules(rules, "reading"),
            goals=[*goals, *(each.claim.literals[0] for each in members if each.noun == "goals")],
            sentence=self._say.describe_collision(told, rules, goals),
            certificate=None,
        )

    def _present_conceding(self, index: int, let_go: LetGo | None) -> answer.ConcedingMember:
        return answer.ConcedingMember(
            **vars(self._members[index]),
            move=self._problem.members[index].gives_way,
            weaken=None if let_go is None else answer.Weaken(*map(list, let_go)),
        )

    def _present_concession(
        self, found: CorrectionSubset, plan: answer.Plan | None
    ) -> answer.Concession:
        described = self._describe_correction(found, "All the rest fits")
        described["sentence"] += self._moves.tell_hindrance(plan)
        return answer.Concession(**described, plan=plan, certificate=None)

    def _describe_correction(self, found: CorrectionSubset, opens: str) -> dict[str, Any]:
        members = [self._problem.members[each] for each in found.members]
        moves = [(self._problem.members[each], let_go) for each, let_go in found.conceded]
        return {
            "members": [self._present_conceding(*each) for each in found.conceded],
            "actors": list(dict.fromkeys(each.holder for each in members if each.holder)),
            "goes_unmet": sum(each.gives_way == "goes_unmet" for each in members),
            "sentence": self._say.describe_concession(moves, opens),
        }

    def _present_cluster(self, found: Cluster) -> answer.Cluster:
        collisions = (self._found.collisions[each] for each in found.collisions)
        goals = any(hinders_goals(self._problem, each) for each in collisions)
        ways = [self._present_way_out(each, opens=goals) for each in found.ways_out]
        numbers = [each + 1 for each in found.collisions]
        return answer.Cluster(numbers, goals, ways, self._say.describe_cluster(numbers, len(ways)))

    def _present_way_out(self, members: tuple[int, ...], *, opens: bool) -> answer.WayOut:
        """Present a way out by what the concessions that contain it let go, and do not open."""
        wholes = [
            (each.let_go, self._moves.tell_hindrance(plan))
            for each, plan in zip(self._found.concessions, self._plans, strict=True)
            if set(members) <= set(each.members)
        ]
        own = CorrectionSubset(members, wholes[0][0] if wholes else None)
        described = self._describe_correction(own, "This quarrel ends")
        if opens and wholes and all(hindrance for _, hindrance in wholes):
            described["sentence"] += wholes[0][1]
        return answer.WayOut(**described)

    def _list_compatible(self) -> list[answer.Compatible]:
        """List what each concession leaves, as far as it is not too much."""
        given_up: list[set[int]] = [set(each.members) for each in self._found.concessions]
        if not given_up and not self._found.collisions:
            given_up = [set()]
        named = [answer.Fitting(m.noun, m.id, m.holder, m.literal) for m in self._members]
        most = _MOST_FITTING // max(len(named), 1)
        return [
            answer.Compatible([each for index, each in enumerate(named) if index not in without])
            for without in given_up[: max(most, 1)]
        ]

    def _present_ask(self, ask: OpenAsk) -> answer.Ask:
        need = ask.need
        return answer.Ask(
            literal=need.literal,
            of=ask.of,
            needed_for=need.consequent,
            noun=need.noun,
            id=need.id,
            alternative=need.alternative,
            sentence=self._say.describe_ask(need.literal, ask.of, need.consequent),
        )

    def _present_rule(self, rule: HardRule, *, in_use: bool) -> answer.Rule:
        return answer.Rule(
            kind=rule.kind,
            id=rule.id,
            relation=rule.relation,
            propositions=list(rule.propositions),
            sentence=f"{self._say.describe_rule(rule)}.",
            in_use=in_use,
        )

    def _list_parameters(self, chosen: Choices) -> answer.Parameters:
        return answer.Parameters(
            goal=list(chosen.goals),
            goals="soft" if chosen.soft_goals else "hard",
            voices=list(chosen.voices),
            holders="parties" if chosen.parties_only else "all",
            attested_since=chosen.attested_since,
            demands="standing" if chosen.standing_demands else "conditional",
            offers="literal" if chosen.literal_offers else "both",
            axioms=name_rules([rule for rule, used in self._asked.rules if used], "axiom"),
            measures="on" if chosen.measures else "off",
            limit=chosen.limit,
            without=["/".join(each) for each in chosen.without],
        )


def _present_omission(entry: Omission) -> answer.LeftOut:
    reason = LEFT_OUT.values[entry.reason]
    return answer.LeftOut(entry.noun, entry.id, entry.holder, entry.literal, entry.reason, reason)
