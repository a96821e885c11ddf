"""Contenders as running servers: all on one core, all up while any of them is asked."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

import psutil

from api.settings import Settings
from tests.bench.cores import SERVERS, on
from tests.servers import COMMAND, Server, environment, free_port
from tests.worlds import PROJECT

_PATIENCE = 60
# As `sinequanon serve` starts its own.
_GRANIAN = {"wsgi": ("--blocking-threads", "12"), "asgi": ()}


@dataclass(frozen=True)
class Contender:
    """A server to be started: its command, `@PORT@` in it, and an address that answers 200."""

    name: str
    command: Sequence[str]
    ready: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Running(Server):
    """A contender that runs."""

    def memory(self) -> float:
        """Give the resident memory of all of its processes, in MB."""
        first = psutil.Process(self.process.pid)
        family = [first, *first.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / 1e6


def ours(name: str, url: str, *, snapshots: bool) -> Contender:
    """Serve the registry as users do; without snapshots every answer is made by Flask."""
    switch = "SINEQUANON_SNAPSHOTS"
    known = any(each.name == "snapshots" for each in fields(Settings))
    off = {} if snapshots or not known else {switch: "0"}
    return Contender(
        name, [COMMAND, "serve", "--port", "@PORT@"], "/readyz", environment(url) | off
    )


def granian(
    name: str, target: str, ready: str = "/", *, interface: str = "wsgi", **variables: str
) -> Contender:
    """Serve an application with the server that ours has."""
    command = [_beside("granian"), "--interface", interface, *_GRANIAN[interface], "--workers", "1",
               "--no-ws", "--port", "@PORT@", "--log-level", "error", target]  # fmt: skip
    return Contender(name, command, ready, {**os.environ, **variables})


def uvicorn(name: str, target: str, ready: str, **variables: str) -> Contender:
    """Serve an ASGI application."""
    command = [_beside("uvicorn"), "--port", "@PORT@", "--no-access-log", "--log-level", "error"]
    return Contender(name, [*command, target], ready, {**os.environ, **variables})


def datasette(name: str, file: Path) -> Contender:
    """Serve a SQLite file with Datasette, its counts and facets off, the file as one at rest."""
    off = [w for s in ("suggest_facets", "allow_facet") for w in ("--setting", s, "off")]
    command = [_beside("datasette"), "serve", "--port", "@PORT@", *off, "--immutable", str(file)]
    return Contender(name, command, "/-/versions.json", {**os.environ})


@contextmanager
def running(contenders: Sequence[Contender], folder: Path) -> Iterator[dict[str, Running]]:
    """Start all, wait until they answer, and end them afterwards."""
    started: dict[str, Running] = {}
    try:
        for each in contenders:
            started[each.name] = _start(each, folder)
        for each in contenders:
            _wait(each, started[each.name])
        yield started
    finally:
        for each in started.values():
            _end(each.process)


def _start(contender: Contender, folder: Path) -> Running:
    port = free_port()
    output = folder / f"server-{port}.log"
    command = [word.replace("@PORT@", str(port)) for word in contender.command]
    with on(SERVERS), output.open("wb") as log:
        process = subprocess.Popen(
            command, env=contender.variables, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    return Running(port, process, output)


def _wait(contender: Contender, server: Running) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if server.ask(contender.ready).status < 500:
                return
        time.sleep(0.1)
    said = server.output.read_text()
    raise AssertionError(f"{contender.name} did not get ready:\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _beside(command: str) -> str:
    return str(Path(sys.executable).with_name(command))
