"""What `serve --prepare` loads into an empty, a partly loaded or a used registry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from api.bulk.importing import ImportOptions, import_files
from api.cli.seeding import AUTHOR, SEED_CHANGESETS, load_seed
from api.cli.serving import prepare_database
from api.errors import Invalid
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
from api.migrations import upgrade_database
from api.nouns import NOUNS
from tests.worlds import Databases, make_draft

FIRST, SECOND = SEED_CHANGESETS


@pytest.fixture
def ledger(databases: Databases, engine: str) -> Iterator[Ledger]:
    with databases.fresh(engine) as url:
        opened = Ledger(Database(url), NOUNS)
        yield opened
        opened.database.close_connections()


def list_changesets(ledger: Ledger) -> list[tuple[str, str]]:
    """List the author and message of each changeset, oldest first."""
    with ledger.open_reader() as reader:
        return [(e["author"], e["message"]) for e in reader.list_changesets(limit=10)][::-1]


def import_seed_changeset(ledger: Ledger, number: int, author: str = AUTHOR) -> None:
    reading = SEED_CHANGESETS[number]
    how = ImportOptions(author=author, message=reading.message)
    import_files(ledger, reading.folders, reading.texts, how)


def add_actor(ledger: Ledger) -> None:
    change = Change("actors", "a-new-one", make_draft("actors"))
    ledger.append_changes([change], author="ana", message="by hand")


SEEDED = [(AUTHOR, FIRST.message), (AUTHOR, SECOND.message)]


def test_an_empty_registry_gets_each_reading_as_a_changeset(ledger: Ledger):
    load_seed(ledger)
    assert list_changesets(ledger) == SEEDED
    assert ledger.find_faults() == []


def test_what_was_killed_after_the_first_reading_is_completed(ledger: Ledger):
    import_seed_changeset(ledger, 0)
    load_seed(ledger)
    load_seed(ledger)
    assert list_changesets(ledger) == SEEDED


def test_a_registry_in_which_somebody_wrote_is_left_alone(ledger: Ledger):
    add_actor(ledger)
    load_seed(ledger)
    assert list_changesets(ledger) == [("ana", "by hand")]


def test_a_first_reading_that_somebody_else_imported_is_left_alone(ledger: Ledger):
    import_seed_changeset(ledger, 0, author="ana")
    load_seed(ledger)
    assert list_changesets(ledger) == [("ana", FIRST.message)]


def test_a_first_reading_after_which_somebody_wrote_is_left_alone(ledger: Ledger):
    import_seed_changeset(ledger, 0)
    add_actor(ledger)
    load_seed(ledger)
    assert list_changesets(ledger) == [(AUTHOR, FIRST.message), ("ana", "by hand")]


def open_file(file: Path) -> Ledger:
    return Ledger(Database(f"sqlite:///{file}"), NOUNS)


def prepare_in_command(file: Path) -> list[tuple[str, str]]:
    """Prepare a file as `serve --prepare` does; returns the changesets that it has then."""
    opened = open_file(file)
    with click.Context(click.Command("serve")):
        prepare_database(opened)
    found = list_changesets(opened)
    opened.database.close_connections()
    return found


def test_a_new_file_gets_the_seed_once_and_holds_it_without_a_wal(tmp_path: Path):
    file = tmp_path / "new" / "x.db"
    assert prepare_in_command(file) == SEEDED
    copy = tmp_path / "copy.db"
    shutil.copy(file, copy)
    assert prepare_in_command(copy) == SEEDED
    assert [each.name for each in file.parent.iterdir() if each.is_dir()] == []


def test_a_file_that_exists_is_never_seeded(tmp_path: Path):
    """It may be what is left of a registry whose -wal was lost."""
    for start in (b"", None):
        file = tmp_path / f"{start!r}.db"
        file.write_bytes(b"")
        if start is None:
            upgraded = open_file(file)
            upgrade_database(upgraded.database)
            upgraded.database.close_connections()
        assert prepare_in_command(file) == []


def test_a_wal_without_its_file_is_left_alone(tmp_path: Path):
    wal = tmp_path / "x.db-wal"
    wal.write_bytes(b"what is left")
    with pytest.raises(Invalid, match="put the file back"):
        prepare_in_command(tmp_path / "x.db")
    assert wal.read_bytes() == b"what is left"
