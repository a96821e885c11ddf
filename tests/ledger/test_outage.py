"""Connections are made again after a restart of the server."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from api.errors import NotFound
from api.ledger import Change, Ledger
from tests.worlds import make_draft

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
    with pytest.raises(DBAPIError):
        _refuse_after_an_outage(stocked)
    with stocked.open_reader() as reader:
        assert reader.list_changesets(limit=1)
