"""The commit barrier of SQLite's file, and the state that is read by it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from api import clock, keys
from api.ledger import Change, Ledger
from api.ledger.store import state as state_module
from api.ledger.store.database import Database
from api.ledger.store.state import CommitBarrier
from api.nouns import NOUNS
from tests.worlds import Databases

NOON = 1_767_268_800_000_000
"""An instant at which the clock of a test stands still, so that no state grows old."""

DIES_WHILE_CLOSED = """\
import os, sys
from pathlib import Path
from api.ledger.store.state import CommitBarrier
CommitBarrier(Path(sys.argv[1])).close_barrier()
os._exit(9)
"""

CLOSED_BY_A_FORK = """\
import os, sys, time
from pathlib import Path
from api.ledger.store.state import CommitBarrier
barrier = CommitBarrier(Path(sys.argv[1]))
barrier.close_barrier()
child = os.fork()
if child == 0:
    barrier.close_barrier()
    os._exit(7)
time.sleep(0.3)
assert os.waitpid(child, os.WNOHANG) == (0, 0)
barrier.open_barrier()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""


@pytest.fixture
def ledger(databases: Databases) -> Iterator[Ledger]:
    """Yield an empty registry on SQLite, which alone has a barrier of this kind."""
    with databases.fresh("sqlite", "empty") as url:
        opened = Ledger(Database(url), NOUNS)
        yield opened
        opened.database.close_connections()


def file_of(ledger: Ledger) -> Path:
    return Path(make_url(ledger.database.url).database or "")


def barrier_of(ledger: Ledger) -> CommitBarrier:
    return CommitBarrier(Path(f"{file_of(ledger)}-gate"))


def write_actor(ledger: Ledger, id: str) -> None:
    ledger.append_changes(
        [Change("actors", id, {"id": id, "name": id, "kind": "state"})], author="a"
    )


def test_every_commit_moves_the_counter_and_nothing_else_does(ledger: Ledger):
    barrier = barrier_of(ledger)
    seen = [barrier.read_number()]
    write_actor(ledger, "one")
    seen.append(barrier.read_number())
    keys.create_key(ledger.database, "someone", ("write",))
    seen.append(barrier.read_number())
    assert len({*seen}) == 3
    with ledger.open_reader() as reader:
        reader.read_record(ledger.nouns["actors"], "one")
    with ledger.database.read_snapshot() as snapshot:
        ledger.database.pass_barrier(snapshot)
    with ledger.database.begin_write(keep=False):
        pass
    assert barrier.read_number() == seen[-1]


def test_the_counter_is_hidden_while_the_barrier_is_closed(ledger: Ledger):
    barrier = barrier_of(ledger)
    barrier.close_barrier()
    assert barrier.read_number() is None
    barrier.open_barrier()
    assert barrier.read_number() is not None


def test_a_process_and_its_fork_close_the_barrier_one_after_the_other(tmp_path: Path):
    command = [sys.executable, "-c", CLOSED_BY_A_FORK, str(tmp_path / "x-gate")]
    subprocess.run(command, check=True, timeout=60)


def test_a_barrier_whose_file_was_replaced_closes_the_new_file(tmp_path: Path):
    file, older = tmp_path / "x-gate", tmp_path / "older"
    barrier = CommitBarrier(file)
    barrier.close_barrier()
    barrier.open_barrier()
    file.rename(older)
    barrier.close_barrier()
    assert CommitBarrier(file).read_number() is None
    assert CommitBarrier(older).read_number() is not None
    barrier.open_barrier()
    file.write_bytes(b"")
    barrier.close_barrier()
    assert CommitBarrier(file).read_number() is None


def test_a_writer_that_dies_inside_leaves_the_state_to_be_looked_for_each_time(
    ledger: Ledger, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    died = subprocess.run(
        [sys.executable, "-c", DIES_WHILE_CLOSED, f"{file_of(ledger)}-gate"], check=False
    )
    assert died.returncode == 9
    assert barrier_of(ledger).read_number() is None
    before = ledger.database.state.read_state()
    assert ledger.database.state.read_state() == before
    with closing(sqlite3.connect(file_of(ledger))) as other, other:
        other.execute("PRAGMA user_version = 7")
    assert ledger.database.state.read_state() != before
    write_actor(ledger, "one")
    assert barrier_of(ledger).read_number() is not None


def test_the_state_is_not_read_while_nobody_commits(ledger: Ledger, monkeypatch):
    """So the write of another program, which passes no gate, is not seen at once."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    before = ledger.database.state.read_state()
    with closing(sqlite3.connect(file_of(ledger))) as other:
        other.execute("PRAGMA user_version = 7")
    assert ledger.database.state.read_state() == before


def test_changes_by_other_programs_are_noticed_a_little_later(ledger: Ledger, monkeypatch):
    before = ledger.database.state.read_state()
    with closing(sqlite3.connect(file_of(ledger))) as other:
        other.execute("PRAGMA user_version = 7")
    later = clock.now() + state_module.FRESH
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ledger.database.state.read_state() != before


def test_a_state_is_trusted_on_its_day_and_not_before_it_was_read(ledger: Ledger, monkeypatch):
    evening, midnight = 1_767_225_599_999_999, 1_767_225_600_000_000
    seen: list[object] = []
    for now in (evening, midnight, evening):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        seen += [ledger.database.state.read_state(), ledger.database.state.read_state()]
    assert seen[0] == seen[1] == seen[4] == seen[5] != seen[2] == seen[3]


def test_a_barrier_that_cannot_be_opened_has_no_counter(tmp_path: Path):
    assert CommitBarrier(tmp_path / "nowhere" / "x-gate").read_number() is None


def test_a_barrier_file_that_was_made_again_is_read_soon(ledger: Ledger, monkeypatch):
    before = ledger.database.state.read_state()
    Path(f"{file_of(ledger)}-gate").unlink()
    write_actor(ledger, "one")
    later = clock.now() + state_module.FRESH
    monkeypatch.setattr(clock, "now", lambda: later)
    seen = ledger.database.state.read_state()
    assert seen != before
    write_actor(ledger, "two")  # the clock stands still, so only the counter can show it
    assert ledger.database.state.read_state() != seen
