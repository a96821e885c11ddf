"""Canonical bytes: JSON in UTF-8 with sorted keys and no blanks.

This is RFC 8785 for the values that our fields admit (ASCII keys; numbers up to 2^53, whole ones
without a point). They hold what an author wrote and what follows from that alone: no revision
number, no time of writing, and not when they were superseded. The same record therefore always has
the same bytes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

canonical_bytes: Callable[[Any], bytes] = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
"""Returns the canonical bytes of plain data."""

parse_bytes: Callable[[bytes], dict[str, Any]] = orjson.loads
"""Parses canonical or rendered bytes."""
