"""Kill the primary again and again, while clients write: `python -m tests.scale.failover`.

Two servers read from three nodes that Patroni keeps. One finds the primary by a URL of several
hosts, the other one through HAProxy. In each round the primary's host is killed with its Patroni,
and comes back after another one was promoted; every third round the leader is frozen instead, and
goes on when its place is taken. Exits with 1 if an acknowledged write is missing at the end, two
writes got the same changeset, or a server did not write again in time.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import psutil

from tests.scale.cluster import Cluster, Node, patroni_cluster
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import make_draft

_MOST_SECONDS = 30
_VARIABLES = {"SINEQUANON_LOCK_TIMEOUT_SECONDS": "5", "SINEQUANON_CONNECT_TIMEOUT_SECONDS": "2",
              "SINEQUANON_STATEMENT_TIMEOUT_SECONDS": "3"}  # fmt: skip
_PAUSE = 0.1


@dataclass
class Writers:
    """Clients that write actors, and the changeset of each that was acknowledged."""

    servers: Sequence[Server]
    key: str
    acknowledged: dict[str, int] = field(default_factory=dict[str, int])
    written_at: list[float] = field(default_factory=lambda: [0.0, 0.0])
    stale: list[str] = field(default_factory=list[str])
    refused: int = 0
    is_over: threading.Event = field(default_factory=threading.Event)

    def write(self, place: int) -> None:
        """Write at one server until all is over; read each write at the other one."""
        number, other = 0, self.servers[1 - place]
        while not self.is_over.wait(_PAUSE):
            number += 1
            id, begun = f"w-{place}-{number}", time.monotonic()
            with suppress(OSError, HTTPException):
                body, key = make_draft("actors", id=id), {"X-API-Key": self.key}
                answer = self.servers[place].ask("/v1/actors", "POST", body=body, headers=key)
                if answer.status != 201:
                    self.refused += 1
                    continue
                self.acknowledged[id] = int(answer.headers["Sinequanon-Changeset"])
                self.written_at[place] = begun
                least = {"Sinequanon-Min-Changeset": answer.headers["Sinequanon-Changeset"]}
                read = other.ask(f"/v1/actors/{id}", headers=least)
                if read.status not in (200, 503):
                    self.stale.append(f"{id} is {read.status} at the other server")


def _interrupt(cluster: Cluster, leader: Node, *, freeze: bool) -> None:
    """Kill or freeze a leader; start it again, or let it go on, when another one leads."""
    found = leader.list_processes()
    if freeze:
        for each in found:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGSTOP)
    else:
        leader.kill()
    _wait_for_other(cluster, leader)
    if not freeze:
        leader.start()
    for each in found if freeze else ():
        with suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGCONT)


def _wait_for_other(cluster: Cluster, old: Node) -> None:
    others = [each for each in cluster.nodes if each is not old]
    end = time.monotonic() + 90
    while time.monotonic() < end:
        roles = Cluster(cluster.folder, cluster.base, others).read_roles()
        if any(roles.get(each.name) == "leader" for each in others):
            return
        time.sleep(0.2)
    raise AssertionError(f"nobody took the place of {old.name}")


def _run_round(cluster: Cluster, writers: Writers, number: int) -> list[float]:
    """Interrupt the leader; return the seconds until each server wrote again."""
    leader, freeze = cluster.wait_until_whole(), number % 3 == 2
    begun = time.monotonic()
    ending = threading.Thread(target=_interrupt, args=(cluster, leader), kwargs={"freeze": freeze})
    ending.start()
    again = [0.0, 0.0]
    while not all(again) and time.monotonic() < begun + 90:
        time.sleep(0.05)
        # What was sent within a second of the kill may have been answered before it.
        again = [w - begun if w > begun + 1 else 0.0 for w in writers.written_at]
    ending.join()
    print(f"round {number + 1}: {leader.name} {'frozen' if freeze else 'killed'}, writing again "
          f"after {again[0]:.1f} s (hosts) and {again[1]:.1f} s (HAProxy), "
          f"{len(writers.acknowledged)} acknowledged", flush=True)  # fmt: skip
    return [each or 999.0 for each in again]


def _list_lost(server: Server, writers: Writers) -> list[str]:
    """Return what was acknowledged and is missing, or has the changeset of another write."""
    least = {"Sinequanon-Min-Changeset": str(max(writers.acknowledged.values()))}
    found, path = set[str](), "/v1/actors?limit=1000"
    while path:
        page = server.ask(path, headers=least).json()
        found |= {each["id"] for each in page["data"]}
        path = page["next"]
    lost = [f"{id} is lost" for id in writers.acknowledged if id not in found]
    numbers = list(writers.acknowledged.values())
    twice = sorted({each for each in numbers if numbers.count(each) > 1})
    return [*lost, *(f"changeset {each} was given twice" for each in twice)]


def run_rounds(rounds: int, base: int) -> list[str]:
    """Return what went wrong."""
    with patroni_cluster(base) as cluster, ExitStack() as up:
        folder = Path(up.enter_context(tempfile.TemporaryDirectory()))
        run_sinequanon("db", "upgrade", url=cluster.hosts_url)
        key = run_sinequanon(
            "keys", "create", "w", "--scope", "write", url=cluster.hosts_url
        ).stdout.strip()
        variables = _VARIABLES | {"SINEQUANON_READ_DATABASE_URLS": cluster.read_urls}
        servers = [
            up.enter_context(start_server(url, folder, port=port, variables=variables))
            for url, port in ((cluster.hosts_url, base + 40), (cluster.proxy_url, base + 41))
        ]
        writers = Writers(servers, key)
        threads = [threading.Thread(target=writers.write, args=(n,)) for n in (0, 1)]
        for each in threads:
            each.start()
        times = list[float]()
        try:
            for number in range(rounds):
                times += _run_round(cluster, writers, number)
            cluster.wait_until_whole()
        finally:
            writers.is_over.set()
            for each in threads:
                each.join()
        wrong = [*_list_lost(servers[0], writers), *writers.stale]
        wrong += [
            f"a server wrote again after {each:.1f} s" for each in times if each > _MOST_SECONDS
        ]
        faults = run_sinequanon("db", "check", url=cluster.hosts_url, check=False).stdout
        middle = sorted(times)[len(times) // 2]
        print(f"{rounds} rounds, {len(writers.acknowledged)} writes acknowledged, "
              f"{writers.refused} refused, writing again after {middle:.1f} s (median), "
              f"{max(times):.1f} s at most; {faults.strip()}", flush=True)  # fmt: skip
    return wrong


def main() -> None:
    """Run the drill."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--port", type=int, default=21400)
    asked = parser.parse_args()
    wrong = run_rounds(asked.rounds, asked.port)
    print("\n".join(wrong) or "nothing was lost")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
