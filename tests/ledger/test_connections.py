"""The connections on which a process reads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.concurrency import current
from api.errors import Busy
from api.ledger.store.database import Database
from api.ledger.store.engines import is_statement_at_fault
from api.ledger.store.tables import SCHEMA
from api.settings import Settings
from tests.worlds import Databases


@pytest.fixture
def database(databases: Databases, engine: str) -> Iterator[Database]:
    with databases.fresh(engine, "empty") as url:
        database = Database(url, Settings(connections=4))
        yield database
        database.close_connections()


def read_schema(database: Database, client: str) -> str | None:
    current.client = client
    with database.read_snapshot() as snapshot:
        return snapshot.read_schema()


def test_a_client_holds_at_most_half_of_the_connections(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(current, "client", "slow")
    with ThreadPoolExecutor(1) as pool, ExitStack() as held:
        for _ in range(2):
            held.enter_context(database.read_snapshot())
        with pytest.raises(Busy, match="too many requests read"), database.read_snapshot():
            pass
        assert pool.submit(read_schema, database, "other").result() == SCHEMA


def test_a_client_waits_for_its_turn_while_it_holds_its_share(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(current, "client", "page")
    waits, wait = Event(), database._wait_for_snapshot
    monkeypatch.setattr(database, "_wait_for_snapshot", lambda client: waits.set() or wait(client))
    with ThreadPoolExecutor(30) as pool:
        with database.read_snapshot(), database.read_snapshot():
            asked = [pool.submit(read_schema, database, "page") for _ in range(30)]
            assert waits.wait(10)
        assert {each.result() for each in asked} == {SCHEMA}
    assert database._clients == []


def test_no_client_is_counted_after_a_failure(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database, "_begin_reading", "NONSENSE")
    with pytest.raises(DBAPIError), database.read_snapshot() as snapshot:
        snapshot.read_schema()
    monkeypatch.setattr(database.state, "check_wal", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError), database.read_snapshot():
        pass
    assert database._clients == []


def test_no_client_is_counted_where_the_file_cannot_be_reached(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as away:
        read = lambda: open("/dev/null/away")  # noqa: E731, PTH123, SIM115
        away.setattr(database.state, "read_identity", read)
        with pytest.raises(NotADirectoryError), database.read_snapshot():
            pass
    assert database._clients == []


def test_a_client_leaves_half_of_the_places_to_other_writers(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    def begin(client: str) -> str:
        current.client = client
        with database.begin_write(keep=False):
            return client

    half = database._writing._places // 2
    with ThreadPoolExecutor(half + 1) as pool:
        with database.begin_write(keep=False):
            waiting = [pool.submit(begin, "many") for _ in range(half)]
            while len(database._writing._clients) + len(database._writing._waiting) <= half:
                Event().wait(0.001)
            monkeypatch.setattr(current, "client", "many")
            with pytest.raises(Busy, match="other writes"):
                database._writing.take_slot()
            other = pool.submit(begin, "other")
        assert other.result() == "other"
        assert {each.result() for each in waiting} == {"many"}


def test_an_update_that_may_be_left_out_opens_no_second_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    opened: list[int] = []
    connect = database._writer.connect
    monkeypatch.setattr(database._writer, "connect", lambda: (opened.append(1), connect())[1])
    with ThreadPoolExecutor(1) as pool, database._updating.hold_slot():
        pool.submit(database.try_update, text("SELECT 1")).result()
        assert opened == []
    database.try_update(text("SELECT 1"))
    assert opened == [1]


def test_a_statement_that_the_engine_refuses_leaves_other_connections(database: Database):
    with database.read_snapshot(), database.read_snapshot():
        pass
    with pytest.raises(DBAPIError) as caught, database.read_snapshot() as snapshot:
        snapshot.connection.exec_driver_sql(f"SELECT {', '.join(['1'] * 3_000)}")
    assert is_statement_at_fault(caught.value)
    assert len(database._idle) == 1
