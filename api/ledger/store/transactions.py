"""Transactions: a read-only snapshot, and the one write.

Statements that run at every request are `PreparedStatement`s and go directly to the driver. All
others go through SQLAlchemy's connection, in the same transaction.

What was known at a changeset never changes. A statement that names its changeset therefore needs
no transaction around it (`fetch_alone`), and beginning and ending one costs as much as reading a
record. The one exception is a database that is restored from a copy, in place, between two
statements of one answer; an answer that needs many statements begins a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.exc import DBAPIError

from api.ledger.store.engines import IDENTITY
from api.ledger.store.prepared import (
    PreparedStatement,
    insert_into_postgresql,
    insert_into_sqlite,
    insert_target,
)
from api.ledger.store.tables import check_schema

T = TypeVar("T")

_READ_SCHEMA = "SELECT version_num FROM alembic_version"


class Transaction:
    """A transaction: `connection` for occasional statements, `fetch_rows` for frequent ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._driver: Any = connection.connection.driver_connection
        self._driver_error = connection.dialect.loaded_dbapi.Error
        self.identity: object = connection.info.get(IDENTITY)
        """Which file the connection opened (`Database.file_identity`)."""

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        return self._connection

    def fetch_alone(
        self, statement: PreparedStatement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement, outside of a transaction unless one has begun.

        Raises the same SQLAlchemy errors as `connection`.
        """
        text, bound = statement.bind_values(self._dialect, values)
        try:
            return self._driver.execute(text, bound).fetchall()
        except self._driver_error as error:
            raise self._wrap_error(error, text, bound) from error

    def fetch_rows(
        self, statement: PreparedStatement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a prepared statement in the transaction."""
        return self.fetch_alone(statement, values)

    def _run_text(self, text: str) -> Any:
        try:
            return self._driver.execute(text)
        except self._driver_error as error:
            raise self._wrap_error(error, text) from error

    def _wrap_error(self, error: Exception, text: str, bound: Any = None) -> Exception:
        """Wrap a driver's error as SQLAlchemy does."""
        return cast(
            "Exception",
            DBAPIError.instance(
                text,
                bound,
                error,
                self._driver_error,
                dialect=self._dialect,
                connection_invalidated=getattr(self._driver, "closed", False),
            ),
        )

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

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        self.begin_reading()
        return self._connection

    def fetch_rows(
        self, statement: PreparedStatement, values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Begin the transaction unless it has begun, and run a prepared statement in it."""
        self.begin_reading()
        return self.fetch_alone(statement, values)

    def begin_reading(self) -> None:
        """Begin the transaction unless it has begun."""
        if self._begun:
            return
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

    def __init__(self, connection: Connection, close_barrier: Callable[[], None]) -> None:
        super().__init__(connection)
        self._close_barrier: Callable[[], None] | None = close_barrier

    @property
    def connection(self) -> Connection:
        """The connection, in the transaction."""
        if not self._connection.in_transaction():
            self._connection.begin()
        return self._connection

    def begin_writing(self, text: str, patience: float | None) -> None:
        """Begin the transaction, and wait for other writers so many seconds at most."""
        if self.is_sqlite:
            self._run_text(text)
            return
        usual = self._driver.patience
        self._driver.patience = usual and patience  # none is bounded, or both are
        self._run_text(text)
        self._driver.patience = usual

    def end_writing(self, *, keep: bool) -> None:
        """Commit if `keep` is set, else roll back."""
        try:
            if keep:
                self._driver.commit()
            else:
                self._driver.rollback()
        except self._driver_error as error:
            raise self._wrap_error(error, "COMMIT" if keep else "ROLLBACK") from error
        if self._connection.in_transaction():
            self._connection.rollback()  # only SQLAlchemy's own record of it is left to end

    def close_barrier(self) -> None:
        """Make readers of an instant after the newest changeset wait until the write ends."""
        if self._close_barrier is not None:
            self._close_barrier()
            self._close_barrier = None

    def insert_rows(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; each holds a value for every column, in the order of the table."""
        if not rows:
            return
        try:
            if self.is_sqlite:
                insert_into_sqlite(self._driver, table, rows)
            else:
                insert_into_postgresql(self._driver, table, rows)
        except self._driver_error as error:
            raise self._wrap_error(error, f"INSERT INTO {insert_target(table)}") from error


def split_rows(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
