"""Start real server processes, as users start them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from tests.worlds import NO_LIMITS, PROJECT

COMMAND = str(Path(sys.executable).with_name("sinequanon"))
_PATIENCE = 120
"""Seconds until a server must be ready, on a busy machine: who waits less fails by chance."""


def make_environment(database_url: str) -> dict[str, str]:
    """Return the environment of a command over a database, without limits by client."""
    unlimited = {f"SINEQUANON_{name.upper()}": value for name, value in NO_LIMITS.items()}
    return {**os.environ, **unlimited, "SINEQUANON_DATABASE_URL": database_url}


def run_sinequanon(
    *arguments: str | Path, url: str, check: bool = True, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, over a database."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=make_environment(url),
        capture_output=True,
        text=True,
        check=check,
        timeout=timeout,
    )


@dataclass(frozen=True)
class Measured:
    """The output, time and memory of a command."""

    said: str
    seconds: float
    peak: float
    """Its peak of anonymous memory, in MB."""


def measure_command(*arguments: str | Path, url: str) -> Measured:
    """Run the command in a process of its own, without a time limit, and measure its memory."""
    start, peak = time.perf_counter(), 0.0
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [COMMAND, *map(str, arguments)], env=make_environment(url), stdout=said, stderr=said
        )
        while process.poll() is None:
            peak = max(peak, _read_memory(process.pid))
            time.sleep(0.02)
        seconds = time.perf_counter() - start
        said.seek(0)
        told = said.read()
    assert process.returncode == 0, told
    return Measured(told, seconds, peak)


def _read_memory(process: int) -> float:
    """Return the anonymous memory of a process, in MB.

    Pages of mapped files do not count: the system drops them when memory is needed.
    """
    try:
        said = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"RssAnon:\s*(\d+) kB", said)
    return int(found[1]) / 1000 if found else 0.0


@dataclass(frozen=True)
class Answer:
    """The answer of a server."""

    status: int
    headers: Message
    body: bytes

    def json(self, status: int = 200) -> Any:
        """Return the parsed body of an answer that must have the status."""
        assert self.status == status, self.body[:2000]
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running server: its port, its process and the file of its output."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def address(self) -> str:
        """The beginning of its URLs."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request on a connection of its own; a body is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        try:
            raw = None if body is None else json.dumps(body)
            connection.request(method, path, body=raw, headers={**sent, **(headers or {})})
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read())
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill it and all its workers, as `kill -9` does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def start_server(
    database_url: str,
    folder: Path,
    *more: str,
    port: int | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Start `sinequanon serve`, wait until it is ready, and end it afterwards.

    Its output goes to a file in `folder`. Its workers are in a process group of their own.
    """
    port = port or free_port()
    command = [COMMAND, "serve", "--port", str(port), *more]
    env = {**make_environment(database_url), **(variables or {})}
    with start_process(
        command, port, folder / f"server-{port}.log", env=env, cwd=PROJECT
    ) as server:
        yield server


@contextmanager
def start_process(
    command: list[str], port: int, output: Path, *, env: Mapping[str, str], cwd: Path
) -> Iterator[Server]:
    """Start a command that serves at the port, wait until it is ready, and end it afterwards."""
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(port, process, output)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        _end_process(process)


def wait_until(what: Callable[[], bool]) -> None:
    """Wait until the result is true, however busy the machine is."""
    end = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Return whether a process listens at the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: Server) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            if server.ask("/readyz").status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.output.read_text()}")


def _end_process(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
