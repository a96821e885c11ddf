"""Prepared statements: compiled once for each engine, and run directly on the driver.

SQLAlchemy takes longer to build, compile and wrap a statement than SQLite takes to answer it. A
statement that runs at every request is therefore built once with SQLAlchemy, with a named parameter
for each value, and stored as compiled text. Values go to the driver unchanged: text, whole numbers
and booleans, which both drivers accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, Dialect, Executable, bindparam

Id = TypeVar("Id", str, int)

_MOST_IDS = 512
"""The most ids that one statement takes."""


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
