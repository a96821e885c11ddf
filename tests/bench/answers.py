"""What a large question costs: agreement of two states, and counts over all votes.

One connection asks one question after the other, all of them in each round. The cost is also given
in single-record reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.addresses import QuestionPaths, find_questions
from tests.bench.cores import LOAD, run_on_cores
from tests.bench.databases import DatabasePair, open_registry
from tests.bench.load import KeepAliveClient
from tests.bench.report import Section
from tests.bench.running import registry_server, run_contenders

_MOST = 300
_FLASK, _CACHED = "Flask", "response cache"
_RECORD = ("a record", "first-seen")
_GOAL = 50

ABOUT = f"""\
Milliseconds on one connection; *records*: first-seen single records in the same time. Goal for
agreement (two states, all sessions) and counts (votes by holder and force): under {_GOAL};
{{missed}} of {{all}} miss it.
"""
HEADER = ("engine", "positions", "server", "question", "asked", "ms", "records")


def measure_questions(
    pair: DatabasePair, folder: Path, *, rounds: int, seconds: float
) -> list[list[Any]]:
    """Return the rows of the table."""
    with open_registry(pair.url) as ledger:
        asked = _select_paths(find_questions(ledger))
    servers = [
        registry_server(name, pair.url, cached=name == _CACHED) for name in (_FLASK, _CACHED)
    ]
    taken: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    with run_contenders(servers, folder) as up, run_on_cores(LOAD):
        clients = {name: KeepAliveClient(server.port) for name, server in up.items()}
        places: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for _ in range(rounds):
            for key, paths in asked.items():
                ahead = [*paths[places[key] :], *paths[: places[key]]]
                found = clients[key[0]].time_requests(ahead, budget=seconds, most=_MOST)
                places[key] = (places[key] + len(found)) % len(paths)
                taken[key] += found
        for client in clients.values():
            client.close()
    return _build_rows(pair, {key: median(found) for key, found in taken.items()})


def _select_paths(known: QuestionPaths) -> dict[tuple[str, str, str], Sequence[str]]:
    """Return the addresses of each row: (server, question, how it is asked)."""
    found: dict[tuple[str, str, str], Sequence[str]] = {}
    # What is repeated must not be among the first-seen; only the cache answers it from memory.
    for name, paths in (("a record", known.record), ("agreement", known.agreement),
                        ("counts", known.counts)):  # fmt: skip
        found[_FLASK, name, "first-seen"] = paths[1:]
        found[_CACHED, name, "first-seen"] = paths[1:]
        found[_CACHED, name, "repeated"] = paths[:1]
    return found


def _build_rows(pair: DatabasePair, taken: dict[tuple[str, str, str], float]) -> list[list[Any]]:
    return [
        [pair.engine, pair.size, *key, seconds * 1000, seconds / taken[key[0], *_RECORD]]
        for key, seconds in taken.items()
    ]


def build_section(rows: Sequence[Sequence[Any]]) -> Section:
    """Return the table of large questions."""
    large = [records for *_, question, _asked, _ms, records in rows if question != _RECORD[0]]
    missed = sum(records >= _GOAL for records in large)
    return Section("Large questions", ABOUT.format(missed=missed, all=len(large)), HEADER, rows)
