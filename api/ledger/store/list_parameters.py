"""Lists of any length as one parameter: JSON on SQLite, an array on PostgreSQL.

With a parameter for each value, each number of values would be another statement, and caches would
hold them all: SQLAlchemy's, the drivers' and our own. SQLite also limits how deep a condition is.
The value of the parameter is a `list`, which SQLite's driver gets as JSON.
"""

import sqlite3
from typing import Any, cast

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

sqlite3.register_adapter(list, lambda values: orjson.dumps(values).decode())


class _InList(FunctionElement[bool]):
    inherit_cache = True


class _LikeList(FunctionElement[bool]):
    inherit_cache = True


def in_list(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column equals a value of the list that a parameter holds."""
    kind = BigInteger if isinstance(column.type, Integer) else Text
    return _InList(column, bindparam(name, type_=ARRAY(kind)))


def like_list(text: ColumnElement[str], patterns: list[str]) -> ColumnElement[bool]:
    """Return the condition that a text is like a pattern of a list; none may need an escape."""
    return _LikeList(text, bindparam(None, patterns, ARRAY(Text)))


@compiles(_InList)
def _write_in(condition: _InList, compiler: Any, **options: Any) -> str:
    column, values = cast("Any", condition.clauses)
    is_sqlite = compiler.dialect.name == "sqlite"
    among = column.in_(select(_list_column(values))) if is_sqlite else column == any_(values)
    return compiler.process(among, **options)


@compiles(_LikeList)
def _write_like(condition: _LikeList, compiler: Any, **options: Any) -> str:
    text, patterns = cast("Any", condition.clauses)
    like = text.like(any_(patterns))
    if compiler.dialect.name == "sqlite":
        pattern = _list_column(patterns)
        listed = select(pattern).where(text.like(pattern))
        like = listed.correlate_except(pattern.table).exists()
    return compiler.process(like, **options)


def _list_column(values: Any) -> Any:
    return func.json_each(values).table_valued("value").c.value
