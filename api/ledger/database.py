"""One database, two engines: readers see a snapshot and never wait, writers come one by one.

*Readers* are read-only and repeatable: SQLite's deferred transaction on a WAL file, PostgreSQL's
REPEATABLE READ. *Writers* are serial by design: `BEGIN IMMEDIATE` on SQLite, an advisory lock held
to the end of the transaction on PostgreSQL. With the default isolation of either, concurrent
read-modify-write loses acknowledged updates; and a reader that began IMMEDIATE would be locked
out by a writer. Hence two engines.

**The gate.** `known_at` may be an instant, also one that lies behind the newest changeset and
before now. The answer given then must never change, yet a slow writer may be at work. A writer
therefore takes its time stamp at the very end and holds the gate shut from the stamp to the end
of the commit; a reader with such an instant passes the gate before it looks (`settled`). Whatever
is stamped afterwards is stamped later than the reader's instant, as long as the clocks of hosts
that share a database agree and do not run backwards.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

from api.errors import Invalid

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

_WRITER_LOCK, _GATE_LOCK = 0x53514E01, 0x53514E02


@dataclass(frozen=True, slots=True)
class Write:
    """The write transaction at hand; `shut_gate()` is called right before the time stamp."""

    connection: Connection
    shut_gate: Callable[[], None]


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, *, lock_timeout: int = 30) -> None:
        self.url = _checked(url)
        self._lock_timeout = lock_timeout
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        make = self._sqlite_engine if self.is_sqlite else self._postgresql_engine
        self._reader, self._writer = make(writes=False), make(writes=True)
        self._gate = Path(f"{self.url.database}-gate")

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Open a read-only snapshot of the newest committed state."""
        with self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, keep: bool = True) -> Generator[Write]:
        """Open the one write transaction.

        Commits at the end if `keep` is set, rolls back if not, and on any exception.
        """
        # The gate opens last, after the commit.
        with ExitStack() as after, self._writer.connect() as connection, connection.begin():
            if not self.is_sqlite:
                wait = f"SET LOCAL lock_timeout = '{self._lock_timeout}s'"
                connection.exec_driver_sql(wait)
                connection.execute(_advisory("pg_advisory_xact_lock"), {"key": _WRITER_LOCK})
            yield Write(connection, lambda: self._shut_gate(connection, after))
            if not keep:
                connection.rollback()

    def _shut_gate(self, connection: Connection, after: ExitStack) -> None:
        if self.is_sqlite:
            after.enter_context(self._flock(fcntl.LOCK_EX))
        else:
            connection.execute(_advisory("pg_advisory_xact_lock"), {"key": _GATE_LOCK})

    @contextmanager
    def settled(self) -> Generator[None]:
        """Pass the gate: inside, no writer stands between its stamp and its commit."""
        if self.is_sqlite:
            with self._flock(fcntl.LOCK_SH):
                yield
            return
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_advisory("pg_advisory_lock_shared"), {"key": _GATE_LOCK})
            try:
                yield
            finally:
                connection.execute(_advisory("pg_advisory_unlock_shared"), {"key": _GATE_LOCK})

    def dispose(self) -> None:
        """Close all pooled connections."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _flock(self, mode: int) -> Generator[None]:
        with self._gate.open("ab") as file:
            fcntl.flock(file, mode)
            yield

    def _sqlite_engine(self, *, writes: bool) -> Engine:
        engine = create_engine(self.url, connect_args={"timeout": self._lock_timeout})

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            # The driver would begin transactions in its own way and at its own time.
            connection.isolation_level = None
            for pragma in _WRITER_PRAGMAS if writes else _READER_PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _postgresql_engine(self, *, writes: bool) -> Engine:
        if writes:
            return create_engine(self.url, isolation_level="READ COMMITTED")
        return create_engine(
            self.url,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )


_WRITER_PRAGMAS = (
    f"page_size = {PAGE_SIZE}",
    "journal_mode = WAL",
    # NORMAL can lose acknowledged commits when the power fails.
    "synchronous = FULL",
    # Without it INSERT OR REPLACE deletes rows behind the back of the guards.
    "recursive_triggers = ON",
)
_READER_PRAGMAS = ("query_only = ON", "mmap_size = 1073741824")


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
