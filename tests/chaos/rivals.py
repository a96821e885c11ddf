"""Servers of the benchmark under the same attacks: `make chaos CHAOS_ARGS=--rivals`.

They need what `make bench` installs. Django REST framework runs under granian, like ours, with as
many threads; Datasette as it comes. Neither has a probe, so a small answer is asked for instead.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path

import psutil

from api.concurrency import WORKER_THREADS
from tests.bench.addresses import PagePaths, find_pages
from tests.bench.databases import DatabasePair, prepare_databases
from tests.bench.running import Contender, datasette_server, granian_server, run_contenders
from tests.bench.votes import make_assembly
from tests.chaos.attack import Target

_SIZE = 5_000
"""Positions in their tables; ours has about as many."""


@cache
def _prepare_tables() -> tuple[DatabasePair, PagePaths]:
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    atexit.register(shutil.rmtree, folder)
    pair = prepare_databases(folder, make_assembly(_SIZE), _SIZE)
    return pair, find_pages(pair)


def _make_drf(pair: DatabasePair) -> Contender:
    target = "tests.bench.contenders.drf.site:app"
    made = granian_server("drf", target, BENCH_DATABASE=pair.plain)
    command = [str(WORKER_THREADS) if word == "12" else word for word in made.command]
    return Contender(made.name, command, made.ready, made.variables)


def _make_datasette(pair: DatabasePair) -> Contender:
    return datasette_server("datasette", Path(pair.plain.removeprefix("sqlite:///")))


@contextmanager
def _serve(
    make: Callable[[DatabasePair], Contender], folder: Path
) -> Iterator[tuple[Target, psutil.Process]]:
    pair, paths = _prepare_tables()
    contender = make(pair)
    with run_contenders([contender], folder) as started:
        server = started[contender.name]
        page = paths.datasette if contender.name == "datasette" else paths.plain
        probe = page.replace("limit=50", "limit=1").replace("_size=50", "_size=1")
        new = f"{page.replace('%', '%%')}&unknown=%s"
        target = Target(
            server.port, pair.plain, probe=probe, cached=page, uncached=new, posting=page,
            export=None, is_ours=False,
        )  # fmt: skip
        yield target, psutil.Process(server.process.pid)


Serving = Callable[[Path], AbstractContextManager[tuple[Target, psutil.Process]]]

SERVED: Mapping[str, Serving] = {
    "Django REST framework": partial(_serve, _make_drf),
    "Datasette": partial(_serve, _make_datasette),
}
