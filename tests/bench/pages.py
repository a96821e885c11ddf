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

from tests.bench.databases import World, opened
from tests.bench.load import Load
from tests.bench.questions import PAGE, Pages, pages
from tests.bench.report import Section
from tests.bench.running import Contender, Running, datasette, granian, ours, running, uvicorn

RAW, BARE = "raw WSGI, same answer", "bare Flask, same answer"
RAW_304, OURS_304 = "raw WSGI, 304", "ours, snapshot, 304"
REPEATED, FIRST = "ours in Flask, repeated", "ours in Flask, first-seen"
LAYER, LAYER_FIRST = "ours, snapshot", "ours, snapshot, first-seen"
FASTAPI, DRF, DATASETTE = "FastAPI, response_model", "Django REST framework", "Datasette"

ABOUT = f"""\
50 positions of one holder on one issue. Ratios are to *{BARE}*; memory is resident.

- **raw WSGI**, **bare Flask**: our precomputed answer under granian (one worker, twelve threads);
  *body alone* has two headers.
- **ours in Flask**: no response cache; *first-seen* reads 120,000 different pages from the
  database.
- **ours, snapshot**: response cache; *304* sends the ETag.
- **FastAPI** (`selectinload`, uvicorn), **Django REST framework** (granian), **Datasette** (no
  counts): plain indexed tables without history, one address.
"""

_OF_THE_SERVER = ("server", "date", "connection")


def measure(
    world: World, folder: Path, *, rounds: int, seconds: float
) -> tuple[dict[str, float], list[list[Any]]]:
    """Give the median rate of each contender, and their rows of the table."""
    with opened(world.url) as ledger:
        asked = pages(ledger, Path(make_url(world.plain).database or "").stem)
    answer = folder / "answer.json"
    with running(_ours(world), folder) as own:
        _keep_answer(own[LAYER], asked, answer)
        with running(_others(world, answer), folder) as others:
            up = own | others
            _see_sameness(up, asked)
            rates = _rounds(_loads(up, asked, folder, answer), rounds, seconds)
            return rates, _rows(world, rates, up)


def _ours(world: World) -> list[Contender]:
    return [
        ours(REPEATED, world.url, snapshots=False),
        ours(LAYER, world.url, snapshots=True),
    ]


def _others(world: World, answer: Path) -> list[Contender]:
    constant = "tests.bench.contenders.constant"
    peers = [
        granian(RAW, f"{constant}:raw", "/body", BENCH_ANSWER=str(answer)),
        granian(BARE, f"{constant}:flask", "/body", BENCH_ANSWER=str(answer)),
        uvicorn(FASTAPI, "tests.bench.contenders.fastapi_app:app", "/openapi.json",
                BENCH_DATABASE=world.plain),
        granian(DRF, "tests.bench.contenders.drf.site:app", BENCH_DATABASE=world.plain),
    ]  # fmt: skip
    if world.engine == "sqlite":
        peers.append(datasette(DATASETTE, Path(make_url(world.plain).database or "")))
    return peers


def _keep_answer(server: Running, asked: Pages, file: Path) -> None:
    """Keep our answer for those who give it again; the server sets its own name and time."""
    answer = server.ask(asked.repeated)
    named = [(name.lower(), value) for name, value in answer.headers.items()]
    kept = [each for each in named if each[0] not in _OF_THE_SERVER]
    whole = {"headers": kept, "body": answer.body.decode()}
    file.write_text(json.dumps(whole), encoding="utf-8")


def _see_sameness(up: dict[str, Running], asked: Pages) -> None:
    """See that all give the same 50 records; a relation has no order of its own."""
    ours = _records(up[REPEATED], asked.repeated)
    assert len(ours) == PAGE
    for name in (RAW, BARE):
        assert _records(up[name], asked.repeated) == ours, name
    for name in (FASTAPI, DRF):
        assert _records(up[name], asked.plain) == ours, name
    if DATASETTE in up:
        assert _records(up[DATASETTE], asked.datasette) == ours, DATASETTE


def _records(server: Running, path: str) -> list[dict[str, Any]]:
    answer = server.ask(path).json()
    records = answer.get("data") or answer["rows"]
    for record in records:
        record["issues"].sort()
        record["negated"] = bool(record["negated"])
        record.pop("number", None)
    return records


def _loads(up: dict[str, Running], asked: Pages, folder: Path, answer: Path) -> dict[str, Load]:
    paths = _write_paths(asked, folder / "paths.txt")
    etag = dict(json.loads(answer.read_text(encoding="utf-8"))["headers"])["etag"]
    known = {"If-None-Match": etag}
    found = {
        RAW: Load(up[RAW].port, asked.repeated),
        f"{RAW.partition(',')[0]}, body alone": Load(up[RAW].port, "/body"),
        BARE: Load(up[BARE].port, asked.repeated),
        f"{BARE.partition(',')[0]}, body alone": Load(up[BARE].port, "/body"),
        REPEATED: Load(up[REPEATED].port, asked.repeated),
        FIRST: Load(up[REPEATED].port, paths=paths),
        LAYER: Load(up[LAYER].port, asked.repeated),
        LAYER_FIRST: Load(up[LAYER].port, paths=paths),
        RAW_304: Load(up[RAW].port, asked.repeated, headers=known),
        OURS_304: Load(up[LAYER].port, asked.repeated, headers=known),
        FASTAPI: Load(up[FASTAPI].port, asked.plain),
        DRF: Load(up[DRF].port, asked.plain),
    }
    if DATASETTE in up:
        found[DATASETTE] = Load(up[DATASETTE].port, asked.datasette)
    return found


def _write_paths(asked: Pages, file: Path) -> Path:
    file.write_text("\n".join(asked.first_seen) + "\n", encoding="utf-8")
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
    sizes = {REPEATED: own, LAYER: own, FASTAPI: plain, DRF: plain, DATASETTE: plain}
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
    (REPEATED, BARE, 0.50),
    (FIRST, BARE, 0.35),
    (LAYER, RAW, 0.80),
    (OURS_304, RAW_304, 0.80),
    (REPEATED, FASTAPI, 20),
    (REPEATED, DRF, 20),
    (REPEATED, DATASETTE, 12),
    (LAYER, FASTAPI, 20),
    (LAYER, DRF, 20),
    (LAYER, DATASETTE, 12),
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
            with opened(world.url) as ledger:
                asked = pages(ledger, "")
            own = up.enter_context(running(_ours(world), folder))
            paths = _write_paths(asked, folder / f"paths-{world.size}.txt")
            loads |= {
                (REPEATED, world.size): Load(own[REPEATED].port, asked.repeated),
                (FIRST, world.size): Load(own[REPEATED].port, paths=paths),
                (LAYER, world.size): Load(own[LAYER].port, asked.repeated),
                (LAYER_FIRST, world.size): Load(own[LAYER].port, paths=paths),
            }
        rates = _rounds(loads, rounds, seconds)
    sizes = [world.size for world in worlds]
    rows: list[list[Any]] = []
    for name in (REPEATED, FIRST, LAYER, LAYER_FIRST):
        found = [rates[name, size] for size in sizes]
        rows.append([name, *found, found[-1] / found[0]])
    header = ("contender", *(f"{size:,}" for size in sizes), "largest ÷ smallest")
    return Section("A page of 50, as the registry grows", GROWTH_ABOUT, header, rows)
