"""How two deadlocks differ: what the one has and the other truly has not.

What one lists and the other does not may merely be pushed off a list that was cut, or be told by a
shorter circle; so nothing counts as gone before it was tried against the other's own problem. Sets
are told apart by who wants what, open asks by what is needed of whom, circles by what must come
before what and whether another way leads in.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from api.analysis.deadlock.answer import Ask, Collision, Concession, Cycle
from api.analysis.deadlock.working import WorkedDeadlock
from api.analysis.engine.order import PrecedenceCycle
from api.analysis.engine.sat import OutOfTimeError
from api.analysis.engine.trial import Trial


@dataclass
class OneSided:
    """The entries of each list that only one of two deadlocks has."""

    collisions: list[Collision] = field(default_factory=list[Collision])
    concessions: list[Concession] = field(default_factory=list[Concession])
    open_asks: Sequence[Ask] = ()
    cycles: Sequence[Cycle] = ()


@dataclass(frozen=True, slots=True)
class DeadlockComparison:
    """The entries that appeared and dissolved, and the names of the lists that were cut."""

    appeared: OneSided
    dissolved: OneSided
    cut: Sequence[str]


def compare_deadlocks(
    before: WorkedDeadlock, after: WorkedDeadlock, *, seconds: float
) -> DeadlockComparison:
    """Compare two deadlocks within about `seconds`; what is not tried by then is left out."""
    end = time.monotonic() + seconds
    cut = dict.fromkeys([*before.answer.cut, *after.answer.cut])
    appeared, in_time = _find_extra(after, before, end)
    dissolved, also_in_time = _find_extra(before, after, end)
    if not (in_time and also_in_time):
        cut["time"] = None
    return DeadlockComparison(appeared, dissolved, list(cut))


def _find_extra(one: WorkedDeadlock, other: WorkedDeadlock, end: float) -> tuple[OneSided, bool]:
    """Find what only the first has; the flag says whether there was time to try all of it."""
    found = OneSided(open_asks=_list_asks(one, other), cycles=_list_cycles(one, other))
    cut = other.answer.cut
    with Trial(other.problem, end) as trial:
        try:
            for shown, tried in zip(one.answer.collisions, one.collisions, strict=True):
                is_known = tried in other.collisions
                if not is_known and not ("collisions" in cut and trial.is_collision(tried)):
                    found.collisions.append(shown)
            for shown, tried in zip(one.answer.concessions, one.concessions, strict=True):
                is_known = tried in other.concessions
                if not is_known and not ("concessions" in cut and trial.is_concession(tried)):
                    found.concessions.append(shown)
        except OutOfTimeError:
            return found, False
    return found, True


def _list_asks(one: WorkedDeadlock, other: WorkedDeadlock) -> list[Ask]:
    known = {(each.literal, each.of) for each in other.answer.open_asks}
    return [each for each in one.answer.open_asks if (each.literal, each.of) not in known]


def _list_cycles(one: WorkedDeadlock, other: WorkedDeadlock) -> list[Cycle]:
    pairs = zip(one.answer.cycles, one.order.cycles, strict=True)
    return [shown for shown, cycle in pairs if not _has_cycle(other, cycle)]


def _has_cycle(other: WorkedDeadlock, cycle: PrecedenceCycle) -> bool:
    """Whether another deadlock has every step of a circle; it may name a shorter circle."""
    order = other.order
    has_way_round = not order.cannot_begin.issuperset(each.first for each in cycle.steps)
    is_there = all((each.first, each.then) in order.steps for each in cycle.steps)
    return is_there and has_way_round == cycle.has_way_round
