"""Contenders as running servers: all on one core, all running while any of them is asked."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.bench.cores import SERVERS, run_on_cores
from tests.servers import COMMAND, Server, free_port, make_environment
from tests.worlds import PROJECT

_PATIENCE = 60
# As `sinequanon serve` starts its own.
_GRANIAN = {"wsgi": ("--blocking-threads", "12"), "asgi": ()}


@dataclass(frozen=True)
class Contender:
    """A server to start: its command with `@PORT@`, and an address that shows that it is ready."""

    name: str
    command: Sequence[str]
    ready: str = "/"
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class RunningContender(Server):
    """A contender whose process runs."""

    def measure_memory(self) -> float:
        """Return the resident memory of all its processes, in MB."""
        first = psutil.Process(self.process.pid)
        family = [first, *first.children(recursive=True)]
        return sum(each.memory_info().rss for each in family) / 1e6


def registry_server(name: str, url: str, *, cached: bool) -> Contender:
    """Serve the registry as users do, with or without the response cache."""
    off = {} if cached else {"SINEQUANON_SNAPSHOTS": "0"}
    return Contender(
        name, [COMMAND, "serve", "--port", "@PORT@"], "/readyz", make_environment(url) | off
    )


def granian_server(
    name: str, target: str, ready: str = "/", *, interface: str = "wsgi", **variables: str
) -> Contender:
    """Serve an application with granian, which serves ours."""
    command = [_command_path("granian"), "--interface", interface, *_GRANIAN[interface],
               "--workers", "1", "--no-ws", "--port", "@PORT@", "--log-level", "error",
               target]  # fmt: skip
    return Contender(name, command, ready, {**os.environ, **variables})


def uvicorn_server(name: str, target: str, ready: str, **variables: str) -> Contender:
    """Serve an ASGI application with uvicorn."""
    command = [_command_path("uvicorn"), "--port", "@PORT@", "--no-access-log", "--log-level",
               "error", target]  # fmt: skip
    return Contender(name, command, ready, {**os.environ, **variables})


def datasette_server(name: str, file: Path) -> Contender:
    """Serve a SQLite file with Datasette, as an immutable file, without facets."""
    off = [w for s in ("suggest_facets", "allow_facet") for w in ("--setting", s, "off")]
    command = [_command_path("datasette"), "serve", "--port", "@PORT@", *off, "--immutable",
               str(file)]  # fmt: skip
    return Contender(name, command, "/-/versions.json", {**os.environ})


@contextmanager
def run_contenders(
    contenders: Sequence[Contender], folder: Path
) -> Iterator[dict[str, RunningContender]]:
    """Start all contenders, wait until they answer, and stop them afterwards."""
    started: dict[str, RunningContender] = {}
    try:
        for each in contenders:
            started[each.name] = _start_process(each, folder)
        for each in contenders:
            _wait_until_ready(each, started[each.name])
        yield started
    finally:
        for each in started.values():
            _stop_process(each.process)


def _start_process(contender: Contender, folder: Path) -> RunningContender:
    port = free_port()
    output = folder / f"server-{port}.log"
    command = [word.replace("@PORT@", str(port)) for word in contender.command]
    with run_on_cores(SERVERS), output.open("wb") as log:
        process = subprocess.Popen(
            command, env=contender.variables, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    return RunningContender(port, process, output)


def _wait_until_ready(contender: Contender, server: RunningContender) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if server.ask(contender.ready).status < 500:
                return
        time.sleep(0.1)
    said = server.output.read_text()
    raise AssertionError(f"{contender.name} did not get ready:\n{said}")


def _stop_process(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command_path(command: str) -> str:
    return str(Path(sys.executable).with_name(command))
