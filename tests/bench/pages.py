"""The page of 50 positions, filtered by holder and issue: ours, the upper limits, and the peers.

All contenders run at once and are asked in turn, round after round. Before that, each of them must
return the same records.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from sqlalchemy import make_url

from tests.bench.addresses import PAGE, PagePaths, find_pages
from tests.bench.databases import DatabasePair
from tests.bench.load import Load
from tests.bench.report import Section
from tests.bench.running import (
    Contender,
    RunningContender,
    datasette_server,
    granian_server,
    registry_server,
    run_contenders,
    uvicorn_server,
)

RAW, BARE = "raw WSGI, same answer", "bare Flask, same answer"
RAW_304, CACHED_304 = "raw WSGI, 304", "ours, response cache, 304"
FIRST = "ours in Flask, first-seen"
CACHED, CACHED_FIRST = "ours, response cache", "ours, response cache, first-seen"
FASTAPI, DRF, DATASETTE = "FastAPI, response_model", "Django REST framework", "Datasette"
FASTAPI_CORE, LITESTAR = "FastAPI, Core rows, orjson", "Litestar, Core rows, msgspec"
TUNED = (FASTAPI_CORE, LITESTAR)

ABOUT = f"""\
50 positions of one holder on one issue. Ratios are to *{BARE}*; memory is resident.

- **raw WSGI**, **bare Flask**: our precomputed answer under granian (one worker, twelve threads);
  *body alone* has two headers.
- **ours in Flask**: no response cache; *first-seen* reads 120,000 different pages from the
  database.
- **ours, response cache**: one address, asked again and again; *304* sends its ETag.
- **FastAPI, response_model** (`selectinload`, uvicorn), **Django REST framework** (granian),
  **Datasette** (no counts): plain indexed tables without history, one address.
- **{FASTAPI_CORE}**, **{LITESTAR}**: tuned by hand. The same plain
  tables with an index for this page, granian, JSON columns sent unparsed, no ORM, no check of the
  answer. They read the pages of our *first-seen*, in the same order.

