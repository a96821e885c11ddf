"""Writes lists as cells of flat rows."""

from collections.abc import Iterable
from typing import Any

import orjson


def join_values(listed: Iterable[Any]) -> str | None:
    """Join a list by `|`, or write JSON where an entry does not allow that; None if empty."""
    values = [*listed]
    if all(isinstance(each, str) and "|" not in each for each in values):
        joined = "|".join(values) or None
        if joined is None or not joined.startswith("["):
            return joined
    return orjson.dumps(values).decode()
