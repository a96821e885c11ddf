"""What a large question costs, in single-record reads: agreement of a pair, counts over all votes.

One connection, one question after the other; in each round all of them have their turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.cores import LOAD, on
from tests.bench.databases import World, opened
from tests.bench.load import Client
from tests.bench.questions import Singles, singles
from tests.bench.report import Section
from tests.bench.running import ours, running

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


def measure(world: World, folder: Path, *, rounds: int, seconds: float) -> list[list[Any]]:
    """Give the rows of the table."""
    with opened(world.url) as ledger:
        asked = _asked(singles(ledger))
    started = [ours(name, world.url, snapshots=name == _CACHED) for name in (_FLASK, _CACHED)]
    taken: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    with running(started, folder) as up, on(LOAD):
        clients = {name: Client(server.port) for name, server in up.items()}
        places: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for _ in range(rounds):
            for key, paths in asked.items():
                ahead = [*paths[places[key] :], *paths[: places[key]]]
                found = clients[key[0]].seconds(ahead, budget=seconds, most=_MOST)
                places[key] = (places[key] + len(found)) % len(paths)
                taken[key] += found
        for client in clients.values():
            client.close()
    return _rows(world, {key: median(found) for key, found in taken.items()})


def _asked(known: Singles) -> dict[tuple[str, str, str], Sequence[str]]:
    """Return the addresses of each row: (server, question, how it is asked)."""
    found: dict[tuple[str, str, str], Sequence[str]] = {}
    # What is repeated must not be among the first-seen; only the cache answers it from memory.
    for name, paths in (("a record", known.record), ("agreement", known.agreement),
                        ("counts", known.counts)):  # fmt: skip
        found[_FLASK, name, "first-seen"] = paths[1:]
        found[_CACHED, name, "first-seen"] = paths[1:]
        found[_CACHED, name, "repeated"] = paths[:1]
    return found


def _rows(world: World, taken: dict[tuple[str, str, str], float]) -> list[list[Any]]:
    return [
        [world.engine, world.size, *key, seconds * 1000, seconds / taken[key[0], *_RECORD]]
        for key, seconds in taken.items()
    ]


def section(rows: Sequence[Sequence[Any]]) -> Section:
    """Give the table."""
    large = [records for *_, question, _asked, _ms, records in rows if question != _RECORD[0]]
    missed = sum(records >= _GOAL for records in large)
    return Section("Large questions", ABOUT.format(missed=missed, all=len(large)), HEADER, rows)
