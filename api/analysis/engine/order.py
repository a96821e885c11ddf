"""Finds who must move first, the circles in which nobody can, and the ways out of them.

"You withdraw, then we stop firing; you stop firing, then we withdraw": both can hold in the end,
and neither can begin. Nor can they if one of the two says "both at once". A necessary precondition
whose timing is `before` puts all antecedents of one of its alternatives before each consequent;
`simultaneous` puts them at one stage; a rule by which x implies y puts y no later than x. What is
already a fact keeps nobody waiting.

What *cannot begin* comes about in no stages whatever, by the necessary conditions, timed or not,
and the rules alone (`staging`); it is *stuck* if it could but for the times. For each *before* the
shortest circle that it lies in is told, also where another way leads in, because that way may not
be wanted. The *ways out* of a circle are the fewest conditions which, dropped or made simultaneous,
let it begin.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

from api.analysis.engine.model import Condition, HardRule, Member, SolverInput, list_no_later
from api.analysis.engine.parts import Parts
from api.analysis.engine.sat import OutOfTimeError, Sat, search_optima
from api.analysis.engine.staging import Staging, find_facts

MOST_CYCLES, MOST_WAYS_OUT = 50, 50


@dataclass(frozen=True, slots=True)
class Step:
    """`first` comes before `then` (unless `is_strict`: no later), because of `why`."""

    first: str
    then: str
    why: Member | HardRule
    is_strict: bool


@dataclass(frozen=True, slots=True)
class WayOut:
    """Conditions that change so that a circle can begin, by how: `simultaneous` or `dropped`."""

    changes: tuple[tuple[Member, str], ...]


@dataclass(frozen=True, slots=True)
class PrecedenceCycle:
    """Steps of which each ends where the next begins, the last one where the first began."""

    steps: tuple[Step, ...]
    has_way_round: bool
    ways_out: Sequence[WayOut] = ()


@dataclass(frozen=True, slots=True)
class PrecedenceOrder:
    """The circles, the shortest first; the literals that are stuck; whether these are all.

    `steps` are all pairs of which the first comes before the other or no later, in circles or not.
    They make `groups` of literals that wait for each other; `waiting` are the strict pairs in them.
    `cannot_begin` are of what hangs together with circles the stuck literals and those that the
    rules exclude anyway.
    """

    cycles: Sequence[PrecedenceCycle]
    stuck: frozenset[str]
    complete: bool
    steps: Mapping[tuple[str, str], Step]
    facts: frozenset[str]
    groups: Mapping[str, int]
    waiting: Sequence[tuple[str, str]]
    cannot_begin: frozenset[str] = frozenset()


def find_order(problem: SolverInput, *, seconds: float) -> PrecedenceOrder:
    """Find what cannot begin, the circles, and the ways out of them, within about `seconds`."""
    end = time.monotonic() + seconds
    facts = find_facts(problem)
    steps = map_steps(problem, facts)
    groups, waiting = group_waiting(steps)
    found = PrecedenceOrder(
        (), frozenset(), complete=True, steps=steps, facts=facts, groups=groups, waiting=waiting
    )
    try:
        return _add_cycles(problem, found, end)
    except OutOfTimeError:
        return replace(found, complete=False)


def _add_cycles(problem: SolverInput, order: PrecedenceOrder, end: float) -> PrecedenceOrder:
    """Add what cannot begin to an order, and the circles with their ways out."""
    if not order.waiting:
        return order
    cannot, stuck = _find_stuck(problem, order, end)
    cycles, complete = _find_cycles(order.steps, order.waiting, cannot, end)
    told = [_add_ways_out(each, problem, order, end) for each in cycles]
    return replace(
        order,
        cycles=[each for each, _ in told],
        stuck=stuck,
        complete=complete and all(is_all for _, is_all in told),
        cannot_begin=cannot,
    )


def map_steps(problem: SolverInput, facts: frozenset[str]) -> dict[tuple[str, str], Step]:
    """Map each pair to its step; where several make one, a *before* goes first, a rule last."""
    steps: dict[tuple[str, str], Step] = {}
    for timing in ("before", "simultaneous"):
        for member in problem.members:
            if member.timing == timing:
                for pair in _list_pairs(member):
                    steps.setdefault(pair, Step(*pair, member, timing == "before"))
    for rule in problem.rules:
        for pair in list_no_later(rule):
            steps.setdefault(pair, Step(*pair, rule, is_strict=False))
    return {pair: step for pair, step in steps.items() if facts.isdisjoint(pair)}


def _list_pairs(member: Member) -> Iterator[tuple[str, str]]:
    if isinstance(member.claim, Condition):
        for first, then in member.claim.pairs:
            yield first, then
            if member.timing == "simultaneous":
                yield then, first


def group_waiting(
    steps: Mapping[tuple[str, str], Step],
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Number the groups of literals that wait for each other; return their strict pairs, too."""
    import networkx as nx  # noqa: PLC0415 - some time to load, which only this question pays

    graph: Any = nx.DiGraph(list(steps))
    groups = {n: i for i, group in enumerate(nx.strongly_connected_components(graph))
              for n in group}  # fmt: skip
    inner = (pair for pair in steps if groups[pair[0]] == groups[pair[1]])
    return groups, [pair for pair in inner if steps[pair].is_strict]


