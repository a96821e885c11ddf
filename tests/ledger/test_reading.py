"""What a reader sees of concurrent writes, and which statements it saves."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url
from sqlalchemy.exc import DBAPIError

from api import clock
from api.errors import NotFound
from api.ledger import Asked, Change, Ledger
from api.ledger.noun import Noun
from api.ledger.reading import moment
from api.ledger.reading.reader import Reader
from api.ledger.rules import text_hash
from api.ledger.store.database import Database
from api.ledger.store.state import FRESH
from api.ledger.store.tables import text as texts
from api.ledger.store.transactions import PreparedStatement
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS
from tests.worlds import Databases

NOON = 1_767_268_800_000_000
"""An instant at which the clock of a test stands still, so that no state grows old."""


def make_actor(id: str, name: str = "A") -> Change:
    return Change("actors", id, {"id": id, "name": name, "kind": "state"})


def write_changes(ledger: Ledger, *changes: Change) -> None:
    ledger.append_changes(changes, author="a")


def test_a_reader_shows_what_was_known_when_it_began(ledger: Ledger):
    actors = ledger.nouns["actors"]
    write_changes(ledger, make_actor("a"), make_actor("b"), make_actor("c"))
    with ledger.open_reader() as before:
        write_changes(ledger, make_actor("a", "Amended"), make_actor("d"))
        with ledger.open_reader() as after:
            write_changes(ledger, Change("actors", "b", None))
            pages = [each.read_page(actors, {}, limit=9).whole_bodies for each in (before, after)]
            assert [len(each) for each in pages] == [3, 4]
            assert [b"Amended" in b"".join(each) for each in pages] == [False, True]
            assert b"Amended" not in before.read_record(actors, "a").body
            assert b"Amended" in after.read_record(actors, "a").body
            assert after.read_record(actors, "b").body
            assert [len({*each.read_columns(actors, {}, "id")}) for each in (before, after)] == [
                3,
                4,
            ]
    with ledger.open_reader() as last:
        assert len(last.read_page(actors, {}, limit=9).whole_bodies) == 3


def test_connections_are_reused_last_in_first_out(ledger: Ledger):
    def open_two() -> list[object]:
        with ledger.database.read_snapshot() as first, ledger.database.read_snapshot() as second:
            return [first._driver, second._driver]

    # Of two nested snapshots the inner one ends first, so the outer one's connection is on top.
    assert open_two() == open_two()


def test_a_page_and_a_record_need_no_transaction(ledger: Ledger):
    actors = ledger.nouns["actors"]
    write_changes(ledger, make_actor("a"))
    with ledger.database.read_snapshot() as snapshot:
        assert not _is_open(snapshot)
        moment.read_head(snapshot)
        assert not _is_open(snapshot)
        assert snapshot.connection
        assert _is_open(snapshot)
    with ledger.open_reader() as reader:
        reader.read_page(actors, {}, limit=9)
        reader.read_record(actors, "a")
        assert reader.open_lookup().get("actors", "a")
        assert not _is_open(reader._transaction)
        assert [*reader.read_authored(actors)]
        assert _is_open(reader._transaction)


def _is_open(transaction) -> bool:
    driver = transaction._driver
    if hasattr(driver, "in_transaction"):
        return driver.in_transaction
    return driver.info.transaction_status.name != "IDLE"


def test_several_statements_see_one_snapshot(ledger: Ledger):
    source = {"id": "s", "kind": "news_article", "title": "T", "language": "en",
              "text_sha256": text_hash("words")}  # fmt: skip
    ledger.append_changes(
        [Change("sources", "s", source)], author="a", texts={("sources", "s"): "words"}
    )
    with ledger.open_reader() as reader:
        assert reader.read_text(text_hash("words")) == "words"
        ledger.take_down_texts([text_hash("words")])
        assert reader.read_text(text_hash("words")) == "words"
    with ledger.open_reader() as reader:
        assert reader.read_text(text_hash("words")) is None


def test_no_reader_can_write(ledger: Ledger):
    writing = PreparedStatement(insert(texts).values(sha256="0", body="words"))
    with (
        pytest.raises(DBAPIError, match=r"read-?only"),
        ledger.database.read_snapshot() as snapshot,
    ):
        snapshot.fetch_rows(writing, {})
    with ledger.open_reader() as reader:
        assert reader.read_text("0") is None


def test_a_connection_is_not_reused_after_an_error(ledger: Ledger):
    write_changes(ledger, make_actor("a"), make_actor("b"))
    actors = ledger.nouns["actors"]
    with pytest.raises(ZeroDivisionError), ledger.open_reader() as reader:
        _fail_at_the_first_row(reader, actors)
    left = reader._transaction._driver
    write_changes(ledger, make_actor("c"))
    with ledger.open_reader() as reader:
        assert reader._transaction._driver is not left
        assert reader.moment.known_at == 2
        assert len(reader.read_page(actors, {}, limit=9).whole_bodies) == 3


def _fail_at_the_first_row(reader: Reader, noun: Noun) -> None:
    """Raise an error while a query is half read."""
    for _ in reader.read_columns(noun, {}, "id"):
        raise ZeroDivisionError


def test_a_connection_is_reused_after_a_domain_error(ledger: Ledger):
    write_changes(ledger, make_actor("a"))
    with pytest.raises(NotFound), ledger.open_reader() as reader:
        reader.read_record(ledger.nouns["actors"], "nobody")
    before = reader._transaction._driver
    write_changes(ledger, make_actor("b"))
    with ledger.open_reader() as reader:
        assert reader._transaction._driver is before
        assert reader.moment.known_at == 2
        assert reader.read_record(ledger.nouns["actors"], "b").body


def test_the_newest_changeset_is_read_once_in_a_state(databases: Databases, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with databases.fresh("sqlite", "empty") as url:
        one, other = (Ledger(Database(url), NOUNS) for _ in range(2))
        write_changes(one, make_actor("a"))
        ran: list[str] = []
        with one.open_reader() as reader:
            assert reader.moment.known_at == 1
            reader._transaction._driver.set_trace_callback(ran.append)
        for asked in (Asked(), Asked(number=1)):
            with one.open_reader(asked) as reader:
                assert reader.moment.known_at == 1
        assert not [each for each in ran if "changeset" in each]
        write_changes(other, make_actor("b"))
        with one.open_reader() as reader:
            assert reader.moment.known_at == 2
        assert [each for each in ran if "changeset" in each]
        for each in (one, other):
            each.database.close_connections()


def test_the_newest_changeset_is_that_of_the_file_that_is_there(databases: Databases, monkeypatch):
    passed = 0
    monkeypatch.setattr(clock, "now", lambda: NOON + passed)
    with databases.fresh("sqlite", "empty") as url:
        file = Path(make_url(url).database or "")
        backup = file.with_name("backup.db")  # on the same file system
        ledger = Ledger(Database(url), NOUNS)
        write_changes(ledger, make_actor("a"))
        ledger.database.close_connections()
        shutil.copy(file, backup)
        write_changes(ledger, make_actor("b"))
        with ledger.open_reader() as reader:
            assert reader.moment.known_at == 2
        backup.rename(file)
        for suffix in ("-wal", "-shm"):
            Path(f"{file}{suffix}").unlink()
        passed = FRESH
        with ledger.open_reader() as reader:
            assert reader.moment.known_at == 1
            assert len(reader.read_page(ledger.nouns["actors"], {}, limit=9).whole_bodies) == 1
        ledger.database.close_connections()


def test_a_registry_that_was_put_back_and_went_on_differently_shows_its_own_changesets(
    databases: Databases, tmp_path: Path
):
    """What a changeset adds to its records is remembered by its hash: its number came again."""
    with databases.fresh("sqlite", "empty") as url:
        file = Path(make_url(url).database or "")
        backup = file.with_name("backup.db")  # on the same file system
        ledger = Ledger(Database(url), NOUNS)
        write_changes(ledger, make_actor("a"))
        _copy_database(file, backup)
        ledger.append_changes([make_actor("b")], author="the first clerk")
        assert _read_authors(ledger) == ["a", "the first clerk"]
        _copy_database(backup, file)
        ledger.append_changes([make_actor("b")], author="the second clerk")
        with ledger.open_reader() as reader:
            written = [each["recorded_at"] for each in reader.list_changesets(limit=9)]
            shown = reader.read_page(ledger.nouns["actors"], {}, limit=9).whole_bodies
        assert _read_authors(ledger) == ["a", "the second clerk"]
        assert [parse_bytes(each)["recorded_at"] for each in shown] == [
            clock.format_instant(each) for each in written[::-1]
        ]
        assert parse_bytes(shown[1])["changeset"] == 2
        ledger.database.close_connections()


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _read_authors(ledger: Ledger) -> list[str]:
    """Return who wrote each actor, as lists show it."""
    with ledger.open_reader() as reader:
        page = reader.read_page(ledger.nouns["actors"], {}, limit=9)
    return [parse_bytes(each)["recorded_by"] for each in page.whole_bodies]
