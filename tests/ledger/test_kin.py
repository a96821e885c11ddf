"""Records that are alike are looked at once, and come out as if each were looked at by itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ledger.kin import Kin, problems
from api.ledger.revisions import Revision
from api.ledger.versions import Version, mould
from api.nouns import NOUNS
from api.positions import POSITIONS
from tests.rules.worlds import World, make_small_world

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
odd = st.sampled_from(["%s {id} \\u0000id\\u0000", '"norland"', "\x01holder\x01 \u2028 é"])


def vote(id: str, holder: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "holder": holder, "force": "reject", "proposition": "passage",
            "negated": False, "sources": ["vote"], "attestation": "recorded_vote",
            "attested_on": "2024-03-05", "rank": "normal", **fields}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    world = make_small_world()
    world.put_record("sources", "vote", kind="recorded_vote")
    world.put_record("propositions", "passage", issues=["transit", "patrols"])
    return world


def told(version: Version) -> tuple[Any, ...]:
    return version.row, sorted(version.facets), version.place, version.document


@given(note=odd | texts, number=st.integers(1, 3))
def test_a_version_is_what_it_would_be_by_itself(world, note, number):
    first = vote("first-norland", "norland", note=note)
    kin = Kin(POSITIONS, first, world)
    for record in (first, vote("a", "kestria", note=note), vote("id", "holder", note=note)):
        revision = Revision.made("positions", record["id"], number, record, seq=7, changeset=3)
        alone = mould(POSITIONS, record, number, POSITIONS.derive(record, world))
        filled = kin.mould(number).version(revision, 5, 4)
        assert told(filled) == told(alone.version(revision, 5, 4))
        assert filled.facets.count(("holder issues", f"{record['holder']} transit")) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"proposition": "gone"}, {"sources": ["gone", "report"]}, {"force": "demand"}]
)
def test_each_is_blamed_for_what_it_would_be_blamed_for_by_itself(world, fields):
    kin = Kin(POSITIONS, vote("first", "norland", **fields), world)
    for holder in ("norland", "gone", "kestria"):
        record = vote(holder, holder, **fields)
        assert list(problems(POSITIONS, record, world, kin)) == list(
            problems(POSITIONS, record, world)
        )


def test_what_kin_differ_in_is_an_id_that_an_index_column_holds():
    for noun in NOUNS:
        for name in noun.apart:
            assert name in noun.table.c
            assert [ref.field for ref in noun.references if ref.path == name] == [name]
