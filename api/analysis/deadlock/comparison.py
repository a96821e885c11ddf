"""How two deadlocks differ: what the one has and the other truly has not.

What one lists and the other does not may merely be pushed off a list that was cut, or be told by a
shorter circle; so nothing counts as gone before it was tried against the other's own problem. Sets
are told apart by who wants what, open asks by what is needed of whom, circles by what must come
before what and whether another way leads in.
"""

import time
from collections.abc import Sequence
from typing import Any

from api.analysis.deadlock.answer import Ask, Collision, Concession, Cycle
from api.analysis.deadlock.working import WorkedDeadlock
from api.analysis.declarations import about, answer
from api.analysis.engine.clauses import Trial
from api.analysis.engine.precedence import PrecedenceCycle
from api.analysis.engine.sat import OutOfTimeError
from api.vocabulary import VERDICT

_LISTS = ("collisions", "concessions", "open_asks", "cycles")


@answer
class Difference:
    """How the supposed state differs from the recorded one.

    What merely fell off a list that was cut, or is told by a shorter circle, does not differ.
    """

    verdict: Sequence[str] = about("as recorded, then as supposed", codes=VERDICT, unique=False)
    collisions_appeared: Sequence[Collision] = about("only in the supposed state")
    concessions_appeared: Sequence[Concession] = about("only in the supposed state")
    open_asks_appeared: Sequence[Ask] = about("only in the supposed state")
    cycles_appeared: Sequence[Cycle] = about("only in the supposed state")
    collisions_dissolved: Sequence[Collision] = about("only in the recorded state")
    concessions_dissolved: Sequence[Concession] = about("only in the recorded state")
    open_asks_dissolved: Sequence[Ask] = about("only in the recorded state")
    cycles_dissolved: Sequence[Cycle] = about("only in the recorded state")
    complete: bool = about("whether this is all that differs")
    cut: Sequence[str] = about("lists in which more may differ, as in a deadlock", each="a field")


def compare_deadlocks(
    before: WorkedDeadlock, after: WorkedDeadlock, *, seconds: float
) -> Difference:
    """Compare two deadlocks within about `seconds`; what is not tried by then is left out."""
    end = time.monotonic() + seconds
    appeared, in_time = _find_extra(after, before, end)
    dissolved, also_in_time = _find_extra(before, after, end)
    named = [*before.answer.cut, *after.answer.cut, *([] if in_time and also_in_time else ["time"])]
    cut = [*dict.fromkeys(each for each in named if each in (*_LISTS, "time"))]
    lists = {f"{name}_appeared": listed for name, listed in appeared.items()}
    lists |= {f"{name}_dissolved": listed for name, listed in dissolved.items()}
    verdicts = [before.answer.verdict, after.answer.verdict]
    return Difference(verdicts, **lists, complete=not cut, cut=cut)


def _find_extra(
    one: WorkedDeadlock, other: WorkedDeadlock, end: float
) -> tuple[dict[str, list[Any]], bool]:
    """Find what only the first has; the flag says whether there was time to try all of it."""
    found: dict[str, list[Any]] = {each: [] for each in _LISTS}
    asked = {(each.literal, each.of) for each in other.answer.open_asks}
    found["open_asks"] = [e for e in one.answer.open_asks if (e.literal, e.of) not in asked]
    cycles = zip(one.answer.cycles, one.order.cycles, strict=True)
    found["cycles"] = [shown for shown, cycle in cycles if not _has_cycle(other, cycle)]
    trial = Trial(other.problem, end)
    tests = {"collisions": trial.is_collision, "concessions": trial.is_concession}
    try:
        for name, test in tests.items():
            known, is_cut = getattr(other, name), name in other.answer.cut
            pairs = zip(getattr(one.answer, name), getattr(one, name), strict=True)
            found[name] += [shown for shown, tried in pairs
                            if tried not in known and not (is_cut and test(tried))]  # fmt: skip
    except OutOfTimeError:
        return found, False
    return found, True


def _has_cycle(other: WorkedDeadlock, cycle: PrecedenceCycle) -> bool:
    """Whether another deadlock has every step of a circle; it may name a shorter circle."""
    order = other.order
    has_way_round = not order.cannot_begin.issuperset(each.first for each in cycle.steps)
    is_there = all((each.first, each.then) in order.steps for each in cycle.steps)
    return is_there and has_way_round == cycle.has_way_round
