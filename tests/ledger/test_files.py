"""What is done to SQLite's files under a running server: taken away, made read-only, a clock ahead.

The read-only file is served by a process of a user who may not write, because root may always.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from api import clock
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.ledger.upkeep.health import read_health
from api.nouns import NOUNS
from tests.worlds import PROJECT, Databases, Registry, make_draft, parse_answer

HOUR = 3_600_000_000

SERVED_BY_NOBODY = """\
import os, sys
from api.app import create_app
from api.settings import Settings
def ask(url):
    client = create_app(Settings(database_url=url)).test_client()
    for path in ("/v1/actors", "/v1/actors?known_at=2026-01-02T00:00:00Z", "/readyz"):
        yield client.get(path).status_code
    answer = client.post(
        "/v1/actors", json={"id": "x", "name": "X", "kind": "state"},
        headers={"X-API-Key": sys.argv[3]},
    )
    yield answer.get_json().get("code"), "Retry-After" in answer.headers
[*ask(sys.argv[1])]  # all that is imported late must be, before nobody may read it
os.setuid(65534)
print(*ask(sys.argv[2]))
"""


def wal_of(registry: Registry) -> Path:
    return Path(registry.url.removeprefix("sqlite:///") + "-wal")


@pytest.mark.parametrize("with_index", [False, True])
def test_a_wal_that_is_taken_away_stops_writes_until_it_is_back(
    registry: Registry, *, with_index: bool
):
    assert registry.post("/v1/actors", make_draft("actors")).status_code == 201
    wal = wal_of(registry)
    files = [wal, wal.with_name(wal.name.replace("-wal", "-shm"))][: 2 if with_index else 1]
    for file in files:
        file.rename(f"{file}.away")
    refused = registry.post("/v1/actors", make_draft("actors", id="lost"))
    assert parse_answer(refused, 503)["code"] == "not_ready"
    assert "-wal" in refused.get_json()["detail"]
    assert registry.get("/v1/actors/a-new-one").status_code == 200
    for file in files:
        Path(f"{file}.away").rename(file)
    assert registry.post("/v1/actors", make_draft("actors", id="kept")).status_code == 201


def test_a_wal_that_is_taken_away_during_a_write_leaves_it_unacknowledged(registry: Registry):
    database, wal = registry.ledger.database, wal_of(registry)
    with pytest.raises(Exception, match="taken away"), database.begin_write():
        wal.unlink()


def test_a_lost_file_is_not_made_anew_and_its_wal_stays(registry: Registry):
    registry.post("/v1/actors", make_draft("actors"))
    wal = wal_of(registry)
    file = Path(str(wal).removesuffix("-wal"))
    file.rename(f"{file}.away")
    assert registry.post("/v1/actors", make_draft("actors", id="x")).status_code == 503
    assert not file.exists()
    assert wal.stat().st_size
    Path(f"{file}.away").rename(file)
    assert registry.get("/v1/actors/a-new-one").status_code == 200


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_file_is_read_and_a_write_is_refused(databases: Databases, folder_mode: int):
    folder = Path(tempfile.mkdtemp())  # not pytest's, which nobody else may enter
    with databases.fresh("sqlite", "fixtures") as url:
        made = Registry(url)
        key = made.make_key()
        made.close()
        file = folder / "x.db"
        shutil.copy(url.removeprefix("sqlite:///"), file)
    file.chmod(0o444)
    folder.chmod(folder_mode)
    with databases.fresh("sqlite") as other:
        served = subprocess.run(
            [sys.executable, "-c", SERVED_BY_NOBODY, other, f"sqlite:///{file}", key],
            cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert served.stdout == "200 200 200 ('read_only', False)\n", served.stderr
    shutil.rmtree(folder)


def test_a_clock_that_was_ahead_is_told_and_now_sees_the_newest(
    registry_of: Callable[..., Registry], monkeypatch, caplog
):
    registry = registry_of("fixtures")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + HOUR)
    assert registry.post("/v1/actors", make_draft("actors")).status_code == 201
    monkeypatch.setattr(clock, "now", lambda: now)
    with caplog.at_level(logging.WARNING):
        assert registry.post("/v1/actors", make_draft("actors", id="later")).status_code == 201
    assert registry.get("/v1/actors/later").status_code == 200
    for told in (caplog.text, registry.get("/readyz").text, *registry.ledger.find_faults()):
        assert "in the future by the clock" in told
    monkeypatch.setattr(clock, "now", lambda: now + 2 * HOUR)
    assert "future" not in registry.get("/readyz").text
    assert registry.ledger.find_faults() == []


def test_damage_of_the_file_is_found_by_the_engines_own_check(databases: Databases):
    with databases.fresh("sqlite", "fixtures") as url:
        ledger = Ledger(Database(url), NOUNS)
        with ledger.database.begin_write() as write:  # an index that lacks a row
            write.connection.exec_driver_sql("CREATE INDEX i ON actors (id) WHERE kind = 'x'")
            write.connection.exec_driver_sql("PRAGMA writable_schema = ON")
            write.connection.exec_driver_sql(
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON actors (id)' WHERE name = 'i'"
            )
        ledger.database.close_connections()
        assert any(each.startswith("SQLite: ") for each in ledger.find_faults())
        ledger.database.close_connections()


def test_a_writer_beside_another_needs_no_wal_of_its_own(databases: Databases):
    """Closing all connections deletes the -wal, as SQLite does; that is no fault."""
    with databases.fresh("sqlite", "empty") as url:
        first, second = (Ledger(Database(url), NOUNS) for _ in range(2))
        for number, ledger in enumerate([first, second, first, second]):
            change = Change("actors", f"a-{number}", make_draft("actors", id=f"a-{number}"))
            ledger.append_changes([change], author="a")
            ledger.database.close_connections()
        assert read_health(first.database).head.number == 4
        first.database.close_connections()
