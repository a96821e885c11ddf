"""Which literal comes before which, and why.

A necessary precondition whose timing is `before` puts all antecedents of one of its alternatives
before each consequent; `simultaneous` puts them at one stage; a rule by which x implies y puts y no
later than x. What is already a fact keeps nobody waiting.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.engine.model import HardRule, Member, SolverInput, list_no_later
from api.analysis.engine.staging import find_facts


@dataclass(frozen=True, slots=True)
class Step:
    """`first` comes before `then` (unless `is_strict`: no later), because of `why`."""

    first: str
    then: str
    why: Member | HardRule
    is_strict: bool


CycleChanges = tuple[tuple[Member, str], ...]
"""Conditions that change so that a circle can begin, each with `simultaneous` or `dropped`."""


@dataclass(frozen=True, slots=True)
class PrecedenceCycle:
    """Steps of which each ends where the next begins, the last one where the first began."""

    steps: tuple[Step, ...]
    has_way_round: bool
    ways_out: Sequence[CycleChanges] = ()


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


def find_upstream(
    order: PrecedenceOrder, members: Iterable[Member], literals: Iterable[str]
) -> set[str]:
    """Find these literals and all that they wait for."""
    pairs, found, ahead = [*list_waiting(order, members)], set(literals), True
    while ahead:
        ahead = {first for first, then in pairs if then in found} - found
        found |= ahead
    return found


def list_waiting(order: PrecedenceOrder, members: Iterable[Member]) -> Iterator[tuple[str, str]]:
    """Yield each literal that is waited for, at whatever time, with what waits for it."""
    yield from order.steps
    for each in members:
        if each.is_necessary:
            yield from each.claim.pairs
