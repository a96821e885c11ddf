"""Transactions: a read-only snapshot, and the one write.

SQLAlchemy takes longer to build, compile and wrap a statement than SQLite takes to answer it. A
statement that runs at every request is therefore a `PreparedStatement`: built once with SQLAlchemy,
with a named parameter for each value, and compiled once for each engine. It goes directly to the
driver, and its values unchanged: text, whole numbers and booleans, which both drivers accept.
Inserts take the fastest way of each driver. All other statements go through SQLAlchemy's
connection, in the same transaction.

What was known at a changeset never changes. A statement that names its changeset therefore needs
no transaction around it (`fetch_alone`), and beginning and ending one costs as much as reading a
record. The one exception is a database that is restored from a copy, in place, between two
statements of one answer; an answer that needs many statements begins a transaction.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Connection, Dialect, Executable, Table, bindparam, inspect
from sqlalchemy.exc import DBAPIError

from api.errors import NotReady
from api.ledger.store.engines import IDENTITY
from api.ledger.store.lease import ANNOUNCE_COMMIT, read_clock, wait_for_leases
from api.ledger.store.state import Extent
from api.ledger.store.tables import SCHEMA

Id = TypeVar("Id", str, int, tuple[str, str])
T = TypeVar("T")

_MOST_IDS = 512
"""The most ids that one statement takes."""

_COPY_FROM = 200
"""PostgreSQL gets at least so many rows by COPY, in a third of the time."""

_ROW_BY_ROW = 16
"""SQLite gets fewer rows than that one by one. Before a statement of several rows it copies each
page that the statement changes, in case it fails, from the fourth page on into a file."""

_MOST_PARAMETERS = 32_766
"""The most parameters that a statement of SQLite takes (SQLITE_MAX_VARIABLE_NUMBER)."""

_READ_SCHEMA = "SELECT version_num FROM alembic_version"


def named_parameter(name: str, type_: Any = None) -> BindParameter[Any]:
    """Make a parameter whose value is given when the statement runs."""
    return bindparam(name, type_=type_)


class PreparedStatement:
    """A statement with its compiled text for each engine; `generic` if one plan fits all values."""

    def __init__(self, statement: Executable, *, generic: bool = True) -> None:
        self._statement, self.generic = statement, generic
        self._compiled: dict[str, tuple[str, dict[str, Any], list[str] | None]] = {}

    def bind_values(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the text for an engine, and the parameters in the form that its driver takes."""
        if (known := self._compiled.get(dialect.name)) is None:
            compiled: Any = cast("Any", self._statement).compile(dialect=dialect)
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            known = self._compiled[dialect.name] = compiled.string, fixed, compiled.positiontup
        text, constants, order = known
        bound = {**constants, **values} if constants else values
        # The order is None for a driver that takes parameters by name.
        return text, bound if order is None else [bound[name] for name in order]


def split_ids(ids: Iterable[Id]) -> Iterator[list[Id]]:
    """Split ids into sorted parts of at most `_MOST_IDS`."""
    listed = sorted(ids)
    return (listed[start : start + _MOST_IDS] for start in range(0, len(listed), _MOST_IDS))


