"""How much of our code one request runs through: whoever follows it has so much to read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from types import FrameType

import api
from tests.worlds import Registry, make_draft, parse_answer

MOST_FUNCTIONS, MOST_FILES, MOST_FILES_OF_A_WRITE = 70, 20, 30

_PACKAGE = api.__path__[0]
_DAYS = count()


def collect_functions(call: Callable[[], object]) -> set[tuple[str, str, int]]:
    """Return file, name and line of our functions that a call runs; comprehensions are none."""
    found: set[tuple[str, str, int]] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_PACKAGE) and code.co_name[0] != "<":
            found.add((code.co_filename, code.co_name, code.co_firstlineno))

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return found


def count_files(functions: set[tuple[str, str, int]]) -> int:
    return len({file for file, *_ in functions})


def test_a_list_seen_for_the_first_time_runs_through_few_functions(registry, monkeypatch):
    # On a busy machine an answer may take so long that it is cached at once.
    monkeypatch.setattr("api.web.cache.response_cache.perf_counter", lambda: 0.0)

    def read() -> None:
        day = date(2024, 3, 7) + timedelta(next(_DAYS))
        parse_answer(registry.get("/v1/positions", holder="kestria", valid_at=str(day)))

    for _ in range(3):
        read()
    # On a busy machine what the database told some milliseconds ago is asked for again.
    ran = min((collect_functions(read) for _ in range(9)), key=len)
    assert len(ran) <= MOST_FUNCTIONS
    assert count_files(ran) <= MOST_FILES


def test_a_write_runs_through_few_files(registry: Registry):
    ids = count()

    def write() -> None:
        parse_answer(
            registry.post("/v1/positions", make_draft("positions", id=f"new-{next(ids)}")), 201
        )

    write()
    assert count_files(collect_functions(write)) <= MOST_FILES_OF_A_WRITE
