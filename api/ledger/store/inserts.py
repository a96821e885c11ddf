"""Inserts of many rows, by the fastest way of each driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Table

T = TypeVar("T")

_COPY_FROM = 200
"""PostgreSQL gets at least so many rows by COPY, in a third of the time."""

_ROW_BY_ROW = 16
"""SQLite gets fewer rows than that one by one. Before a statement of several rows it copies each
page that the statement changes, in case it fails, from the fourth page on into a file."""

_MOST_PARAMETERS = 32_766
"""The most parameters that a statement of SQLite takes (SQLITE_MAX_VARIABLE_NUMBER)."""


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
