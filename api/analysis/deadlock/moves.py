"""Presents the order of moves: circles with their ways out, and plans with reasons."""

from collections.abc import Iterator, Sequence

from api import clock
from api.analysis.deadlock import answer
from api.analysis.deadlock.members import present_member
from api.analysis.deadlock.reasons import Reason, explain_moves, name_records, name_rules
from api.analysis.engine import precedence
from api.analysis.engine.days import format_day
from api.analysis.engine.model import HardRule, Member, atom_of
from api.analysis.engine.plan import MovePlan, list_targets
from api.analysis.engine.precedence import CycleChanges, PrecedenceCycle, PrecedenceOrder, Step
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, count_things, join_words

_MOST_TOLD, _MOST_REASONS = 6, 3
"""How many moves of a stage, or ways out of a circle, a sentence tells, and reasons for a move."""


class MovesPresentation:
    """Presents circles and plans of one problem."""

    def __init__(self, scene: Scene, say: Sentences, order: PrecedenceOrder) -> None:
        self._scene, self._say, self._order = scene, say, order

    def present_cycle(self, cycle: PrecedenceCycle) -> answer.Cycle:
        """Say who waits for whom, and what would let them begin."""
        ways = [*map(self._present_way_out, cycle.ways_out)]
        why = [each.why for each in cycle.steps]
        return answer.Cycle(
            actors=list(dict.fromkeys(e.holder for e in why if isinstance(e, Member) and e.holder)),
            preconditions=name_records(why, "preconditions"),
            positions=name_records(why, "positions"),
            axioms=name_rules(why, "axiom"),
            measures=name_rules(why, "measure"),
            literals=[each.first for each in cycle.steps],
            way_round=cycle.has_way_round,
            ways_out=ways,
            sentence=" ".join([self._describe_circle(cycle), *_tell_ways_out(ways)]),
        )

    def _describe_circle(self, cycle: PrecedenceCycle) -> str:
        begin = "Only another way leads in" if cycle.has_way_round else "Nobody can begin"
        first, *others = (self._say.name_literal(each.first) for each in cycle.steps)
        how = map(_relate_step, cycle.steps)
        steps = (f"{relation} {name}" for relation, name in zip(how, (*others, first), strict=True))
        return f"{begin}: {first} {', which '.join(steps)}."

    def _present_way_out(self, way: CycleChanges) -> answer.CycleWayOut:
        changes = [
            answer.ChangedCondition(
                **vars(present_member(self._scene, self._say, member)), change=how
            )
            for member, how in way
        ]
        said = join_words(self._describe_change(*each) for each in way)
        return answer.CycleWayOut(changes, f"It can begin if {said}.")

    def _describe_change(self, member: Member, how: str) -> str:
        holder = self._say.name_actor(member.holder)
        what, conditions = self._say.name_sides(member.claim)
        if how == "simultaneous":
            return f"{holder} accepts {what} at the same time as {conditions}"
        return f"{holder} no longer makes {conditions} a condition of {what}"

    def tell_hindrance(self, plan: answer.Plan | None) -> str:
        """Say why a concession still allows no move; nothing where it allows one."""
        if plan is None or (plan.possible and not plan.cycles):
            return ""
        if not plan.cycles:
            return " Even so, no order of moves is possible."
        circle = self._describe_circle(self._order.cycles[plan.cycles[0] - 1])
        return f" Even so, {circle[0].lower()}{circle[1:]}"

    def present_plan(self, plan: MovePlan) -> answer.Plan:
        """Present the stages of a plan, or the circles that make it impossible."""
        cycles = self._list_hindering(plan)
        stages = [*self._list_stages(plan)]
        return answer.Plan(
            possible=plan.stages is not None,
            ordered=_is_ordered(plan),
            stages=stages,
            cycles=cycles,
            sentence=" ".join(self._tell_plan(plan, stages, cycles)),
        )

    def _tell_plan(
        self, plan: MovePlan, stages: Sequence[answer.Stage], cycles: Sequence[int]
    ) -> Iterator[str]:
        if plan.stages is None:
            yield "No order of moves is possible: somebody would have to move too early."
        elif not stages:
            yield "Nothing has to come about that is not a fact."
        elif not _is_ordered(plan):
            yield "No order of moves is recorded."
        yield from (each.sentence for each in stages)
        if cycles:
            yield self._describe_circle(self._order.cycles[cycles[0] - 1])

    def _list_hindering(self, plan: MovePlan) -> list[int]:
        """List the numbers, from 1, of the circles that are left and in the way."""
        targets = list_targets(plan.left)
        is_possible = plan.stages is not None
        if not self._order.cycles or (targets and is_possible):
            return []
        near = precedence.find_upstream(self._order, plan.left.members, targets)
        steps = precedence.map_steps(plan.left, plan.facts)
        return [
            number for number, cycle in enumerate(self._order.cycles, 1)
            if all((each.first, each.then) in steps for each in cycle.steps)
            and not (targets and near.isdisjoint(each.first for each in cycle.steps))
            and not (is_possible and cycle.has_way_round)
        ]  # fmt: skip

    def _list_stages(self, plan: MovePlan) -> Iterator[answer.Stage]:
        of = plan.stages
        if not of:
            return
        reasons, awaited = explain_moves(plan)
        last = max(of.values())
        for stage in range(1, last + 1):
            moves = [
                self._present_move(plan, each, reasons[each], awaited[each])
                for each in of if of[each] == stage
            ]  # fmt: skip
            lead = "It takes" if last == 1 else "First" if stage == 1 else "Then"
            told = [each.sentence.removesuffix(".") for each in moves[:_MOST_TOLD]]
            more = len(moves) - len(told)
            told += [count_things(more, "more move")] if more else []
            here = {each.literal for each in moves}
            is_joint = any(not here.isdisjoint(each.waits_for) for each in moves)
            together = ", at the same time" if is_joint else ""
            yield answer.Stage(moves, f"{lead}{together}: {join_words(told)}.")

    def _present_move(
        self, plan: MovePlan, literal: str, reasons: Sequence[Reason], awaited: set[str]
    ) -> answer.Move:
        actors: list[str] = list(self._scene.find_proposition(atom_of(literal)).get("by") or ())
        return answer.Move(
            literal=literal,
            actors=actors,
            positions=name_records(reasons, "positions"),
            preconditions=name_records(reasons, "preconditions"),
            axioms=name_rules(reasons, "axiom"),
            waits_for=sorted(awaited),
            sentence=f"{self._describe_move(plan, literal, actors, reasons)}.",
        )

    def _describe_move(
        self, plan: MovePlan, literal: str, actors: Sequence[str], reasons: Sequence[Reason]
    ) -> str:
        who = self._say.name_actors(actors)
        named = self._say.name_literal(literal)
        told = dict.fromkeys(self._describe_reason(each, named) for each in reasons)
        parts = [f"up to {who}"] if who else []
        parts += ["the goal"] if literal in plan.left.goals else []
        parts += [*told][:_MOST_REASONS]
        return f"{named} ({'; '.join(parts)})" if parts else named

    def _describe_reason(self, reason: Reason, named: str) -> str:
        if isinstance(reason, HardRule):
            first, *rest = map(self._say.name_literal, reason.propositions)
            if reason.relation == "equivalent":
                others = [each for each in (first, *rest) if each != named]
                return f"the same as {join_words(others)}"
            return f"as {first} {'implies it' if reason.relation == 'implies' else 'means it'}"
        if reason.noun == "goals":
            return "the goal"
        holder, day = self._say.name_actor(reason.holder), self._name_day(reason)
        if reason.claim.kind == "condition":
            return f"as {holder}'s condition{day} asks"
        return f"as {holder} wants"

    def _name_day(self, member: Member) -> str:
        """Name the first day on which a member is on record; nothing where it is supposed."""
        records = self._scene.find_records(member.noun, member.records)
        first = min((each["attested_on"] for each in records), default=clock.OPEN)
        return "" if first == clock.OPEN else f" of {format_day(first)}"


def _is_ordered(plan: MovePlan) -> bool:
    return any(each.timing for each in plan.left.members)


def _relate_step(step: Step) -> str:
    if step.is_strict:
        return "must come before"
    return "must come at once with" if isinstance(step.why, Member) else "comes no later than"


def _tell_ways_out(ways: Sequence[answer.CycleWayOut]) -> Iterator[str]:
    if ways:
        told = [each.sentence.removeprefix("It can begin ").removesuffix(".")
                for each in ways[:_MOST_TOLD]]  # fmt: skip
        yield f"It can begin {', or '.join(told)}."
