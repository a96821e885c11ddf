"""One database, two engines: readers see a snapshot and never wait, writers come one by one.

*Readers* are read-only, and repeatable where several statements must see the same: SQLite's
deferred transaction on a WAL file, PostgreSQL's REPEATABLE READ. *Writers* are serial by design:
`BEGIN IMMEDIATE` on SQLite, an advisory lock held to the end of the transaction on PostgreSQL. With
the default isolation of either, concurrent read-modify-write loses acknowledged updates; and a
reader that began IMMEDIATE would be locked out by a writer. Hence two engines.

A snapshot is opened for every request, so its connection is neither opened nor reset for it: idle
ones wait, and a snapshot is a bare BEGIN and ROLLBACK on one of them, or not even that. Of those
that wait the oldest is taken: each maps SQLite's file for itself, and so few of them need to keep
their maps and caches warm. The writer's waits likewise, one for each process. They are given up
when SQLite's file is no longer the one that they opened, because a backup took its place.

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
from contextlib import closing, contextmanager, nullcontext
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError

from api.errors import Busy, Invalid, SineQuaNonError
from api.ledger.gate import Gate
from api.ledger.state import State
from api.ledger.transactions import Snapshot, Write

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

_WRITER_LOCK, _GATE_LOCK = 0x53514E01, 0x53514E02


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, *, lock_timeout: int = 30) -> None:
        self.url = _checked(url)
        self.lock_timeout = lock_timeout
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = str(self.url.database)
        make = self._sqlite_engine if self.is_sqlite else self._postgresql_engine
        self._reader, self._writer = make(writes=False), make(writes=True)
        # A heap needs no lock of its own: comparing numbers that are all different runs no Python
        # code, so each push and each pop is done under Python's lock.
        self._idle: list[tuple[int, Snapshot]] = []
        self._numbers = count()
        self._writing = Lock()
        self._kept: Connection | None = None
        self._written: object = None
        self._begin = _beginning(self.is_sqlite, lock_timeout)
        self._gate = Gate(Path(f"{self._file}-gate"))
        self.state = State(self.url, self.identity, self._gate)

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Open a read-only snapshot; it is of what was committed before its first statement."""
        snapshot = self.take()
        try:
            yield snapshot
        except BaseException as error:
            self.give_back(snapshot, error)
            raise
        self.give_back(snapshot)

    def take(self) -> Snapshot:
        """Give a snapshot, as `reading` does, to who gives it back."""
        identity = self.identity()
        while (idle := self._popped()) is not None:
            if idle.identity == identity:
                return idle
            idle.close()
        while True:
            snapshot = Snapshot(self._reader.connect(), identity, next(self._numbers))
            if (now := self.identity()) == identity:
                return snapshot
            snapshot.close()  # it may be to the file before
            identity = now

    def give_back(self, snapshot: Snapshot, error: BaseException | None = None) -> None:
        """End a snapshot, and keep its connection unless nobody knows how the error left it."""
        if error is not None and not isinstance(error, SineQuaNonError):
            snapshot.give_up()
            if isinstance(error, DBAPIError):  # a server that went away left the others, too
                self._close_idle()
            return
        snapshot.end()
        heappush(self._idle, (snapshot.number, snapshot))

    def _popped(self) -> Snapshot | None:
        """Take the oldest that waits; looking first would leave others the time to take it."""
        try:
            return heappop(self._idle)[1]
        except IndexError:
            return None

    def _close_idle(self) -> None:
        while (idle := self._popped()) is not None:
            idle.close()

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
        self._take_turn()
        try:
            connection, write = self._begun()
            try:
                with closing(write):
                    yield write
                    if keep:
                        write.shut_gate()
                    write.wait()
                write.end(keep=keep)
            except DBAPIError:
                connection.invalidate()
                connection.close()
                raise
            except BaseException:
                write.end(keep=False)
                self._kept = connection
                raise
            self._kept = connection
        finally:
            try:
                self._gate.open()  # behind the commit
            finally:
                self._writing.release()

    def _take_turn(self) -> None:
        """Wait for the other writers of this process; raises Busy after the lock's timeout.

        Writers of other processes are waited for by the engine: SQLite looks again now and then,
        and a connection loses what it holds of the file in memory when another one has written.
        """
        if not self._writing.acquire(timeout=self.lock_timeout):
            raise Busy("other writes are at work; nothing was written, ask again in a second")

    def _begun(self) -> tuple[Connection, Write]:
        """Begin on the connection that the last write left, or on another one if that is of no use.

        It is to another file than the one that is there now, or the server has gone away meanwhile.
        """
        kept, self._kept = self._kept, None
        identity = self.identity()
        if kept is not None and identity != self._written:
            kept.close()
            kept = None
        self._written = identity
        connection = kept or self._writer.connect()
        write = Write(connection, lambda: self._shut_gate(connection))
        try:
            write.begin(self._begin)
        except DBAPIError:
            is_gone = write.is_gone
            connection.invalidate()
            connection.close()
            if kept is not None and is_gone:
                return self._begun()
            raise
        return connection, write

    def _shut_gate(self, connection: Connection) -> None:
        if self.is_sqlite:
            self._gate.shut()
        else:  # it opens with the end of the transaction
            connection.execute(_advisory("pg_advisory_xact_lock"), {"key": _GATE_LOCK})

    @contextmanager
    def settled(self) -> Generator[None]:
        """Pass the gate: inside, no writer stands between its stamp and its commit."""
        if self.is_sqlite:
            with self._gate.passed():
                yield
            return
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_advisory("pg_advisory_lock_shared"), {"key": _GATE_LOCK})
            try:
                yield
            finally:
                connection.execute(_advisory("pg_advisory_unlock_shared"), {"key": _GATE_LOCK})

    @contextmanager
    def autocommitting(self) -> Generator[Connection]:
        """Open a connection for what commits by itself and changes no answer: it passes no gate.

        No other writer is at work then; on SQLite the engine sees to those of other processes.
        """
        self._take_turn()
        try:
            with self._writer.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                alone = nullcontext() if self.is_sqlite else _alone(connection, self.lock_timeout)
                with alone:
                    yield connection
        finally:
            self._writing.release()

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.state.close()
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()
        self._close_idle()
        self._reader.dispose()
        self._writer.dispose()

    def _sqlite_engine(self, *, writes: bool) -> Engine:
        engine = create_engine(
            self.url,
            connect_args={"timeout": self.lock_timeout},
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            # The driver would begin transactions in its own way and at its own time.
            connection.isolation_level = None
            for pragma in _WRITER_PRAGMAS if writes else _READER_PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        return engine

    def _postgresql_engine(self, *, writes: bool) -> Engine:
        if writes:
            return create_engine(self.url, isolation_level="READ COMMITTED", pool_pre_ping=True)
        return create_engine(
            self.url,
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            # A statement that the server prepared may be planned once for whatever it is asked.
            connect_args={"prepare_threshold": None},
        )


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
def _alone(connection: Connection, lock_timeout: int) -> Generator[None]:
    """Let PostgreSQL's other writers wait, outside of any transaction."""
    key = {"key": _WRITER_LOCK}
    connection.exec_driver_sql(f"SET lock_timeout = '{lock_timeout}s'")
    try:
        connection.execute(_advisory("pg_advisory_lock"), key)
        try:
            yield
        finally:
            connection.execute(_advisory("pg_advisory_unlock"), key)
    finally:
        connection.exec_driver_sql("RESET lock_timeout")


def _beginning(is_sqlite: bool, lock_timeout: int) -> Sequence[str]:  # noqa: FBT001
    """Give the statements with which a write begins, when no other writer is at work."""
    if is_sqlite:
        return ("BEGIN IMMEDIATE",)
    return (
        f"SET LOCAL lock_timeout = '{lock_timeout}s'",
        f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})",
    )


def _advisory(function: str) -> Any:
    return text(f"SELECT {function}(:key)")


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except Exception as error:
        raise Invalid(f"not a database address: {url!r}") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Invalid("the database must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Invalid("SQLite needs a file: sqlite:///PATH")
    return parsed
