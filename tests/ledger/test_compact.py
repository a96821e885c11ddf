"""A compacted database gives the same answers, and is stored in the order in which it is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Table, event, select, text
from sqlalchemy.exc import DBAPIError

from api.errors import Busy
from api.ledger import Change, Ledger
from api.ledger.noun import Noun
from api.ledger.store.database import Database
from api.ledger.store.tables import clustering_columns
from api.ledger.versions.rendering import parse_stored
from api.migrations import find_schema_faults
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.positions import POSITIONS
from api.settings import Settings

QUESTIONS: list[tuple[Noun, Mapping[str, Any]]] = [
    *((noun, {}) for noun in NOUNS),
    (POSITIONS, {"holder": ["norland"]}),
    (POSITIONS, {"holder": ["norland"], "issue": ["transit"]}),
]


@pytest.fixture
def impatient(stocked: Ledger) -> Iterator[Ledger]:
    """Open the same registry with a short lock timeout."""
    url = stocked.database.url.render_as_string(hide_password=False)
    opened = Ledger(Database(url, Settings(lock_timeout_seconds=1)), NOUNS)
    yield opened
    opened.database.close_connections()


def test_nothing_is_changed_and_writing_goes_on(stocked: Ledger):
    before = _read_pages(stocked)
    for _ in range(2):
        assert not stocked.compact_database().is_in_wal
        assert stocked.find_faults() == []
        assert _read_pages(stocked) == before
    with stocked.database.begin_write(keep=False) as write:
        assert [*find_schema_faults(write)] == []
    _write_actor(stocked)
    assert stocked.find_faults() == []


def test_during_a_write_it_is_refused_and_nothing_is_lost(stocked: Ledger, impatient: Ledger):
    with stocked.database.begin_write(keep=False), pytest.raises(Busy, match="run it again"):
        impatient.compact_database()
    impatient.compact_database()
    _write_actor(impatient)
    assert stocked.find_faults() == []


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("at", ["INSERT INTO positions", "CREATE INDEX", "VACUUM"])
def test_when_it_is_stopped_half_way_nothing_is_lost(stocked: Ledger, impatient: Ledger, at: str):
    @event.listens_for(impatient.database._writer, "connect")
    def stop(connection: Any, _record: Any) -> None:
        ran = [""]
        connection.set_trace_callback(ran.append)
        connection.set_progress_handler(lambda: ran[-1].startswith(at), 1)

    before = _read_pages(stocked)
    with pytest.raises(DBAPIError, match="interrupted"):
        impatient.compact_database()
    assert stocked.find_faults() == []
    assert _read_pages(stocked) == before


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_older_reader_sees_the_same_until_its_end(stocked: Ledger, impatient: Ledger):
    with stocked.database.read_snapshot() as snapshot:
        query = text("SELECT count(*) FROM actors")
        before = snapshot.connection.scalar(query)
        assert impatient.compact_database().is_in_wal
        _write_actor(impatient)
        assert snapshot.connection.scalar(query) == before
    assert stocked.find_faults() == []
    assert not impatient.compact_database().is_in_wal


@pytest.mark.parametrize("engine", ["postgresql"])
def test_compaction_gives_up_soon_where_somebody_reads(stocked: Ledger, impatient: Ledger):
    with stocked.database.read_snapshot() as snapshot:
        snapshot.connection.execute(text("SELECT count(*) FROM positions"))
        with pytest.raises(Busy, match="run it again"):
            impatient.compact_database()
    impatient.compact_database()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_unused_space_is_freed(stocked: Ledger):
    with stocked.database.begin_write() as write:
        write.connection.execute(
            text("INSERT INTO text (sha256, body) VALUES ('0', :body)"), {"body": "x" * 3_000_000}
        )
    assert stocked.take_down_texts(["0"])
    before, now, _ = stocked.compact_database()
    assert before - now > 2_900_000


@pytest.mark.parametrize("engine", ["sqlite"])
def test_rows_are_numbered_by_holder_issue_and_start_and_found_as_before(stocked: Ledger):
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2"
    with closing(sqlite3.connect(str(stocked.database.url.database))) as opened:
        before = opened.execute(schema).fetchall()
        for version in _tables_by_start():
            listed, lying = _expected_and_stored(stocked, version, "rowid")
            assert listed != lying
        stocked.compact_database()
        for version in _tables_by_start():
            listed, lying = _expected_and_stored(stocked, version, "rowid")
            if version is POSITIONS.table:
                listed = _sort_by_first_issue(stocked)
            assert listed == lying != []
        assert opened.execute(schema).fetchall() == before


def _sort_by_first_issue(ledger: Ledger) -> list[tuple[int, int]]:
    """Return the keys of positions by holder, first issue (or none) and start."""
    version, found = POSITIONS.table, list[tuple[Any, ...]]()
    with ledger.database.read_snapshot() as snapshot:
        for row in snapshot.connection.execute(select(version)):
            issue = min(parse_stored(POSITIONS, row.body)["issues"], default="")
            found.append((row.holder, issue, row.valid_start, row.ordinal, row.recorded))
    return [each[-2:] for each in sorted(found)]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_rebuild_keeps_the_order_and_restores_what_is_missing(stocked: Ledger):
    stocked.compact_database()
    before = _read_pages(stocked)
    with stocked.database.begin_write() as write:
        for statement in (
            "DELETE FROM positions WHERE place % 2 = 0",
            "UPDATE facet SET place = place + 1 WHERE value = 'sudmark'",
        ):
            assert write.connection.execute(text(statement)).rowcount
    assert any("facet" in each for each in stocked.find_faults())
    stocked.rebuild_projections()
    assert stocked.find_faults() == []
    assert _read_pages(stocked) == before
    listed, lying = _expected_and_stored(stocked, NOUNS_BY_NAME["preconditions"].table, "rowid")
    assert listed == lying != []


@pytest.mark.parametrize("engine", ["postgresql"])
def test_rows_are_stored_by_holder_and_start_on_postgresql(stocked: Ledger):
    stocked.compact_database()
    for version in _tables_by_start():
        listed, lying = _expected_and_stored(stocked, version, "ctid")
        assert listed == lying != []


def _tables_by_start() -> list[Table]:
    return [noun.table for noun in NOUNS if "valid_start" in noun.table.c]


def _expected_and_stored(ledger: Ledger, version: Table, place: str) -> list[Sequence[Any]]:
    """Return the keys of versions in the order of `clustering`, and as they are stored."""
    query = select(version.c.ordinal, version.c.recorded)
    with ledger.database.read_snapshot() as snapshot:
        run = snapshot.connection.execute
        return [
            run(query.order_by(*order)).all()
            for order in (clustering_columns(version), [text(place)])
        ]


def _write_actor(ledger: Ledger) -> None:
    change = Change("actors", "z", {"id": "z", "name": "Z", "kind": "state"})
    ledger.append_changes([change], author="a")


def _read_pages(ledger: Ledger) -> list[bytes]:
    with ledger.open_reader() as reader:
        pages = [
            reader.read_page(
                noun, given, sort=noun.default_sort.lstrip("-"), limit=1000
            ).whole_bodies
            for noun, given in QUESTIONS
        ]
    assert all(pages)
    return [body for page in pages for body in page]
