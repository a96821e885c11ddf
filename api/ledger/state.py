"""Which state a database is in, told faster than anything can be read from it.

Two looks that give the same state saw the same data on the same day: whatever was answered between
them can be answered again. SQLite counts the commits of others on each connection
(`PRAGMA data_version`), so one connection that writes nothing asks for that, in a few microseconds;
a file that took the place of another has another identity. PostgreSQL names the transactions that a
snapshot sees, at the cost of one round trip; its names never come back while the server runs. They
are those of all its databases, so on a server that others write to, too, little is replayed.

Even these microseconds are most of what a replayed answer costs, so SQLite is not asked again while
nobody went through its gate (`api.ledger.gate`), as every commit of ours does that changes an
answer. What else may happen to the file, by other programs or when it is put back from a copy, is
looked for every `FRESH`. Mostly, then, a state is told by the number in the gate and the clock.

Any commit is another state, also one that no answer would show: a key, or a text that was taken
down, which leaves no changeset.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from sqlalchemy import URL, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from api import clock
from api.ledger.gate import Gate

FRESH = 5_000
"""How many microseconds a state holds that nobody of ours has changed."""

_openings = count(1)
"""Each connection counts by itself, so what it says is told together with which one it is."""


@dataclass(frozen=True, slots=True)
class _SeenState:
    """What was seen, at which number of the gate, and from when to when that can be relied on."""

    state: Hashable
    gate: Sequence[int]
    number: int | None
    since: int
    until: int


_NEVER_SEEN = _SeenState(None, (0,), None, 0, 0)


class State:
    """Tells the state of a database.

    `identity` tells SQLite's file from one in its place, `gate` is the one that its commits pass.
    """

    def __init__(self, url: URL, identity: Callable[[], object], gate: Gate) -> None:
        self._url, self._identity_now, self._gate = url, identity, gate
        self._last = _NEVER_SEEN
        is_sqlite = url.get_backend_name() == "sqlite"
        self._ask = self._of_sqlite if is_sqlite else self._of_postgresql
        self._lock = threading.Lock()
        self._driver: Any = None
        self._identity: object = None
        self._opened = 0

    def now(self) -> Hashable:
        """Give the present state; None where it cannot be told."""
        last = self._last
        if last.gate[0] == last.number:
            now = clock.now()
            if last.since <= now < last.until:
                return last.state
            # One looks; the others that come meanwhile need not do the same.
            self._last = replace(last, until=_fresh_until(last.since, now))
        with self._lock:
            return self._ask()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close_connection()

    def _of_sqlite(self) -> Hashable:
        self._gate.renew()
        # Looked at before the state is: a commit since then shows in the next number.
        number, now = self._gate.number(), clock.now()
        committed = self._read_data_version()
        state = None if committed is None else (*committed, now // clock.DAY)
        self._last = _SeenState(state, self._gate.seen, number, now, _fresh_until(now, now))
        return state

    def _read_data_version(self) -> tuple[int, int] | None:
        identity = self._identity_now()
        if identity is None:
            return None
        try:
            if identity != self._identity:
                self._close_connection()
                self._driver = sqlite3.connect(
                    str(self._url.database), isolation_level=None, check_same_thread=False
                )
                self._identity, self._opened = identity, next(_openings)
            # All rows are fetched, so that no snapshot stays open behind the answer.
            version = self._driver.execute("PRAGMA data_version").fetchall()[0][0]
        except sqlite3.Error:
            self._close_connection()
            return None
        return self._opened, version

    def _of_postgresql(self) -> Hashable:
        try:
            if self._driver is None:
                engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
                self._driver, self._opened = engine.connect(), next(_openings)
            seen = self._driver.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar()
        except DBAPIError:
            self._close_connection()
            return None
        return self._opened, seen, clock.now() // clock.DAY

    def _close_connection(self) -> None:
        if self._driver is not None:
            self._driver.close()
        self._driver, self._identity, self._last = None, None, _NEVER_SEEN


def _fresh_until(since: int, now: int) -> int:
    """Tell how long to rely on what was seen: for a moment from now on, never into another day."""
    return min(now + FRESH, (since // clock.DAY + 1) * clock.DAY)
