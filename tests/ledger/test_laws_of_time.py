"""The laws of time, over random histories, on both engines."""

from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import NullPool, create_engine, text

from api.ledger import Ledger
from api.ledger.store.database import Database
from api.ledger.truth.canonical import parse_bytes
from api.nouns import NOUNS
from tests.ledger.histories import derive_again, histories, make_world, read_lists, write_steps

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


class Past:
    """A written history, with the lists that the registry showed after each changeset."""

    def __init__(self, url: str, history: list[Any]) -> None:
        self.ledger = Ledger(Database(url), NOUNS)
        self.ledger.append_changes(make_world(), author="a")
        self.seen = {0: read_lists(self.ledger, 0), 1: read_lists(self.ledger)}
        for steps in history:
            if (head := write_steps(self.ledger, steps)) is not None:
                self.seen[head] = read_lists(self.ledger)

    def close(self) -> None:
        self.ledger.database.close_connections()


def an_answer_as_known_at_a_changeset_never_changes(past: Past) -> None:
    for number, then in past.seen.items():
        assert read_lists(past.ledger, number) == then


def as_of_the_head_equals_now(past: Past) -> None:
    assert read_lists(past.ledger, max(past.seen)) == read_lists(past.ledger)


def history_ends_in_what_is_served(past: Past) -> None:
    for name, bodies in read_lists(past.ledger).items():
        noun = past.ledger.nouns[name]
        for body in map(parse_bytes, bodies):
            with past.ledger.open_reader() as reader:
                last = reader.read_history(noun, body["id"], limit=1000)[-1]
            assert not last["tombstone"]
            assert last["number"] == body["revision"]
            stored = parse_bytes(last["body"])
            assert {k: v for k, v in body.items() if k in stored} == {
                k: v for k, v in stored.items() if k in body
            }


def what_is_derived_is_what_follows_from_the_records_as_known_then(past: Past) -> None:
    for number in past.seen:
        shown = {
            (noun, body["id"]): body
            for noun, bodies in read_lists(past.ledger, number).items()
            for body in map(parse_bytes, bodies)
        }
        for key, derived in derive_again(past.ledger, number).items():
            served = {name: value for name, value in derived.items() if name in shown[key]}
            assert {name: shown[key][name] for name in served} == served


def projections_equal_their_rebuild_and_the_chain_verifies(past: Past) -> None:
    assert past.ledger.find_faults() == []
    past.ledger.rebuild_projections()
    assert {number: read_lists(past.ledger, number) for number in past.seen} == past.seen


LAWS = (
    an_answer_as_known_at_a_changeset_never_changes,
    as_of_the_head_equals_now,
    history_ends_in_what_is_served,
    what_is_derived_is_what_follows_from_the_records_as_known_then,
    projections_equal_their_rebuild_and_the_chain_verifies,
)


@given(history=histories, data=st.data())
def test_a_history_keeps_the_laws_of_time(databases, engine, history, data):
    """All laws on one history, because writing it takes most of the time."""
    with databases.fresh(engine) as url, closing(Past(url, history)) as past:
        for law in LAWS:
            law(past)
        any_altered_byte_of_any_revision_is_found(past, data)


def any_altered_byte_of_any_revision_is_found(past: Past, data: st.DataObject) -> None:
    seq, position, flipped = _draw_byte(past.ledger, data)
    with _connect_directly(past.ledger) as connection:
        _disable_guards(connection)
        body = connection.execute(
            text("SELECT body FROM revision WHERE seq = :seq"), {"seq": seq}
        ).scalar_one()
        altered = bytearray(body)
        altered[position] ^= flipped
        connection.execute(
            text("UPDATE revision SET body = :body WHERE seq = :seq"),
            {"body": bytes(altered), "seq": seq},
        )
    assert any("its bytes were changed" in fault for fault in past.ledger.find_faults())


def _draw_byte(ledger: Ledger, data) -> tuple[int, int, int]:
    with _connect_directly(ledger) as connection:
        sizes = connection.execute(
            text("SELECT seq, length(body) FROM revision WHERE length(body) > 0 ORDER BY seq")
        ).all()
    seq, size = data.draw(st.sampled_from([tuple(each) for each in sizes]))
    return seq, data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, 255))


def _connect_directly(ledger: Ledger):
    """Connect without the ledger."""
    return create_engine(ledger.database.url, poolclass=NullPool).begin()


def _disable_guards(connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE revision DISABLE TRIGGER ALL"))
    else:
        connection.execute(text("DROP TRIGGER revision_refuses_update"))
