"""One database with two SQLAlchemy engines: one for readers, one for the serial writer.

*Readers* are read-only and never wait for writers. Where several statements must see the same
state, they run in SQLite's deferred transaction on a WAL file, or in PostgreSQL's REPEATABLE READ.
*Writers* run one at a time: `BEGIN IMMEDIATE` on SQLite, an advisory lock held to the end of the
transaction on PostgreSQL. With the default isolation of either, concurrent read-modify-write loses
acknowledged updates. A reader that began IMMEDIATE would be locked out by a writer, so there are
two engines. The readers and writers of a process are limited in number (`api.concurrency`), and one
client reads on at most half of the connections.

A snapshot is a bare BEGIN and ROLLBACK on a connection that is used again, and begins only when it
is needed (`transactions`). The snapshot that was used last is used first, so few connections keep
their memory maps and caches warm. A connection is replaced when SQLite's file is no longer the one
that it opened, because a backup was put in its place.

**The commit barrier.** `known_at` may be an instant between the newest changeset and now. The
answer given then must never change, although a slow write may be in progress. A writer therefore
takes its time stamp at the very end, and holds the commit barrier closed from the stamp to the end
of the commit (`state`; an advisory lock on PostgreSQL). A reader with such an instant
passes the barrier before it reads (`pass_barrier`). Every later stamp is then later than the
reader's instant, as long as the clock of the database's host does not run backwards.
"""

import os
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from sqlalchemy import Connection, Executable, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

from api import clock
from api.concurrency import ConcurrencyLimiter, current
from api.errors import Busy, ReadOnly, SineQuaNonError
from api.ledger.store.advisory_locks import (
    LOCK_WRITERS,
    close_barrier,
    lock_out_writers,
    pass_barrier,
)
from api.ledger.store.engines import (
    IDENTITY,
    READ_ONLY,
    add_grace,
    is_statement_at_fault,
    make_postgresql_engine,
    make_sqlite_engine,
    parse_url,
)
from api.ledger.store.lease import LeasedState
from api.ledger.store.state import CommitBarrier, DatabaseState, Extent, SqliteState
from api.ledger.store.transactions import Snapshot, Write
from api.settings import Settings

_WAITING_READERS, _PATIENCE, _POLL_SECONDS = 96, 2.0, 0.02
"""How many wait for a connection to read, for how many seconds, and how often they look."""

_READ_BY_OTHERS = "too many requests read the registry; ask again in a second"

