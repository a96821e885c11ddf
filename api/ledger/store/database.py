"""One database with two SQLAlchemy engines: one for readers, one for the serial writer.

*Readers* are read-only and never wait. Where several statements must see the same state, they run
in SQLite's deferred transaction on a WAL file, or in PostgreSQL's REPEATABLE READ. *Writers* run
one at a time: `BEGIN IMMEDIATE` on SQLite, an advisory lock held to the end of the transaction on
PostgreSQL. With the default isolation of either, concurrent read-modify-write loses acknowledged
updates. A reader that began IMMEDIATE would be locked out by a writer, so there are two engines.

A snapshot is a bare BEGIN and ROLLBACK on a connection that is used again, and begins only when it
is needed (`transactions`). The snapshot that was used last is used first, so few connections keep
their memory maps and caches warm. A connection is replaced when SQLite's file is no longer the one
that it opened, because a backup was put in its place.

**The commit barrier.** `known_at` may be an instant between the newest changeset and now. The
answer given then must never change, although a slow write may be in progress. A writer therefore
takes its time stamp at the very end, and holds the commit barrier closed from the stamp to the end
of the commit (`commit_barrier`; an advisory lock on PostgreSQL). A reader with such an instant
passes the barrier before it reads (`pass_barrier`). Every later stamp is then later than the
reader's instant, as long as the clocks of hosts that share a database agree and do not run
backwards.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Executable, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

from api.errors import Busy, SineQuaNonError
from api.ledger.store.commit_barrier import CommitBarrier
from api.ledger.store.engines import make_postgresql_engine, make_sqlite_engine, parse_url
from api.ledger.store.state import DatabaseState
from api.ledger.store.transactions import IDENTITY, Snapshot, Write

_WRITER_LOCK, _BARRIER_LOCK = 0x53514E01, 0x53514E02
"""Keys of PostgreSQL's advisory locks."""


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, *, lock_timeout: int = 30) -> None:
        self.url = parse_url(url)
        self.lock_timeout = lock_timeout
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = str(self.url.database)
        make = make_sqlite_engine if self.is_sqlite else make_postgresql_engine
        self._reader, self._writer = (
            make(self.url, lock_timeout, writes=writes) for writes in (False, True)
        )
        for engine in (self._reader, self._writer):
            event.listen(engine, "do_connect", self._remember_file)
        event.listen(self._writer, "checkout", self._compare_file)
        self._idle: list[Snapshot] = []
        self._write_lock = Lock()
        self._begin = _begin_statements(self.is_sqlite, lock_timeout)
        self._barrier = CommitBarrier(Path(f"{self._file}-gate"))
        self.state = DatabaseState(self.url, self.file_identity, self._barrier)

    @contextmanager
    def read_snapshot(self) -> Generator[Snapshot]:
        """Open a read-only snapshot of what was committed before its first statement."""
        snapshot = self._take_idle() or Snapshot(self._reader.connect())
        try:
            yield snapshot
        except SineQuaNonError:
            self._give_back(snapshot)
            raise
        except BaseException as error:
            snapshot.invalidate()
            if isinstance(error, DBAPIError):  # a server that restarted has cut the idle ones
                self._close_idle()
            raise
        self._give_back(snapshot)

    def _give_back(self, snapshot: Snapshot) -> None:
        """End a snapshot and keep its connection for the next; close it if that fails."""
        try:
            snapshot.roll_back()
        except BaseException:
            snapshot.invalidate()
            self._close_idle()
            raise
        self._idle.append(snapshot)

    def _take_idle(self) -> Snapshot | None:
        """Take the snapshot that was used last; those of another file are closed.

        A list's own `pop` and `append` need no lock. With SQLAlchemy's pool a page of 50 records
        takes 250 µs instead of 220 (one thread, 1,000 positions).
        """
        identity = self.file_identity()
        with suppress(IndexError):
            while (idle := self._idle.pop()).identity != identity:
                idle.invalidate()
            return idle
        return None

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().invalidate()

    def file_identity(self) -> object:
        """Return device and inode of SQLite's file: another file in its place has others."""
        if not self.is_sqlite:
            return None
        try:
            found = os.stat(self._file)  # noqa: PTH116, twice as fast as a Path's
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _remember_file(self, _dialect: Any, record: Any, _args: Any, _options: Any) -> None:
        """Remember which file is there before it is opened; if it is replaced now, that shows."""
        record.info[IDENTITY] = self.file_identity()

    def _compare_file(self, _driver: Any, record: Any, _proxy: Any) -> None:
        """Have a connection replaced that has opened another file than is there now."""
        if record.info[IDENTITY] != self.file_identity():
            raise DisconnectionError

    @contextmanager
    def begin_write(self, *, keep: bool = True) -> Generator[Write]:
        """Open the one write transaction.

        At the end it commits if `keep` is set, else it rolls back, as on any exception.
        """
        self._wait_for_writers()
        try:
            with self._writer.connect() as connection:
                write = Write(connection, lambda: self._close_barrier(connection))
                try:
                    write.begin_writing(self._begin)
                    yield write
                    if keep:
                        write.close_barrier()
                    write.end_writing(keep=keep)
                except DBAPIError:
                    connection.invalidate()
                    raise
                except BaseException:
                    write.end_writing(keep=False)
                    raise
        finally:
            try:
                self._barrier.open_barrier()  # after the commit
            finally:
                self._write_lock.release()

    def _wait_for_writers(self) -> None:
        """Wait for the other writers of this process; raises Busy after the lock's timeout.

        The engine waits for those of other processes. SQLite does that by polling, and a connection
        drops its cached pages when another one has written; so the process has its own lock.
        """
        if not self._write_lock.acquire(timeout=self.lock_timeout):
            raise Busy("other writes are in progress; nothing was written, try again in a second")

    def _close_barrier(self, connection: Connection) -> None:
        if self.is_sqlite:
            self._barrier.close_barrier()
        else:  # it opens with the end of the transaction
            connection.execute(_advisory_call("pg_advisory_xact_lock"), {"key": _BARRIER_LOCK})

    def try_update(self, statement: Executable) -> None:
        """Run an update that may be left out: it waits for no lock, and ignores failures."""
        wait = "PRAGMA busy_timeout = 0" if self.is_sqlite else "SET lock_timeout = '20ms'"
        with suppress(Exception), self._writer.connect() as connection:
            connection.detach()  # no other write may use it, because it does not wait
            connection.exec_driver_sql(wait)
            connection.execute(statement)
            connection.commit()

    @contextmanager
    def pass_barrier(self) -> Generator[None]:
        """Pass the commit barrier: inside, no writer is between its stamp and its commit."""
        if self.is_sqlite:
            with self._barrier.pass_barrier():
                yield
            return
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            key = {"key": _BARRIER_LOCK}
            connection.execute(_advisory_call("pg_advisory_lock_shared"), key)
            try:
                yield
            finally:
                connection.execute(_advisory_call("pg_advisory_unlock_shared"), key)

    @contextmanager
    def open_autocommit(self) -> Generator[Connection]:
        """Open a connection that commits each statement, for work that changes no answer.

        It does not pass the commit barrier. Other writers wait meanwhile; on SQLite the engine
        makes those of other processes wait.
        """
        self._wait_for_writers()
        try:
            with self._writer.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                if self.is_sqlite:
                    yield connection
                    return
                with _lock_out_writers(connection, self.lock_timeout):
                    yield connection
        finally:
            self._write_lock.release()

    def close_connections(self) -> None:
        """Close all connections that are not in use."""
        self.state.close_connection()
        self._close_idle()
        self._writer.dispose()


@contextmanager
def _lock_out_writers(connection: Connection, lock_timeout: int) -> Generator[None]:
    """Make PostgreSQL's other writers wait, outside of any transaction."""
    key = {"key": _WRITER_LOCK}
    connection.exec_driver_sql(f"SET lock_timeout = '{lock_timeout}s'")
    try:
        connection.execute(_advisory_call("pg_advisory_lock"), key)
        try:
            yield
        finally:
            connection.execute(_advisory_call("pg_advisory_unlock"), key)
    finally:
        connection.exec_driver_sql("RESET lock_timeout")


def _begin_statements(is_sqlite: bool, lock_timeout: int) -> Sequence[str]:  # noqa: FBT001
    """Return the statements that begin a write, and wait for writers of other processes."""
    if is_sqlite:
        return ("BEGIN IMMEDIATE",)
    return (
        f"SET LOCAL lock_timeout = '{lock_timeout}s'",
        f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})",
    )


def _advisory_call(function: str) -> Any:
    return text(f"SELECT {function}(:key)")
