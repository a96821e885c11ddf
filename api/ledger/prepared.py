"""Statements of every request, compiled once for each engine and run on the driver itself.

SQLAlchemy takes longer to build, compile and wrap a statement than SQLite takes to answer it. What
is asked at every request is therefore written once in SQLAlchemy's words, with a named parameter
for each value, and kept as the text that it compiles to. Values go to the driver as they are:
text, whole numbers and booleans, which both drivers know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Dialect, Executable, bindparam

Id = TypeVar("Id", str, int)

_MOST_IDS = 512
"""How many ids a statement is given at most."""


def parameter(name: str, type_: Any = None) -> BindParameter[Any]:
    """Name a value that a statement is given when it is run."""
    return bindparam(name, type_=type_)


def parameters(count: int) -> list[BindParameter[Any]]:
    """Name so many values of a list, which `named` gives."""
    return [parameter(f"value_{n}") for n in range(count)]


def named(values: Sequence[Any]) -> dict[str, Any]:
    """Give the values of a list by the names of its `parameters`."""
    return {f"value_{n}": value for n, value in enumerate(values)}


class Prepared:
    """A statement and what it compiles to."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def bound(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Give the text for an engine and its parameters as the driver takes them."""
        made = self._compiled.get(dialect.name)
        if made is None:
            made = self._compiled[dialect.name] = _compile_statement(self._statement, dialect)
        given = {**made.constants, **values} if made.constants else values
        return made.text, given if made.order is None else [given[name] for name in made.order]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text for an engine, the values that it brings itself, and the order of its parameters.

    The order is None for a driver that takes them by name.
    """

    text: str
    constants: Mapping[str, Any]
    order: list[str] | None


def _compile_statement(statement: Executable, dialect: Dialect) -> _Compiled:
    made: Any = cast("Any", statement).compile(dialect=dialect)
    constants = {name: value for name, value in made.params.items() if value is not None}
    return _Compiled(made.string, constants, made.positiontup)


def chunks(ids: Iterable[Id]) -> Iterator[Sequence[Id]]:
    """Split ids so that no statement has more parameters than the engines take.

    The last stands as often as makes their count a power of two: statements are kept by it.
    """
    listed = sorted(ids)
    for start in range(0, len(listed), _MOST_IDS):
        some = listed[start : start + _MOST_IDS]
        full = 1 << (len(some) - 1).bit_length()
        yield some + some[-1:] * (full - len(some))
