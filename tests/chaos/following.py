"""Follow the changes of a server that is written to and killed meanwhile, and miss none.

`python -m tests.chaos.following` takes SQLite and PostgreSQL in turn: eight writers, two followers,
and a worker killed every second, twenty times. A follower must hold every acknowledged write, in
the order of the registry, without a gap and none twice. Exits with 1 if one does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from api.app import open_ledger
from api.settings import Settings
from tests.chaos.soak import list_workers
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import make_draft

Write = tuple[str, int]
"""The id of a record, and the changeset that wrote it."""


@dataclass
class Followed:
    """What was acknowledged, and what each follower holds."""

    server: Server
    key: str
    acknowledged: set[Write] = field(default_factory=set[Write])
    held: list[list[dict[str, Any]]] = field(default_factory=list[list[dict[str, Any]]])
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self, name: str) -> None:
        """Write records until the end; one whose answer was lost is not counted."""
        number = 0
        while not self.ended.is_set():
            number += 1
            draft = make_draft("actors", id=f"{name}-{number}", name=f"Actor {name} {number}")
            with suppress(OSError, HTTPException):
                answer = self.server.ask(
                    "/v1/actors", "POST", body=draft, headers={"X-API-Key": self.key}
                )
                if answer.status == 201:
                    changeset = int(answer.headers["Sinequanon-Changeset"])
                    self.acknowledged.add((draft["id"], changeset))

    def follow(self, last: threading.Event) -> None:
        """Ask for the next changes until all writers have ended and nothing more follows."""
        url, held = "/v1/changes?after=0&limit=50&wait=1", list[dict[str, Any]]()
        self.held.append(held)
        while True:
            is_last = last.is_set()
            with suppress(OSError, HTTPException):
                answer = self.server.ask(url)
                if answer.status == 200:
                    page = answer.json()
                    held += page["data"]
                    url = page["next"]
                    if is_last and not page["data"]:
                        return


def follow_through_kills(url: str, folder: Path, writers: int, kills: int) -> list[str]:
    """Return what was wrong: a sentence for each follower that does not hold the registry."""
    with start_server(url, folder, "--prepare", "--workers", "2") as server:
        made = run_sinequanon("keys", "create", "writer", "--scope", "write", url=url)
        work, last = Followed(server, made.stdout.strip()), threading.Event()
        followers = [threading.Thread(target=work.follow, args=(last,)) for _ in range(2)]
        writing = [threading.Thread(target=work.write, args=(f"w{n}",)) for n in range(writers)]
        for each in (*followers, *writing):
            each.start()
        for _ in range(kills):
            time.sleep(1)
            for worker in list_workers(server)[:1]:
                worker.kill()
        time.sleep(1)
        work.ended.set()
        for each in writing:
            each.join()
        last.set()
        for each in followers:
            each.join()
    return [fault for held in work.held for fault in _compare(url, held, work.acknowledged)]


def _compare(url: str, held: list[dict[str, Any]], acknowledged: set[Write]) -> list[str]:
    ledger = open_ledger(Settings(database_url=url))
    with ledger.open_reader() as reader:
        rows = reader.list_changes(10**9)
    ledger.database.close_connections()
    stored = [(e["changeset"], e["noun"], e["id"], e["number"], e["hash"].hex()) for e in rows]
    followed = [(e["changeset"], e["noun"], e["id"], e["revision"], e["hash"]) for e in held]
    lost = acknowledged - {(each["id"], each["changeset"]) for each in held}
    print(f"{len(acknowledged)} acknowledged, {len(stored)} stored, {len(followed)} followed, "
          f"{len(lost)} lost", flush=True)  # fmt: skip
    faults = [f"{len(lost)} acknowledged writes were not followed"] if lost else []
    same = followed == stored and len(stored) > len(acknowledged) > 0
    return faults if same else [*faults, "a follower holds other changes than the registry"]


def main() -> None:
    """Follow on both engines."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.following", description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20)
    asked = parser.parse_args()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="follow-") as made, postgres_server() as postgres:
        for url in (f"sqlite:///{made}/sinequanon.db", new_postgres_database(postgres)):
            print(f"## {url.partition(':')[0]}", flush=True)
            faults += follow_through_kills(url, Path(made), asked.writers, asked.kills)
    print("\n".join(faults) or "nothing was missed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
