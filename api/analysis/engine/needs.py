"""Follows back what the goals need.

A necessary precondition of something needed needs its antecedents, a rule that implies needs what
it implies. Where a precondition has several alternatives, each is named, and followed no further.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from api.analysis.engine.model import SolverInput, list_no_later, negate_literal


@dataclass(frozen=True, slots=True)
class Need:
    """A literal that something needs: a goal, a precondition or a rule, by noun and id.

    `consequent` is what needs it; `alternative` tells that another way is named beside it.
    """

    literal: str
    noun: str
    id: str
    consequent: str
    alternative: bool = False


def follow_needs(
    problem: SolverInput, goals: Iterable[str], done: frozenset[str]
) -> Iterator[Need]:
    """Follow back what the goals need, themselves first; what is done needs nothing."""
    ahead = [Need(goal, "goals", goal, goal) for goal in goals]
    seen: set[str] = set(done)
    while ahead:
        need = ahead.pop(0)
        if need.literal in done:
            continue
        yield need
        if not need.alternative and need.literal not in seen:
            seen.add(need.literal)
            ahead += _find_needs_behind(problem, need.literal, done)


def _find_needs_behind(problem: SolverInput, literal: str, done: frozenset[str]) -> Iterator[Need]:
    yield from _read_rules_back(problem, literal)
    for member in problem.members:
        claim = member.claim
        if claim.necessary and literal in claim.consequents:
            several = len(claim.alternatives) > 1
            if not any(done.issuperset(each) for each in claim.alternatives):
                for each in chain.from_iterable(claim.alternatives):
                    yield Need(each, member.noun, member.records[0], literal, several)


def _read_rules_back(problem: SolverInput, literal: str) -> Iterator[Need]:
    """Yield what rules need for a literal."""
    opposite = negate_literal(literal)
    for rule in problem.rules:
        for first, then in list_no_later(rule) if rule.relation != "reads_as" else ():
            if then == literal:
                yield Need(first, f"{rule.kind}s", rule.id, literal)
            elif first == opposite:  # the rule read backwards
                yield Need(negate_literal(then), f"{rule.kind}s", rule.id, literal)
