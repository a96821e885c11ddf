"""Statements that run directly on the driver: prepared ones, and inserts of many rows.

SQLAlchemy takes longer to build, compile and wrap a statement than SQLite takes to answer it. A
statement that runs at every request is therefore built once with SQLAlchemy, with a named parameter
for each value, and compiled once for each engine. Values go to the driver unchanged: text, whole
numbers and booleans, which both drivers accept. Inserts take the fastest way of each driver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Dialect, Executable, Table, bindparam

Id = TypeVar("Id", str, int)
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


def named_parameter(name: str, type_: Any = None) -> BindParameter[Any]:
    """Make a parameter whose value is given when the statement runs."""
    return bindparam(name, type_=type_)


def numbered_parameters(count: int) -> list[BindParameter[Any]]:
    """Make the parameters of a list of `count` values; `numbered_values` gives their values."""
    return [named_parameter(f"value_{n}") for n in range(count)]


def numbered_values(values: Sequence[Any]) -> dict[str, Any]:
    """Map the names of a list's `numbered_parameters` to its values."""
    return {f"value_{n}": value for n, value in enumerate(values)}


class PreparedStatement:
    """A statement with its compiled text for each engine."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def bind_values(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the text for an engine, and the parameters in the form that its driver takes."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile_statement(self._statement, dialect)
        bound = {**compiled.constants, **values} if compiled.constants else values
        if compiled.order is None:
            return compiled.text, bound
        return compiled.text, [bound[name] for name in compiled.order]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text for an engine, its constant values, and the order of its parameters.

    The order is None for a driver that takes parameters by name.
    """

    text: str
    constants: Mapping[str, Any]
    order: list[str] | None


def _compile_statement(statement: Executable, dialect: Dialect) -> _Compiled:
    compiled: Any = cast("Any", statement).compile(dialect=dialect)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    return _Compiled(compiled.string, constants, compiled.positiontup)


def split_ids(ids: Iterable[Id]) -> Iterator[Sequence[Id]]:
    """Split ids into parts of at most `_MOST_IDS`, each with a power of two of them.

    The last id of a part is repeated to that end: there is one cached statement for each count.
    """
    listed = sorted(ids)
    for start in range(0, len(listed), _MOST_IDS):
        some = listed[start : start + _MOST_IDS]
        full = 1 << (len(some) - 1).bit_length()
        yield some + some[-1:] * (full - len(some))


def insert_into_sqlite(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows one by one, or with few large statements."""
    for some in _split_in_sizes(rows, _MOST_PARAMETERS // len(table.c)):
        if len(some) < _ROW_BY_ROW:
            driver.executemany(_insert_statement(table, 1, "?"), some)
        else:
            _insert_values(driver, table, some, "?")


def insert_into_postgresql(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with one statement, or by COPY."""
    if len(rows) < _COPY_FROM:
        _insert_values(driver, table, rows, "%s")
    else:
        _copy_rows(driver, table, rows)


def _insert_values(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]], mark: str) -> None:
    driver.execute(_insert_statement(table, len(rows), mark), [*chain.from_iterable(rows)])


def _copy_rows(driver: Any, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {insert_target(table)} FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_target(table: Table) -> str:
    """Return the quoted name of a table, with those of its columns."""
    names = ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118, not a dict
    return f'"{table.name}" ({names})'


@lru_cache(maxsize=512)
def _insert_statement(table: Table, count: int, mark: str) -> str:
    blanks = f"({', '.join([mark] * len(table.c))})"
    return f"INSERT INTO {insert_target(table)} VALUES {', '.join([blanks] * count)}"  # noqa: S608


def _split_in_sizes(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Split rows into parts of few different sizes, so that few statements are cached."""
    start = 0
    for size in (most, 512, 128, _ROW_BY_ROW):
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size
    yield rows[start:]
