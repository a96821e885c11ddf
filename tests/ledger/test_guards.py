"""The truth cannot be changed in an SQL shell, and migrations leave it guarded."""

import re
from contextlib import suppress

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

import api.migrations
from api.ledger import Change, Ledger
from api.ledger.store.tables import SCHEMA
from api.migrations import find_schema_faults, upgrade_database
from tests.ledger.schemas import compare_schema


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


_WEAK_GUARD = (
    "CREATE TRIGGER changeset_refuses_delete BEFORE DELETE ON changeset WHEN 0 "
    "BEGIN SELECT RAISE(ABORT, 'insert-only'); END"
)
_WEAK_FUNCTION = (
    "CREATE OR REPLACE FUNCTION revision_is_insert_only() RETURNS trigger LANGUAGE plpgsql "
    "AS $$ BEGIN RETURN NEW; END $$"
)
_ANYWHERE = [
    ("DROP VIEW v_agreement", "the view v_agreement is missing"),
    ("DROP INDEX positions_by_holder", "the index positions_by_holder is missing"),
    ("ALTER TABLE actors ADD COLUMN more TEXT", "the table actors is not as this version"),
]
BROKEN = {
    "sqlite": [
        *_ANYWHERE,
        ("DROP TRIGGER revision_refuses_update", "the guard revision_refuses_update is missing"),
        ("DROP INDEX actors_by_id; CREATE INDEX actors_by_id ON actors (id)",
         "the index actors_by_id is not as this version"),
        (f"DROP TRIGGER changeset_refuses_delete; {_WEAK_GUARD}",
         "the guard changeset_refuses_delete is not as this version"),
        ("CREATE TRIGGER t AFTER INSERT ON actors BEGIN SELECT 1\\; END",
         "the trigger t is not of this version"),
    ],
    "postgresql": [
        *_ANYWHERE,
        ("DROP TRIGGER revision_refuses_change ON revision",
         "the guard revision_refuses_change is missing"),
        ("DROP INDEX actors_by_id; CREATE INDEX actors_by_id ON actors (id)",
         "the index actors_by_id is not as this version"),
        ("ALTER TABLE revision DISABLE TRIGGER revision_refuses_change",
         "the guard revision_refuses_change is not as this version"),
        (_WEAK_FUNCTION, "the function revision_is_insert_only is not as this version"),
    ],
}  # fmt: skip
"""What a shell breaks, by engine, and what `db check` says of it."""


def test_what_is_not_as_it_must_be_is_a_fault(ledger: Ledger):
    with ledger.database.begin_write(keep=False) as write:
        assert [*find_schema_faults(write)] == []
    for statements, sentence in BROKEN[ledger.database.url.get_backend_name()]:
        with ledger.database.begin_write(keep=False) as write:
            for statement in re.split(r"; (?=CREATE)", statements):
                write.connection.exec_driver_sql(statement.replace("\\;", ";"))
            [fault] = find_schema_faults(write)
            assert sentence in fault


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


def test_the_newest_migration_is_the_one_that_the_code_expects():
    scripts = ScriptDirectory(api.migrations.__path__[0])
    assert scripts.get_current_head() == SCHEMA


def test_migrations_make_the_very_tables_that_the_code_declares(ledger: Ledger):
    with ledger.database.read_snapshot() as snapshot:
        assert compare_schema(snapshot.connection) == []