The plain tables hold the current state only. Their servers give up history, `known_at`, `valid_at`,
the chain of hashes, ETag and 304, and they copy derived fields without deriving them. In return a
write costs them a row or two. Ours renders each record, and all that depend on it, when it is
written, and keeps every version: it loses to them in disk (*database MB*), in memory and in writes
(*POST*, *Import*).
"""

_CONTENDERS = "tests.bench.contenders"
_SERVER_HEADERS = ("server", "date", "connection")


def measure_pages(
    pair: DatabasePair, folder: Path, *, rounds: int, seconds: float
) -> tuple[dict[str, float], list[list[Any]]]:
    """Return the median rate of each contender, and the rows of the table."""
    asked = find_pages(pair)
    answer = folder / "answer.json"
    with run_contenders(_own_contenders(pair), folder) as own:
        _save_answer(own[CACHED], asked, answer)
        with run_contenders(_other_contenders(pair, answer), folder) as others:
            up = own | others
            _check_same_records(up, asked)
            rates = _measure_in_turn(_build_loads(up, asked, folder, answer), rounds, seconds)
            return rates, _build_rows(pair, rates, up)


def _own_contenders(pair: DatabasePair) -> list[Contender]:
    return [
        registry_server(FIRST, pair.url, cached=False),
        registry_server(CACHED, pair.url, cached=True),
    ]


def _other_contenders(pair: DatabasePair, answer: Path) -> list[Contender]:
    plain = {"BENCH_DATABASE": pair.plain}
    peers = [
        granian_server(
            RAW, f"{_CONTENDERS}.constant:answer_raw", "/body", BENCH_ANSWER=str(answer)
        ),
        granian_server(BARE, f"{_CONTENDERS}.constant:flask", "/body", BENCH_ANSWER=str(answer)),
        uvicorn_server(FASTAPI, f"{_CONTENDERS}.fastapi_orm:app", "/openapi.json", **plain),
        granian_server(DRF, f"{_CONTENDERS}.drf.site:app", **plain),
        granian_server(FASTAPI_CORE, f"{_CONTENDERS}.fastapi_core:app", interface="asgi", **plain),
        granian_server(LITESTAR, f"{_CONTENDERS}.litestar_msgspec:app", interface="asgi", **plain),
    ]
    if pair.engine == "sqlite":
        peers.append(datasette_server(DATASETTE, Path(make_url(pair.plain).database or "")))
    return peers


def _save_answer(server: RunningContender, asked: PagePaths, file: Path) -> None:
    """Save our answer for the constant contenders, without the headers that servers add."""
    answer = server.ask(asked.ours)
    named = [(name.lower(), value) for name, value in answer.headers.items()]
    kept = [each for each in named if each[0] not in _SERVER_HEADERS]
    whole = {"headers": kept, "body": answer.body.decode()}
    file.write_text(json.dumps(whole), encoding="utf-8")


def _check_same_records(up: dict[str, RunningContender], asked: PagePaths) -> None:
    """Assert that all return the same records; issues are sorted, for a relation has no order."""
    ours = _fetch_records(up[FIRST], asked.ours)
    assert len(ours) == PAGE
    for name in (RAW, BARE):
        assert _fetch_records(up[name], asked.ours) == ours, name
    for name in (FASTAPI, DRF, *TUNED):
        assert _fetch_records(up[name], asked.plain) == ours, name
    if DATASETTE in up:
        assert _fetch_records(up[DATASETTE], asked.datasette) == ours, DATASETTE
    ours = _fetch_records(up[FIRST], asked.ours_first_seen[0])
    for name in TUNED:
        assert _fetch_records(up[name], asked.plain_first_seen[0]) == ours, name


def _fetch_records(server: RunningContender, path: str) -> list[dict[str, Any]]:
    answer = server.ask(path).json()
    records = answer.get("data") or answer["rows"]
    for record in records:
        record["issues"].sort()
        record["negated"] = bool(record["negated"])
        record.pop("number", None)
    return records


def _build_loads(
    up: dict[str, RunningContender], asked: PagePaths, folder: Path, answer: Path
) -> dict[str, Load]:
    paths = _write_paths(asked.ours_first_seen, folder / "paths.txt")
    plain = _write_paths(asked.plain_first_seen, folder / "plain-paths.txt")
    etag = dict(json.loads(answer.read_text(encoding="utf-8"))["headers"])["etag"]
    known = {"If-None-Match": etag}
    found = {
        RAW: Load(up[RAW].port, asked.ours),
        f"{RAW.partition(',')[0]}, body alone": Load(up[RAW].port, "/body"),
        BARE: Load(up[BARE].port, asked.ours),
        f"{BARE.partition(',')[0]}, body alone": Load(up[BARE].port, "/body"),
        FIRST: Load(up[FIRST].port, paths=paths),
        CACHED: Load(up[CACHED].port, asked.ours),
        CACHED_FIRST: Load(up[CACHED].port, paths=paths),
        RAW_304: Load(up[RAW].port, asked.ours, headers=known),
        CACHED_304: Load(up[CACHED].port, asked.ours, headers=known),
        FASTAPI: Load(up[FASTAPI].port, asked.plain),
        DRF: Load(up[DRF].port, asked.plain),
        **{name: Load(up[name].port, paths=plain) for name in TUNED},
    }
    if DATASETTE in up:
        found[DATASETTE] = Load(up[DATASETTE].port, asked.datasette)
    return found


def _write_paths(paths: Sequence[str], file: Path) -> Path:
    file.write_text("\n".join(paths) + "\n", encoding="utf-8")
    return file


Name = TypeVar("Name")


def _measure_in_turn(loads: dict[Name, Load], rounds: int, seconds: float) -> dict[Name, float]:
    rates: defaultdict[Name, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, load in loads.items():
            rates[name].append(load.measure_rate(seconds))
    return {name: median(found) for name, found in rates.items()}


def _build_rows(
    pair: DatabasePair, rates: dict[str, float], up: dict[str, RunningContender]
) -> list[list[Any]]:
    own, plain = pair.megabytes
    sizes = {FIRST: own, CACHED: own, **dict.fromkeys((FASTAPI, DRF, DATASETTE, *TUNED), plain)}
    return [
        [pair.engine, pair.size, name, rate, rate / rates[BARE],
         up[name].measure_memory() if name in up else None, sizes.get(name)]
        for name, rate in rates.items()
    ]  # fmt: skip


HEADER = ("engine", "positions", "contender", "a second", "ratio", "memory MB", "database MB")


def build_section(rows: Sequence[Sequence[Any]]) -> Section:
    """Return the table of the page."""
    return Section("A page of 50", ABOUT, HEADER, rows)


_PEERS = ((CACHED, FASTAPI, 20), (CACHED, DRF, 20), (CACHED, DATASETTE, 12))
GOALS = {
    "sqlite": ((FIRST, BARE, 0.28), (CACHED, RAW, 0.80), (CACHED_304, RAW_304, 0.80), *_PEERS),
    "postgresql": ((FIRST, BARE, 0.18), (CACHED, RAW, 0.70), (CACHED_304, RAW_304, 0.70), *_PEERS),
}


def build_goals(found: dict[tuple[str, int], dict[str, float]]) -> Section:
    """Return the table that compares ratios with their goals."""
    rows: list[list[Any]] = []
    for (engine, size), rates in found.items():
        for one, other, goal in GOALS[engine]:
            if other in rates:
                ratio = rates[one] / rates[other]
                reached = "yes" if ratio >= goal else "**no**"
                rows.append([engine, size, f"{one} ÷ {other}", ratio, float(goal), reached])
    missed = sum(reached != "yes" for *_, reached in rows)
    about = f"{missed} of {len(rows)} goals are missed."
    header = ("engine", "positions", "ratio", "measured", "goal", "reached")
    return Section("Goals of the page", about, header, rows)


GROWTH_ABOUT = """\
Answers a second, all sizes in turn. Goal: at least 0.90.
"""


def measure_growth(
    pairs: Sequence[DatabasePair], folder: Path, *, rounds: int, seconds: float
) -> Section:
    """Ask registries of different sizes in turn, and return the table."""
    loads: dict[tuple[str, int], Load] = {}
    with ExitStack() as up:
        for pair in pairs:
            asked = find_pages(pair)
            own = up.enter_context(run_contenders(_own_contenders(pair), folder))
            paths = _write_paths(asked.ours_first_seen, folder / f"paths-{pair.size}.txt")
            loads |= {
                (FIRST, pair.size): Load(own[FIRST].port, paths=paths),
                (CACHED, pair.size): Load(own[CACHED].port, asked.ours),
                (CACHED_FIRST, pair.size): Load(own[CACHED].port, paths=paths),
            }
        rates = _measure_in_turn(loads, rounds, seconds)
    sizes = [pair.size for pair in pairs]
    rows: list[list[Any]] = []
    for name in (FIRST, CACHED, CACHED_FIRST):
        found = [rates[name, size] for size in sizes]
        rows.append([name, *found, found[-1] / found[0]])
    header = ("contender", *(f"{size:,}" for size in sizes), "largest ÷ smallest")
    return Section("A page of 50, as the registry grows", GROWTH_ABOUT, header, rows)
