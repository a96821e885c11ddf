"""Real server processes, as users start them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.worlds import PROJECT

COMMAND = str(Path(sys.executable).with_name("sinequanon"))
_PATIENCE = 40
"""Seconds until a server must be ready, on a busy machine."""


def environment(database_url: str) -> dict[str, str]:
    """Give the environment of a command over a database."""
    return {**os.environ, "SINEQUANON_DATABASE_URL": database_url}


def run(*arguments: str | Path, url: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, over a database."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        env=environment(url),
        capture_output=True,
        text=True,
        check=check,
        timeout=120,
    )


@dataclass
class Server:
    """A running server: where it listens and its process."""

    address: str
    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        """End it as `kill -9` does, with all its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    database_url: str, folder: Path, *more: str, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start `sinequanon serve`, wait until it is ready, and end it afterwards.

    `folder` takes its output. Its workers are in a process group of their own.
    """
    port = free_port()
    output = folder / f"server-{port}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(port), *more],
            env={**environment(database_url), **(variables or {})},
            cwd=PROJECT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, output)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        _end(process)


def free_port() -> int:
    """Give a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: Server) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.address}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.output.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
