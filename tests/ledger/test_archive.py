"""Archives: everything, from either engine to the other, verified, all or nothing."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api import keys
from api.errors import Conflict, Invalid
from api.ledger import Ledger
from api.ledger.upkeep.health import read_health
from api.submissions import queue
from api.submissions.tables import submission
from tests.cli.commands import expect_refusal, expect_success, run_command
from tests.servers import run_sinequanon
from tests.worlds import FIXTURES, Databases, Registry, make_draft, parse_answer

Registries = Callable[..., Registry]

PINNED = "valid_at=2024-04-02&known_at="


def archive(ledger: Ledger) -> bytes:
    out = io.BytesIO()
    ledger.write_archive(out)
    return out.getvalue()


@pytest.fixture
def open_empty(databases: Databases) -> Iterator[Callable[[str], Registry]]:
    """Return a function that opens a registry in which nothing is, not even a key."""
    with ExitStack() as after:

        def make(engine: str) -> Registry:
            registry = Registry(after.enter_context(databases.fresh(engine)))
            after.callback(registry.close)
            return registry

        yield make


def restore(registry: Registry, archived: bytes) -> int:
    return registry.ledger.restore_archive(io.BytesIO(archived))


def fill(registry: Registry) -> list[str]:
    """Write, amend and retract; return addresses whose answers are pinned."""
    for number in range(5):
        registry.post("/v1/actors", make_draft("actors", id=f"a-{number}"))
        registry.amend(f"/v1/actors/a-{number}", name=f"Renamed {number}")
    registry.retract("/v1/actors/a-3")
    moments = [f"{PINNED}{number}" for number in range(1, registry.head + 1)]
    return [
        f"/v1/{path}{'&' if '?' in path else '?'}{moment}"
        for moment in moments
        for path in (
            "positions?limit=200",
            "positions.csv?limit=200",
            "conflicts/hav-island-war/deadlock",
        )
    ] + [f"/v1/actors?known_at={number}" for number in range(1, registry.head + 1)]


@pytest.mark.parametrize(("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_a_registry_is_the_same_on_the_other_engine(
    registry_of: Registries, open_empty: Callable[[str], Registry], source: str, target: str
):
    original = registry_of("both", engine=source)
    copy = open_empty(target)
    pinned = fill(original)
    archived = archive(original.ledger)
    assert restore(copy, archived) == original.head
    assert read_health(copy.ledger.database).head == read_health(original.ledger.database).head
    assert copy.ledger.find_faults() == []
    for url in pinned:
        before, after = original.get(url), copy.get(url)
        assert (before.status_code, before.data) == (after.status_code, after.data), url
        assert before.headers.get("ETag") == after.headers.get("ETag")
    copy.key = original.key
    assert copy.post("/v1/actors", make_draft("actors", id="later")).status_code == 201


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_submissions_are_numbered_on_behind_those_of_the_archive(
    registry_of: Registries, open_empty: Callable[[str], Registry], engine: str
):
    original, copy = registry_of("seed"), open_empty(engine)
    note = {"noun": "actors", "id": "russia", "text": "?"}
    for number in range(4):
        parse_answer(original.client.post("/v1/notes", json={**note, "text": f"{number}"}), 201)
    with original.ledger.database.begin_write() as write:
        done = {"state": "declined", "changed_at": 0}
        write.connection.execute(update(submission).where(submission.c.id > 2).values(done))
    assert queue.drop_closed(original.ledger, 1) == 2
    restore(copy, archive(original.ledger))
    parse_answer(copy.client.post("/v1/notes", json=note), 201)
    with copy.ledger.database.read_snapshot() as snapshot:
        ids = snapshot.connection.execute(select(submission.c.id).order_by(submission.c.id))
        assert [*ids.scalars()] == [1, 2, 5]


def test_any_flipped_byte_is_named_and_nothing_is_restored(
    registry_of: Registries, open_empty: Callable[[str], Registry]
):
    archived = archive(registry_of("fixtures").ledger)
    copy = open_empty("sqlite")
    chance = random.Random(7)
    places = [0, len(archived) - 1, *(chance.randrange(len(archived)) for _ in range(40))]
    for place in places:
        flipped = bytearray(archived)
        flipped[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Invalid, match="archive"):
            restore(copy, bytes(flipped))
    for cut in (0, 1, len(archived) // 2, archived.rindex(b"\n", 0, -1) + 1, len(archived) - 1):
        with pytest.raises(Invalid, match="archive"):
            restore(copy, archived[:cut])
    with pytest.raises(Invalid, match="damaged"):
        restore(copy, archived + archived)
    assert copy.head == 0
    assert restore(copy, archived) == 1


def test_only_an_empty_registry_takes_an_archive(registry_of: Registries):
    original = registry_of("fixtures")
    before = archive(original.ledger)
    with pytest.raises(Conflict, match="not empty"):
        restore(original, before)
    assert archive(original.ledger) == before


def test_the_commands_back_up_and_restore(tmp_path: Path):
    first, second = (f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "second"))
    expect_success(run_command(first, "db", "upgrade"))
    key = expect_success(run_command(first, "keys", "create", "ana", "--scope", "write")).strip()
    expect_success(run_command(first, "import", FIXTURES))
    file = tmp_path / "backup.jsonl"
    assert "Archived" in run_sinequanon("db", "archive", file, url=first).stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert "name another one" in expect_refusal(run_command(first, "db", "archive", file))
    assert "Restored 1 changesets" in run_sinequanon("db", "restore", file, url=second).stdout
    assert run_sinequanon("db", "check", url=second).stdout.startswith("Sound: 1 changesets")
    assert "not empty" in expect_refusal(run_command(second, "db", "restore", file))
    restored = Registry(second)
    with restored.ledger.database.read_snapshot() as snapshot:
        holder = keys.find_holder(snapshot, key)
    restored.close()
    assert holder is not None
    assert holder.name == "ana"
