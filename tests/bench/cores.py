"""One core for the servers and another for the load, so that neither slows the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_ALL = os.sched_getaffinity(0)
SERVERS, LOAD = {min(_ALL)}, {max(_ALL)}
"""Both are the same core on a machine that has only one; then the figures say little."""


@contextmanager
def run_on_cores(cores: set[int]) -> Iterator[None]:
    """Run on these cores; processes that are started here stay on them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
