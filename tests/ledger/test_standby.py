"""PostgreSQL behind PgBouncer, and a standby that lags; at length in `tests.ledger.outages`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from api import clock
from api.errors import Busy, NotReady, ReadOnly
from api.ledger import Asked, Change, Ledger
from api.ledger.store import advisory_locks
from api.ledger.store.advisory_locks import lock_out_writers
from api.ledger.store.bounded_connection import BoundedConnection
from api.ledger.store.database import Database
from api.ledger.store.lease import LeasedState
from api.ledger.upkeep.compact import compact_database
from api.ledger.upkeep.health import read_health
from api.nouns import NOUNS
from api.settings import Settings
from tests.conftest import require_part
from tests.ledger.counting import increment_counter, make_actor
from tests.ledger.test_writers import read_counter
from tests.postgres import run_statement, standby_server, transaction_pooler
from tests.servers import free_port
from tests.worlds import make_draft

pytestmark = pytest.mark.parametrize("engine", ["postgresql"])
PGBOUNCER = Path("/usr/sbin/pgbouncer")


def write_actor(ledger: Ledger, id: str) -> None:
    ledger.append_changes([Change("actors", id, make_draft("actors", id=id))], author="a")


def count_pooled_writes(ledger: Ledger, writers: int, each: int) -> int:
    """Write through PgBouncer with fewer connections than writers; return the acknowledged writes.

    After each write by anybody an instant is read, which takes the barrier's lock, and a record, by
    a statement that is prepared on whichever connection PgBouncer takes.
    """
    require_part("PgBouncer", PGBOUNCER.exists(), "apt-get install pgbouncer")
    write_counter(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    with transaction_pooler(url, free_port(), size=3) as pooled:
        behind = Ledger(Database(pooled), NOUNS)

        def write(_: int) -> int:
            done = 0
            for _ in range(each):
                done += increment_counter(behind, 1)
                with behind.open_reader(Asked(instant=clock.now() - 1)) as reader:
                    assert reader.moment.known_at
                    assert reader.read_record(behind.nouns["actors"], "counter")
            return done

        with ThreadPoolExecutor(writers) as pool:
            done = sum(pool.map(write, range(writers)))
        behind.database.close_connections()
    assert read_counter(ledger) == done
    return done


def write_counter(ledger: Ledger) -> None:
    ledger.append_changes([Change("actors", "counter", make_actor(0))], author="a")


def test_transactions_pooled_by_pgbouncer_lose_and_refuse_nothing(ledger: Ledger):
    assert count_pooled_writes(ledger, 8, 5) == 40


@contextmanager
def open_standby(original: Ledger) -> Iterator[Ledger]:
    url = original.database.url
    with standby_server(url.render_as_string(hide_password=False)) as server:
        of_registry = make_url(server).set(database=url.database)
        opened = Ledger(Database(of_registry.render_as_string(hide_password=False)), NOUNS)
        yield opened
        opened.database.close_connections()


def replay(standby: Ledger, what: str) -> None:
    """Pause or resume what a standby receives."""
    engine = create_engine(standby.database.url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_wal_replay_{what}()")


def wait_until(is_done: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(1_000):
        if is_done():
            return
        tick.wait(0.02)
    raise AssertionError("it took too long")


def test_a_standby_answers_an_instant_only_if_no_earlier_write_can_come(ledger: Ledger):
    write_actor(ledger, "first")
    head = read_health(ledger.database).head
    with open_standby(ledger) as standby:
        wait_until(lambda: read_health(standby.database).head == head)
        replay(standby, "pause")
        write_actor(ledger, "second")
        later = clock.now() + 3_600_000_000  # by the primary's clock it may be past
        for asked in (Asked(instant=clock.now() - 1), Asked(instant=later),
                      Asked(number=head.number + 1)):  # fmt: skip
            with pytest.raises(NotReady, match="standby"), standby.open_reader(asked):
                pass
        for asked in (Asked(instant=head.recorded_at), Asked()):
            with standby.open_reader(asked) as reader:
                assert reader.moment.known_at == head.number
        with pytest.raises(ReadOnly):
            write_actor(standby, "third")
        state = standby.database.state.read_state()
        assert isinstance(standby.database.state, LeasedState)
        assert not standby.database.state._lease.until
        replay(standby, "resume")
        wait_until(lambda: read_health(standby.database).head.number > head.number)
        assert standby.database.state.read_state() != state
        with standby.open_reader(Asked(instant=head.recorded_at + 1)) as reader:
            assert reader.moment.known_at == head.number
        with standby.open_reader(Asked(number=head.number + 1)) as reader:
            assert reader.moment.is_newest


def test_a_stamp_is_later_than_an_answered_instant_whatever_the_servers_clock_shows(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    write_actor(ledger, "first")
    asked, is_now = Asked(instant=clock.now() - 1), clock.now
    with ledger.open_reader(asked) as reader:
        known = reader.moment.known_at
    monkeypatch.setattr(clock, "now", lambda: is_now() - 2_000_000)
    write_actor(ledger, "second")
    monkeypatch.undo()
    with ledger.open_reader(asked) as reader:
        assert reader.moment.known_at == known


def test_a_reader_does_not_wait_for_long_for_a_commit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    write_actor(ledger, "first")
    monkeypatch.setattr(advisory_locks, "_PATIENCE", 0.1)
    asked = Asked(instant=clock.now() - 1)
    with ledger.database.begin_write(keep=False) as write:
        write.close_barrier()
        with pytest.raises(Busy, match="is being committed"), ledger.open_reader(asked):
            pass
    with ledger.open_reader(asked) as reader:
        assert reader.moment.known_at == 1


def test_a_commit_that_waits_for_a_standby_is_shown_to_nobody(ledger: Ledger):
    address = ledger.database.url.render_as_string(hide_password=False)
    write_actor(ledger, "first")
    # Else commits would not wait in tests.
    run_statement(address, f"ALTER DATABASE {ledger.database.url.database} "
                           "SET synchronous_commit = on")  # fmt: skip
    hasty = Ledger(Database(address, Settings(statement_timeout_seconds=1)), NOUNS)
    name_standby(address, "somebody who is away")
    try:
        with pytest.raises(DBAPIError):
            write_actor(hasty, "second")
        with ledger.open_reader() as reader:
            assert reader.find_record("actors", "first")
            assert not reader.find_record("actors", "second")
    finally:
        name_standby(address, "")
        hasty.database.close_connections()
    wait_until(lambda: ledger.find_record("actors", "second") is not None)


def test_an_interrupted_command_cancels_no_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    cancelled = list[str]()
    monkeypatch.setattr(
        psycopg.Connection, "cancel_safe", lambda _, **__: cancelled.append("cancelled")
    )
    url = ledger.database.url.set(drivername="postgresql")
    with BoundedConnection.connect(url.render_as_string(hide_password=False)) as connection:
        connection.cancel_safe()  # as psycopg does on Ctrl-C
        connection._commits = True
        connection.cancel_safe()
        connection._commits = False
    assert cancelled == ["cancelled"]


def test_compaction_keeps_its_lock_whatever_the_server_allows_an_idle_transaction(ledger: Ledger):
    address = ledger.database.url.render_as_string(hide_password=False)
    run_statement(address, f"ALTER DATABASE {ledger.database.url.database} "
                           "SET idle_in_transaction_session_timeout = '100ms'")  # fmt: skip
    engine = create_engine(ledger.database.url, poolclass=NullPool)
    with lock_out_writers(engine, 5):
        threading.Event().wait(0.4)
        hasty = Ledger(Database(address, Settings(lock_timeout_seconds=1)), NOUNS)
        with pytest.raises(Busy):
            write_actor(hasty, "first")
        hasty.database.close_connections()


def test_a_clock_is_compared_with_that_of_the_databases_host(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    write_actor(ledger, "first")
    is_now = clock.now
    monkeypatch.setattr(clock, "now", lambda: is_now() - 3_600_000_000)
    assert "future" not in "".join(read_health(ledger.database).describe())
    assert ledger.find_faults() == []


def name_standby(address: str, name: str) -> None:
    """Name the standby that commits wait for."""
    run_statement(address, f"ALTER SYSTEM SET synchronous_standby_names = '\"{name}\"'"
                           if name else "ALTER SYSTEM RESET synchronous_standby_names")  # fmt: skip
    run_statement(address, "SELECT pg_reload_conf()")


def test_compaction_behind_pgbouncer_leaves_no_lock(ledger: Ledger):
    require_part("PgBouncer", PGBOUNCER.exists(), "apt-get install pgbouncer")
    write_counter(ledger)
    url = ledger.database.url.render_as_string(hide_password=False)
    with transaction_pooler(url, free_port(), size=3) as pooled, ThreadPoolExecutor(2) as pool:
        behind, is_done = Ledger(Database(pooled), NOUNS), threading.Event()

        def read() -> None:
            while not is_done.wait(0.002):
                behind.find_record("actors", "counter")

        reading = [pool.submit(read) for _ in range(2)]
        for _ in range(3):
            compact_database(behind.database, NOUNS)
            write_counter(behind)
        is_done.set()
        for each in reading:
            each.result()
        behind.database.close_connections()
