"""Connections are made again after a restart of the server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from api.concurrency import current
from api.errors import Busy, NotFound
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.ledger.store.tables import SCHEMA
from api.ledger.store.transactions import PreparedStatement
from api.settings import Settings
from tests.worlds import Databases, make_draft

pytestmark = pytest.mark.parametrize("engine", ["postgresql"])

_CUT = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


def cut_connections(ledger: Ledger) -> None:
    """End all connections to the database, as a restart of the server does."""
    engine = create_engine(ledger.database.url)
    with engine.connect() as connection:
        connection.execute(_CUT)
    engine.dispose()


def write_actor(ledger: Ledger, id: str) -> None:
    ledger.append_changes([Change("actors", id, make_draft("actors", id=id))], author="a")


def test_one_reader_fails_and_no_other(stocked: Ledger):
    with (
        stocked.database.read_snapshot(),
        stocked.database.read_snapshot(),
        stocked.database.read_snapshot(),
    ):
        pass
    cut_connections(stocked)
    with pytest.raises(DBAPIError), stocked.database.read_snapshot() as snapshot:
        snapshot.read_schema()
    for _ in range(3):
        with stocked.database.read_snapshot() as one, stocked.database.read_snapshot() as other:
            assert one.read_schema() == other.read_schema()


def test_a_writer_that_has_not_begun_does_not_notice(stocked: Ledger):
    write_actor(stocked, "before")
    cut_connections(stocked)
    write_actor(stocked, "after")
    with stocked.open_reader() as reader:
        actors = reader.read_all(stocked.nouns["actors"], {}, most=1_000)
        assert {each["id"] for each in actors} >= {"before", "after"}


def _refuse_after_an_outage(ledger: Ledger) -> None:
    with ledger.open_reader() as reader:
        reader.list_changesets(limit=1)
        cut_connections(ledger)
        raise NotFound("nothing")


def test_a_refusal_after_an_outage_leaves_no_broken_connection(stocked: Ledger):
    with stocked.database.read_snapshot(), stocked.database.read_snapshot():
        pass
    with pytest.raises(NotFound):
        _refuse_after_an_outage(stocked)
    with stocked.open_reader() as reader:
        assert reader.list_changesets(limit=1)


def test_an_answer_that_was_read_is_given_whatever_becomes_of_its_connection(stocked: Ledger):
    with stocked.open_reader() as reader:
        read = reader.list_changesets(limit=1)
        cut_connections(stocked)
    with stocked.open_reader() as reader:
        assert reader.list_changesets(limit=1) == read


def test_connections_are_bounded_and_a_reader_waits_for_one_in_bounded_time(
    databases: Databases, engine: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(current, "client", "")  # nobody's: it has no share
    with databases.fresh(engine, "empty") as url:
        limits = Settings(connections=2, connect_timeout_seconds=1)
        database = Database(url, limits)
        with database.read_snapshot(), ThreadPoolExecutor(2) as pool:
            with database.read_snapshot():
                with pytest.raises(Busy, match="too many requests read"), database.read_snapshot():
                    pass
                waiting = pool.submit(read_schema, database)
            assert waiting.result() == SCHEMA
        database.close_connections()


def read_schema(database: Database) -> str | None:
    with database.read_snapshot() as snapshot:
        return snapshot.read_schema()


def test_a_statement_that_takes_too_long_is_cut_and_its_connection_replaced(
    databases: Databases, engine: str
):
    with databases.fresh(engine, "empty") as url:
        database = Database(url, Settings(statement_timeout_seconds=1))
        slow = PreparedStatement(select(func.pg_sleep(60)))
        with pytest.raises(DBAPIError), database.read_snapshot() as snapshot:
            snapshot.fetch_alone(slow, {})
        with database.read_snapshot() as snapshot:
            working = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep%%'"
            assert (
                snapshot.connection.exec_driver_sql(
                    working + " AND state = 'active' AND pid <> pg_backend_pid()"
                ).scalar()
                == 0
            )
        database.close_connections()
