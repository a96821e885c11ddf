"""Finds who must move first, the circles in which nobody can, and the ways out of them.

"You withdraw, then we stop firing; you stop firing, then we withdraw": both can hold in the end,
and neither can begin. Nor can they if one of the two says "both at once".

What *cannot begin* comes about in no stages whatever, by the necessary conditions, timed or not,
and the rules alone (`staging`); it is *stuck* if it could but for the times. For each *before* the
shortest circle that it lies in is told, also where another way leads in, because that way may not
be wanted. The *ways out* of a circle are the fewest conditions which, dropped or made simultaneous,
let it begin.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

from api.analysis.engine import precedence
from api.analysis.engine.model import Member, SolverInput
from api.analysis.engine.parts import Parts
from api.analysis.engine.precedence import CycleChanges, PrecedenceCycle, PrecedenceOrder, Step
from api.analysis.engine.sat import OutOfTimeError, Sat, search_optima
from api.analysis.engine.staging import Staging, find_facts

MOST_CYCLES, MOST_WAYS_OUT = 50, 50


def find_order(problem: SolverInput, *, seconds: float) -> PrecedenceOrder:
    """Find what cannot begin, the circles, and the ways out of them, within about `seconds`."""
    end = time.monotonic() + seconds
    facts = find_facts(problem)
    steps = precedence.map_steps(problem, facts)
    groups, waiting = precedence.group_waiting(steps)
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
    waiting = {each for pair in precedence.list_waiting(order, conditions) for each in pair}
    literals = sorted(each for each in waiting if parts.find_part(each) in circular)
    stages = precedence.count_stages(order.steps.values(), order.groups)
    begin = _find_possible(alone, literals, Staging(alone, order.facts, order.groups, stages), end)
    untimed = tuple(replace(each, timing=None) for each in conditions)
    alone = replace(alone, members=untimed)
    could = _find_possible(alone, literals, Staging(alone, order.facts, {}, {}), end)
    return frozenset(literals) - begin, could - begin


def _find_possible(
    problem: SolverInput, literals: Iterable[str], staging: Staging, end: float
) -> frozenset[str]:
    """Find the literals that come about in some stages."""
    for member, selector in zip(problem.members, staging.encoding.members, strict=True):
        staging.write_condition(member.claim, member.timing, selector)
    came = {each: staging.by(each) for each in literals}
    found: set[str] = set()
    sat = Sat(staging.clauses, end)
    sat.prefer_literals(came.values())
    for literal, variable in came.items():
        if literal not in found and sat.is_satisfiable([*staging.encoding.members, variable]):
            model = sat.read_model()
            found |= {each for each, other in came.items() if other in model}
    return frozenset(found)


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


def _add_ways_out(
    cycle: PrecedenceCycle, problem: SolverInput, order: PrecedenceOrder, end: float
) -> tuple[PrecedenceCycle, bool]:
    """Add the ways out of a circle that cannot begin; the flag says whether these are all."""
    if cycle.has_way_round:
        return cycle, True
    conditions = [each for each in problem.members if each.is_necessary]
    near = precedence.find_upstream(order, conditions, [each.first for each in cycle.steps])
    waiting = [each for each in conditions if not near.isdisjoint(each.claim.literals)]
    alone = SolverInput(tuple(waiting), problem.rules, ())
    count = sum(each.timing == "before" for each in waiting) + 1
    group_of = dict.fromkeys((lit for pair in order.steps for lit in pair), 0)
    staging = Staging(alone, order.facts, group_of, {0: count})
    keep, soft = _write_changes(staging, alone.members)
    hard = [*staging.clauses, *([staging.by(each.first)] for each in cycle.steps)]
    found: list[CycleChanges] = []
    fewest = 0
    with search_optima(hard, soft, end - time.monotonic()) as search:
        for model in search:
            changed = [each for each, (kept, _) in enumerate(keep) if -kept in model]
            fewest = fewest or len(changed)
            if len(changed) > fewest or len(found) == MOST_WAYS_OUT:
                break
            how = ("simultaneous" if keep[each][1] in model else "dropped" for each in changed)
            whose = (alone.members[each] for each in changed)
            found.append(tuple(zip(whose, how, strict=True)))
            search.add_clause([keep[each][0] for each in changed])
    is_all = len(found) < MOST_WAYS_OUT and time.monotonic() < end
    return replace(cycle, ways_out=tuple(found)), is_all


def _write_changes(
    staging: Staging, members: Sequence[Member]
) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """Write conditions that may change; return what keeps each or its milder form, and weights."""
    keep, soft = list[tuple[int, int]](), dict[int, int]()
    for member, kept in zip(members, staging.encoding.members, strict=True):
        staging.write_condition(member.claim, member.timing, kept)
        same = kept
        if member.timing == "before":  # One of it and its milder form is kept.
            same, some = staging.encoding.new_variable(), staging.encoding.new_variable()
            staging.write_condition(member.claim, "simultaneous", same)
            staging.clauses.append([-some, kept, same])
            soft[some] = 1
        keep.append((kept, same))
        soft[kept] = len(members) + 1
    return keep, soft
