"""Solving as a shared resource: each question once, and only a few at a time.

What a question comes to is remembered under a digest of the problem itself, so a repeated one
costs no solving, whichever clocks or caller it comes from; one that is being solved is waited for.
What the time cut short is remembered for a minute only.

Whatever solves is answered in a `turn`, from its first record to its last byte, for loading and
telling cost as much as the search. Two have their turn at once in a process, a few more wait for
one second; everybody else is told at once to come back, so that other requests always find a
thread: `sinequanon serve` has twice as many as turns can hold.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256

from api.analysis.engine.model import Problem
from api.analysis.engine.solver import Solution, solve
from api.errors import Busy

_AT_ONCE, _WAITING, _PATIENCE = 2, 4, 1.0
"""How many have their turn at once, how many more may wait for one, and for how many seconds."""

_REMEMBERED, _CUT_FOR = 256, 60.0
"""How many solutions are remembered, and for how many seconds one that the time cut short."""


class Gate:
    """Lets some through at once, some more wait for a while, and nobody else in."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self._patience = patience
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turns = threading.BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Generator[None]:
        """Have a turn; raises Busy where too many wait, or the wait is too long."""
        with self._held(self._places, 0), self._held(self._turns, self._patience):
            yield

    @contextmanager
    def _held(self, places: threading.BoundedSemaphore, patience: float) -> Generator[None]:
        if not places.acquire(timeout=patience):
            raise _busy()
        try:
            yield
        finally:
            places.release()


_gate = Gate(_AT_ONCE, _WAITING, _PATIENCE)


def turn() -> AbstractContextManager[None]:
    """Have a turn in this process; raises Busy when too many want one."""
    return _gate.turn()


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
    """Solve a problem, or remember its solution; raises Busy where another asker takes too long."""
    key = sha256(repr((problem, limit)).encode()).digest()
    promise, is_mine = _memory.claim(key)
    if not is_mine:
        try:
            return promise.result(timeout=seconds + _PATIENCE)
        except TimeoutError as error:
            raise _busy() from error
    try:
        found = solve(problem, limit=limit, seconds=seconds)
    except BaseException as error:
        _memory.keep(key, None)
        promise.set_exception(error)
        raise
    _memory.keep(key, found)
    promise.set_result(found)
    return found


def _busy() -> Busy:
    return Busy("other deadlocks are being worked out; ask again in a second")
