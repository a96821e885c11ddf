"""A database that was rewritten says what it said, and lies in the order in which it is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from api.ledger import Change, Ledger
from api.ledger.compact import compact
from api.ledger.database import Database
from api.ledger.guards import missing_guards
from api.ledger.tables import shelf
from api.nouns import NOUNS
from api.positions import POSITIONS
from tests.worlds import Databases


@pytest.fixture
def ledger(databases: Databases, engine: str) -> Iterator[Ledger]:
    with databases.fresh(engine, "both") as url:
        opened = Ledger(Database(url), NOUNS)
        yield opened
        opened.database.dispose()


def test_nothing_is_changed_and_writing_goes_on(ledger: Ledger):
    before = _told(ledger)
    for _ in range(2):
        ledger.compact()
        assert ledger.faults() == []
        assert _told(ledger) == before
    with ledger.database.reading() as snapshot:
        assert missing_guards(snapshot.connection) == set()
    change = Change("actors", "z", {"id": "z", "name": "Z", "kind": "state"})
    ledger.append([change], author="a")
    assert ledger.faults() == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_who_reads_since_before_it_sees_the_same_until_the_end(ledger: Ledger):
    with ledger.database.reading() as snapshot:
        query = text("SELECT count(*) FROM shelf")
        before = snapshot.connection.scalar(query)
        compact(Database(str(ledger.database.url), lock_timeout=0))
        assert snapshot.connection.scalar(query) == before
    assert ledger.faults() == []


def test_room_that_nothing_needs_is_given_back(ledger: Ledger):
    with ledger.database.writing() as write:
        write.connection.execute(
            text("INSERT INTO text (sha256, body) VALUES ('0', :body)"), {"body": "x" * 3_000_000}
        )
    assert ledger.take_down_texts(["0"])
    before, after = ledger.compact()
    if ledger.database.is_sqlite:
        assert before - after > 2_900_000
    assert after > 0


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_shelf_lies_first_in_the_file_of_sqlite_in_the_order_of_its_key(ledger: Ledger):
    ledger.compact()
    with closing(sqlite3.connect(str(ledger.database.url.database))) as opened:
        named = "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0 ORDER BY rootpage"
        assert opened.execute(named).fetchone() == (shelf.name, 2)
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_the_shelf_lies_in_the_order_of_its_key_on_postgresql(ledger: Ledger):
    assert _lying(ledger) != sorted(_lying(ledger))
    ledger.compact()
    assert _lying(ledger) == sorted(_lying(ledger)) != []


def _lying(ledger: Ledger) -> list[tuple[str, ...]]:
    """Give the keys of the shelf as they lie."""
    key = ", ".join(column.name for column in shelf.primary_key)
    with ledger.database.reading() as snapshot:
        rows = snapshot.connection.execute(text(f"SELECT {key} FROM shelf ORDER BY ctid"))
        return [tuple(row) for row in rows]


def _told(ledger: Ledger) -> list[bytes]:
    questions = [(noun, {}) for noun in NOUNS]
    questions.append((POSITIONS, {"holder": ["norland"], "issue": ["transit"]}))
    with ledger.reading() as reader:
        pages = [reader.page(*question, limit=1000).bodies for question in questions]
    assert pages[-1]
    return [body for page in pages for body in page]
