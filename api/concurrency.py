"""Bounds on how many requests do the same thing at once, so that others always find a thread.

A request may wait for the body of a slow client, for a snapshot, for other writers, for a slot to
work out an answer, or for a client that does not read an export. Each of these has a
`ConcurrencyLimiter`: so many run, a few more wait, and all others are refused at once. Together
they hold fewer threads than a worker has, so that `/livez` and cached answers never wait.

Python runs one thread at a time. Answers that take long to compute are therefore few at once: each
of them makes every other request wait whenever that needs the interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from api.errors import Busy

WORKER_THREADS = 320
"""Threads of a worker; all limiters together hold at most 313 of them by default."""


class ConcurrencyLimiter:
    """Gives out a number of slots; a few callers may wait for one, all others are refused.

    `refusal` is the sentence for those. A thread that holds a slot needs no other.
    """

    def __init__(self, refusal: str, at_once: int, waiting: int, patience: float) -> None:
        self._refusal, self._patience = refusal, patience
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._slots = threading.BoundedSemaphore(at_once)
        self._holding = threading.local()

    def take_slot(self) -> None:
        """Take a slot; raises Busy where too many wait, or the wait is too long."""
        if not self._places.acquire(blocking=False):
            raise Busy(self._refusal)
        if not self._slots.acquire(timeout=self._patience):
            self._places.release()
            raise Busy(self._refusal)

    def give_back(self) -> None:
        """Give back a slot; another thread may have taken it."""
        self._slots.release()
        self._places.release()

    @contextmanager
    def hold_slot(self) -> Generator[None]:
        """Hold a slot, unless this thread holds one; raises what `take_slot` raises."""
        if getattr(self._holding, "now", False):
            yield
            return
        self.take_slot()
        self._holding.now = True
        try:
            yield
        finally:
            self._holding.now = False
            self.give_back()


heavy_answers = ConcurrencyLimiter(
    "other answers are being worked out; ask again in a second", at_once=2, waiting=14, patience=1.0
)
"""Answers that are computed from many records, whether as JSON, as a picture or on a page."""

exports = ConcurrencyLimiter(
    "other exports are being sent; ask again in a second", at_once=8, waiting=0, patience=0.0
)

bodies = ConcurrencyLimiter(
    "too many requests are sending a body; try again in a second", at_once=96, waiting=0, patience=0
)

refused_bodies = ConcurrencyLimiter("", at_once=24, waiting=0, patience=0)
