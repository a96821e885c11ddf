"""Make histories under faults, and check them: `python -m tests.scale.faulted`.

Two servers of one worker read from two standbys. Six sessions write and read four records at
either server, name the newest changeset that they, or now and then anybody, have seen, and two more
stay at one server and name none. In the middle of each run something breaks (`_FAULTS`). Exits with
1 if a history has an anomaly (`tests.scale.histories`).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import psutil
from sqlalchemy import make_url

from tests.chaos.soak import list_workers
from tests.postgres import postgres_server, run_statement, standby_server, stop_postgres
from tests.scale.histories import Read, Write, find_anomalies
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import make_draft

_REGISTERS = ("r-0", "r-1", "r-2", "r-3")
_SESSIONS, _BOUND = 6, 2
_LIST = "/v1/actors?limit=100"
_TIMEOUTS = {"SINEQUANON_CONNECT_TIMEOUT_SECONDS": "2", "SINEQUANON_STATEMENT_TIMEOUT_SECONDS": "2",
             "SINEQUANON_LOCK_TIMEOUT_SECONDS": "4"}  # fmt: skip


@dataclass
class Machines:
    """The URLs of a primary and its standbys, and the servers over them."""

    primary: str
    standbys: Sequence[str]
    servers: Sequence[Server]
    key: str


@dataclass
class Run:
    """What the sessions of a run did and were told."""

    machines: Machines
    versions: Iterator[int]
    names_all: bool
    writes: list[Write] = field(default_factory=list[Write])
    reads: list[Read] = field(default_factory=list[Read])
    newest: int = 0
    failed: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def play(self, session: int) -> None:
        """Write and read until the run is over."""
        bound = session >= _SESSIONS
        seen = 0
        while not self.is_over.wait(random.uniform(0, 0.02)):
            server = self.machines.servers[session % 2 if bound else random.randrange(2)]
            if not bound and random.random() < 0.3:
                seen = max(seen, self._write(server))
                continue
            if random.random() < 0.3:
                seen = max(seen, self.newest)
            least = 0 if bound and not self.names_all else seen
            seen = max(seen, self._read(server, session, least))
            self.newest = max(self.newest, seen)

    def _write(self, server: Server) -> int:
        register, version, began = random.choice(_REGISTERS), next(self.versions), time.monotonic()
        draft = make_draft("actors", id=register, name=f"Version {version}")
        given = {"If-Match": "*", "X-API-Key": self.machines.key}
        status, told, _ = _ask(server, "PUT", f"/v1/actors/{register}", draft, given)
        changeset = int(told["Sinequanon-Changeset"]) if status == 200 else None
        self.writes.append(Write(register, version, began, time.monotonic(), changeset))
        self.failed += changeset is None
        return changeset or 0

    def _read(self, server: Server, session: int, least: int) -> int:
        path = _LIST if random.random() < 0.3 else f"/v1/actors/{random.choice(_REGISTERS)}"
        given, began = {"Sinequanon-Min-Changeset": str(least)} if least else {}, time.monotonic()
        status, told, body = _ask(server, "GET", path, None, given)
        if status != 200:
            self.failed += 1
            if status == 422:
                self.reads.append(Read(session, _REGISTERS[0], -1, least, 0, began))
            return 0
        known_at = int(told["Sinequanon-Known-At"])
        for each in body.get("data") or [body]:
            version = int(each["name"].rpartition(" ")[2])
            self.reads.append(Read(session, each["id"], version, least, known_at, began))
        return known_at


def _ask(
    server: Server, method: str, path: str, body: Any, headers: Mapping[str, str]
) -> tuple[int, Any, Any]:
    """Return status, headers and parsed body; the status is 0 if no answer came."""
    raw = None if body is None else orjson.dumps(body)
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        try:
            connection.request(method, path, raw, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.headers, orjson.loads(answer.read())
        except (OSError, HTTPException, orjson.JSONDecodeError):
            return 0, {}, None


def _read_stored(
    machines: Machines, after: int, least: int = 0
) -> dict[str, list[tuple[int, int]]]:
    """Return the revisions of the registers after a changeset, as the primary has them."""
    found: dict[str, list[tuple[int, int]]] = {each: [] for each in _REGISTERS}
    path, given = f"/v1/changes?after={after}&limit=1000", {"Sinequanon-Min-Changeset": str(least)}
    for each in machines.servers:  # a worker that was killed is replaced
        while _ask(each, "GET", "/v1/changesets?limit=1", None, {})[0] != 200:
            time.sleep(0.1)
    while True:
        page = machines.servers[0].ask(path, headers=given).json()
        for each in page["data"]:
            version = int(each["record"]["name"].rpartition(" ")[2])
            found[each["id"]].append((each["changeset"], version))
        if page["complete"]:
            return found
        path = page["next"]


def _pause_replay(machines: Machines) -> None:
    run_statement(machines.standbys[0], "SELECT pg_wal_replay_pause()")
    time.sleep(1)
    run_statement(machines.standbys[0], "SELECT pg_wal_replay_resume()")


def _delay_replay(machines: Machines, seconds: float = 2, during: float = 2) -> None:
    for delay in (f"{seconds}s", "0"):
        for each in machines.standbys:
            run_statement(each, f"ALTER SYSTEM SET recovery_min_apply_delay = '{delay}'")
            run_statement(each, "SELECT pg_reload_conf()")
        time.sleep(during if delay != "0" else 0)


def _freeze_standby(machines: Machines) -> None:
    folder = str(make_url(machines.standbys[1]).query["host"])
    server = psutil.Process(int(Path(folder, "postmaster.pid").read_text().splitlines()[0]))
    frozen = [server, *server.children(recursive=True)]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for each in frozen:
            with suppress(ProcessLookupError):
                os.kill(each.pid, number)
        time.sleep(1)


def _restart_standby(machines: Machines) -> None:
    with stop_postgres(machines.standbys[0]):
        time.sleep(0.3)


def _restart_primary(machines: Machines) -> None:
    with stop_postgres(machines.primary):
        time.sleep(0.3)


def _kill_worker(machines: Machines) -> None:
    for worker in list_workers(machines.servers[0])[:1]:
        worker.kill()


_FAULTS: Sequence[Callable[[Machines], None]] = (
    _pause_replay, _freeze_standby, _kill_worker, _delay_replay, _restart_standby, _restart_primary,
)  # fmt: skip


@contextmanager
def open_machines(port: int) -> Iterator[Machines]:
    """Start the databases and two servers; the registers have version 0."""
    with ExitStack() as up:
        primary = up.enter_context(postgres_server(durable=True))
        run_statement(primary, "ALTER SYSTEM SET fsync = off")
        run_statement(primary, "SELECT pg_reload_conf()")
        run_sinequanon("db", "upgrade", url=primary)
        key = run_sinequanon("keys", "create", "w", "--scope", "write", url=primary).stdout.strip()
        standbys = [up.enter_context(standby_server(primary)) for _ in range(2)]
        folder = Path(up.enter_context(tempfile.TemporaryDirectory()))
        variables = _TIMEOUTS | {"SINEQUANON_READ_DATABASE_URLS": ",".join(standbys)}
        servers = [
            up.enter_context(start_server(primary, folder, port=each, variables=variables))
            for each in (port, port + 1)
        ]
        for each in _REGISTERS:
            draft, given = make_draft("actors", id=each, name="Version 0"), {"X-API-Key": key}
            assert servers[0].ask("/v1/actors", "POST", body=draft, headers=given).status == 201
        yield Machines(primary, standbys, servers, key)


def check_run(
    machines: Machines, number: int, before: dict[str, list[tuple[int, int]]], seconds: float,
    fault: Callable[[Machines], None],
) -> tuple[list[str], dict[str, list[tuple[int, int]]]]:  # fmt: skip
    """Let the sessions play under a fault; return the anomalies, and what is stored afterwards."""
    run = Run(machines, count(number * 1_000_000 + 1), names_all=fault is _kill_worker)
    threads = [threading.Thread(target=run.play, args=(n,)) for n in range(_SESSIONS + _BOUND)]
    for each in threads:
        each.start()
    time.sleep(seconds / 2)
    fault(machines)
    time.sleep(seconds / 2)
    run.is_over.set()
    for each in threads:
        each.join()
    after = max(changeset for each in before.values() for changeset, _ in each)
    newest = max((each.changeset or 0 for each in run.writes), default=0)
    new = _read_stored(machines, after, max(run.newest, newest))
    stored = {each: [*before[each][-1:], *new[each]] for each in _REGISTERS}
    sent = [Write(r, v, -1, -1, None) for r, kept in before.items() for _, v in kept[-1:]]
    found = find_anomalies([*sent, *run.writes], run.reads, stored)
    acknowledged = sum(each.changeset is not None for each in run.writes)
    print(f"run {number}: {fault.__name__.strip('_')}, {acknowledged} writes, {len(run.reads)} "
          f"reads, {run.failed} refused, {len(found)} anomalies", flush=True)  # fmt: skip
    return found, stored


def main() -> None:
    """Make and check histories."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.faulted", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--port", type=int, default=21460)
    asked = parser.parse_args()
    wrong = list[str]()
    with open_machines(asked.port) as machines:
        stored = _read_stored(machines, 0)
        for number in range(asked.runs):
            fault = _FAULTS[number % len(_FAULTS)]
            found, stored = check_run(machines, number, stored, asked.seconds, fault)
            wrong += found
    print("\n".join(wrong[:50]) or f"0 anomalies in {asked.runs} runs")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
