"""Bounds on how many requests do the same thing at once, so that others always find a thread.

A request may wait for the body of a slow client, for a snapshot, for other writers, for a slot to
work out an answer, or for a client that does not read an export. Each of these has a
`ConcurrencyLimiter`: so many run, a few more wait, and all others are refused at once. Together
they hold fewer threads than a worker has, so that `/livez` and cached answers never wait.

One client gets at most a share of the slots that a stranger can hold for long. Of those who wait,
the next slot is for the client that holds the fewest.

Python runs one thread at a time. Answers that take long to compute are therefore few at once: each
of them makes every other request wait whenever that needs the interpreter.
"""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from api.errors import Busy

WORKER_THREADS = 464
"""Threads of a worker; all limiters together hold at most 462 of them by default. With more, a
burst of requests makes others wait for longer."""

STILL_SECONDS, SILENT_SECONDS = 20, 120
"""After how long a connection is shut down on which the server has sent something, and no more; and
one whose client has, which may wait for a long answer."""

SLOWEST = 50_000
"""Bytes that a client must send of a body, or take of a large answer, in each second after the
first ones."""

MIN_CHANGESET = "Sinequanon-Min-Changeset"
"""The header of a request that must be shown a changeset, because its client has seen it."""


class CurrentRequest(threading.local):
    """The request that a thread answers; the layer in front sets its values.

    Its reads must show the changeset `least`. `source` is the database that was chosen for them,
    where `newest` was the newest changeset (`api.ledger.store.router`).
    """

    client, request_id = "", ""
    least, newest, may_read_standby = 0, 0, False
    source: Any = None


current = CurrentRequest()


SWITCH_SECONDS, _CROWDED_SWITCH_SECONDS, CROWD = 0.001, 0.005, 100
"""After how long a thread leaves its turn at Python's lock to others, and from how many requests at
work in a worker it takes longer."""


class Crowd(list[None]):
    """Has an item for each request at work; while they are many, threads take longer turns.

    Each thread that waits for its turn wakes as often as turns may end. While 400 clients asked for
    an export, threads did little else with turns of 1 ms, and `/livez` took up to 4 s; with 5 ms
    half of one. Beside three heavy answers a page takes half as long with 1 ms.
    """

    has_long_turns = False

    def lengthen_turns(self) -> None:
        """Let threads take longer turns: there are `CROWD` requests at work."""
        if not self.has_long_turns:
            sys.setswitchinterval(_CROWDED_SWITCH_SECONDS)
            self.has_long_turns = True

    def shorten_turns(self) -> None:
        """Let threads take turns as usual once half of the crowd has gone."""
        if len(self) < CROWD // 2:
            sys.setswitchinterval(SWITCH_SECONDS)
            self.has_long_turns = False


crowd = Crowd()


