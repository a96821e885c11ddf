"""Fixtures of the ledger's tests: a ledger on either engine, without the web."""

from collections.abc import Iterator

import pytest

from api.ledger import Ledger
from api.ledger.store.database import Database
from api.nouns import NOUNS
from tests.worlds import Databases


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """Yield an empty registry: on SQLite, and again on PostgreSQL."""
    opened = Ledger(Database(database_url), NOUNS)
    yield opened
    opened.database.close_connections()


@pytest.fixture
def stocked(databases: Databases, engine: str) -> Iterator[Ledger]:
    """Yield a registry with two invented worlds: on SQLite, and again on PostgreSQL."""
    with databases.fresh(engine, "both") as url:
        opened = Ledger(Database(url), NOUNS)
        yield opened
        opened.database.close_connections()
