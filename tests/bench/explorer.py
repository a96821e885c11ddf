"""`python -m tests.bench.explorer`: the page of a large conflict beside its JSON.

A synthetic conflict of 20 actors, 400 positions and 30 preconditions, each with a statement of its
own. Its first page shows the deadlock, so it is compared with that. Both are asked in turn, and the
medians are compared: from the response cache, without it, as 304, and first seen with no deadlock
remembered.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from api.bulk.importing import ImportOptions, import_files
from api.ledger import Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS
from tests.worlds import Databases, Registry

ACTORS = [f"actor-{n}" for n in range(20)]
PROPOSITIONS = [f"p{n}" for n in range(60)]
POSITIONS, PRECONDITIONS, ROUNDS = 400, 30, 15
FORCES = ("demand", "propose", "warn", "assert", "reject")
SAID = {"attestation": "verbatim_sentence"}


def _name_day(number: int) -> str:
    """Return the day of January on which the record of a number is attested."""
    return f"2024-01-{1 + number % 28:02}"


def make_records() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the records of the conflict, noun by noun."""
    chance = random.Random(7)
    parties = [{"actor": each, "status": "party"} for each in ACTORS]
    yield "actors", [{"id": each, "name": each, "kind": "state"} for each in ACTORS]
    yield "sources", [{"id": "s", "title": "A source", "kind": "news_report", "language": "en"}]
    yield "conflicts", [{"id": "big", "name": "Big", "kind": "dispute", "parties": parties}]
    yield "issues", [{"id": f"issue-{n}", "conflict": "big", "name": f"{n}"} for n in range(15)]
    yield "propositions", [
        {"id": each, "text": f"The thing called {each} comes about.", "conflict": "big",
         "issues": [f"issue-{n % 15}"], "by": [ACTORS[n % 20]]}
        for n, each in enumerate(PROPOSITIONS)
    ]  # fmt: skip
    yield "statements", [
        {"id": f"st-{n}", "source": "s", "start": n * 50, "end": n * 50 + 30, **SAID,
         "attested_on": _name_day(n),
         "exact": f"These are words with number {n:02}"[:30], "speaker": ACTORS[n % 20]}
        for n in range(POSITIONS)
    ]  # fmt: skip
    yield "positions", [
        {"id": f"position-{n}", "holder": ACTORS[n % 20], "evidence": [f"st-{n}"], **SAID,
         "force": chance.choices(FORCES, (5, 5, 4, 4, 1))[0], "speaker": ACTORS[n % 20],
         "proposition": chance.choice(PROPOSITIONS), "attested_on": _name_day(n)}
        for n in range(POSITIONS)
    ]  # fmt: skip
    yield "preconditions", [
        {"id": f"condition-{n}", "holder": ACTORS[n % 20], "evidence": [f"st-{n}"], **SAID,
         "attested_on": _name_day(n), "antecedents_kind": "stated",
         "antecedents": [[PROPOSITIONS[n * 7 % 60]]],
         "consequents": [PROPOSITIONS[(n * 7 + 3) % 60]], "modality": "necessary"}
        for n in range(PRECONDITIONS)
    ]  # fmt: skip


def import_conflict(url: str, folder: Path) -> None:
    """Import the conflict into a database, through files in a folder."""
    for noun, made in make_records():
        lines = "".join(f"{json.dumps(each)}\n" for each in made)
        (folder / f"{noun}.ndjson").write_text(lines, encoding="utf-8")
    ledger = Ledger(Database(url), NOUNS)
    import_files(ledger, [folder], {}, ImportOptions(author="bench", message="a large conflict"))
    ledger.database.close_connections()


def time_paths(registry: Registry, paths: Sequence[str], tags: Mapping[str, str]) -> float:
    """Ask for paths one after the other, and return the seconds; with its ETag a path gives 304."""
    start = time.perf_counter()
    for path in paths:
        headers = {"If-None-Match": tags[path]} if path in tags else {}
        status = registry.client.get(path, headers=headers).status_code
        assert status == (304 if path in tags else 200)
    return time.perf_counter() - start


def compare_medians(
    registry: Registry, page: str, data: Sequence[str], tags: Mapping[str, str]
) -> str:
    """Ask for the page and for its data in turn, and describe the ratio of the medians."""
    rounds = [
        (time_paths(registry, [page], tags), time_paths(registry, data, tags))
        for _ in range(ROUNDS)
    ]
    one, other = (statistics.median(each) for each in zip(*rounds, strict=True))
    return f"{one / other:.2f} ({one * 1000:.1f} ms against {other * 1000:.1f} ms)"


def main() -> None:
    """Print the ratios."""
    page, data = "/conflicts/big", ["/v1/conflicts/big/deadlock?limit=6&valid_at=2024-01-28"]
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        Databases(Path(folder), str).fresh("sqlite") as url,
    ):
        import_conflict(url, Path(folder))
        print("page / its deadlock, at most 2.5")
        for snapshots, when in (
            (64, "from the response cache"),
            (0, "made anew, deadlocks remembered"),
        ):
            registry = Registry(url, snapshots=snapshots)
            time_paths(registry, [page, *data], {})
            print(f"{when}:", compare_medians(registry, page, data, {}))
        tags = {each: registry.client.get(each).headers["ETag"] for each in (page, *data)}
        print("304, with the ETag:", compare_medians(registry, page, data, tags))
        patch.setattr("api.analysis.engine.solving._CACHED", 0)
        print("first seen, nothing remembered:", compare_medians(registry, page, data, {}))


if __name__ == "__main__":
    main()
