"""A lease on the state of PostgreSQL never hides a write, and faults of it would be noticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine

from api.ledger import Change, Ledger
from api.ledger.store import lease
from api.ledger.store.bounded_connection import BoundedConnection
from api.ledger.store.database import Database
from api.ledger.store.lease import LeasedState, read_clock
from api.nouns import NOUNS
from tests.chaos.visibility import read_during_writes
from tests.worlds import Databases, Registry

MS = 1_000_000
LONG = 5_000 * MS
"""A lease that outlasts a test, for readers."""

Hosts = tuple[Ledger, Ledger]


@pytest.fixture
def hosts(databases: Databases) -> Iterator[Hosts]:
    """Yield a registry as opened by two hosts."""
    with databases.fresh("postgresql", "empty") as url:
        opened = Ledger(Database(url), NOUNS), Ledger(Database(url), NOUNS)
        for each in opened:
            write_actor(each)
        yield opened
        for each in opened:
            each.database.close_connections()


def write_actor(ledger: Ledger) -> int:
    """Write a record; return the changeset that is acknowledged."""
    id = f"actor-{time.time_ns()}"
    draft = {"id": id, "name": id, "kind": "state"}
    return ledger.append_changes([Change("actors", id, draft)], author="a").head


def read_head(ledger: Ledger) -> int:
    with ledger.open_reader() as reader:
        return reader.moment.known_at


def state_of(ledger: Ledger) -> LeasedState:
    assert isinstance(ledger.database.state, LeasedState)
    return ledger.database.state


def take_lease(ledger: Ledger) -> bool:
    """Read the state; return whether it is trusted for longer."""
    state_of(ledger).read_state()
    return read_clock() < state_of(ledger)._lease.until


def get_lease(ledger: Ledger) -> bool:
    """Read the state until it is trusted: on a busy machine a lease may end before it is seen."""
    return any(take_lease(ledger) for _ in range(100))


def set_lengths(monkeypatch: pytest.MonkeyPatch, *, reader: int, writer: int) -> None:
    """Set for how long readers trust a state, and how long writers wait."""
    monkeypatch.setattr(lease, "LEASE", reader)
    monkeypatch.setattr(lease, "_RENEWAL", reader)
    monkeypatch.setattr(lease, "_WAIT", writer)


def write_under_lease(hosts: Hosts) -> bool:
    """Return whether a host misses a write that another one acknowledged during its lease."""
    here, there = hosts
    assert take_lease(here)
    read_head(here)
    written = write_actor(there)
    return read_head(here) < written


def test_a_write_waits_for_the_leases_of_other_hosts(hosts: Hosts, monkeypatch):
    set_lengths(monkeypatch, reader=100 * MS, writer=120 * MS)
    assert not write_under_lease(hosts)
    set_lengths(monkeypatch, reader=LONG, writer=0)
    assert write_under_lease(hosts)


class SlowDriver:
    """A connection whose answers arrive only when they may."""

    def __init__(self, driver: Any) -> None:
        self._driver, self.patience = driver, None
        self.has_asked, self.may_answer = threading.Event(), threading.Event()

    def execute(self, text: str) -> Any:
        found = self._driver.execute(text)
        self.has_asked.set()
        self.may_answer.wait()
        return found


def write_during_look(hosts: Hosts) -> bool:
    """Return whether a host misses a write that was acknowledged while its look travelled back."""
    here, there = hosts
    state = state_of(here)
    read_head(here)
    state._lease = lease._Lease()
    slow = SlowDriver(state._driver)
    state._driver = slow
    looking = threading.Thread(target=read_head, args=(here,))
    looking.start()
    slow.has_asked.wait()
    written = write_actor(there)
    state._driver = slow._driver
    slow.may_answer.set()
    looking.join()
    return read_head(here) < written


def test_a_lease_counts_from_before_its_look_is_sent(hosts: Hosts, monkeypatch):
    set_lengths(monkeypatch, reader=100 * MS, writer=120 * MS)
    assert not write_during_look(hosts)
    look = LeasedState._look

    def count_from_answer(self: LeasedState) -> Any:
        found = look(self)
        until = read_clock() + lease.LEASE
        return found._replace(renewal=until, until=until) if found.until else found

    set_lengths(monkeypatch, reader=500 * MS, writer=0)
    monkeypatch.setattr(LeasedState, "_look", count_from_answer)
    assert write_during_look(hosts)


def commit_during_look(hosts: Hosts) -> bool:
    """Return whether a host misses a write that commits while its look waits in the server."""
    here, there = hosts
    announced, may_commit, written = threading.Event(), threading.Event(), list[int]()

    def hold_commit(_: int) -> None:
        announced.set()
        may_commit.wait()

    engine = create_engine(here.database.url, poolclass=NullPool)
    with pytest.MonkeyPatch.context() as patch, engine.connect() as other:
        patch.setattr("api.ledger.store.transactions.wait_for_leases", hold_commit)
        other.exec_driver_sql("SELECT pg_advisory_lock(99)")
        writing = threading.Thread(target=lambda: written.append(write_actor(there)))
        looking = threading.Thread(target=here.database.state.read_state)
        writing.start()
        announced.wait()
        looking.start()
        while not other.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar():
            time.sleep(0.01)
        may_commit.set()
        writing.join()
        other.exec_driver_sql("SELECT pg_advisory_unlock(99)")
        looking.join()
    return read_head(here) < written[0]


def test_the_state_is_read_after_the_lock_was_taken(hosts: Hosts, monkeypatch):
    held = "pg_is_in_recovery() AND pg_advisory_xact_lock(99)::text = '' AND"
    slow = lease._LOOK.replace("pg_is_in_recovery() AND", held)
    set_lengths(monkeypatch, reader=LONG, writer=0)
    monkeypatch.setattr(lease, "PATIENCE", 30)
    monkeypatch.setattr(lease, "_LOOK", slow)
    assert not commit_during_look(hosts)
    hosts[0].database.state.close_connection()
    monkeypatch.setattr(lease, "_LOOK", slow.replace("READ COMMITTED", "REPEATABLE READ"))
    assert commit_during_look(hosts)


def test_there_is_no_lease_while_a_commit_is_announced(hosts: Hosts):
    here, there = hosts
    with there.database.begin_write(keep=False):
        assert get_lease(here)
    with there.database.begin_write():
        time.sleep(lease.LEASE / 1e9)
        assert not take_lease(here)
    assert get_lease(here)


def test_a_lease_ends_at_midnight(hosts: Hosts, monkeypatch):
    state, evening = hosts[0].database.state, 1_767_225_599_999_999
    set_lengths(monkeypatch, reader=LONG, writer=0)
    monkeypatch.setattr("api.clock.now", lambda: evening)
    before = state.read_state()
    monkeypatch.setattr("api.clock.now", lambda: evening + 1)
    assert take_lease(hosts[0])
    assert state.read_state() != before


def test_a_first_seen_page_takes_one_round_trip(
    registry_of: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch
):
    registry = registry_of("both", engine="postgresql")
    set_lengths(monkeypatch, reader=LONG, writer=0)
    for path in ("positions?valid_at=any&limit=1000", "actors?limit=1000"):
        registry.get(f"/v1/{path}")  # what a changeset adds to its records is kept
    trips, wait = list[int](), BoundedConnection.wait

    def count_wait(self: BoundedConnection, *given: Any) -> Any:
        trips.append(1)
        return wait(self, *given)

    monkeypatch.setattr(BoundedConnection, "wait", count_wait)
    for path in (
        "/v1/positions?holder=russia&limit=2",
        "/v1/positions?limit=1",
        "/v1/actors/ukraine",
    ):
        trips.clear()
        assert registry.get(path).status_code == 200
        assert len(trips) == 1, path


def test_no_acknowledged_write_is_invisible_on_another_host(databases: Databases):
    """In a short form, without kills; `python -m tests.chaos.visibility` is the long one."""
    with databases.fresh("postgresql", "empty") as url:
        assert not read_during_writes(url, reads=600)
