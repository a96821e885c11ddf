"""One core for the servers, another for who asks them: neither takes time from the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_ALL = os.sched_getaffinity(0)
SERVERS, LOAD = {min(_ALL)}, {max(_ALL)}
"""The same core where there is only one; then the figures say little."""


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Run here, and start processes that stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
