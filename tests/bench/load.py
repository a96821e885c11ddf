"""The load generator: wrk for what a server can take, one connection for what an answer takes."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.bench.cores import LOAD, run_on_cores

CONNECTIONS = 16
_SCRIPTS = Path(__file__).parent / "scripts"


def require_wrk() -> None:
    """Exit with a message if wrk is missing."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing, which makes the load: apt-get install wrk")


@dataclass
class Load:
    """A request that is sent to a server as often as it can answer.

    `path` is one address. `paths` is a file of addresses: each is asked for once before any is
    asked for again, also over several rounds. `body` is a file that is sent with POST; each time a
    new id replaces `@ID@` in it.
    """

    port: int
    path: str = "/"
    paths: Path | None = None
    body: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    sent: int = 0

    def measure_rate(self, seconds: float) -> float:
        """Return answers a second; raises AssertionError if any of them failed."""
        duration = max(1, round(seconds))
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", "--timeout=60s"]
        for name, value in self.headers.items():
            command += ["-H", f"{name}: {value}"]
        url = f"http://127.0.0.1:{self.port}{self.path}"
        command += [*self._script_options("-s"), url, *self._script_options("--")]
        with run_on_cores(LOAD):
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        said = done.stdout + done.stderr
        assert "Non-2xx" not in said and "Socket errors" not in said, said  # noqa: PT018
        requests = re.search(r"(\d+) requests in", said)
        rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
        assert requests and rate, said  # noqa: PT018
        # Requests that were under way at the end count as sent, too.
        self.sent += int(requests[1]) + CONNECTIONS
        return float(rate[1])

    def _script_options(self, what: str) -> list[str]:
        name = "paths" if self.paths else "post" if self.body else None
        if name is None:
            return []
        if what == "-s":
            return ["-s", str(_SCRIPTS / f"{name}.lua")]
        return ["--", str(self.paths or self.body), str(self.sent)]


class KeepAliveClient:
    """One connection that is kept open; it costs almost nothing beside an answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._file = self._socket.makefile("rb")

    def get(self, path: str) -> tuple[dict[str, str], bytes]:
        """Return headers and body of an answer that must be 200."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        status = self._file.readline()
        headers: dict[str, str] = {}
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self._file.read(int(headers["content-length"]))
        assert b" 200 " in status, (path, status, body[:500])
        return headers, body

    def time_requests(self, paths: Sequence[str], *, budget: float, most: int) -> list[float]:
        """Ask for one path after the other until the time is up; return the seconds of each.

        At least three are asked for, at most `most`.
        """
        taken: list[float] = []
        end = time.perf_counter() + budget
        for path in cycle(paths):
            start = time.perf_counter()
            self.get(path)
            taken.append(time.perf_counter() - start)
            if len(taken) >= most or (len(taken) >= 3 and time.perf_counter() > end):
                break
        return taken

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()
