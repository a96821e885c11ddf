"""The truth cannot be changed in an SQL shell, and migrations leave it guarded."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, Table, column, create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

import api.migrations
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.ledger.store.tables import SCHEMA, TRUTH, facet, horizon, metadata
from api.migrations import is_declared, upgrade_database
from api.nouns import NOUNS, NOUNS_BY_NAME
from tests.worlds import Databases


@pytest.fixture
def shell(ledger: Ledger):
    """Open a connection without the ledger."""
    state = {"id": "state", "name": "S", "kind": "state"}
    ledger.append_changes([Change("actors", "state", state)], author="a")
    engine = create_engine(ledger.database.url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


FORBIDDEN = [
    "UPDATE revision SET body = body",
    "UPDATE changeset SET author = 'somebody else'",
    "DELETE FROM revision",
    "DELETE FROM changeset",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_truth_refuses_update_and_delete(shell, statement):
    with pytest.raises(DBAPIError, match="insert-only"):
        shell.execute(text(statement))


def test_sqlite_refuses_replace(shell):
    if shell.dialect.name != "sqlite":
        with pytest.raises(DBAPIError, match="insert-only"):
            shell.execute(text("TRUNCATE revision"))
        return
    for table in ("revision", "changeset"):
        with pytest.raises(DBAPIError, match="insert-only"):
            shell.execute(text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"))


def test_sqlite_refuses_replace_by_the_hidden_row_number(shell):
    if shell.dialect.name == "sqlite":
        with suppress(DBAPIError):
            shell.execute(text(
                "INSERT OR REPLACE INTO revision (rowid, seq, noun, id, number, changeset, "
                "tombstone, body, hash) VALUES (1, 99, 'x', 'y', 1, 1, 0, x'00', x'00')"
            ))  # fmt: skip
    kept = shell.execute(text("SELECT noun, id FROM revision WHERE seq = 1")).one()
    assert tuple(kept) == ("actors", "state")


def test_a_missing_guard_is_a_fault(ledger: Ledger, shell):
    assert ledger.find_faults() == []
    name = "revision_refuses_update" if ledger.database.is_sqlite else "revision_refuses_change"
    shell.execute(text(
        f"DROP TRIGGER {name}" + ("" if ledger.database.is_sqlite else " ON revision")
    ))  # fmt: skip
    shell.commit()
    assert ledger.find_faults() == [f"the guard {name} is missing: the truth could be changed"]


def test_a_version_that_does_not_follow_from_the_records_is_a_fault(ledger: Ledger, shell):
    shell.execute(text("UPDATE actors SET kind = 'person'"))
    shell.commit()
    assert any("actors/state" in fault for fault in ledger.find_faults())
    ledger.rebuild_projections()
    assert ledger.find_faults() == []


def test_a_field_that_was_added_later_changes_no_answer_that_was_given(ledger: Ledger, shell):
    body = shell.execute(text("SELECT body FROM actors")).scalar_one()
    older = bytes(body).replace(b'"wikidata":null,', b"")
    assert older != body
    shell.execute(text("UPDATE actors SET body = :older"), {"older": older})
    shell.commit()
    assert ledger.find_faults() == []
    ledger.rebuild_projections()
    assert shell.execute(text("SELECT body FROM actors")).scalar_one() == older


def test_a_second_migration_does_nothing(ledger: Ledger):
    upgrade_database(ledger.database)
    assert ledger.read_schema() == SCHEMA


def test_a_database_of_the_first_release_is_upgraded_with_all_that_it_shows(
    databases: Databases, engine: str
):
    with databases.fresh(engine, "both") as new, databases.fresh(engine, "bare") as old:
        before = _make_older_registry("0001", old, _truth_of(new))
        upgrade_database(before.database)
        assert before.find_faults() == []
        with before.open_reader() as reader:
            shown = reader.read_all(NOUNS_BY_NAME["positions"], {"force": ["reject"]}, most=100)
        before.database.close_connections()
    assert "russia-rejects-truce" in {each["id"] for each in shown}


def test_a_migration_of_an_index_rebuilds_no_projection(databases: Databases, engine: str):
    with databases.fresh(engine, "both") as new, databases.fresh(engine, "bare") as old:
        before = _make_older_registry("0005", old, _truth_of(new))
        upgrade_database(before.database)
        with before.open_reader() as reader:
            shown = reader.read_all(NOUNS_BY_NAME["positions"], {}, most=100)
        before.database.close_connections()
    assert shown == []


def test_rows_are_numbered_and_stay_as_they_are(databases: Databases, engine: str):
    nouns = [noun.table for noun in NOUNS]
    with databases.fresh(engine, "both") as new, databases.fresh(engine, "bare") as old:
        before = _make_older_registry("0006", old, _rows_of(new, [*TRUTH, facet, horizon, *nouns]))
        stored = dict(_rows_of(old, nouns))
        assert all(stored.values())
        upgrade_database(before.database)
        assert dict(_rows_of(old, nouns)) == stored
        with before.database.read_snapshot() as snapshot:
            made = {index["name"] for table in nouns
                    for index in inspect(snapshot.connection).get_indexes(table.name)}  # fmt: skip
            if engine == "sqlite":
                for table in nouns:
                    assert snapshot.connection.scalar(select(column("rowid")).select_from(table))
        assert {index.name for table in nouns for index in table.indexes} <= made
        before.database.close_connections()


def _make_older_registry(
    version: str, url: str, truth: Iterable[tuple[Table, list[Any]]]
) -> Ledger:
    """Make a registry of an older schema, with the truth of another one and no projections."""
    config = Config()
    config.set_main_option("script_location", str(api.migrations.__path__[0]))
    made = Ledger(Database(url), NOUNS)
    rows_of = [*truth]
    with made.database.begin_write() as write:
        config.attributes["connection"] = write.connection
        command.upgrade(config, version)
        for table, rows in rows_of:
            write.insert_rows(table, rows)
    return made


def _truth_of(url: str) -> Iterator[tuple[Table, list[Any]]]:
    return _rows_of(url, TRUTH)


def _rows_of(url: str, tables: Iterable[Table]) -> Iterator[tuple[Table, list[Any]]]:
    database = Database(url)
    with database.read_snapshot() as snapshot:
        for table in tables:
            query = select(table).order_by(*table.primary_key)
            yield table, [tuple(row) for row in snapshot.connection.execute(query)]
    database.close_connections()


def test_the_newest_migration_is_the_one_that_the_code_expects():
    scripts = ScriptDirectory(api.migrations.__path__[0])
    assert scripts.get_current_head() == SCHEMA


def test_migrations_make_the_very_tables_that_the_code_declares(ledger: Ledger):
    with ledger.database.read_snapshot() as snapshot:
        context = MigrationContext.configure(
            snapshot.connection, opts={"include_name": is_declared}
        )
        assert compare_metadata(context, metadata) == []
