"""Reads by two servers of half a core each, beside one: `python -m tests.scale.reading`.

One primary, two standbys, and two servers of one worker. A control group of the kernel holds each
server to half a core (cgroup v1, as root). Pages that were never asked for are read, first at one
server, then at both, alternating; their cost is a server's own and PostgreSQL's. After that, each
of 300 writes at one server is read at the other one while the standbys lag by two seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

import psutil

from tests.postgres import run_statement
from tests.scale.faulted import Machines, open_machines
from tests.servers import Server
from tests.worlds import make_draft

_GROUPS = Path("/sys/fs/cgroup/cpu")
_PERIOD = 20_000
_CLIENTS = 6
_LEAST_FACTOR = 1.7


@contextmanager
def hold_to_share(server: Server, share: float) -> Iterator[None]:
    """Hold all processes of a server to a share of one core."""
    group = _GROUPS / f"sinequanon-{server.port}"
    group.mkdir(exist_ok=True)
    (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
    (group / "cpu.cfs_quota_us").write_text(str(int(_PERIOD * share)))
    own = psutil.Process(server.process.pid)
    for each in (own, *own.children(recursive=True)):
        (group / "cgroup.procs").write_text(str(each.pid))
    try:
        yield
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (_GROUPS / "cgroup.procs").write_text(pid)
        group.rmdir()


def count_reads(servers: Sequence[Server], seconds: float, numbers: Iterator[int]) -> float:
    """Return how many pages a second the clients of some servers read."""
    done, end = list[int](), time.monotonic() + seconds

    def read(server: Server) -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        while time.monotonic() < end:
            limit, known_at = 1 + (number := next(numbers)) % 1000, 4 + number // 1000 % 46
            connection.request("GET", f"/v1/actors?limit={limit}&known_at={known_at}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            done.append(1)
        connection.close()

    threads = [threading.Thread(target=read, args=(s,)) for s in servers for _ in range(_CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return len(done) / seconds


def read_own_writes(machines: Machines, writes: int) -> tuple[int, int]:
    """Return how many writes were read at once at the other server, with and without the header."""
    here, there = machines.servers
    seen, plain = 0, 0
    for each in machines.standbys:
        run_statement(each, "ALTER SYSTEM SET recovery_min_apply_delay = '2s'")
        run_statement(each, "SELECT pg_reload_conf()")
    for number in range(writes):
        id, key = f"own-{number}", {"X-API-Key": machines.key}
        written = here.ask("/v1/actors", "POST", body=make_draft("actors", id=id), headers=key)
        least = {"Sinequanon-Min-Changeset": written.headers["Sinequanon-Changeset"]}
        plain += there.ask(f"/v1/actors/{id}").status == 200
        seen += there.ask(f"/v1/actors/{id}", headers=least).status == 200
        time.sleep(random.uniform(0, 0.05))
    return seen, plain


def main() -> None:
    """Measure both, and compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.reading", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--writes", type=int, default=300)
    parser.add_argument("--port", type=int, default=21480)
    asked = parser.parse_args()
    numbers = count()
    with open_machines(asked.port) as machines:
        one, two = machines.servers
        for number in range(46):
            draft, key = make_draft("actors", id=f"many-{number}"), {"X-API-Key": machines.key}
            one.ask("/v1/actors", "POST", body=draft, headers=key)
        with hold_to_share(one, asked.share), hold_to_share(two, asked.share):
            alone, both = list[float](), list[float]()
            for _ in range(asked.rounds):
                alone.append(count_reads([one], asked.seconds, numbers))
                both.append(count_reads([one, two], asked.seconds, numbers))
        factor = sum(both) / sum(alone)
        print(f"one server {sum(alone) / len(alone):.0f} pages/s, two {sum(both) / len(both):.0f}, "
              f"factor {factor:.2f}", flush=True)  # fmt: skip
        print(*(each.ask("/readyz").body.decode() for each in machines.servers))
        seen, plain = read_own_writes(machines, asked.writes)
        print(f"2 s of lag: {seen} of {asked.writes} writes read at once at the other server with "
              f"the header, {plain} without it")  # fmt: skip
    sys.exit(0 if factor >= _LEAST_FACTOR and seen == asked.writes else 1)


if __name__ == "__main__":
    main()
