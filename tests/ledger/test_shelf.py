"""The shelf says of each version what the index table says of it."""

from sqlalchemy import Table, select, text, update

from api.ledger import Ledger
from api.ledger.shelf import end_on_shelf
from api.ledger.tables import shelf
from api.ledger.transactions import Write
from api.migrations import upgrade
from api.positions import POSITIONS

_ADDED = b'"coder":null,'

_AS_FACETS = """
    INSERT INTO facet SELECT noun, name, value, valid_start, ordinal, recorded
    FROM shelf WHERE name = 'holder issues'
"""


def test_a_field_that_was_added_later_changes_no_page_that_was_given(stocked: Ledger):
    with stocked.database.writing() as write:
        for table in (POSITIONS.table, shelf):
            _take_out(write, table)
    assert stocked.faults() == []
    before = _copies(stocked)
    assert before
    stocked.rebuild()
    assert _copies(stocked) == before
    for copy, body in before:
        assert copy == body
        assert _ADDED not in copy


def test_what_stood_among_the_facets_is_put_on_the_shelf(stocked: Ledger):
    """By the migration that makes it, which makes no other projection anew."""
    with stocked.database.writing() as write:
        for statement in (
            _AS_FACETS,
            "DROP TABLE shelf",
            "UPDATE alembic_version SET version_num = '0007'",
        ):
            write.connection.execute(text(statement))
    upgrade(stocked.database)
    assert stocked.faults() == []


def test_an_older_record_without_the_field_ends_as_one_that_has_nothing_there(stocked: Ledger):
    with stocked.database.writing(keep=False) as write:
        ordinals = write.connection.execute(select(POSITIONS.table.c.ordinal)).scalars().all()
        write.connection.execute(update(POSITIONS.table).values(body=b'{"holder":"norland"'))
        end_on_shelf(write.connection, POSITIONS, ordinals, 9)
        ended = select(shelf.c.name).where(shelf.c.superseded == 9).distinct()
        assert write.connection.execute(ended).scalars().all() == ["holder"]


def _take_out(write: Write, table: Table) -> None:
    for body in write.connection.execute(select(table.c.body)).scalars().all():
        older = bytes(body).replace(_ADDED, b"")
        write.connection.execute(update(table).where(table.c.body == body).values(body=older))


def _copies(ledger: Ledger) -> list[tuple[bytes, bytes]]:
    """Give each copy on the shelf with the body that it is a copy of."""
    version = POSITIONS.table
    same = (shelf.c.ordinal == version.c.ordinal) & (shelf.c.recorded == version.c.recorded)
    query = select(shelf.c.body, version.c.body).join(version, same).order_by(*shelf.primary_key)
    with ledger.database.reading() as snapshot:
        return [(bytes(copy), bytes(body)) for copy, body in snapshot.connection.execute(query)]
