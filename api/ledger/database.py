"""One database, two engines: readers see a snapshot and never wait, writers come one by one.

*Readers* are read-only and repeatable: SQLite's deferred transaction on a WAL file, PostgreSQL's
REPEATABLE READ. *Writers* are serial by design: `BEGIN IMMEDIATE` on SQLite, an advisory lock held
to the end of the transaction on PostgreSQL. With the default isolation of either, concurrent
read-modify-write loses acknowledged updates; and a reader that began IMMEDIATE would be locked
out by a writer. Hence two engines.

A snapshot is opened for every request, so its connection is neither opened nor reset for it: idle
ones wait in a list, and a snapshot is a bare BEGIN and ROLLBACK on one of them. They are given up
when SQLite's file is no longer the one that they opened, because a backup took its place.

**The gate.** `known_at` may be an instant, also one that lies behind the newest changeset and
before now. The answer given then must never change, yet a slow writer may be at work. A writer
therefore takes its time stamp at the very end and holds the gate shut from the stamp to the end
of the commit; a reader with such an instant passes the gate before it looks (`settled`). Whatever
is stamped afterwards is stamped later than the reader's instant, as long as the clocks of hosts
that share a database agree and do not run backwards.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    Engine,
    NullPool,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError

from api.errors import Invalid
from api.ledger.prepared import Prepared
from api.ledger.state import State

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

_MANY = 200
"""From how many rows on they are inserted behind; PostgreSQL gets them by COPY, in a third of the
time."""

_AHEAD = 16
"""How many lots of rows may wait to be inserted."""

_PARAMETERS = 32_766
"""How many parameters a statement of SQLite takes at most (SQLITE_MAX_VARIABLE_NUMBER)."""

T = TypeVar("T")

_WRITER_LOCK, _GATE_LOCK = 0x53514E01, 0x53514E02


class Transaction:
    """A transaction: `connection` for whatever is asked now and then, `rows` for speed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._dialect = connection.dialect
        self._driver: Any = connection.connection.driver_connection

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement; raises SQLAlchemy's errors as `connection` would."""
        text, given = statement.bound(self._dialect, values)
        try:
            return self._driver.execute(text, given).fetchall()
        except _driver_error(self._dialect) as error:
            raise _as_usual(error, text, given, self._dialect) from error

    def schema(self) -> str | None:
        """Name the newest migration of the database, None when it has none."""
        if not inspect(self.connection).has_table("alembic_version"):
            return None
        return self.connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


class Snapshot(Transaction):
    """A read-only transaction on a connection that is used again; `identity` is its file's."""

    def __init__(self, connection: Connection, identity: object) -> None:
        super().__init__(connection)
        self.identity = identity

    def begin(self) -> None:
        """Begin; PostgreSQL's driver does so by itself at the first statement."""
        if self._dialect.name == "sqlite":
            self._driver.execute("BEGIN")

    def end(self) -> None:
        """End the transaction; there is nothing to keep."""
        if self.connection.in_transaction():
            self.connection.rollback()
        self._driver.rollback()


