"""Solving as a shared resource: each problem once, and only a few at a time.

A solution is cached under a digest of the problem itself, so a repeated one costs no solving,
whichever clocks or caller it comes from. A problem that is being solved is waited for. A solution
that the time cut short is cached for a minute only.

A request that solves holds a slot from its first record to its last byte, because loading and
presenting cost as much as the search. Two requests hold one at once in a process, and a few more
wait up to a second. All others are refused at once, so that other requests always find a thread:
`sinequanon serve` has twice as many threads as holders and waiters together.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from math import inf

from api.analysis.engine.model import SolverInput
from api.analysis.engine.solver import Solution, solve_input
from api.errors import Busy

_AT_ONCE, _WAITING, _PATIENCE = 2, 4, 1.0
"""How many hold a slot at once, how many more may wait for one, and for how many seconds."""

_CACHED, _CUT_FOR = 256, 60.0
"""How many solutions are cached, and for how many seconds one that the time cut short."""


class ConcurrencyLimiter:
    """Gives out a number of slots; a few callers may wait for one, all others are refused."""

    def __init__(self, at_once: int, waiting: int, patience: float) -> None:
        self._patience = patience
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._slots = threading.BoundedSemaphore(at_once)

    @contextmanager
    def hold_slot(self) -> Generator[None]:
        """Hold a slot; raises Busy where too many wait, or the wait is too long."""
        with _hold(self._places, 0), _hold(self._slots, self._patience):
            yield


@contextmanager
def _hold(places: threading.BoundedSemaphore, patience: float) -> Generator[None]:
    if not places.acquire(timeout=patience):
        raise _make_busy()
    try:
        yield
    finally:
        places.release()


_limiter = ConcurrencyLimiter(_AT_ONCE, _WAITING, _PATIENCE)


def limit_concurrency() -> AbstractContextManager[None]:
    """Hold one of this process's slots for solving; raises Busy when too many want one."""
    return _limiter.hold_slot()


class _SolutionCache:
    """Least-recently-used cache of solutions by digest, with those that are being found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, tuple[Future[Solution], float]] = OrderedDict()
        """Each with the instant until which it is cached."""

    def claim_solution(self, key: bytes) -> tuple[Future[Solution], bool]:
        """Return the future of a solution, and whether the caller has to solve and keep it."""
        with self._lock:
            promise, until = self._entries.pop(key, (Future[Solution](), 0.0))
            if is_new := until < time.monotonic():
                promise, until = Future[Solution](), inf
            self._entries[key] = promise, until
            return promise, is_new

    def keep_solution(self, key: bytes, promise: Future[Solution], *, is_cut: bool) -> None:
        """Cache the future of a solution that was found."""
        with self._lock:
            self._entries.pop(key, None)
            until = time.monotonic() + _CUT_FOR if is_cut else inf
            self._entries[key] = promise, until
            while len(self._entries) > _CACHED:
                self._entries.popitem(last=False)

    def forget_solution(self, key: bytes) -> None:
        """Forget a solution that was not found, so that the next caller tries again."""
        with self._lock:
            self._entries.pop(key, None)


_cache = _SolutionCache()


def solve_once(problem: SolverInput, *, limit: int, seconds: float) -> Solution:
    """Return the solution of a problem, cached or new; raises Busy after too long a wait."""
    key = sha256(repr((problem, limit)).encode()).digest()
    promise, is_mine = _cache.claim_solution(key)
    if not is_mine:
        try:
            return promise.result(timeout=seconds + _PATIENCE)
        except TimeoutError as error:
            raise _make_busy() from error
    try:
        found = solve_input(problem, limit=limit, seconds=seconds)
    except BaseException as error:
        _cache.forget_solution(key)
        promise.set_exception(error)
        raise
    promise.set_result(found)
    _cache.keep_solution(key, promise, is_cut="time" in found.cut)
    return found


def _make_busy() -> Busy:
    return Busy("other deadlocks are being worked out; ask again in a second")
