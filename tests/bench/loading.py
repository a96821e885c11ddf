"""`python -m tests.bench.loading`: what loading a record costs beside orjson alone.

*json* is orjson alone, *parsed* the strict parser, *bytes* loads a record with a new id from its
bytes, *dict* from parsed data, *marshmallow* without the fast-path loader. All are timed in turn in
one run; the medians are in microseconds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from api.web.requests import load_body, parse_json
from tests.web.odd import VOTE
from tests.worlds import ARTICLE, RESOURCE, read_records

POSITIONS = RESOURCE["positions"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    richest = max(read_records("positions", ARTICLE), key=lambda each: len(orjson.dumps(each)))
    print("record bytes |   json parsed  bytes   dict marshmallow | marshmallow/dict")
    for name, record in (("vote", VOTE), ("seed", richest)):
        time_record(name, record, rounds)


def time_record(name: str, record: dict[str, Any], rounds: int) -> None:
    """Time a record with many ids, and print its row."""
    drafts = [{**record, "id": f"{n}-{record['id']}"} for n in range(1000)]
    lines = [orjson.dumps(draft) for draft in drafts]
    ways: Sequence[tuple[Callable[[Any], Any], Sequence[Any]]] = [
        (orjson.loads, lines),
        (parse_json, lines),
        (lambda raw: POSITIONS.load_draft(parse_json(raw)), lines),
        (POSITIONS.load_draft, drafts),
        (lambda draft: load_body(POSITIONS.draft_schema, draft), drafts),
    ]
    took: list[list[float]] = [[] for _ in ways]
    for _ in range(rounds):
        for index, (way, given) in enumerate(ways):
            start = time.perf_counter()
            for each in given:
                way(each)
            took[index].append((time.perf_counter() - start) * 1e6 / len(given))
    json, parsed, whole, plain, slow = map(statistics.median, took)
    print(
        f"{name:6} {len(lines[0]):5} | {json:6.2f} {parsed:6.2f} {whole:6.2f} {plain:6.2f} "
        f"{slow:11.2f} | {slow / plain:16.1f}"
    )


if __name__ == "__main__":
    main()
