"""The state of a database: a value that changes with every commit and every day.

Two reads of the same state saw the same data on the same day, so an answer that was made between
them can be replayed. SQLite counts the commits of other connections on each connection
(`PRAGMA data_version`): one connection that never writes asks for that, in a few microseconds. A
file that was put in the place of another has another identity. PostgreSQL returns the transactions
that a snapshot sees, in one round trip; the value never comes back while the server runs. It covers
all databases of the server, so little is replayed where others write to the same server.

These microseconds are most of the cost of a replayed answer. SQLite is therefore not asked again
while the counter of the commit barrier stands still: every commit of ours that changes an answer
moves it. Other changes of the file, by other programs or by restoring a copy, are noticed after
`FRESH` at the latest. So the usual check of a state reads that counter and the clock.

Every commit makes another state, even one that no answer shows: a key, or the deletion of a text,
which leaves no changeset.
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
from api.ledger.store.commit_barrier import CommitBarrier

FRESH = 5_000
"""Microseconds for which a state is trusted while our own commit barrier stands still."""

_connection_numbers = count(1)
"""Numbers the connections: each counts commits by itself, so a state names its connection, too."""


@dataclass(frozen=True, slots=True)
class _SeenState:
    """A state, the counter of the commit barrier then, and the period in which it is trusted."""

    state: Hashable
    counter: Sequence[int]
    number: int | None
    since: int
    until: int


_NEVER_SEEN = _SeenState(None, (0,), None, 0, 0)


class DatabaseState:
    """Reads the state of a database.

    `identity` returns which file SQLite's is now; `barrier` is closed by each commit to it.
    """

    def __init__(self, url: URL, identity: Callable[[], object], barrier: CommitBarrier) -> None:
        self._url, self._read_identity, self._barrier = url, identity, barrier
        self._last = _NEVER_SEEN
        is_sqlite = url.get_backend_name() == "sqlite"
        self._ask = self._of_sqlite if is_sqlite else self._of_postgresql
        self._lock = threading.Lock()
        self._driver: Any = None
        self._identity: object = None
        self._opened = 0

    def read_state(self) -> Hashable:
        """Return the present state; None if it cannot be read."""
        last = self._last
        if last.counter[0] == last.number:
            now = clock.now()
            if last.since <= now < last.until:
                return last.state
            # One thread reads; the others that come meanwhile trust the last state.
            self._last = replace(last, until=_fresh_until(last.since, now))
        with self._lock:
            return self._ask()

    def close_connection(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close_connection()

    def _of_sqlite(self) -> Hashable:
        self._barrier.follow_file()
        # Read before the state: a commit after that moves the counter.
        number, now = self._barrier.read_number(), clock.now()
        version = self._read_data_version()
        state = None if version is None else (*version, now // clock.DAY)
        self._last = _SeenState(state, self._barrier.seen, number, now, _fresh_until(now, now))
        return state

    def _read_data_version(self) -> tuple[int, int] | None:
        identity = self._read_identity()
        if identity is None:
            return None
        try:
            if identity != self._identity:
                self._close_connection()
                self._driver = sqlite3.connect(
                    str(self._url.database), isolation_level=None, check_same_thread=False
                )
                self._identity, self._opened = identity, next(_connection_numbers)
            # All rows are fetched, so that no snapshot stays open.
            version = self._driver.execute("PRAGMA data_version").fetchall()[0][0]
        except sqlite3.Error:
            self._close_connection()
            return None
        return self._opened, version

    def _of_postgresql(self) -> Hashable:
        try:
            if self._driver is None:
                engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
                self._driver, self._opened = engine.connect(), next(_connection_numbers)
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
    """Return until when a state is trusted: `FRESH` from now, but never into another day."""
    return min(now + FRESH, (since // clock.DAY + 1) * clock.DAY)
