"""POST with one commit beside the bare insert of the rows that it writes.

The rows are learnt from two posts to a copy of the registry: a POST writes what its tables hold
afterwards and did not hold before. What differs between the two posts (the id, and every number
that grew) is changed for each bare insert.
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
from tests.bench.databases import DatabasePair, open_registry, run_command
from tests.bench.load import Load
from tests.bench.report import Section
from tests.bench.running import granian_server, registry_server, run_contenders
from tests.worlds import Registry

OURS, BARE = "ours, POST /v1/positions", "bare Flask, raw inserts"
_GOAL = 0.6

ABOUT = f"""\
One commit a position (WAL, `synchronous = FULL`), 16 connections. *{BARE}* writes
the same rows unchecked. Goal: {_GOAL}.
"""
HEADER = ("positions before", "contender", "a second", "ratio", "rows a POST")


def measure_posting(
    pair: DatabasePair, folder: Path, *, rounds: int, seconds: float
) -> list[list[Any]]:
    """Return the rows of the table."""
    own, bare = (
        _copy_database(pair, folder / "posts.db"),
        _copy_database(pair, folder / "inserts.db"),
    )
    key = run_command(f"sqlite:///{own}", "keys", "create", "bench", "--scope", "write").strip()
    body = folder / "body.json"
    draft = _make_draft(pair)
    body.write_bytes(orjson.dumps({**draft, "id": "@ID@"}))
    rows = folder / "rows.pickle"
    known = _learn_rows(_copy_database(pair, folder / "learn.db"), draft)
    rows.write_bytes(pickle.dumps(known))
    servers = [
        registry_server(OURS, f"sqlite:///{own}", cached=True),
        granian_server(BARE, "tests.bench.contenders.inserting:app", BENCH_ROWS=str(rows),
                BENCH_FILE=str(bare)),
    ]  # fmt: skip
    authorised = {"Authorization": f"Bearer {key}"}
    with run_contenders(servers, folder) as up:
        loads = {OURS: Load(up[OURS].port, "/v1/positions", body=body, headers=authorised),
                 BARE: Load(up[BARE].port, body=body)}  # fmt: skip
        rates: dict[str, list[float]] = {name: [] for name in loads}
        for _ in range(rounds):
            for name, load in loads.items():
                rates[name].append(load.measure_rate(seconds))
    found = {name: median(each) for name, each in rates.items()}
    _check_all_written(pair, (own, bare), loads)
    rows_each = len(known["rows"])
    return [[pair.size, name, rate, rate / found[BARE], rows_each] for name, rate in found.items()]


def _check_all_written(pair: DatabasePair, files: Sequence[Path], loads: dict[str, Load]) -> None:
    """Assert that both wrote what they answered; the last requests of a round may be cut off."""
    before = _count_revisions(Path(make_url(pair.url).database or ""))
    for file, load in zip(files, loads.values(), strict=True):
        written, most = _count_revisions(file) - before, load.sent
        assert 0.5 * most < written <= most, (file, written, most)


def _count_revisions(file: Path) -> int:
    connection = sqlite3.connect(file)
    count: int = connection.execute("SELECT count(*) FROM revision").fetchone()[0]
    connection.close()
    return count


def _copy_database(pair: DatabasePair, to: Path) -> Path:
    for old in to.parent.glob(f"{to.name}*"):
        old.unlink()
    source = sqlite3.connect(make_url(pair.url).database or "")
    target = sqlite3.connect(to)
    for pragma in raw.PRAGMAS:
        target.execute(f"PRAGMA {pragma}")
    source.backup(target)
    source.close()
    target.close()
    return to


def _make_draft(pair: DatabasePair) -> dict[str, Any]:
    """Return a position like the newest one, without the fields that the server adds."""
    with open_registry(pair.url) as ledger, ledger.open_reader() as reader:
        newest = reader.read_page(ledger.nouns["positions"], {}, limit=1, descending=True)
    record = orjson.loads(newest.whole_bodies[0])
    wanted = ("holder", "force", "proposition", "responds_to", "sources", "attestation",
              "attested_on", "valid_from")  # fmt: skip
    return {name: record[name] for name in wanted}


def _learn_rows(file: Path, draft: dict[str, Any]) -> dict[str, Any]:
    """Return the rows that a POST writes, how much their numbers grow, and its answer."""
    registry = Registry(f"sqlite:///{file}")
    registry.make_key()
    states = [_read_tables(file)]
    ids = [f"bench-{n:08}" for n in (99_999_998, 99_999_999)]
    answers = []
    for id in ids:
        answer = registry.post("/v1/positions", {**draft, "id": id})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        answers.append(answer.get_data())
        states.append(_read_tables(file))
    registry.close()
    first, second = (_find_added(*pair) for pair in pairwise(states))
    rows = [
        (statement, row, [_subtract_numbers(a, b) for a, b in zip(row, other, strict=True)])
        for (statement, row), (_, other) in zip(first, second, strict=True)
    ]
    return {"rows": rows, "id": ids[0], "answer": answers[0]}


def _subtract_numbers(one: Any, other: Any) -> int:
    return other - one if isinstance(one, int) else 0


def _read_tables(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = sqlite3.connect(file)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in raw.filled_tables(connection):
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [each[0] for each in cursor.description]
        found[raw.insert_statement(table, names)] = cursor.fetchall()
    connection.close()
    return found


def _find_added(
    before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]
) -> list[tuple[str, tuple[Any, ...]]]:
    return [
        (statement, row)
        for statement, rows in after.items()
        for known in [set(before[statement])]
        for row in rows
        if row not in known
    ]


def build_section(rows: Sequence[Sequence[Any]]) -> Section:
    """Return the table of POST."""
    return Section("POST", ABOUT, HEADER, rows)
