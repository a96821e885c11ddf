"""The state of a database, and the commit barrier of SQLite, whose counter shows if it has changed.

The **state** is a value that changes with every commit and every day. Two reads of the same state
saw the same data on the same day, so an answer that was made between them can be replayed. SQLite
counts the commits of other connections on each connection (`PRAGMA data_version`): one connection
that never writes asks for that, in a few microseconds. A file that was put in the place of another
has another identity. `lease` reads the state of PostgreSQL. Every commit makes another state, even
one that no answer shows: a key, or the deletion of a text, which leaves no changeset. The
connection stays open, so it also notices when SQLite's -wal is taken away (`check_wal`).

These microseconds are most of the cost of a replayed answer. SQLite is therefore not asked again
while the counter of the commit barrier stands still: every commit of ours that changes an answer
moves it. Other changes of the file, by other programs or by restoring a copy, are noticed after
`FRESH` at the latest. So the usual check of a state reads that counter and the clock.

The **commit barrier** makes readers wait that must not read during a commit. It is a file beside
the database. A writer closes it before it takes its time stamp, and opens it after its commit; a
reader passes it when no write may be between the two (`database`). The file holds a counter: odd
while the barrier is closed, even while it is open, and higher after each commit. A process that has
mapped the file sees without a system call that nobody has committed since: the counter still has
the same even value. A writer that dies leaves it odd, which says nothing, until the next writer
closes and opens the barrier.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import mmap
import os
import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, cast
from weakref import finalize

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from api import clock
from api.errors import NotReady

FRESH = 5_000
"""Microseconds for which a state is trusted while our own commit barrier stands still."""

PATIENCE = 0.5
"""Seconds that a state is waited for. Without one, an answer is made as if nothing were cached."""

_log = logging.getLogger(__name__)

_connection_numbers = count(1)
"""Numbers the connections: each counts commits by itself, so a state names its connection, too."""

_WIDTH = 8
"""The bytes of the counter, in the machine's own byte order."""

_UNREADABLE = (1,)
"""Stands for a file that cannot be read: the counter is odd, as if the barrier were closed."""