_WRITERS = 48
"""How many write or wait for that in this process.

The engine waits for those of other processes. SQLite does that by polling, and a connection drops
its cached pages when another one has written; so writers of one process wait for each other here.
On PostgreSQL the next one announces its commit meanwhile (`lease`).
"""
_WRITTEN_BY_OTHERS = "other writes are in progress; nothing was written, try again in a second"


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, settings: Settings | None = None) -> None:
        self.url = parse_url(url)
        self._settings = settings or Settings()
        self.lock_timeout = self._settings.lock_timeout_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._file = str(self.url.database)
        self._is_read_only = os.access(self._file, os.R_OK) and not os.access(self._file, os.W_OK)
        make = make_sqlite_engine if self.is_sqlite else make_postgresql_engine
        self._reader, self._writer = (
            make(self.url, self._settings, self.file_identity, writes=writes)
            for writes in (False, True)
        )
        if self.is_sqlite:
            event.listen(self._writer, "checkout", self._compare_file)
        self._idle, self._clients = list[Snapshot](), list[str]()  # the clients of other snapshots
        self.written = Extent()
        """The newest that this process has committed."""
        self._noting = Lock()
        begun = 1 if self.is_sqlite else 2
        self._writing = ConcurrencyLimiter(_WRITTEN_BY_OTHERS, begun, _WRITERS - begun,
                                           self.lock_timeout, share=_WRITERS // 2)  # fmt: skip
        self._updating = ConcurrencyLimiter("", 1, 0, 0.0)
        self._openable = BoundedSemaphore(self._settings.connections)
        self._share = max(1, self._settings.connections // 2)
        self._waiting_readers = ConcurrencyLimiter(_READ_BY_OTHERS, _WAITING_READERS, 0, 0.0,
                                                   share=_WAITING_READERS // 2)  # fmt: skip
        self._patience = add_grace(self.lock_timeout)
        self._begin_reading, self._begin_writing = _begin_statements(self.is_sqlite, self._settings)
        self._barrier = CommitBarrier(Path(f"{self._file}-gate"))
        self.state: DatabaseState = LeasedState(self._reader)
        if self.is_sqlite:
            self.state = SqliteState(self._reader, self._file, self.file_identity, self._barrier)

    @contextmanager
    def read_snapshot(self) -> Generator[Snapshot]:
        """Open a read-only snapshot of what was committed before its first statement.

        Raises Busy where too many requests read.
        """
        client = current.client
        snapshot = self._try_take(client) or self._wait_for_snapshot(client)
        try:
            yield snapshot
        except SineQuaNonError:
            self._give_back(snapshot)
            raise
        except BaseException as error:
            self._discard(snapshot)
            if isinstance(error, DBAPIError) and not is_statement_at_fault(error):
                self._close_idle()  # a server that restarted has cut them
            raise
        else:
            self._give_back(snapshot)
        finally:
            self._clients.remove(client)

    def _try_take(self, client: str) -> Snapshot | None:
        """Take a snapshot for a client if it has less than its share, and one is free or may open.

        The one that was used last is taken first; those of another file are closed. The state knows
        the file: to ask the system at each request takes 9 µs. A list's own `pop` and `append` need
        no lock. With SQLAlchemy's pool a page of 50 records took 250 µs instead of 220.
        """
        identity, found = self.state.read_identity() or self.file_identity(), None
        self._clients.append(client)
        try:
            if not client or self._clients.count(client) <= self._share:
                try:
                    while (idle := self._idle.pop()).identity != identity:
                        self._discard(idle)
                    found = idle
                except IndexError:
                    found = self._open_snapshot()
            return found
        finally:
            if found is None:
                self._clients.remove(client)

    def _open_snapshot(self) -> Snapshot | None:
        """Open a connection, unless there are as many as may be."""
        if not self._openable.acquire(blocking=False):
            return None
        try:
            self.state.check_wal()  # without it, a new one would not see all that was committed
            return Snapshot(self._reader.connect(), self._begin_reading)
        except BaseException:
            self._openable.release()
            raise

    def _wait_for_snapshot(self, client: str) -> Snapshot:
        """Wait until the client may take a connection; raises Busy after too long a wait."""
        with self._waiting_readers.hold_slot():
            end = time.monotonic() + _PATIENCE
            while (snapshot := self._try_take(client)) is None:
                if time.monotonic() > end:
                    raise Busy(_READ_BY_OTHERS)
                time.sleep(_POLL_SECONDS)
            return snapshot

    def _discard(self, snapshot: Snapshot) -> None:
        self._openable.release()
        snapshot.invalidate()

    def _give_back(self, snapshot: Snapshot) -> None:
        """End a snapshot and keep its connection for the next.

        If that fails, the connection is closed and nobody is told: all was read that was asked for.
        """
        try:
            snapshot.roll_back()
        except Exception:  # noqa: BLE001, each driver has others
            self._discard(snapshot)
            self._close_idle()
        else:
            self._idle.append(snapshot)

    def _close_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._discard(self._idle.pop())

    def file_identity(self) -> object:
        """Return device and inode of SQLite's file: another file in its place has others.

        A read-only file may be read as one that never changes; so its time and its -wal count, too.
        """
        if not self.is_sqlite:
            return None
        try:
            found = os.stat(self._file)  # noqa: PTH116, twice as fast as a Path's
        except FileNotFoundError:
            return None
        if self._is_read_only:
            return found.st_dev, found.st_ino, found.st_mtime_ns, Path(f"{self._file}-wal").exists()
        return found.st_dev, found.st_ino

    def _compare_file(self, _driver: Any, record: Any, _proxy: Any) -> None:
        """Have a connection replaced that has opened another file than is there now."""
        if record.info[IDENTITY] != self.file_identity():
            raise DisconnectionError

    @contextmanager
    def begin_write(self, *, keep: bool = True, any_schema: bool = False) -> Generator[Write]:
        """Open the one write transaction.

        At the end it commits if `keep` is set, else it rolls back, as on any exception. Raises Busy
        if other writes take too long, NotReady if the database has another schema than the code,
        unless `any_schema` is set, and ReadOnly if it cannot be written to.
        """
        with self._hold_writer(), explain_error(READ_ONLY, ReadOnly):
            try:
                with self._writer.connect() as connection:
                    write = Write(connection, lambda: self._close_barrier(connection))
                    try:
                        write.begin_writing(self._begin_writing, self._patience, keep=keep)
                        self.state.check_wal()
                        if not any_schema:
                            write.check_schema()
                        yield write
                        if keep:
                            write.close_barrier()
                        write.end_writing(keep=keep)
                        if keep:
                            self._note_written(write.extent)
                        self.state.check_wal()
                    except DBAPIError as error:
                        connection.invalidate()
                        if getattr(error.orig, "sqlstate", "") == "55P03":  # lock_not_available
                            raise Busy(_WRITTEN_BY_OTHERS) from error
                        raise
                    except BaseException:
                        write.end_writing(keep=False)
                        raise
            finally:
                self._barrier.open_barrier()  # after the commit

    def _note_written(self, extent: Extent) -> None:
        with self._noting:
            self.written = self.written.include(extent)

    @contextmanager
    def _hold_writer(self) -> Generator[None]:
        # Also in a thread that holds one: its second write is refused.
        client = self._writing.take_slot()
        try:
            yield
        finally:
            self._writing.give_back(client)

    def _close_barrier(self, connection: Connection) -> int:
        if not self.is_sqlite:  # it opens with the end of the transaction
            return close_barrier(connection)
        self._barrier.close_barrier()
        return clock.now()

    def try_update(self, statement: Executable) -> None:
        """Run an update that may be left out: it waits for no lock and no other such update."""
        wait = "PRAGMA busy_timeout = 0" if self.is_sqlite else "SET LOCAL lock_timeout = '20ms'"
        with suppress(Exception), self._updating.hold_slot(), self._writer.connect() as connection:
            connection.detach()  # no other write may use it, because it does not wait
            connection.exec_driver_sql(wait)
            connection.execute(statement)
            connection.commit()

    def pass_barrier(self, snapshot: Snapshot) -> tuple[int, bool]:
        """Wait until no writer is between stamp and commit; return the instant before that.

        The second value is whether this is a standby of PostgreSQL. It lags, so it may lack what
        was committed long before.
        """
        if not self.is_sqlite:
            return pass_barrier(snapshot)
        now = clock.now()
        self._barrier.pass_barrier()
        return now, False

    @contextmanager
    def open_autocommit(self) -> Generator[Connection]:
        """Open a connection that commits each statement, for work that changes no answer.

        It does not pass the commit barrier. Other writers wait meanwhile; on SQLite the engine
        makes those of other processes wait.
        """
        with self._hold_writer(), self._writer.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            if self.is_sqlite:
                yield connection
                return
            with lock_out_writers(self._writer, self.lock_timeout):
                yield connection

    def close_connections(self) -> None:
        """Close all connections that are not in use."""
        self.state.close_connection()
        self._close_idle()
        self._writer.dispose()


@contextmanager
def explain_error(
    pattern: re.Pattern[str], explain: Callable[[], SineQuaNonError]
) -> Generator[None]:
    """Raise an error of ours in the place of a driver's that says what a pattern matches."""
    try:
        yield
    except DBAPIError as error:
        if pattern.search(str(error.orig)):
            raise explain() from error
        raise


def _begin_statements(is_sqlite: bool, settings: Settings) -> tuple[str, str]:  # noqa: FBT001
    """Return what begins a snapshot, and a write that waits for those of other processes.

    The timeouts end with the transaction, so they are set in each.
    """
    if is_sqlite:
        return "BEGIN", "BEGIN IMMEDIATE"
    bounds = (
        f"SET LOCAL statement_timeout = '{settings.statement_timeout_seconds}s'; "
        f"SET LOCAL idle_in_transaction_session_timeout = '{settings.idle_timeout_seconds}s'"
    )
    wait = f"SET LOCAL lock_timeout = '{settings.lock_timeout_seconds}s'"
    lock = f"{wait}; {LOCK_WRITERS}; {bounds}"
    return f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {bounds}", lock
