"""Ask a server all the time, from a process of its own, and tell how long the answers took.

`python -m tests.chaos.watching PORT SECONDS PROBE CACHED UNCACHED`: each address is asked by a
thread of its own, on a new connection each time. It prints worst and median seconds as JSON; an
answer other than 200 and a broken connection count as the longest wait.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from tests.chaos.attack import Target

_LONGEST, _PAUSE = 5.0, 0.03


@dataclass(frozen=True)
class Watched:
    """The answers from one address: how many, the worst and the median time, and what failed."""

    count: int
    worst: float
    usual: float
    failed: str = ""


@dataclass(frozen=True)
class Watch:
    """The answers of the probe, of a cached and of an uncached page."""

    probe: Watched
    cached: Watched
    uncached: Watched


def start_watching(target: Target, seconds: float) -> Callable[[], Watch]:
    """Start to ask for so many seconds; call what is returned to wait for the outcome."""
    paths = [target.probe, target.cached, target.uncached]
    command = [sys.executable, "-m", "tests.chaos.watching", str(target.port), str(seconds)]
    process = subprocess.Popen(
        [*command, *paths],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )

    def finish() -> Watch:
        told, _ = process.communicate(timeout=seconds + 3 * _LONGEST)
        return Watch(*(Watched(**each) for each in json.loads(told)))

    return finish


def _watch(port: int, seconds: float, path: str) -> Watched:
    took: list[float] = []
    failed = ""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = path % choose_day() if "%s" in path else path
        started = time.monotonic()
        try:
            status = _ask(port, asked)
            if status != 200:
                failed = failed or f"status {status}"
        except (OSError, http.client.HTTPException) as error:
            failed = failed or type(error).__name__
        took.append(time.monotonic() - started)
        time.sleep(_PAUSE)
    return Watched(len(took), max(took), median(took), failed)


def _ask(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def choose_day() -> str:
    """Return a day that nobody asked for before."""
    return str(date(1, 1, 1) + timedelta(days=random.randrange(3_000_000)))


def main() -> None:
    """Ask as the arguments say, and print the outcome."""
    port, seconds, *paths = sys.argv[1:]
    found: dict[str, Watched] = {}

    def watch(path: str) -> None:
        found[path] = _watch(int(port), float(seconds), path)

    threads = [threading.Thread(target=watch, args=(path,)) for path in paths]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    print(json.dumps([vars(found[path]) for path in paths]))


if __name__ == "__main__":
    main()
