"""Load a server for a long time, kill its workers, stop its database, and check every answer.

`python -m tests.chaos.soak --minutes 30` takes SQLite and PostgreSQL in turn. Clients read, write,
suppose, draw and import through four workers. One worker is killed each minute; PostgreSQL is
stopped and started three times. It prints the answers by kind, and exits with 1 if a promise broke:
an acknowledged write is lost, an answer is wrong, an error does not announce when to try again, a
worker is not replaced, or memory grows (in ten minutes or more: a start takes some). Announced
errors and cut connections are counted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import psutil

from tests.chaos.soak_clients import CLIENTS, Client, CommandImports
from tests.chaos.soak_model import Model, Tally
from tests.postgres import new_postgres_database, postgres_server, stop_postgres
from tests.servers import Server, run_sinequanon, start_server

_WORKERS = 4
_OUTAGE = 5.0
"""Seconds for which PostgreSQL is stopped."""
_GROWTH = 1.25
"""By how much memory may grow from the first third to the last."""
_SHORTEST_FOR_MEMORY = 10


@dataclass
class Disturbances:
    """What happens to the server meanwhile: kills, and outages of PostgreSQL; samples memory."""

    server: Server
    tally: Tally
    postgres: str | None
    memory: list[float] = field(default_factory=list[float])
    kills: int = 0

    def run(self, seconds: float) -> None:
        """Disturb the server until the time is up."""
        start = time.monotonic()
        outages = [seconds * part / 4 for part in (1, 2, 3)] if self.postgres else []
        kill_at = min(60.0, seconds / 3)
        while (now := time.monotonic() - start) < seconds:
            self.memory.append(self._measure_memory())
            if now >= kill_at:
                kill_at = now + 60
                self._kill_worker()
            elif outages and now >= outages[0]:
                outages.pop(0)
                assert self.postgres is not None
                with stop_postgres(self.postgres):
                    time.sleep(_OUTAGE)
            time.sleep(1)

    def _kill_worker(self) -> None:
        workers = list_workers(self.server)
        random.choice(workers).kill()
        self.kills += 1
        end = time.monotonic() + 15
        while len(list_workers(self.server)) < _WORKERS:
            if time.monotonic() > end:
                self.tally.break_promise("a killed worker was not replaced within 15 s")
                return
            time.sleep(0.2)

    def _measure_memory(self) -> float:
        """Return the memory of the server's processes alone, without what they share, in MB."""
        parent = psutil.Process(self.server.process.pid)
        return sum(map(_read_private_memory, (parent, *parent.children(recursive=True))))

    def average_memory(self, parts: int) -> list[float]:
        """Return the mean of each part of the time, after a start."""
        kept = self.memory[len(self.memory) // 10 :]
        size = max(1, len(kept) // parts)
        return [fmean(kept[size * part :][:size] or kept) for part in range(parts)]


def list_workers(server: Server) -> list[psutil.Process]:
    """Return the processes that listen at the port, without the one that started them."""
    parent = psutil.Process(server.process.pid)
    return [each for each in parent.children() if _listens_at(each, server.port)]


def _listens_at(process: psutil.Process, port: int) -> bool:
    try:
        found = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in found)


def _read_private_memory(process: psutil.Process) -> float:
    """Return what a process has for itself, in MB, without the pages of the database's file.

    SQLite maps that file, which grows with what is written. Its pages are the system's cache: they
    count as private where only one worker has read them, and the system takes them back at need.
    """
    try:
        maps = process.memory_maps()
    except psutil.Error:
        return 0.0
    own = (each.private_clean + each.private_dirty for each in maps if ".db" not in each.path)
    return sum(own) / 1e6


def soak(url: str, postgres: str | None, minutes: float, folder: Path) -> bool:
    """Load one server; print what happened, and return whether all promises held."""
    tally, ended = Tally(), threading.Event()
    options = ("--prepare", "--workers", str(_WORKERS))
    with start_server(url, folder, *options) as server:
        key = run_sinequanon("keys", "create", "soak", "--scope", "write", url=url).stdout.strip()
        model = Model(server.port, key, tally)
        disturbances = Disturbances(server, tally, postgres)
        command = CommandImports(url, folder, tally)
        command.fill_registry(model)
        threads = [
            threading.Thread(target=_run_client, args=(each, model, str(number), ended))
            for number, each in enumerate((*CLIENTS, command.run))
        ]
        for each in threads:
            each.start()
        try:
            disturbances.run(60 * minutes)
        finally:
            ended.set()
            for each in threads:
                each.join()
        lost = model.check_export()
    first, _, last = disturbances.average_memory(3)
    is_flat = last <= _GROWTH * first or minutes < _SHORTEST_FOR_MEMORY
    model.expect(f"memory grew from {first:.0f} to {last:.0f} MB", holds=is_flat)
    _print_report(model, tally, disturbances)
    print(f"{lost} acknowledged writes lost", flush=True)
    checked = run_sinequanon("db", "check", url=url, check=False, timeout=3600).stdout.strip()
    model.expect(f"db check: {checked}", holds=checked.startswith("Sound: "))
    print(f"db check: {checked}\n", flush=True)
    return not tally.broken


def _run_client(client: Client, model: Model, name: str, ended: threading.Event) -> None:
    """Run a client; what it does not expect is a broken promise."""
    while not ended.is_set():
        try:
            client(model, f"{name}-{time.monotonic_ns()}", ended)
        except Exception as error:  # noqa: BLE001
            model.expect(f"{name} ended: {error!r}", holds=False)


def _print_report(model: Model, tally: Tally, disturbances: Disturbances) -> None:
    print("\n".join(tally.format_table()))
    certain = sum(len(each) == 1 for each in model.states.values())
    print(
        f"\n{disturbances.kills} workers killed; changeset {model.head}; {certain} records whose "
        f"every write was answered, {len(model.states) - certain} in doubt; {len(model.pinned)} "
        f"pinned answers"
    )
    tenths = ", ".join(f"{each:.0f}" for each in disturbances.average_memory(10))
    print(f"memory of all processes in MB, by tenths of the time: {tenths}")
    for each in tally.list_broken():
        print(f"broken: {each}")


@contextmanager
def _open_postgres() -> Iterator[tuple[str, str]]:
    with postgres_server(durable=True) as server_url:
        yield new_postgres_database(server_url), server_url


def main() -> None:
    """Soak the engines that the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="for each engine")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], help="both by default")
    asked = parser.parse_args()
    held = True
    for engine in [asked.engine] if asked.engine else ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="soak-") as made:
            file = nullcontext((f"sqlite:///{made}/sinequanon.db", None))
            with file if engine == "sqlite" else _open_postgres() as (url, postgres):
                print(f"## {engine}, {asked.minutes:g} minutes\n", flush=True)
                held &= soak(url, postgres, asked.minutes, Path(made))
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
