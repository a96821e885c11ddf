"""Why each move of a plan is needed, and which other moves it waits for."""

from collections.abc import Iterable, Iterator, Sequence

from api.analysis.engine.model import HardRule, Member, list_no_later
from api.analysis.engine.plan import MovePlan

Reason = Member | HardRule


def name_records(reasons: Iterable[Reason], noun: str) -> list[str]:
    """List the first records of the members among some reasons, of one noun."""
    members = (each for each in reasons if isinstance(each, Member) and each.noun == noun)
    return list(dict.fromkeys(each.records[0] for each in members))


def name_rules(reasons: Iterable[Reason], kind: str) -> list[str]:
    """List the ids of the rules among some reasons, of one kind."""
    rules = (each for each in reasons if isinstance(each, HardRule) and each.kind == kind)
    return list(dict.fromkeys(each.id for each in rules))


def explain_moves(plan: MovePlan) -> tuple[dict[str, list[Reason]], dict[str, set[str]]]:
    """Map each move to the members and rules that need it, and to the moves that it waits for."""
    stages = plan.stages or {}
    reasons: dict[str, list[Reason]] = {each: [] for each in stages}
    awaited: dict[str, set[str]] = {each: set() for each in stages}
    for member in plan.left.members:
        met = [*_list_met_pairs(plan, member)]
        for each in {*(first for first, _ in met), *_list_wanted(plan, member)} & stages.keys():
            reasons[each].append(member)
        for first, then in met if member.timing else ():
            if member.timing == "simultaneous":
                awaited[first].add(then)
            if member.timing == "simultaneous" or stages[first] == stages[then] - 1:
                awaited[then].add(first)
    for rule in plan.left.rules:
        for first, then in list_no_later(rule):
            if first in stages and then in stages:
                reasons[first].append(rule)
                if stages[first] == stages[then] > 1:
                    awaited[then].add(first)
    return reasons, {each: others - {each} for each, others in awaited.items()}


def _list_wanted(plan: MovePlan, member: Member) -> tuple[str, ...]:
    """List what a member demands, or promises for what comes about."""
    claim, came = member.claim, {*(plan.stages or ()), *plan.facts}
    if claim.kind == "condition":
        is_due = claim.sufficient and any(map(came.issuperset, claim.alternatives))
        return claim.consequents if is_due else ()
    return claim.literals if claim.wants_one else ()


def _list_met_pairs(plan: MovePlan, member: Member) -> Iterator[tuple[str, str]]:
    """Yield what a plan does to meet a condition, each with the move for which it does."""
    stages, claim = plan.stages or {}, member.claim
    if not claim.necessary:
        return
    for then in claim.consequents:
        for way in claim.alternatives if then in stages else ():
            waiting = [each for each in way if each not in plan.facts]
            at = [stages.get(each, 0) for each in waiting]
            if all(at) and _is_in_time(at, member.timing, stages[then]):
                yield from ((each, then) for each in waiting)


def _is_in_time(stages: Sequence[int], timing: str | None, stage: int) -> bool:
    """Return whether moves in these stages come early enough for a move in `stage`."""
    if timing == "before":
        return all(each < stage for each in stages)
    return timing != "simultaneous" or all(each == stage for each in stages)
