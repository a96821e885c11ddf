"""Lists of any length as one parameter: JSON on SQLite, an array on PostgreSQL.

With a parameter for each value, each number of values would be another statement, and caches would
hold them all: SQLAlchemy's, the drivers' and our own. SQLite also limits how deep a condition is.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ARRAY, BindParameter, ColumnElement, Text, any_, func, select


def list_value(values: Sequence[str], *, is_sqlite: bool) -> Any:
    """Return the value of a list's parameter."""
    return orjson.dumps(values).decode() if is_sqlite else list(values)


def in_list(
    column: ColumnElement[Any], values: BindParameter[Any], *, is_sqlite: bool
) -> ColumnElement[bool]:
    """Return the condition that a column equals a value of a list."""
    if is_sqlite:
        return column.in_(select(_list_column(values)))
    return column == any_(_as_array(values))


def like_list(
    text: ColumnElement[str], patterns: BindParameter[Any], *, is_sqlite: bool
) -> ColumnElement[bool]:
    """Return the condition that a text is like a pattern of a list; none may need an escape."""
    if is_sqlite:
        pattern = _list_column(patterns)
        listed = select(pattern).where(text.like(pattern))
        return listed.correlate_except(pattern.table).exists()
    return text.like(any_(_as_array(patterns)))


def _list_column(values: BindParameter[Any]) -> Any:
    return func.json_each(values).table_valued("value").c.value


def _as_array(values: BindParameter[Any]) -> BindParameter[Any]:
    values.type = ARRAY(Text)
    return values
