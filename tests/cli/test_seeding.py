"""What `serve --prepare` loads into an empty, a partly loaded or a used registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.bulk.importing import ImportOptions, import_files
from api.cli.seeding import AUTHOR, SEED_CHANGESETS, load_seed
from api.ledger import Change, Ledger
from api.ledger.store.database import Database
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