def has_circle(problem: SolverInput) -> bool:
    """Whether something comes strictly before itself, if everything is kept."""
    return bool(group_waiting(map_steps(problem, find_facts(problem)))[1])


def count_stages(steps: Iterable[Step], groups: Mapping[str, int]) -> dict[int, int]:
    """Count the stages that each group can need: one more than its *before* conditions."""
    found: dict[int, set[int]] = {each: set() for each in groups.values()}
    for step in steps:
        if step.is_strict and groups[step.first] == groups[step.then]:
            found[groups[step.then]].add(id(step.why))
    return {each: len(waiting) + 1 for each, waiting in found.items()}


def _find_stuck(
    problem: SolverInput, order: PrecedenceOrder, end: float
) -> tuple[frozenset[str], frozenset[str]]:
    """Find the literals that cannot begin, and those of them that could without the times.

    Only what hangs together with a circle can be stuck.
    """
    parts = Parts(problem)
    circular = {parts.find_part(first) for first, _ in order.waiting}
    chosen = [parts.every[each] for each in sorted(circular)]
    near = (problem.members[each] for part in chosen for each in part.members)
    conditions = tuple(each for each in near if each.is_necessary)
    rules = tuple(problem.rules[each] for part in chosen for each in part.rules)
    alone = SolverInput(conditions, rules, ())
    waiting = {each for pair in list_waiting(order, conditions) for each in pair}
    literals = sorted(each for each in waiting if parts.find_part(each) in circular)
    stages = count_stages(order.steps.values(), order.groups)
    begin = _find_possible(alone, literals, Staging(alone, order.facts, order.groups, stages), end)
    untimed = tuple(replace(each, timing=None) for each in conditions)
    alone = replace(alone, members=untimed)
    could = _find_possible(alone, literals, Staging(alone, order.facts, {}, {}), end)
    return frozenset(literals) - begin, could - begin


def _find_possible(
    problem: SolverInput, literals: Iterable[str], staging: Staging, end: float
) -> frozenset[str]:
    """Find the literals that come about in some stages."""
    _write_conditions(staging, problem.members)
    came = {each: staging.by(each) for each in literals}
    found: set[str] = set()
    sat = Sat(staging.clauses, end)
    sat.prefer_literals(came.values())
    for literal, variable in came.items():
        if literal not in found and sat.is_satisfiable([*staging.encoding.members, variable]):
            model = sat.read_model()
            found |= {each for each, other in came.items() if other in model}
    return frozenset(found)


def _write_conditions(staging: Staging, members: Sequence[Member]) -> None:
    for member, selector in zip(members, staging.encoding.members, strict=True):
        if isinstance(member.claim, Condition):
            staging.write_condition(member.claim, member.timing, selector)


