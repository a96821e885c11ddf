"""Solving as a shared resource: each question once, and only a few at a time.

What a question comes to is remembered, so a repeated one costs no solving, whichever clocks or
caller it comes from. At most two are worked on at once in a process, so that other requests keep
threads; who waits too long is told to come back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from api.analysis.model import Problem
from api.analysis.solver import Solution, solve
from api.errors import Busy

_AT_ONCE, _PATIENCE = 2, 1.0
"""How many are solved at once in a process, and how many seconds a further one waits."""

_REMEMBERED = 256
"""Solutions are indices: the largest take some hundred kilobytes."""

_turns = threading.BoundedSemaphore(_AT_ONCE)
_known: OrderedDict[Hashable, Solution] = OrderedDict()


def solved(problem: Problem, *, limit: int, seconds: float) -> Solution:
    """Solve a problem, or remember its solution; raises Busy when too many are at work."""
    key = (problem, limit, seconds)
    if (known := _known.get(key)) is not None:
        return known
    if not _turns.acquire(timeout=_PATIENCE):
        raise Busy("other deadlocks are being worked out; ask again in a second")
    try:
        # Whoever had the turn before may have asked the same.
        found = _known.get(key) or solve(problem, limit=limit, seconds=seconds)
    finally:
        _turns.release()
    _known[key] = found
    while len(_known) > _REMEMBERED:
        _known.popitem(last=False)
    return found
