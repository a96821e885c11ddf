"""How two deadlocks differ: what the one has and the other truly has not.

What one lists and the other does not may merely be pushed off a list that was cut, or be told by a
shorter circle; so nothing counts as gone before it was tried against the other's own problem. Sets
are told apart by who wants what, open asks by what is needed of whom, circles by what must come
before what and whether another way leads in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.deadlock.working import Deadlock
from api.analysis.engine.precedence import Cycle
from api.analysis.engine.sat import OutOfTimeError
from api.analysis.engine.trial import Trial

Answer = dict[str, Any]
Only = Mapping[str, Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Apart:
    """What appeared and what dissolved, list by list, and what of it is not all there."""

    appeared: Only
    dissolved: Only
    cut: Sequence[str]


def apart(before: Deadlock, after: Deadlock, *, seconds: float) -> Apart:
    """Tell two deadlocks apart within about `seconds`; what is not tried by then is left out."""
    end = time.monotonic() + seconds
    cut = dict.fromkeys([*before.answer["cut"], *after.answer["cut"]])
    appeared, in_time = _only(after, before, end)
    dissolved, also_in_time = _only(before, after, end)
    if not (in_time and also_in_time):
        cut["time"] = None
    return Apart(appeared, dissolved, list(cut))


def _only(one: Deadlock, other: Deadlock, end: float) -> tuple[Only, bool]:
    """Give what only the first has, and whether there was time to try all of it."""
    found: dict[str, list[Answer]] = {
        "collisions": [],
        "concessions": [],
        "open_asks": list(_asks(one, other)),
        "cycles": list(_cycles(one, other)),
    }
    with Trial(other.problem, end) as trial:
        try:
            for which, stands in (("collisions", trial.collides), ("concessions", trial.opens)):
                own, others = getattr(one, which), frozenset(getattr(other, which))
                is_all = which not in other.answer["cut"]
                for told, tried in zip(one.answer[which], own, strict=True):
                    if tried not in others and (is_all or not stands(tried)):
                        found[which].append(told)
        except OutOfTimeError:
            return found, False
    return found, True


def _asks(one: Deadlock, other: Deadlock) -> Iterator[Answer]:
    known = {(each["literal"], each["of"]) for each in other.answer["open_asks"]}
    for each in one.answer["open_asks"]:
        if (each["literal"], each["of"]) not in known:
            yield each


def _cycles(one: Deadlock, other: Deadlock) -> Iterator[Answer]:
    for told, cycle in zip(one.answer["cycles"], one.order.cycles, strict=True):
        if not _turns(cycle, other):
            yield told


def _turns(cycle: Cycle, other: Deadlock) -> bool:
    """Whether the other has each step of a circle, though a shorter one may be told there."""
    order = other.order
    has_way_round = not order.stuck.issuperset(each.first for each in cycle.steps)
    is_there = all((each.first, each.then) in order.steps for each in cycle.steps)
    return is_there and has_way_round == cycle.has_way_round
