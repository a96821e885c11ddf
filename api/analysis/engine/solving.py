"""Solving as a shared resource: each problem once.

A solution is cached under a digest of the problem itself, so a repeated one costs no solving,
whichever clocks or caller it comes from. A problem that is being solved is waited for. A solution
that the time cut short is cached for a minute only.

Only a few answers are worked out at a time (`api.concurrency.heavy_answers`), from the first record
to the last byte, because loading and presenting cost as much as the search.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from hashlib import sha256
from math import inf
from typing import Any, TypeVar

from api.analysis.engine.certificates import certify_solution
from api.analysis.engine.model import SolverInput
from api.analysis.engine.solution import Certificates, Solution
from api.analysis.engine.solver import solve_input
from api.errors import Busy

T = TypeVar("T")

_PATIENCE = 1.0
"""For how many seconds more than the solving a caller waits for another one's solution."""

_CACHED, _CUT_FOR = 256, 60.0
"""How many solutions are cached, and for how many seconds one that the time cut short."""


_lock = threading.Lock()
_entries: OrderedDict[bytes, tuple[Future[Any], float]] = OrderedDict()
"""Solutions by digest, found or being found, each with the instant until which it is cached."""


def solve_once(problem: SolverInput, *, limit: int, seconds: float) -> Solution:
    """Return the solution of a problem, cached or new; raises Busy after too long a wait."""
    return _work_once(
        (problem, limit),
        lambda: solve_input(problem, limit=limit, seconds=seconds),
        lambda found: "time" in found.cut,
        seconds,
    )


def certify_once(
    problem: SolverInput, found: Solution, moves: Sequence[Sequence[str]], *, seconds: float
) -> Certificates | None:
    """Return the certificates of a solution, cached or new; raises Busy as `solve_once` does."""
    return _work_once(
        (problem, found, moves),
        lambda: certify_solution(problem, found, moves, seconds=seconds),
        lambda made: made is None,
        seconds,
    )


def _work_once(
    asked: object, work: Callable[[], T], is_cut: Callable[[T], bool], seconds: float
) -> T:
    key = sha256(repr(asked).encode()).digest()
    with _lock:
        promise, until = _entries.get(key, (Future[Any](), 0.0))
        if is_mine := until < time.monotonic():
            promise = Future[Any]()
            _entries[key] = promise, inf
        _entries.move_to_end(key)
    if not is_mine:
        try:
            return promise.result(timeout=seconds + _PATIENCE)
        except TimeoutError as error:
            raise Busy("the same deadlock is being worked out; ask again in a second") from error
    try:
        found = work()
    except BaseException as error:
        with _lock:
            _entries.pop(key, None)
        promise.set_exception(error)
        raise
    promise.set_result(found)
    with _lock:
        _entries[key] = promise, time.monotonic() + _CUT_FOR if is_cut(found) else inf
        while len(_entries) > _CACHED:
            _entries.popitem(last=False)
    return found
