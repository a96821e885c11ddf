"""Transactions: what reads and writes are given to work with.

Statements that run at every request are `Prepared` and go to the driver itself; all else goes
through SQLAlchemy's connection, in the same transaction.

What was known at a changeset reads the same in every state of the registry since, so a statement
that says itself what was known when needs no transaction around it (`alone`), and to begin and end
one costs as much as a record does. The one exception is a database that is put back from a copy,
in place, between two statements of one answer; what takes many of them begins a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Dialect, Table, inspect
from sqlalchemy.exc import DBAPIError

from api.ledger.prepared import Prepared

T = TypeVar("T")

IDENTITY = "identity"
"""Where a pooled connection keeps which file it opened."""

_BEGIN = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
"""How a transaction begins that reads, on a driver that begins none by itself."""

_COPY_FROM = 200
"""From how many rows on PostgreSQL gets them by COPY, in a third of the time."""

_ROW_BY_ROW = 16
"""Fewer rows than that SQLite is given one by one: in case a statement of several fails, it copies
each page that this changes, and from the fourth on into a file."""

_MOST_PARAMETERS = 32_766
"""How many parameters a statement of SQLite takes at most (SQLITE_MAX_VARIABLE_NUMBER)."""


class Transaction:
    """A transaction: `connection` for whatever is asked now and then, `rows` for speed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self._driver: Any = connection.connection.driver_connection

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        return self._connection

    @property
    def is_sqlite(self) -> bool:
        """Whether the engine is SQLite."""
        return self._dialect.name == "sqlite"

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement; raises SQLAlchemy's errors as `connection` would."""
        text, given = statement.bound(self._dialect, values)
        try:
            return self._driver.execute(text, given).fetchall()
        except _driver_error(self._dialect) as error:
            raise _wrap_error(error, text, given, self._dialect) from error

    def alone(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement that needs no others to have seen the same as it sees."""
        return self.rows(statement, values)

    def schema(self) -> str | None:
        """Name the newest migration of the database, None when it has none."""
        if not inspect(self.connection).has_table("alembic_version"):
            return None
        return self.connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


class Snapshot(Transaction):
    """A read-only transaction on a pooled connection.

    It begins with the first statement that is not `alone`, or when somebody asks for the
    connection.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._begun = False

    @property
    def identity(self) -> object:
        """Which file the connection opened (`Database.identity`)."""
        return self._connection.info[IDENTITY]

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        self.begin()
        return self._connection

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement in the transaction."""
        self.begin()
        return super().rows(statement, values)

    def alone(self, statement: Prepared, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a prepared statement by itself, unless the transaction has begun."""
        return super().rows(statement, values)

    def begin(self) -> None:
        """Begin the transaction, unless it has."""
        if self._begun:
            return
        self._begun, text = True, _BEGIN[self._dialect.name]
        try:
            self._driver.execute(text)
        except _driver_error(self._dialect) as error:
            raise _wrap_error(error, text, None, self._dialect) from error

    def end(self) -> None:
        """End the transaction, if it has begun, and return the connection to the pool."""
        self.roll_back()
        self._connection.close()

    def roll_back(self) -> None:
        """End the transaction, if it has begun; the next statement begins another."""
        if not self._begun:
            return
        self._begun = False
        if self._connection.in_transaction():
            self._connection.rollback()
        self._driver.rollback()

    def invalidate(self) -> None:
        """Close the connection for good."""
        self._connection.invalidate()
        self._connection.close()


class Write(Transaction):
    """The write transaction; `shut_gate()` comes right before the stamp, or the commit.

    It begins and ends on the driver itself, as a snapshot does. SQLAlchemy hears of it only when
    somebody asks for the connection.
    """

    def __init__(self, connection: Connection, shut_gate: Callable[[], None]) -> None:
        super().__init__(connection)
        self._shut_gate: Callable[[], None] | None = shut_gate

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        if not self._connection.in_transaction():
            self._connection.begin()
        return self._connection

    def begin(self, statements: Iterable[str]) -> None:
        """Begin with statements that wait for other writers."""
        for text in statements:
            try:
                self._driver.execute(text)
            except _driver_error(self._dialect) as error:
                raise _wrap_error(error, text, None, self._dialect) from error

    def end(self, *, keep: bool) -> None:
        """Commit if it is to be kept; roll back if not."""
        try:
            if keep:
                self._driver.commit()
            else:
                self._driver.rollback()
        except _driver_error(self._dialect) as error:
            raise _wrap_error(
                error, "COMMIT" if keep else "ROLLBACK", None, self._dialect
            ) from error
        if self._connection.in_transaction():
            self._connection.rollback()  # nothing is left to roll back but SQLAlchemy's own part

    def shut_gate(self) -> None:
        """Let nobody read as of an instant until the end of the write."""
        if self._shut_gate is not None:
            self._shut_gate()
            self._shut_gate = None

    def insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows, each with a value for every column of the table in its order."""
        if not rows:
            return
        try:
            if self.is_sqlite:
                self._insert_into_sqlite(table, rows)
            elif len(rows) < _COPY_FROM:
                self._insert_values(table, rows, "%s")
            else:
                self._copy_rows(table, rows)
        except _driver_error(self._dialect) as error:
            raise _wrap_error(
                error, f"INSERT INTO {_insert_target(table)}", None, self._dialect
            ) from error

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Take back what is written inside if it fails, and nothing else."""
        with self.connection.begin_nested():
            yield

    def _insert_into_sqlite(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        for some in _split_in_sizes(rows, _MOST_PARAMETERS // len(table.c)):
            if len(some) < _ROW_BY_ROW:
                self._driver.executemany(_insert_statement(table, 1, "?"), some)
            else:
                self._insert_values(table, some, "?")

    def _insert_values(self, table: Table, rows: Sequence[tuple[Any, ...]], mark: str) -> None:
        self._driver.execute(
            _insert_statement(table, len(rows), mark), [*chain.from_iterable(rows)]
        )

    def _copy_rows(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        with (
            self._driver.cursor() as cursor,
            cursor.copy(f"COPY {_insert_target(table)} FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def _insert_target(table: Table) -> str:
    names = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118, not a dict
    return f'"{table.name}" ({names})'


@lru_cache(maxsize=512)
def _insert_statement(table: Table, count: int, mark: str) -> str:
    blanks = f"({', '.join([mark] * len(table.c))})"
    return f"INSERT INTO {_insert_target(table)} VALUES {', '.join([blanks] * count)}"  # noqa: S608


def _split_in_sizes(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of few different sizes: each needs a statement, which is kept."""
    start = 0
    for size in (most, 512, 128, _ROW_BY_ROW):
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
    yield rows[start:]


def batched(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of at most some size."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _driver_error(dialect: Dialect) -> type[Exception]:
    return dialect.dbapi.Error  # pyright: ignore[reportOptionalMemberAccess]


def _wrap_error(error: Exception, text: str, given: Any, dialect: Dialect) -> Exception:
    """Wrap a driver's error as SQLAlchemy does."""
    kind = _driver_error(dialect)
    return cast("Exception", DBAPIError.instance(text, given, error, kind, dialect=dialect))