def _find_cycles(
    steps: Mapping[tuple[str, str], Step],
    befores: Sequence[tuple[str, str]],
    cannot_begin: frozenset[str],
    end: float,
) -> tuple[list[PrecedenceCycle], bool]:
    """Find the shortest circle of each *before*; the flag says whether all were tried."""
    import networkx as nx  # noqa: PLC0415

    graph: Any = nx.DiGraph(list(steps))
    found: dict[tuple[str, ...], PrecedenceCycle] = {}
    complete = False
    for first, then in befores:
        if len(found) >= MOST_CYCLES or time.monotonic() > end:
            break
        path = cast("list[str]", cast("Any", nx).shortest_path(graph, then, first))
        circle = _rotate_cycle(path)
        pairs = pairwise([*circle, circle[0]])
        has_way_round = not cannot_begin.issuperset(circle)
        found.setdefault(circle, PrecedenceCycle(tuple(steps[p] for p in pairs), has_way_round))
    else:
        complete = True
    return [found[each] for each in sorted(found, key=lambda each: (len(each), each))], complete


def _rotate_cycle(circle: Sequence[str]) -> tuple[str, ...]:
    """Begin a circle with its smallest literal, so that it is one wherever it was found."""
    start = circle.index(min(circle))
    return (*circle[start:], *circle[:start])


def find_upstream(pairs: Iterable[tuple[str, str]], literals: Iterable[str]) -> set[str]:
    """Find these literals and all that they wait for."""
    pairs, found, ahead = list(pairs), set(literals), True
    while ahead:
        ahead = {first for first, then in pairs if then in found} - found
        found |= ahead
    return found


def list_waiting(order: PrecedenceOrder, members: Iterable[Member]) -> Iterator[tuple[str, str]]:
    """Yield each literal that is waited for, at whatever time, with what waits for it."""
    yield from order.steps
    for each in members:
        if isinstance(each.claim, Condition) and each.claim.necessary:
            yield from each.claim.pairs


def _add_ways_out(
    cycle: PrecedenceCycle, problem: SolverInput, order: PrecedenceOrder, end: float
) -> tuple[PrecedenceCycle, bool]:
    """Add the ways out of a circle that cannot begin; the flag says whether these are all."""
    if cycle.has_way_round:
        return cycle, True
    conditions = [each for each in problem.members if each.is_necessary]
    near = find_upstream(list_waiting(order, conditions), [each.first for each in cycle.steps])
    waiting = [each for each in conditions if not near.isdisjoint(each.claim.literals)]
    alone = SolverInput(tuple(waiting), problem.rules, ())
    count = sum(each.timing == "before" for each in waiting) + 1
    group_of = dict.fromkeys((lit for pair in order.steps for lit in pair), 0)
    staging = Staging(alone, order.facts, group_of, {0: count})
    keep, soft = _write_changes(staging, alone.members)
    hard = [*staging.clauses, *([staging.by(each.first)] for each in cycle.steps)]
    found: list[WayOut] = []
    fewest = 0
    with search_optima(hard, soft, end - time.monotonic()) as search:
        for model in search:
            changed = [each for each, kept in keep.items() if -kept[0] in model]
            fewest = fewest or len(changed)
            if len(changed) > fewest or len(found) == MOST_WAYS_OUT:
                break
            how = ("simultaneous" if keep[each][1] in model else "dropped" for each in changed)
            whose = (alone.members[each] for each in changed)
            found.append(WayOut(tuple(zip(whose, how, strict=True))))
            search.add_clause([keep[each][0] for each in changed])
    is_all = len(found) < MOST_WAYS_OUT and time.monotonic() < end
    return replace(cycle, ways_out=tuple(found)), is_all


def _write_changes(
    staging: Staging, members: Sequence[Member]
) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """Write conditions that may change; return what keeps each or its milder form, and weights."""
    keep, soft = dict[int, tuple[int, int]](), dict[int, int]()
    for index, member in enumerate(members):
        kept = same = staging.encoding.members[index]
        if isinstance(member.claim, Condition):
            staging.write_condition(member.claim, member.timing, kept)
            if member.timing == "before":
                same = _write_milder_form(staging, member.claim, kept, soft)
        keep[index] = kept, same
        soft[kept] = len(members) + 1
    return keep, soft


def _write_milder_form(staging: Staging, claim: Condition, kept: int, soft: dict[int, int]) -> int:
    """Write a *before* as *simultaneous*, too, and weigh that one of the two is kept."""
    same, some = staging.encoding.new_variable(), staging.encoding.new_variable()
    staging.write_condition(claim, "simultaneous", same)
    staging.clauses.append([-some, kept, same])
    soft[some] = 1
    return same
