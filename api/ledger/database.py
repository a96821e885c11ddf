"""One database, two engines: readers see a snapshot and never wait, writers come one by one.

*Readers* are read-only, and repeatable where several statements must see the same: SQLite's
deferred transaction on a WAL file, PostgreSQL's REPEATABLE READ. *Writers* are serial by design:
`BEGIN IMMEDIATE` on SQLite, an advisory lock held to the end of the transaction on PostgreSQL. With
the default isolation of either, concurrent read-modify-write loses acknowledged updates; and a
reader that began IMMEDIATE would be locked out by a writer. Hence two engines.

Connections are pooled, last in, first out, so that few of them keep their maps and caches warm. A
connection is replaced when SQLite's file is no longer the one that it opened, because a backup took
its place. A snapshot is a bare BEGIN and ROLLBACK on such a connection, or not even that.

**The gate.** `known_at` may be an instant, also one that lies behind the newest changeset and
before now. The answer given then must never change, yet a slow writer may be at work. A writer
therefore takes its time stamp at the very end and holds the gate shut from the stamp to the end
of the commit (`api.ledger.gate`; an advisory lock on PostgreSQL); a reader with such an instant
passes the gate before it looks (`settled`). Whatever is stamped afterwards is stamped later than
the reader's instant, as long as the clocks of hosts that share a database agree and do not run
backwards.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    QueuePool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError

from api.errors import Busy, Invalid, SineQuaNonError
from api.ledger.gate import Gate
from api.ledger.state import State
from api.ledger.transactions import IDENTITY, Snapshot, Write

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

_WRITER_LOCK, _GATE_LOCK = 0x53514E01, 0x53514E02


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, *, lock_timeout: int = 30) -> None:
        self.url = _parse_url(url)
        self.lock_timeout = lock_timeout
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = str(self.url.database)
        make = self._sqlite_engine if self.is_sqlite else self._postgresql_engine
        self._reader, self._writer = make(writes=False), make(writes=True)
        self._writing = Lock()
        self._begin = _begin_statements(self.is_sqlite, lock_timeout)
        self._gate = Gate(Path(f"{self._file}-gate"))
        self.state = State(self.url, self.identity, self._gate)

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Open a read-only snapshot; it is of what was committed before its first statement."""
        snapshot = self.open_snapshot()
        try:
            yield snapshot
        except BaseException as error:
            self.close_snapshot(snapshot, error)
            raise
        self.close_snapshot(snapshot)

    def open_snapshot(self) -> Snapshot:
        """Open a snapshot, as `reading` does; the caller closes it."""
        return Snapshot(self._reader.connect())

    def close_snapshot(self, snapshot: Snapshot, error: BaseException | None = None) -> None:
        """End a snapshot; its connection is used again unless an error may have damaged it."""
        if error is None or isinstance(error, SineQuaNonError):
            snapshot.end()
        else:
            snapshot.invalidate()
        if isinstance(error, DBAPIError):  # a server that went away left the idle ones, too
            self._reader.dispose()

    def identity(self) -> object:
        """Tell SQLite's file from one that has taken its place under the same name."""
        if not self.is_sqlite:
            return None
        try:
            found = os.stat(self._file)  # noqa: PTH116, twice as fast as a Path's
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def writing(self, *, keep: bool = True) -> Generator[Write]:
        """Open the one write transaction.

        Commits at the end if `keep` is set, rolls back if not, and on any exception.
        """
        self._wait_for_writers()
        try:
            with self._writer.connect() as connection:
                write = Write(connection, lambda: self._close_barrier(connection))
                try:
                    write.begin(self._begin)
                    yield write
                    if keep:
                        write.shut_gate()
                    write.end(keep=keep)
                except DBAPIError:
                    connection.invalidate()
                    raise
                except BaseException:
                    write.end(keep=False)
                    raise
        finally:
            try:
                self._gate.open()  # behind the commit
            finally:
                self._writing.release()

    def _wait_for_writers(self) -> None:
        """Wait for the other writers of this process; raises Busy after the lock's timeout.

        Writers of other processes are waited for by the engine: SQLite looks again now and then,
        and a connection loses what it holds of the file in memory when another one has written.
        """
        if not self._writing.acquire(timeout=self.lock_timeout):
            raise Busy("other writes are at work; nothing was written, ask again in a second")

    def _close_barrier(self, connection: Connection) -> None:
        if self.is_sqlite:
            self._gate.shut()
        else:  # it opens with the end of the transaction
            connection.execute(_advisory_call("pg_advisory_xact_lock"), {"key": _GATE_LOCK})

    @contextmanager
    def settled(self) -> Generator[None]:
        """Pass the gate: inside, no writer stands between its stamp and its commit."""
        if self.is_sqlite:
            with self._gate.passed():
                yield
            return
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_advisory_call("pg_advisory_lock_shared"), {"key": _GATE_LOCK})
            try:
                yield
            finally:
                connection.execute(_advisory_call("pg_advisory_unlock_shared"), {"key": _GATE_LOCK})

    @contextmanager
    def autocommitting(self) -> Generator[Connection]:
        """Open a connection for what commits by itself and changes no answer: it passes no gate.

        No other writer is at work then; on SQLite the engine sees to those of other processes.
        """
        self._wait_for_writers()
        try:
            with self._writer.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                alone = (
                    nullcontext()
                    if self.is_sqlite
                    else _lock_out_writers(connection, self.lock_timeout)
                )
                with alone:
                    yield connection
        finally:
            self._writing.release()

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.state.close()
        self._reader.dispose()
        self._writer.dispose()

    def _sqlite_engine(self, *, writes: bool) -> Engine:
        engine = self._pooled_engine(connect_args={"timeout": self.lock_timeout})

        @event.listens_for(engine, "connect")
        def set_pragmas(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            # The driver would begin transactions in its own way and at its own time.
            connection.isolation_level = None
            for pragma in _WRITER_PRAGMAS if writes else _READER_PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        return engine

    def _postgresql_engine(self, *, writes: bool) -> Engine:
        if writes:
            return create_engine(self.url, isolation_level="READ COMMITTED", pool_pre_ping=True)
        # A statement that the server prepared may be planned once for whatever it is asked.
        return self._pooled_engine(connect_args={"prepare_threshold": None})

    def _pooled_engine(self, **options: Any) -> Engine:
        engine = create_engine(
            self.url,
            isolation_level="AUTOCOMMIT",
            poolclass=QueuePool,
            pool_size=0,  # no limit
            pool_use_lifo=True,
            pool_reset_on_return=None,
            **options,
        )

        @event.listens_for(engine, "connect")
        def remember_file(_connection: Any, record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            record.info[IDENTITY] = self.identity()

        @event.listens_for(engine, "checkout")
        def compare_file(_connection: Any, record: Any, _proxy: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            if record.info[IDENTITY] != self.identity():
                raise DisconnectionError

        return engine


_WRITER_PRAGMAS = (
    f"page_size = {PAGE_SIZE}",
    "journal_mode = WAL",
    # NORMAL can lose acknowledged commits when the power fails.
    "synchronous = FULL",
    # With it the guards hear of what INSERT OR REPLACE deletes.
    "recursive_triggers = ON",
    # Room for what ten thousand votes change, in KiB: else pages are written several times over.
    "cache_size = -32000",
)
_READER_PRAGMAS = (
    "query_only = ON",
    # The most that SQLite maps as it is usually built; pages beyond it are copied on reading.
    "mmap_size = 2147418112",
)


@contextmanager
def _lock_out_writers(connection: Connection, lock_timeout: int) -> Generator[None]:
    """Let PostgreSQL's other writers wait, outside of any transaction."""
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
    """Give the statements with which a write begins, when no other writer is at work."""
    if is_sqlite:
        return ("BEGIN IMMEDIATE",)
    return (
        f"SET LOCAL lock_timeout = '{lock_timeout}s'",
        f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})",
    )


def _advisory_call(function: str) -> Any:
    return text(f"SELECT {function}(:key)")


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except Exception as error:
        raise Invalid(f"not a database address: {url!r}") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Invalid("the database must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Invalid("SQLite needs a file: sqlite:///PATH")
    return parsed
