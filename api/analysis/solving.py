"""Solving as a shared resource: each question once, and only a few at a time.

What a question comes to is remembered under a digest of the problem itself, so a repeated one
costs no solving, whichever clocks or caller it comes from; one that is being solved is waited for.
What the time cut short is remembered for a minute only. At most two are worked on at once in a
process, so that other requests keep threads; who waits too long is told to come back.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256

from api.analysis.model import Problem
from api.analysis.solver import Solution, solve
from api.errors import Busy

_AT_ONCE, _PATIENCE = 2, 1.0
"""How many are solved at once in a process, and how many seconds a further one waits."""

_REMEMBERED, _CUT_FOR = 256, 60.0
"""How many solutions are remembered, and for how many seconds one that the time cut short."""

_turns = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class _Remembered:
    solution: Solution
    until: float


class _Memory:
    """Solutions by digest, the least recently asked forgotten first, and those being found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._found: dict[bytes, Future[Solution]] = {}

    def claim(self, key: bytes) -> tuple[Future[Solution], bool]:
        """Give the promise of a solution, and whether it is the caller's to keep."""
        with self._lock:
            entry = self._known.get(key)
            if entry is not None and entry.until >= time.monotonic():
                self._known.move_to_end(key)
                kept: Future[Solution] = Future()
                kept.set_result(entry.solution)
                return kept, False
            if key in self._found:
                return self._found[key], False
            promise: Future[Solution] = Future()
            self._found[key] = promise
            return promise, True

    def keep(self, key: bytes, solution: Solution | None) -> None:
        """Remember what was found; None where it was not."""
        with self._lock:
            del self._found[key]
            if solution is not None:
                lasting = time.monotonic() + _CUT_FOR if "time" in solution.cut else float("inf")
                self._known[key] = _Remembered(solution, lasting)
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)


_memory = _Memory()


def solved(problem: Problem, *, limit: int, seconds: float) -> Solution:
    """Solve a problem, or remember its solution; raises Busy when too many are at work."""
    key = sha256(repr((problem, limit)).encode()).digest()
    promise, is_mine = _memory.claim(key)
    if not is_mine:
        try:
            return promise.result(timeout=seconds + _PATIENCE)
        except TimeoutError as error:
            raise _busy() from error
    try:
        found = _solved_in_turn(problem, limit, seconds)
    except BaseException as error:
        _memory.keep(key, None)
        promise.set_exception(error)
        raise
    _memory.keep(key, found)
    promise.set_result(found)
    return found


def _busy() -> Busy:
    return Busy("other deadlocks are being worked out; ask again in a second")


def _solved_in_turn(problem: Problem, limit: int, seconds: float) -> Solution:
    if not _turns.acquire(timeout=_PATIENCE):
        raise _busy()
    try:
        return solve(problem, limit=limit, seconds=seconds)
    finally:
        _turns.release()
