"""The connections on which a process reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.exc import DBAPIError

from api.ledger.store.database import Database
from api.ledger.store.transactions import is_statement_at_fault
from api.settings import Settings
from tests.worlds import Databases


@pytest.fixture
def database(databases: Databases, engine: str) -> Iterator[Database]:
    with databases.fresh(engine, "empty") as url:
        database = Database(url, Settings(connections=4))
        yield database
        database.close_connections()


def test_a_statement_that_the_engine_refuses_leaves_other_connections(database: Database):
    with database.read_snapshot(), database.read_snapshot():
        pass
    with pytest.raises(DBAPIError) as caught, database.read_snapshot() as snapshot:
        snapshot.connection.exec_driver_sql(f"SELECT {', '.join(['1'] * 3_000)}")
    assert is_statement_at_fault(caught.value)
    assert len(database._idle) == 1