class Extent(NamedTuple):
    """How far a database is: the numbers of its newest changeset and of its newest audit entry.

    What leaves no changeset, but changes answers, leaves an audit entry: a text taken down.
    """

    changeset: int = 0
    audit: int = 0

    def include(self, other: Extent) -> Extent:
        """Return what is the later in each of the two."""
        return Extent(*map(max, self, other))


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
    """Reads the state of a database on a connection of its own, by one thread at a time."""

    def __init__(self, reader: Engine) -> None:
        self._reader = reader
        self._errors = DBAPIError, reader.dialect.loaded_dbapi.Error
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._driver: Any = None
        self._opened = 0

    def read_state(self) -> Hashable:
        """Return the present state; None if it cannot be read."""
        raise NotImplementedError

    def read_identity(self) -> object:
        """Return which file is read (`Database.file_identity`), None if the state cannot tell."""

    def check_wal(self) -> None:
        """Raise NotReady if files of the database were taken away; a server has none."""

    def close_connection(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close_connection()

    def _open_connection(self) -> Any:
        self._connection, self._opened = self._reader.connect(), next(_connection_numbers)
        self._driver = self._connection.connection.driver_connection
        return self._driver

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection, self._driver = None, None


class SqliteState(DatabaseState):
    """Reads the state of a SQLite file.

    `identity` returns which file it is now; `barrier` is closed by each commit to it.
    """

    def __init__(
        self, reader: Engine, file: str, identity: Callable[[], object], barrier: CommitBarrier
    ) -> None:
        super().__init__(reader)
        self._read_identity, self._barrier = identity, barrier
        self._file, self._last = file, _NEVER_SEEN
        self._identity: object = None
        self._wal: tuple[object, object] = None, None

    def read_state(self) -> Hashable:
        last = self._last
        if last.counter[0] == last.number:
            now = clock.now()
            if last.since <= now < last.until:
                return last.state
            # One thread reads; the others that come meanwhile trust the last state.
            self._last = replace(last, until=_fresh_until(last.since, now))
        if not self._lock.acquire(timeout=PATIENCE):
            return None
        try:
            return self._look()
        except self._errors:
            self._close_connection()
            return None
        finally:
            self._lock.release()

    def read_identity(self) -> object:
        state: Any = self.read_state()
        return state and state[0]

    def check_wal(self) -> None:
        """Raise NotReady if SQLite's -wal was taken away or replaced while this connection is open.

        SQLite itself never does that. What is in a file without a name would be lost with the last
        process, so it is moved into the database; but not if the -shm by which processes agree was
        taken away, too, because another process may have written there.
        """
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

    def _look(self) -> Hashable:
        # Read before the state: a commit after that moves the counter.
        counter = self._barrier.map_counter()
        number, now = _even_or_none(counter[0]), clock.now()
        version = self._read_data_version()
        state = None if version is None else (*version, now // clock.DAY)
        self._last = _SeenState(state, counter, number, now, _fresh_until(now, now))
        return state

    def _read_data_version(self) -> tuple[object, int, int] | None:
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
        return identity, self._opened, version

    def _identify_wal(self) -> tuple[object, object]:
        wal, shm = _identify(f"{self._file}-wal"), _identify(f"{self._file}-shm")
        return wal and wal[:2], shm and shm[:2]

    def _close_connection(self) -> None:
        super()._close_connection()
        self._identity, self._last = None, _NEVER_SEEN


def _identify(file: str | Path | int) -> tuple[int, int, int] | None:
    """Return device, inode and size of a file, given by name or as it was opened."""
    try:
        found = os.stat(file)  # noqa: PTH116, twice as fast as a Path's
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size


def _even_or_none(number: int) -> int | None:
    return None if number & 1 else number


def _fresh_until(since: int, now: int) -> int:
    """Return until when a state is trusted: `FRESH` from now, but never into another day."""
    return min(now + FRESH, (since // clock.DAY + 1) * clock.DAY)


class CommitBarrier:
    """A commit barrier.

    Each reader that passes it opens the file anew, because locks belong to open files. Within a
    process one writer at a time may close it; the file stays open for the next one.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._own: _ProcessFile | None = None
        self._closed: _ProcessFile | None = None

    def close_barrier(self) -> None:
        """Wait for the readers that pass it, and close it until `open_barrier`."""
        own = self._process_file()
        fcntl.flock(own.file, fcntl.LOCK_EX)
        own.number[0] |= 1
        self._closed = own

    def open_barrier(self) -> None:
        """Open it, if this object has closed it."""
        own, self._closed = self._closed, None
        if own is not None:
            own.number[0] += 1
            fcntl.flock(own.file, fcntl.LOCK_UN)

    def pass_barrier(self) -> None:
        """Wait until it is open; where no file can be made, nobody has ever closed it."""
        with suppress(FileNotFoundError), os.fdopen(_open_file(self._file), "rb", 0) as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    def read_number(self) -> int | None:
        """Return the counter while the barrier is open; None while it is closed or unreadable."""
        return _even_or_none(self.map_counter()[0])

    def map_counter(self) -> Sequence[int]:
        """Return the counter of the file that is there now, as memory that shows each change."""
        try:
            return self._process_file().number
        except OSError:
            return _UNREADABLE

    def _process_file(self) -> _ProcessFile:
        """Return the file that is there now, opened by this process.

        A file that was inherited by a fork is not used: parent and child would share one lock.
        """
        own = self._own
        here = os.getpid(), _identify(self._file)
        if own is None or (own.process, own.identity) != here:
            own = self._own = _ProcessFile(self._file)
        return own


class _ProcessFile:
    """The file as opened by one process, closed with this object; `number` is the counter."""

    def __init__(self, path: Path) -> None:
        self.file, self.process = _open_file(path), os.getpid()
        finalize(self, os.close, self.file)
        self.identity, self.number = _identify(self.file), _map_number(self.file)


def _open_file(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS):
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(file).st_size < _WIDTH:
        # Written, not truncated: on a full disk, storing into a mapped hole kills the process.
        os.pwrite(file, b"\0", _WIDTH - 1)
    return file


def _map_number(file: int) -> memoryview:
    """Map the counter: memory that is shared by all processes that have mapped the file."""
    return memoryview(mmap.mmap(file, _WIDTH)).cast("Q")