class Write(Transaction):
    """The write transaction at hand; `shut_gate()` is called right before the time stamp.

    Many rows are inserted behind the back of who makes more of them: the engine works without
    Python's lock, so both go on at once. Whatever else is asked of the transaction waits for that.
    """

    def __init__(self, connection: Connection, shut_gate: Callable[[], None]) -> None:
        super().__init__(connection)
        self._connection, self._shut_gate = connection, shut_gate
        self._behind: deque[Future[None]] = deque()
        self._hand: ThreadPoolExecutor | None = None

    @property
    def connection(self) -> Connection:
        """The connection, when nothing is at work on it."""
        self.wait()
        return self._connection

    @connection.setter
    def connection(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement when nothing else is at work."""
        self.wait()
        return super().rows(statement, values)

    def shut_gate(self) -> None:
        """Let nobody read as of an instant until the end of the write."""
        self.wait()
        self._shut_gate()

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, each with a value for every column of the table in its order."""
        if len(rows) < _MANY and not self._behind:
            self._insert(table, rows)
            return
        if self._hand is None:
            self._hand = ThreadPoolExecutor(max_workers=1)
        while len(self._behind) >= _AHEAD:
            self._behind.popleft().result()
        self._behind.append(self._hand.submit(self._insert, table, rows))

    def wait(self) -> None:
        """Wait until all rows are inserted; raises what went wrong with them."""
        while self._behind:
            self._behind.popleft().result()

    def close(self) -> None:
        """Wait, whatever went wrong, and let go of the other hand."""
        if self._hand is not None:
            self._hand.shutdown(wait=True, cancel_futures=True)

    def _insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118, not a dict
        into = f'"{table.name}" ({names})'
        try:
            if self._dialect.name == "sqlite":
                for some in _in_few_sizes(rows, _PARAMETERS // len(table.c)):
                    self._values(into, len(table.c), some)
            elif len(rows) < _MANY:
                self._values(into, len(table.c), rows)
            else:
                self._copy(into, rows)
        except _driver_error(self._dialect) as error:
            raise _as_usual(error, f"INSERT INTO {into}", None, self._dialect) from error

    def _values(self, into: str, width: int, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            mark = "?" if self._dialect.name == "sqlite" else "%s"
            blanks = f"({', '.join([mark] * width)})"
            text = f"INSERT INTO {into} VALUES {', '.join([blanks] * len(rows))}"  # noqa: S608
            self._driver.execute(text, [value for row in rows for value in row])

    def _copy(self, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _in_few_sizes(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of few different sizes: each needs a statement, which is kept."""
    start = 0
    for size in (most, 128, 16, 1):
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def batched(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of at most some size."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


class Database:
    """Opens read snapshots and write transactions on either engine."""

    def __init__(self, url: str, *, lock_timeout: int = 30) -> None:
        self.url = _checked(url)
        self._lock_timeout = lock_timeout
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        make = self._sqlite_engine if self.is_sqlite else self._postgresql_engine
        self._reader, self._writer = make(writes=False), make(writes=True)
        self._idle: deque[Snapshot] = deque()
        self._written = self.identity()
        self._gate = Path(f"{self.url.database}-gate")
        self._state = State(self.url, self.identity)

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Open a read-only snapshot of the newest committed state."""
        snapshot = self._unused()
        try:
            snapshot.begin()
            yield snapshot
            snapshot.end()
        except DBAPIError:
            snapshot.connection.invalidate()
            snapshot.connection.close()
            raise
        except BaseException:
            snapshot.end()
            self._idle.append(snapshot)
            raise
        self._idle.append(snapshot)

    def _unused(self) -> Snapshot:
        identity = self.identity()
        while self._idle:
            try:
                snapshot = self._idle.pop()
            except IndexError:  # another thread took the last one
                break
            if snapshot.identity == identity:
                return snapshot
            snapshot.connection.close()
        return Snapshot(self._reader.connect(), identity)

    def identity(self) -> object:
        """Tell SQLite's file from one that has taken its place under the same name."""
        if not self.is_sqlite:
            return None
        try:
            found = os.stat(str(self.url.database))  # noqa: PTH116, twice as fast as a Path's
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def writing(self, *, keep: bool = True) -> Generator[Write]:
        """Open the one write transaction.

        Commits at the end if `keep` is set, rolls back if not, and on any exception.
        """
        # The gate opens last, after the commit.
        with ExitStack() as after, self._of_same_file().connect() as connection, connection.begin():
            if not self.is_sqlite:
                wait = f"SET LOCAL lock_timeout = '{self._lock_timeout}s'"
                connection.exec_driver_sql(wait)
                connection.execute(_advisory("pg_advisory_xact_lock"), {"key": _WRITER_LOCK})
            write = Write(connection, lambda: self._shut_gate(connection, after))
            with closing(write):
                yield write
                write.wait()
            if not keep:
                connection.rollback()

    def _of_same_file(self) -> Engine:
        """Give the writer's engine, without connections to a file that was replaced."""
        identity = self.identity()
        if identity != self._written:
            self._writer.dispose()
            self._written = identity
        return self._writer

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

    def state(self) -> Hashable:
        """Name the state of the database (`api.ledger.state`); None where it cannot be told."""
        return self._state.now()

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self._state.close()
        while self._idle:
            self._idle.pop().connection.close()
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _flock(self, mode: int) -> Generator[None]:
        with self._gate.open("ab") as file:
            fcntl.flock(file, mode)
            yield

    def _sqlite_engine(self, *, writes: bool) -> Engine:
        more = {} if writes else {"isolation_level": "AUTOCOMMIT", "poolclass": NullPool}
        engine = create_engine(self.url, connect_args={"timeout": self._lock_timeout}, **more)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            # The driver would begin transactions in its own way and at its own time.
            connection.isolation_level = None
            for pragma in _WRITER_PRAGMAS if writes else _READER_PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        if writes:

            @event.listens_for(engine, "begin")
            def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
                connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def _postgresql_engine(self, *, writes: bool) -> Engine:
        if writes:
            return create_engine(self.url, isolation_level="READ COMMITTED")
        return create_engine(
            self.url,
            isolation_level="REPEATABLE READ",
            poolclass=NullPool,
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


def _driver_error(dialect: Dialect) -> type[Exception]:
    return dialect.dbapi.Error  # pyright: ignore[reportOptionalMemberAccess]


def _as_usual(error: Exception, text: str, given: Any, dialect: Dialect) -> Exception:
    """Wrap a driver's error as SQLAlchemy does."""
    kind = _driver_error(dialect)
    return cast("Exception", DBAPIError.instance(text, given, error, kind, dialect=dialect))


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