def split_keys(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Split (noun, id) keys into the ids of each noun, in parts of at most `_MOST_IDS`."""
    for part in split_ids({*keys}):
        for noun, group in groupby(part, key=itemgetter(0)):
            yield noun, [id for _, id in group]


def check_schema(found: str | None) -> None:
    """Raise NotReady unless a database is at the newest migration of this code.

    At another one, an index could lack what is written or looked for.
    """
    if found != SCHEMA:
        raise NotReady(
            f"the database is at migration {found}, and this version of the code needs {SCHEMA}: "
            + ("run the newer version" if (found or "") > SCHEMA else "run `sinequanon db upgrade`")
        )


class Transaction:
    """A transaction: `connection` for occasional statements, `fetch_rows` for frequent ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._dialect = connection, connection.dialect
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._takes_options = not self.is_sqlite
        self._driver: Any = connection.connection.driver_connection
        self._driver_error = connection.dialect.loaded_dbapi.Error
        self.identity: object = connection.info.get(IDENTITY)
        """Which file the connection opened (`Database.file_identity`)."""

    def begin_reading(self) -> None:
        """Begin the transaction if it is one that begins late, and has not."""

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        self.begin_reading()
        return self._connection

    def fetch_alone(
        self, statement: PreparedStatement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement, outside of a transaction unless one has begun.

        Raises the same SQLAlchemy errors as `connection`.
        """
        text, bound = statement.bind_values(self._dialect, values)
        # As text, bodies would take twice the bytes.
        options = {"binary": True, "prepare": statement.generic} if self._takes_options else {}
        try:
            return self._driver.execute(text, bound, **options).fetchall()
        except self._driver_error as error:
            raise self._wrap_error(error, text) from error

    def fetch_parts(
        self, statement: PreparedStatement, values: Mapping[str, Any], at_once: int
    ) -> Generator[list[tuple[Any, ...]]]:
        """Run a prepared statement, and yield so many rows at a time, as they are asked for."""
        text, bound = statement.bind_values(self._dialect, values)
        try:
            with closing(self._open_cursor(text, bound)) as cursor:
                while part := cursor.fetchmany(at_once):
                    yield part
        except self._driver_error as error:
            raise self._wrap_error(error, text) from error

    def _open_cursor(self, text: str, bound: Any) -> Any:
        """Run a statement whose rows the client does not get all at once."""
        if not self._takes_options:
            return self._driver.execute(text, bound)
        self.begin_reading()  # PostgreSQL has cursors only in a transaction
        return self._driver.cursor("page").execute(text, bound, binary=True)

    def fetch_rows(
        self, statement: PreparedStatement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement in the transaction."""
        self.begin_reading()
        return self.fetch_alone(statement, values)

    def _run_text(self, text: str) -> Any:
        try:
            return self._driver.execute(text)
        except self._driver_error as error:
            raise self._wrap_error(error, text) from error

    def _wrap_error(self, error: Exception, text: str) -> Exception:
        """Wrap a driver's error as SQLAlchemy does, without values: they may be secret."""
        more = {"dialect": self._dialect,
                "connection_invalidated": getattr(self._driver, "closed", False)}  # fmt: skip
        return cast("Any", DBAPIError).instance(text, None, error, self._driver_error, **more)

    def read_schema(self) -> str | None:
        """Return the number of the newest migration of the database, None if it has none."""
        if not inspect(self.connection).has_table("alembic_version"):
            return None
        return self.connection.exec_driver_sql(_READ_SCHEMA).scalar()

    def check_schema(self) -> None:
        """Raise NotReady unless the database is at the newest migration of this code."""
        rows = self._run_text(_READ_SCHEMA).fetchall()
        check_schema(rows[0][0] if rows else None)


class Snapshot(Transaction):
    """A read-only transaction on a connection that is used again.

    It begins with the first statement that is not run by `fetch_alone`, or with the first use of
    `connection`. `begin` is what begins it; the drivers are set to begin none themselves.
    """

    _begun = False
    """Whether the transaction has begun."""

    def __init__(self, connection: Connection, begin: str) -> None:
        super().__init__(connection)
        self._begin = begin

    def begin_reading(self) -> None:
        if not self._begun:
            self._begun = True
            self._run_text(self._begin)

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
    """The write transaction; `close_barrier` is called right before the stamp, or the commit.

    It begins and ends directly on the driver, as a snapshot does. SQLAlchemy takes part in it only
    after the first use of `connection`.
    """

    def __init__(self, connection: Connection, close_barrier: Callable[[], int]) -> None:
        super().__init__(connection)
        self._close_barrier: Callable[[], int] | None = close_barrier
        self._announced = self._closed_at = 0
        self.extent = Extent()  # the newest that this transaction has written

    @property
    def connection(self) -> Connection:
        if not self._connection.in_transaction():
            self._connection.begin()
        return self._connection

    def begin_writing(self, text: str, patience: float | None, *, keep: bool) -> None:
        """Begin the transaction, to `keep` it or not; wait for others so many seconds at most."""
        if self.is_sqlite:
            self._run_text(text)
            return
        usual = self._driver.patience
        self._driver.patience = usual and patience  # none is bounded, or both are
        if keep:
            self._run_text(ANNOUNCE_COMMIT)
            self._announced = read_clock()
        self._run_text(text)
        self._driver.patience = usual

    def end_writing(self, *, keep: bool) -> None:
        """Commit if `keep` is set, else roll back."""
        end = self._driver.commit if keep else self._driver.rollback
        try:
            end()
        except self._driver_error as error:
            raise self._wrap_error(error, "COMMIT" if keep else "ROLLBACK") from error
        if self._connection.in_transaction():
            self._connection.rollback()  # only SQLAlchemy's own record of it is left to end

    def close_barrier(self) -> int:
        """Make readers of an instant later than the head wait; return when that began, in µs."""
        if self._close_barrier is not None:
            if not self.is_sqlite:
                wait_for_leases(self._announced)
            self._closed_at = self._close_barrier()
            self._close_barrier = None
        return self._closed_at

    def insert_rows(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; each holds a value for every column, in the order of the table."""
        insert = _insert_into_sqlite if self.is_sqlite else _insert_into_postgresql
        try:
            insert(self._driver, table, rows)
        except self._driver_error as error:
            raise self._wrap_error(error, f"INSERT INTO {_insert_target(table)}") from error


def _insert_into_sqlite(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows one by one, or with few large statements."""
    for some in _split_in_sizes(rows, _MOST_PARAMETERS // len(table.c)):
        if len(some) < _ROW_BY_ROW:
            driver.executemany(_insert_statement(table, 1, "?"), some)
        else:
            _insert_values(driver, table, some, "?")


def _insert_into_postgresql(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with one statement, or by COPY."""
    if len(rows) < _COPY_FROM:
        _insert_values(driver, table, rows, "%s")
        return
    copy_in = f"COPY {_insert_target(table)} FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(copy_in) as copy:
        for row in rows:
            copy.write_row(row)


def _insert_values(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]], mark: str) -> None:
    if rows:
        driver.execute(_insert_statement(table, len(rows), mark), [*chain.from_iterable(rows)])


def _insert_target(table: Table) -> str:
    """Return the quoted name of a table, with those of its columns."""
    names = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118, not a dict
    return f'"{table.name}" ({names})'


@lru_cache(maxsize=512)
def _insert_statement(table: Table, count: int, mark: str) -> str:
    blanks = f"({', '.join([mark] * len(table.c))})"
    return f"INSERT INTO {_insert_target(table)} VALUES {', '.join([blanks] * count)}"  # noqa: S608


def _split_in_sizes(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of few different sizes, so that few statements are cached."""
    start = 0
    for size in (most, 512, 128, _ROW_BY_ROW):
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
    yield rows[start:]
