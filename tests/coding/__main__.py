"""`python -m tests.coding [TEXTS] [SOURCES]`: places and round trips, which take minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.coding.random_sources import check_round_trip, coded_sources
from tests.coding.random_texts import check_places, quotes_in_texts
from tests.worlds import Databases

_CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def run(texts: int = 10_000, sources: int = 300) -> None:
    """Check places of quotes in random texts, and round trips of random coded sources."""
    lasting = settings(deadline=None, suppress_health_check=_CHECKS, database=None)
    settings(lasting, max_examples=texts)(given(quotes_in_texts())(check_places))()
    print(f"{texts} texts: 0 offsets off by one")
    databases = Databases(Path(tempfile.mkdtemp()), lambda: "")
    there_and_back = given(coded_sources())(lambda each: check_round_trip(databases, each))
    settings(lasting, max_examples=sources)(there_and_back)()
    print(f"{sources} coded sources: the same records")


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
