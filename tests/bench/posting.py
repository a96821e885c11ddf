"""POST with one commit, beside the bare insert of the very rows that it writes.

The rows are found, not written down: two positions are posted to a copy of the registry, and what
is in its tables afterwards and was not before is what a POST writes. What differs between the two
(the id, and every number that grew) is made anew for each bare insert.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from sqlalchemy import make_url

from tests.bench import raw
from tests.bench.databases import World, command, opened
from tests.bench.load import Load
from tests.bench.report import Section
from tests.bench.running import granian, ours, running
from tests.worlds import Registry

OURS, BARE = "ours, POST /v1/positions", "bare Flask, raw inserts"
_GOAL = 0.6

ABOUT = f"""\
One commit a position (WAL, `synchronous = FULL`), 16 connections. *{BARE}* writes
the same rows unchecked. Goal: {_GOAL}.
"""
HEADER = ("positions before", "contender", "a second", "ratio", "rows a POST")


def measure(world: World, folder: Path, *, rounds: int, seconds: float) -> list[list[Any]]:
    """Give the rows of the table."""
    own, bare = _copy(world, folder / "posts.db"), _copy(world, folder / "inserts.db")
    key = command(f"sqlite:///{own}", "keys", "create", "bench", "--scope", "write").strip()
    body = folder / "body.json"
    draft = _draft(world)
    body.write_bytes(orjson.dumps({**draft, "id": "@ID@"}))
    rows = folder / "rows.pickle"
    known = _written(_copy(world, folder / "learn.db"), draft)
    rows.write_bytes(pickle.dumps(known))
    servers = [
        ours(OURS, f"sqlite:///{own}", snapshots=True),
        granian(BARE, "tests.bench.contenders.inserting:app", BENCH_ROWS=str(rows),
                BENCH_FILE=str(bare)),
    ]  # fmt: skip
    authorised = {"Authorization": f"Bearer {key}"}
    with running(servers, folder) as up:
        loads = {OURS: Load(up[OURS].port, "/v1/positions", body=body, headers=authorised),
                 BARE: Load(up[BARE].port, body=body)}  # fmt: skip
        rates: dict[str, list[float]] = {name: [] for name in loads}
        for _ in range(rounds):
            for name, load in loads.items():
                rates[name].append(load.rate(seconds))
    found = {name: median(each) for name, each in rates.items()}
    _see_all_written(world, (own, bare), loads)
    rows_each = len(known["rows"])
    return [[world.size, name, rate, rate / found[BARE], rows_each] for name, rate in found.items()]


def _see_all_written(world: World, files: Sequence[Path], loads: dict[str, Load]) -> None:
    """See that both wrote what they said they had; a round's last requests may be cut off."""
    before = _count(Path(make_url(world.url).database or ""))
    for file, load in zip(files, loads.values(), strict=True):
        written, most = _count(file) - before, load.sent
        assert 0.5 * most < written <= most, (file, written, most)


def _count(file: Path) -> int:
    connection = sqlite3.connect(file)
    count: int = connection.execute("SELECT count(*) FROM revision").fetchone()[0]
    connection.close()
    return count


def _copy(world: World, to: Path) -> Path:
    for old in to.parent.glob(f"{to.name}*"):
        old.unlink()
    source = sqlite3.connect(make_url(world.url).database or "")
    target = sqlite3.connect(to)
    for pragma in raw.PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    source.backup(target)
    source.close()
    target.close()
    return to


def _draft(world: World) -> dict[str, Any]:
    """Make a position like those that are there: their newest, without what the server adds."""
    with opened(world.url) as ledger, ledger.reading() as reader:
        newest = reader.page(ledger.nouns["positions"], {}, limit=1, descending=True)
    record = orjson.loads(newest.bodies[0])
    wanted = ("holder", "force", "proposition", "responds_to", "sources", "attestation",
              "attested_on", "valid_from")  # fmt: skip
    return {name: record[name] for name in wanted}


def _written(file: Path, draft: dict[str, Any]) -> dict[str, Any]:
    """Give the rows that a POST writes, how much their numbers grow with the next, its answer."""
    registry = Registry(f"sqlite:///{file}")
    registry.authorise()
    states = [_contents(file)]
    ids = [f"bench-{n:08}" for n in (99_999_998, 99_999_999)]
    answers = []
    for id in ids:
        answer = registry.post("/v1/positions", {**draft, "id": id})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        answers.append(answer.get_data())
        states.append(_contents(file))
    registry.close()
    first, second = (_added(*pair) for pair in pairwise(states))
    rows = [
        (statement, row, [_growth(a, b) for a, b in zip(row, other, strict=True)])
        for (statement, row), (_, other) in zip(first, second, strict=True)
    ]
    return {"rows": rows, "id": ids[0], "answer": answers[0]}


def _growth(one: Any, other: Any) -> int:
    return other - one if isinstance(one, int) else 0


def _contents(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = sqlite3.connect(file)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in raw.filled_tables(connection):
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [each[0] for each in cursor.description]
        found[raw.insertion(table, names)] = cursor.fetchall()
    connection.close()
    return found


def _added(
    before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]
) -> list[tuple[str, tuple[Any, ...]]]:
    return [
        (statement, row)
        for statement, rows in after.items()
        for known in [set(before[statement])]
        for row in rows
        if row not in known
    ]


def section(rows: Sequence[Sequence[Any]]) -> Section:
    """Give the table."""
    return Section("POST", ABOUT, HEADER, rows)
