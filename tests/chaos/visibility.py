"""Read what was acknowledged, from two hosts that are written to and killed meanwhile.

`python -m tests.chaos.visibility` serves one PostgreSQL database by two servers of two workers,
each with settings of its own, as two hosts do. Eight writers amend a record each, by either host;
eight readers ask either host for these. An answer is stale if it shows less than was acknowledged,
or shown by another answer, before its request began. Exits with 1 if any was.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from tests.chaos.soak import list_workers
from tests.postgres import fresh_postgres_database, postgres_server
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import make_draft

_CLIENTS = 8
_PAUSE = 0.25
"""The longest pause of a writer, in seconds: between commits there must be time for leases."""
_LOGGED = {"SINEQUANON_LOG": "requests"}
_HOSTS = (_LOGGED, _LOGGED | {"SINEQUANON_SNAPSHOTS": "8", "SINEQUANON_CONNECTIONS": "4"})
_BY_ONE_CONNECTION = 40
"""How many requests a client sends before it connects anew, maybe to another worker."""


class Client:
    """Asks either host at random, on connections that are kept for some requests."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._connections = [HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
        self._asked = 0

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, Any]:
        """Return status, ETag and parsed body; raises OSError or HTTPException if a worker died."""
        connection = random.choice(self._connections)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = None if body is None else orjson.dumps(body)
        try:
            connection.request(method, path, raw, {"Content-Type": "application/json", **sent})
            answer = connection.getresponse()
            return answer.status, answer.headers["ETag"] or "", orjson.loads(answer.read())
        except (OSError, HTTPException):
            connection.close()
            raise
        finally:
            self._asked += 1
            if self._asked % _BY_ONE_CONNECTION == 0:
                self.close()

    def close(self) -> None:
        """Close the connections; the next request opens one."""
        for each in self._connections:
            each.close()


@dataclass
class Watched:
    """The newest version of each record that anybody was told of, and what was found."""

    ports: Sequence[int]
    key: str
    reads: int
    told: list[int] = field(default_factory=lambda: [0] * _CLIENTS)
    stale: list[str] = field(default_factory=list[str])
    done: int = 0
    writes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, n: int) -> None:
        """Amend a record until all is read; a write whose answer is lost may count or not."""
        path = f"/v1/actors/w-{n}"
        with closing(Client(self.ports)) as client:
            for number in count(1):
                if self.done >= self.reads:
                    return
                time.sleep(random.uniform(0, _PAUSE))
                draft = make_draft("actors", id=f"w-{n}", name=f"Version {number}")
                with suppress(OSError, HTTPException):
                    tag = client.ask("GET", path)[1]
                    given = {"If_Match": tag, "X_API_Key": self.key}
                    if client.ask("PUT", path, draft, **given)[0] == 200:
                        self._tell(n, number)
                        self.writes += 1

    def read(self) -> None:
        """Ask for records, and now and then for all of them, until all is read."""
        with closing(Client(self.ports)) as client:
            while self.done < self.reads:
                n = random.randrange(_CLIENTS)
                path = f"/v1/actors/w-{n}" if random.random() < 0.9 else "/v1/actors?limit=100"
                least = [*self.told]
                with suppress(OSError, HTTPException):
                    status, _, answer = client.ask("GET", path)
                    if status == 200:
                        self._compare(least, answer.get("data") or [answer])

    def _compare(self, least: Sequence[int], records: Sequence[dict[str, Any]]) -> None:
        for record in records:
            n, shown = int(record["id"][2:]), int(record["name"].rpartition(" ")[2])
            if shown < least[n]:
                self.stale.append(f"{record['id']}: version {shown} after {least[n]}")
            self._tell(n, shown)
        with self.lock:
            self.done += 1

    def _tell(self, n: int, number: int) -> None:
        with self.lock:
            self.told[n] = max(self.told[n], number)


def read_during_writes(url: str, reads: int, kills: int = 0, workers: int = 1) -> list[str]:
    """Return the stale answers; raises AssertionError if no answer was cached."""
    key = run_sinequanon("keys", "create", "w", "--scope", "write", url=url).stdout.strip()
    with tempfile.TemporaryDirectory(prefix="visible-") as folder, ExitStack() as up:
        hosts = [
            up.enter_context(
                start_server(url, Path(folder), f"--workers={workers}", variables=settings)
            )
            for settings in _HOSTS
        ]
        for n in range(_CLIENTS):
            draft = make_draft("actors", id=f"w-{n}", name="Version 0")
            made = hosts[0].ask("/v1/actors", "POST", body=draft, headers={"X-API-Key": key})
            assert made.status == 201, made.body
        watched = Watched([each.port for each in hosts], key, reads)
        clients = [threading.Thread(target=watched.write, args=(n,)) for n in range(_CLIENTS)]
        clients += [threading.Thread(target=watched.read) for _ in range(_CLIENTS)]
        started = time.monotonic()
        for each in clients:
            each.start()
        _kill_workers(hosts, watched, kills)
        for each in clients:
            each.join()
        cached = sum(each.output.read_text().count('"cached":true') for each in hosts)
        seconds = time.monotonic() - started
        print(f"{watched.done} reads, {cached} cached, {watched.writes} writes, {kills} kills, "
              f"{len(watched.stale)} stale, {seconds:.0f} s", flush=True)  # fmt: skip
        assert cached, "no answer was cached, so no lease was tried"
    return watched.stale


def _kill_workers(hosts: Sequence[Server], watched: Watched, kills: int) -> None:
    """Kill a worker of either host in turn, at even parts of the reads."""
    for n in range(kills):
        while watched.done < watched.reads * (n + 1) // (kills + 1):
            time.sleep(0.02)
        for worker in list_workers(hosts[n % len(hosts)])[:1]:
            worker.kill()


def main() -> None:
    """Read at full length."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.visibility", description=__doc__)
    parser.add_argument("--reads", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=40)
    asked = parser.parse_args()
    with postgres_server() as server, fresh_postgres_database(server) as url:
        run_sinequanon("db", "upgrade", url=url)
        stale = read_during_writes(url, asked.reads, asked.kills, 2)
    print("\n".join(stale) or "nothing was stale")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
