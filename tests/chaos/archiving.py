"""Archive a registry with many changesets from SQLite to PostgreSQL and back, and compare answers.

`python -m tests.chaos.archiving` writes 20,000 changesets, restores their archive twice, and asks
all three registries 500 pinned questions. Exits with 1 if one answer, tag or chain differs.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
from itertools import pairwise

from api.ledger import Change
from api.ledger.upkeep.health import read_health
from tests.postgres import new_postgres_database, postgres_server
from tests.servers import run_sinequanon
from tests.worlds import Registry, make_draft


def write_changesets(registry: Registry, count: int) -> None:
    """Create, amend and retract actors, one changeset each."""
    for number in range(count):
        id, turn = f"actor-{number // 4}", number % 4
        record = {**make_draft("actors"), "id": id, "name": f"Name {number}"}
        change = Change("actors", id, None if turn == 3 else record)
        registry.ledger.append_changes([change], author="writer", message=f"number {number}")


def compare(registries: list[Registry], questions: int) -> list[str]:
    """Return the pinned questions that are not answered alike."""
    chance, head = random.Random(20230331), registries[0].head
    different: list[str] = []
    for _ in range(questions):
        moment = f"known_at={chance.randint(1, head)}"
        url = chance.choice((
            f"/v1/actors?{moment}&limit=50", f"/v1/actors.csv?{moment}&limit=20&sort=-name",
            f"/v1/actors/actor-{chance.randrange(head // 4)}?{moment}",
            f"/v1/positions?{moment}&valid_at=2024-04-02",
        ))  # fmt: skip
        answers = [each.get(url) for each in registries]
        if len({(a.status_code, a.headers.get("ETag"), a.data) for a in answers}) > 1:
            different.append(url)
    return different


def main() -> None:
    """Archive, restore, compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.archiving", description=__doc__)
    parser.add_argument("--changesets", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=500)
    asked = parser.parse_args()
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="archive-") as made, postgres_server() as postgres:
        urls = (f"sqlite:///{made}/a.db", new_postgres_database(postgres), f"sqlite:///{made}/b.db")
        for url in urls:
            run_sinequanon("db", "upgrade", url=url)
        registries = [Registry(url, idle_timeout_seconds=0) for url in urls]
        write_changesets(registries[0], asked.changesets)
        for source, target in pairwise(registries):
            start, archived = time.monotonic(), io.BytesIO()
            source.ledger.write_archive(archived)
            written = time.monotonic() - start
            count = target.ledger.restore_archive(io.BytesIO(archived.getvalue()))
            restored = time.monotonic() - start - written
            size = len(archived.getvalue()) / 1e6
            print(f"{count} changesets, {size:.1f} MB: "
                  f"archived in {written:.1f} s, restored in {restored:.1f} s")  # fmt: skip
            faults += target.ledger.find_faults()
        if len({read_health(each.ledger.database).head for each in registries}) > 1:
            faults.append("the chains end in different hashes")
        faults += compare(registries, asked.questions)
        for each in registries:
            each.close()
    print("\n".join(faults) or f"{asked.questions} pinned answers are the same")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
