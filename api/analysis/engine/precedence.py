"""Finds who must move first, and the circles in which nobody can, though the logic is satisfiable.

"You withdraw, then we stop firing; you stop firing, then we withdraw": both can hold in the end,
and neither can begin. A precondition that is necessary and whose timing is `before` puts all the
antecedents of one of its alternatives before each of its consequents; a rule by which x implies y
puts y no later than x.

What can begin is found as a least fixed point: a literal can, once each precondition of it has an
alternative that can. What is left is *stuck*. For each *before* the shortest circle that it lies in
is told, also where another way leads in, because that way may not be wanted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Any, cast

from api.analysis.engine.model import Condition, HardRule, Member, SolverInput

MOST_CYCLES = 50


@dataclass(frozen=True, slots=True)
class Step:
    """`first` comes before `then` (or, by a rule, no later), because of `why`."""

    first: str
    then: str
    why: Member | HardRule


@dataclass(frozen=True, slots=True)
class PrecedenceCycle:
    """Steps of which each ends where the next begins, the last one where the first began."""

    steps: tuple[Step, ...]
    has_way_round: bool

    @property
    def members(self) -> list[Member]:
        """The preconditions in it."""
        return [each.why for each in self.steps if isinstance(each.why, Member)]

    @property
    def rules(self) -> list[HardRule]:
        """The rules in it."""
        return [each.why for each in self.steps if isinstance(each.why, HardRule)]


@dataclass(frozen=True, slots=True)
class PrecedenceOrder:
    """The circles, the shortest first; the literals that cannot begin; whether these are all.

    `steps` are all pairs of which the first comes before the other or no later, in circles or not.
    """

    cycles: Sequence[PrecedenceCycle]
    stuck: frozenset[str]
    complete: bool
    steps: frozenset[tuple[str, str]]


def find_order(problem: SolverInput, *, seconds: float) -> PrecedenceOrder:
    """Find what cannot begin, and the circles."""
    end = time.monotonic() + seconds
    waiting = [each for each in problem.members if each.timing == "before"]
    if not waiting:
        return PrecedenceOrder((), frozenset(), complete=True, steps=frozenset())
    no_later = [(pair, rule) for rule in problem.rules for pair in _list_no_later(rule)]
    stuck = _find_stuck(waiting, [pair for pair, _ in no_later])
    steps = _map_steps(waiting, no_later)
    cycles, complete = _find_cycles(steps, stuck, end)
    return PrecedenceOrder(cycles, stuck, complete, frozenset(steps))


def _list_no_later(rule: HardRule) -> Iterator[tuple[str, str]]:
    """Yield pairs of which the first comes no later than the second."""
    if rule.relation == "implies":
        first, *rest = rule.propositions
        yield from ((each, first) for each in rest)
    elif rule.relation == "equivalent":
        yield from permutations(rule.propositions, 2)


def _find_stuck(waiting: Sequence[Member], no_later: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Find the literals that cannot begin: all but the least fixed point of those that can.

    Literals that come no later than each other come at once, and count as one.
    """
    at_once = _group_simultaneous(no_later)
    needs: defaultdict[str, list[Sequence[frozenset[str]]]] = defaultdict(list)
    for first, then in no_later:
        if at_once.get(first, first) != at_once.get(then, then):
            needs[at_once.get(then, then)].append([frozenset({at_once.get(first, first)})])
    for member in waiting:
        claim = member.claim
        if isinstance(claim, Condition):
            ways = [frozenset(at_once.get(x, x) for x in each) for each in claim.alternatives]
            for then in claim.consequents:
                needs[at_once.get(then, then)].append(ways)
    stuck = _find_fixed_point(needs)
    return frozenset({*stuck, *(each for each, of in at_once.items() if of in stuck)})


def _find_fixed_point(needs: Mapping[str, Sequence[Sequence[frozenset[str]]]]) -> set[str]:
    """Find what never becomes free: each way of some need of it holds another that is not free."""
    stuck = set(needs)
    freed = True
    while freed:
        freed = {
            each
            for each in stuck
            if all(any(stuck.isdisjoint(way) for way in ways) for ways in needs[each])
        }
        stuck -= freed
    return stuck


def _group_simultaneous(no_later: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Map literals that come at once to one of them."""
    import networkx as nx  # noqa: PLC0415 - some time to load, which only this question pays

    graph: Any = nx.DiGraph(no_later)
    return {each: min(group) for group in nx.strongly_connected_components(graph) for each in group}


def _map_steps(
    waiting: Sequence[Member], no_later: Sequence[tuple[tuple[str, str], HardRule]]
) -> dict[tuple[str, str], Step]:
    """Map each pair to its step; where both a member and a rule make one, it is the member's."""
    steps: dict[tuple[str, str], Step] = {}
    for member in waiting:
        for first, then in _list_befores(member):
            steps.setdefault((first, then), Step(first, then, member))
    for (first, then), rule in no_later:
        steps.setdefault((first, then), Step(first, then, rule))
    return steps


def _find_cycles(
    steps: Mapping[tuple[str, str], Step], stuck: frozenset[str], end: float
) -> tuple[list[PrecedenceCycle], bool]:
    """Find the shortest circle of each *before*; the flag says whether all were tried."""
    import networkx as nx  # noqa: PLC0415

    graph: Any = nx.DiGraph(list(steps))
    part = {n: i for i, group in enumerate(nx.strongly_connected_components(graph)) for n in group}
    befores = [pair for pair, step in steps.items() if isinstance(step.why, Member)]
    found: dict[tuple[str, ...], PrecedenceCycle] = {}
    for first, then in befores:
        if part[first] != part[then]:
            continue
        if len(found) >= MOST_CYCLES or time.monotonic() > end:
            return _sort_cycles(found), False
        path = cast("list[str]", cast("Any", nx).shortest_path(graph, then, first))
        circle = _rotate_cycle(path)
        pairs = pairwise([*circle, circle[0]])
        has_way_round = not stuck.issuperset(circle)
        found.setdefault(circle, PrecedenceCycle(tuple(steps[p] for p in pairs), has_way_round))
    return _sort_cycles(found), True


def _list_befores(member: Member) -> Iterator[tuple[str, str]]:
    if isinstance(member.claim, Condition):
        for alternative in member.claim.alternatives:
            for first in alternative:
                yield from ((first, then) for then in member.claim.consequents)


def _rotate_cycle(circle: Sequence[str]) -> tuple[str, ...]:
    """Begin a circle with its smallest literal, so that it is one wherever it was found."""
    start = circle.index(min(circle))
    return (*circle[start:], *circle[:start])


def _sort_cycles(found: Mapping[tuple[str, ...], PrecedenceCycle]) -> list[PrecedenceCycle]:
    return [found[each] for each in sorted(found, key=lambda circle: (len(circle), circle))]