class ConcurrencyLimiter:
    """Gives out a number of slots; a few callers may wait for one, all others are refused.

    `refusal` is the sentence for those. A thread that holds a slot needs no other. One client holds
    at most a `share` of the slots and places to wait, and at most `slots_each` of the slots. A free
    slot goes to the client that holds the fewest, and among its like to who has waited longest;
    what else a client waits for waits anew when it gets a slot.
    """

    def __init__(
        self, refusal: str, at_once: int, waiting: int, patience: float,
        share: int = 999, slots_each: int = 999,
    ) -> None:  # fmt: skip
        self._refusal, self._patience, self._share = refusal, patience, share
        self._at_once, self._places = at_once, at_once + waiting
        self._slots_each = min(slots_each, share)
        self._clients, self._waiting = list[str](), dict[threading.Event, str]()
        self._holding, self._lock = threading.local(), threading.Lock()

    def take_slot(self) -> str:
        """Take a slot, for the client that is returned; raises Busy if there is none in time."""
        client = current.client
        if not (self._try_take(client) or self._wait_for_slot(client)):
            raise Busy(self._refusal)
        return client

    def _try_take(self, client: str) -> bool:
        """Take a slot at once where nobody waits, as nearly always."""
        with self._lock:
            is_free = len(self._clients) < self._at_once and not self._waiting
            if is_free and self._clients.count(client) < self._slots_each:
                self._clients.append(client)
                return True
        return False

    def _wait_for_slot(self, client: str) -> bool:
        """Wait until it is a client's turn; False if it has its share, or waits too long."""
        turn = threading.Event()
        with self._lock:
            there = [*self._clients, *self._waiting.values()]
            if len(there) >= self._places or there.count(client) >= self._share:
                return False
            self._waiting[turn] = client
            self._hand_out()
        if turn.wait(self._patience):
            return True
        with self._lock:
            return self._waiting.pop(turn, None) is None

    def _hand_out(self) -> None:
        """Give the free slots to those who wait; the lock is held."""
        while self._waiting and len(self._clients) < self._at_once:
            held = {turn: self._clients.count(client) for turn, client in self._waiting.items()}
            turn = min(held, key=held.__getitem__)
            if held[turn] >= self._slots_each:
                break
            client = self._waiting.pop(turn)
            self._clients.append(client)
            for other in [each for each, of in self._waiting.items() if of == client]:
                self._waiting[other] = self._waiting.pop(other)
            turn.set()

    def give_back(self, client: str) -> None:
        """Give back a slot that was taken for a client; another thread may have taken it."""
        with self._lock:
            self._clients.remove(client)
            self._hand_out()

    @contextmanager
    def hold_slot(self) -> Generator[None]:
        """Hold a slot, unless this thread holds one; raises what `take_slot` raises."""
        if getattr(self._holding, "now", False):
            yield
            return
        client = self.take_slot()
        self._holding.now = True
        try:
            yield
        finally:
            self._holding.now = False
            self.give_back(client)


heavy_answers = ConcurrencyLimiter(
    "other answers are being worked out; ask again in a second", 3, waiting=45, patience=2.0,
    share=24, slots_each=2,
)  # fmt: skip
"""Answers that are computed from many records, whether as JSON, as a picture or on a page.

Most take some milliseconds, and many readers may open pages at the same moment after a write, so
many may wait; while they do they hold no connection.
"""

texts = ConcurrencyLimiter(
    "another text is being read; ask again in a second", 1, waiting=3, patience=1.0, share=2
)
"""Texts that are read for candidates; each takes a slot of the answers above, too."""

dry_runs = ConcurrencyLimiter(
    "other changes are being tried; ask again in a second", 2, waiting=6, patience=10.0, share=4
)
"""Changes that are tried and not written: dry runs, and submissions as they are sent and shown."""

lots = ConcurrencyLimiter(
    "other requests with many records are being read; try again in a second", 2, waiting=22,
    patience=10.0, share=12,
)  # fmt: skip
"""Bodies of many records, and coded sources, while they are parsed to be written; those of dry runs
are parsed in a slot of these."""

exports = ConcurrencyLimiter(
    "other exports are being sent; ask again in a second", 8, waiting=0, patience=0, share=4
)

broken_answers = ConcurrencyLimiter("", 8, waiting=0, patience=0, share=4)
"""Answers that broke off, until their clients are gone."""

large_answers = ConcurrencyLimiter(
    "other large answers are being sent; ask again in a second", 24, waiting=16, patience=2.0,
    share=20, slots_each=12,
)  # fmt: skip
"""Answers of more than a megabyte, as long as their clients take them."""

followers = ConcurrencyLimiter(
    "too many programs wait for changes; ask again in a second, without wait", 32, waiting=0,
    patience=0, share=8,
)  # fmt: skip

bodies = ConcurrencyLimiter(
    "too many requests are sending a body; try again in a second", 96, 0, patience=0, share=48
)

refused_bodies = ConcurrencyLimiter(
    "", at_once=16, waiting=8, patience=2.0, share=16, slots_each=8
)  # fmt: skip
"""Bodies that are thrown away behind an answer; without a slot their client may not see that."""
