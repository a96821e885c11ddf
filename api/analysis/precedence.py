"""Who moves first: conditions that must come first, in a circle, though the logic is satisfiable.

"You withdraw, then we stop firing; you stop firing, then we withdraw": both can hold in the end,
and neither can begin. A precondition that is necessary and whose timing is `before` puts each of
its antecedents before each of its consequents; a rule by which x implies y puts y no later than x.
A circle of these with at least one *before* in it lets nobody begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, permutations
from typing import Any

from api.analysis.model import Condition, Member, Problem, Rule

MOST_CYCLES, LONGEST_CYCLE = 50, 12
"""Beyond these the search for circles ends, and says so."""


@dataclass(frozen=True, slots=True)
class Step:
    """`first` comes before `then` (or, by a rule, no later), because of `why`.

    `ways` counts the alternatives of the precondition: with more than one there is a way round.
    """

    first: str
    then: str
    why: Member | Rule
    ways: int = 1


@dataclass(frozen=True, slots=True)
class Cycle:
    """Steps of which each ends where the next begins, the last one where the first began."""

    steps: tuple[Step, ...]

    @property
    def members(self) -> list[Member]:
        """The preconditions in it."""
        return [each.why for each in self.steps if isinstance(each.why, Member)]

    @property
    def rules(self) -> list[Rule]:
        """The rules in it."""
        return [each.why for each in self.steps if isinstance(each.why, Rule)]

    @property
    def has_way_round(self) -> bool:
        """Whether some precondition in it names another alternative."""
        return any(each.ways > 1 for each in self.steps)


def cycles(problem: Problem, timings: Mapping[str, str | None]) -> tuple[list[Cycle], bool]:
    """Find the circles, the shortest first, and tell whether these are all.

    `timings` maps the ids of preconditions to their timing.
    """
    import networkx as nx  # noqa: PLC0415 - a tenth of a second that only this question pays

    steps: dict[tuple[str, str], Step] = {}
    for each in _steps(problem, timings):
        # Of two reasons for one order the stricter one stands: a precondition before a rule.
        known = steps.get((each.first, each.then))
        if known is None or (isinstance(known.why, Rule) and isinstance(each.why, Member)):
            steps[each.first, each.then] = each
    graph: Any = nx.DiGraph(list(steps))
    circles = nx.simple_cycles(graph, length_bound=LONGEST_CYCLE)
    found: list[Cycle] = []
    for circle in islice(circles, 20 * MOST_CYCLES):
        pairs = zip(circle, [*circle[1:], circle[0]], strict=True)
        cycle = Cycle(tuple(steps[pair] for pair in pairs))
        if cycle.members:
            found.append(cycle)
    widest = max(map(len, nx.strongly_connected_components(graph)), default=0)
    complete = widest <= LONGEST_CYCLE and next(circles, None) is None
    complete = complete and len(found) <= MOST_CYCLES
    return sorted(found, key=lambda each: len(each.steps))[:MOST_CYCLES], complete


def _steps(problem: Problem, timings: Mapping[str, str | None]) -> Iterator[Step]:
    for member in problem.members:
        if any(timings.get(id) == "before" for id in member.records):
            yield from _of_condition(member)
    for rule in problem.rules:
        yield from (Step(first, then, rule) for first, then in _no_later(rule))


def _of_condition(member: Member) -> Iterator[Step]:
    claim = member.claim
    if isinstance(claim, Condition) and claim.necessary:
        for alternative in claim.alternatives:
            for first in alternative:
                for then in claim.consequents:
                    yield Step(first, then, member, len(claim.alternatives))


def _no_later(rule: Rule) -> Iterator[tuple[str, str]]:
    """Give pairs of which the first comes no later than the second."""
    if rule.relation == "implies":
        first, *rest = rule.propositions
        yield from ((each, first) for each in rest)
    elif rule.relation == "equivalent":
        yield from permutations(rule.propositions, 2)
