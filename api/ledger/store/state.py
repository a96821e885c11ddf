"""The state of a database: a value that changes with every commit and every day.

Two reads of the same state saw the same data on the same day, so an answer that was made between
them can be replayed. SQLite counts the commits of other connections on each connection
(`PRAGMA data_version`): one connection that never writes asks for that, in a few microseconds. A
file that was put in the place of another has another identity. PostgreSQL returns the transactions
that a snapshot sees, in one round trip; the value never comes back while the server runs. It covers
all databases of the server, so little is replayed where others write to the same server.

The connection stays open, so it also notices when SQLite's -wal is taken away (`check_wal`).

These microseconds are most of the cost of a replayed answer. SQLite is therefore not asked again
while the counter of the commit barrier stands still: every commit of ours that changes an answer
moves it. Other changes of the file, by other programs or by restoring a copy, are noticed after
`FRESH` at the latest. So the usual check of a state reads that counter and the clock.

Every commit makes another state, even one that no answer shows: a key, or the deletion of a text,
which leaves no changeset.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from api import clock
from api.errors import NotReady
from api.ledger.store.commit_barrier import CommitBarrier

FRESH = 5_000
"""Microseconds for which a state is trusted while our own commit barrier stands still."""

_PATIENCE = 0.5
"""Seconds that a state is waited for. Without one, an answer is made as if nothing were cached."""

_POSTGRESQL_STATE = "SELECT pg_current_snapshot()::text, pg_last_wal_replay_lsn()::text"
"""The snapshot of a standby alone does not show every commit that it replays."""

_log = logging.getLogger(__name__)

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

    def __init__(
        self, reader: Engine, file: str, identity: Callable[[], object], barrier: CommitBarrier
    ) -> None:
        self._reader, self._read_identity, self._barrier = reader, identity, barrier
        self._file, self._last = file, _NEVER_SEEN
        self._is_sqlite = reader.dialect.name == "sqlite"
        self._ask = self._of_sqlite if self._is_sqlite else self._of_postgresql
        self._errors = DBAPIError, reader.dialect.loaded_dbapi.Error
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._driver: Any = None
        self._identity: object = None
        self._wal: tuple[object, object] = None, None
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
        if not self._lock.acquire(timeout=_PATIENCE):
            return None
        try:
            return self._ask()
        except self._errors:
            self._close_connection()
            return None
        finally:
            self._lock.release()

    def check_wal(self) -> None:
        """Raise NotReady if SQLite's -wal was taken away or replaced while this connection is open.

        SQLite itself never does that. What is in a file without a name would be lost with the last
        process, so it is moved into the database; but not if the -shm by which processes agree was
        taken away, too, because another process may have written there.
        """
        if not self._is_sqlite:
            return
        with self._lock:
            if self._driver is None or self._read_identity() != self._identity:
                with suppress(*self._errors):
                    self._read_data_version()
            wal, shm = self._identify_wal()
            if self._wal[0] is None:  # an empty file had none until the first write
                self._wal = wal, shm
            is_taken = self._identity is not None and wal != self._wal[0]
            if is_taken and shm == self._wal[1]:
                with suppress(*self._errors):
                    cast("Any", self._driver).execute("PRAGMA wal_checkpoint").fetchall()
        if is_taken:
            _log.error("the file %s-wal was taken away or replaced: writes stop", self._file)
            raise NotReady(
                "the -wal file of the database was taken away or replaced while the server runs; "
                "what is written now would be lost: put it back; or stop the server, check the "
                "database with `sinequanon db check`, and start again"
            )

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
        if identity != self._identity:
            self._close_connection()
        is_new = self._driver is None
        driver = self._driver or self._open_connection()
        # All rows are fetched, so that no snapshot stays open.
        version = driver.execute("PRAGMA data_version").fetchall()[0][0]
        if is_new:
            self._identity, self._wal = identity, self._identify_wal()
        return self._opened, version

    def _identify_wal(self) -> tuple[object, object]:
        return _identify(f"{self._file}-wal"), _identify(f"{self._file}-shm")

    def _of_postgresql(self) -> Hashable:
        driver = self._driver or self._open_connection()
        seen = driver.execute(_POSTGRESQL_STATE).fetchone()
        return self._opened, seen, clock.now() // clock.DAY

    def _open_connection(self) -> Any:
        self._connection, self._opened = self._reader.connect(), next(_connection_numbers)
        self._driver = self._connection.connection.driver_connection
        if not self._is_sqlite:
            self._driver.patience = _PATIENCE
        return self._driver

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection, self._driver, self._identity = None, None, None
        self._last = _NEVER_SEEN


def _identify(file: str) -> object:
    try:
        found = os.stat(file)  # noqa: PTH116, twice as fast as a Path's
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _fresh_until(since: int, now: int) -> int:
    """Return until when a state is trusted: `FRESH` from now, but never into another day."""
    return min(now + FRESH, (since // clock.DAY + 1) * clock.DAY)
