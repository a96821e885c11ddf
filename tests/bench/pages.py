"""The page of 50, filtered by holder and issue: ours, the limits, and the peers.

All contenders are up at once and are asked in turn, round after round; before that, each is seen to
give the same records.
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

from tests.bench.databases import World
from tests.bench.load import Load
from tests.bench.questions import PAGE, Pages, find_pages
from tests.bench.report import Section
from tests.bench.running import Contender, Running, datasette, granian, ours, running, uvicorn

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
- **{FASTAPI_CORE}**, **{LITESTAR}**: the same plain tables, tuned by hand: granian, an
  index for this very page, JSON columns sent unparsed, no ORM, no check of the answer. They read
  the same pages as *first-seen*, in the same order.

The plain tables hold the current state only. Their servers give up history, `known_at`,
`valid_at`, the proof by hashes, ETag and 304, and they copy derived fields without deriving them.
A change costs them a row or two; ours renders the record, and all that depend on it, when it is
written. So ours loses to them in *database MB*, in memory, and in the cost of a write
(*POST*, *Import*).
"""

_OF_THE_SERVER = ("server", "date", "connection")


def measure(
    world: World, folder: Path, *, rounds: int, seconds: float
) -> tuple[dict[str, float], list[list[Any]]]:
    """Give the median rate of each contender, and their rows of the table."""
    asked = find_pages(world)
    answer = folder / "answer.json"
    with running(_ours(world), folder) as own:
        _keep_answer(own[CACHED], asked, answer)
        with running(_others(world, answer), folder) as others:
            up = own | others
            _see_sameness(up, asked)
            rates = _rounds(_loads(up, asked, folder, answer), rounds, seconds)
            return rates, _rows(world, rates, up)


def _ours(world: World) -> list[Contender]:
    return [
        ours(FIRST, world.url, snapshots=False),
        ours(CACHED, world.url, snapshots=True),
    ]


def _others(world: World, answer: Path) -> list[Contender]:
    constant = "tests.bench.contenders.constant"
    peers = [
        granian(RAW, f"{constant}:raw", "/body", BENCH_ANSWER=str(answer)),
        granian(BARE, f"{constant}:flask", "/body", BENCH_ANSWER=str(answer)),
        uvicorn(FASTAPI, "tests.bench.contenders.fastapi_app:app", "/openapi.json",
                BENCH_DATABASE=world.plain),
        granian(DRF, "tests.bench.contenders.drf.site:app", BENCH_DATABASE=world.plain),
        granian(FASTAPI_CORE, "tests.bench.contenders.fastapi_core:app", interface="asgi",
                BENCH_DATABASE=world.plain),
        granian(LITESTAR, "tests.bench.contenders.litestar_msgspec:app", interface="asgi",
                BENCH_DATABASE=world.plain),
    ]  # fmt: skip
    if world.engine == "sqlite":
        peers.append(datasette(DATASETTE, Path(make_url(world.plain).database or "")))
    return peers


def _keep_answer(server: Running, asked: Pages, file: Path) -> None:
    """Keep our answer for those who give it again; the server sets its own name and time."""
    answer = server.ask(asked.ours)
    named = [(name.lower(), value) for name, value in answer.headers.items()]
    kept = [each for each in named if each[0] not in _OF_THE_SERVER]
    whole = {"headers": kept, "body": answer.body.decode()}
    file.write_text(json.dumps(whole), encoding="utf-8")


def _see_sameness(up: dict[str, Running], asked: Pages) -> None:
    """See that all give the same 50 records; a relation has no order of its own."""
    ours = _records(up[FIRST], asked.ours)
    assert len(ours) == PAGE
    for name in (RAW, BARE):
        assert _records(up[name], asked.ours) == ours, name
    for name in (FASTAPI, DRF, *TUNED):
        assert _records(up[name], asked.plain) == ours, name
    if DATASETTE in up:
        assert _records(up[DATASETTE], asked.datasette) == ours, DATASETTE
    ours = _records(up[FIRST], asked.ours_first_seen[0])
    for name in TUNED:
        assert _records(up[name], asked.plain_first_seen[0]) == ours, name


def _records(server: Running, path: str) -> list[dict[str, Any]]:
    answer = server.ask(path).json()
    records = answer.get("data") or answer["rows"]
    for record in records:
        record["issues"].sort()
        record["negated"] = bool(record["negated"])
        record.pop("number", None)
    return records


def _loads(up: dict[str, Running], asked: Pages, folder: Path, answer: Path) -> dict[str, Load]:
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


def _rounds(loads: dict[Name, Load], rounds: int, seconds: float) -> dict[Name, float]:
    rates: defaultdict[Name, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, load in loads.items():
            rates[name].append(load.rate(seconds))
    return {name: median(found) for name, found in rates.items()}


def _rows(world: World, rates: dict[str, float], up: dict[str, Running]) -> list[list[Any]]:
    own, plain = world.megabytes
    sizes = {FIRST: own, CACHED: own, **dict.fromkeys((FASTAPI, DRF, DATASETTE, *TUNED), plain)}
    return [
        [world.engine, world.size, name, rate, rate / rates[BARE],
         up[name].memory() if name in up else None, sizes.get(name)]
        for name, rate in rates.items()
    ]  # fmt: skip


HEADER = ("engine", "positions", "contender", "a second", "ratio", "memory MB", "database MB")


def section(rows: Sequence[Sequence[Any]]) -> Section:
    """Give the table."""
    return Section("A page of 50", ABOUT, HEADER, rows)


GOALS = (
    (FIRST, BARE, 0.28),
    (CACHED, RAW, 0.80),
    (CACHED_304, RAW_304, 0.80),
    (FIRST, FASTAPI, 20),
    (FIRST, DRF, 20),
    (FIRST, DATASETTE, 12),
    (CACHED, FASTAPI, 20),
    (CACHED, DRF, 20),
    (CACHED, DATASETTE, 12),
)


def goals(found: dict[tuple[str, int], dict[str, float]]) -> Section:
    """Hold the ratios against what they should be."""
    rows: list[list[Any]] = []
    for (engine, size), rates in found.items():
        for one, other, goal in GOALS:
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


def growth(worlds: Sequence[World], folder: Path, *, rounds: int, seconds: float) -> Section:
    """Ask registries of different sizes in turn."""
    loads: dict[tuple[str, int], Load] = {}
    with ExitStack() as up:
        for world in worlds:
            asked = find_pages(world)
            own = up.enter_context(running(_ours(world), folder))
            paths = _write_paths(asked.ours_first_seen, folder / f"paths-{world.size}.txt")
            loads |= {
                (FIRST, world.size): Load(own[FIRST].port, paths=paths),
                (CACHED, world.size): Load(own[CACHED].port, asked.ours),
                (CACHED_FIRST, world.size): Load(own[CACHED].port, paths=paths),
            }
        rates = _rounds(loads, rounds, seconds)
    sizes = [world.size for world in worlds]
    rows: list[list[Any]] = []
    for name in (FIRST, CACHED, CACHED_FIRST):
        found = [rates[name, size] for size in sizes]
        rows.append([name, *found, found[-1] / found[0]])
    header = ("contender", *(f"{size:,}" for size in sizes), "largest ÷ smallest")
    return Section("A page of 50, as the registry grows", GROWTH_ABOUT, header, rows)
