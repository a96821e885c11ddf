"""Records of an identical batch have the same versions and faults as single records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ledger.store.tables import facet_kind
from api.ledger.truth.revisions import Revision
from api.ledger.versions.rendering import IdenticalBatch, Version, check_record, make_template
from api.nouns import NOUNS
from api.positions import POSITIONS
from api.web.contract.limits import COPIED_AT_ONCE
from tests.rules.worlds import World, make_small_world

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
odd = st.sampled_from(["%s {id} \\u0000id\\u0000", '"norland"', "\x01holder\x01 \u2028 é"])


def make_vote(id: str, holder: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "holder": holder, "force": "reject", "proposition": "passage",
            "negated": False, "sources": ["vote"], "attestation": "recorded_vote",
            "attested_on": "2024-03-05", "rank": "normal", **fields}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    world = make_small_world()
    world.put_record("sources", "vote", kind="recorded_vote")
    world.put_record("propositions", "passage", issues=["transit", "patrols"])
    return world


def parts_of(version: Version) -> tuple[Any, ...]:
    return version.row, sorted(version.facets), version.start, version.document


@given(note=odd | texts, number=st.integers(1, 3))
def test_a_version_of_a_batch_equals_that_of_a_single_record(world, note, number):
    first = make_vote("first-norland", "norland", note=note)
    batch = IdenticalBatch(POSITIONS, first, world)
    for record in (
        first,
        make_vote("a", "kestria", note=note),
        make_vote("id", "holder", note=note),
    ):
        revision = Revision.from_record(
            "positions", record["id"], number, record, seq=7, changeset=3
        )
        single = make_template(POSITIONS, record, number, POSITIONS.derive(record, world))
        filled = batch.version_template(number).make_version(revision, 5, 4)
        assert parts_of(filled) == parts_of(single.make_version(revision, 5, 4))
        pair = facet_kind("positions", "holder issues"), f"{record['holder']} transit"
        assert filled.facets.count(pair) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"proposition": "gone"}, {"sources": ["gone", "report"]}, {"force": "demand"}]
)
def test_the_faults_of_a_batch_equal_those_of_single_records(world, fields):
    batch = IdenticalBatch(POSITIONS, make_vote("first", "norland", **fields), world)
    for holder in ("norland", "gone", "kestria"):
        record = make_vote(holder, holder, **fields)
        assert list(check_record(POSITIONS, record, world, batch)) == list(
            check_record(POSITIONS, record, world)
        )


def test_varying_fields_are_ids_in_index_columns():
    for noun in NOUNS:
        for name in noun.varying_fields:
            assert name in noun.table.c
            assert [ref.field for ref in noun.references if ref.path == name] == [name]


def test_each_record_of_a_batch_counts_for_what_its_changeset_copies():
    world = make_small_world()
    world.put_record("sources", "vote", kind="recorded_vote")
    issues = [f"{n:096}" for n in range(200)]
    for id in issues:
        world.put_record("issues", id)
    world.put_record("propositions", "passage", issues=issues)
    vote = make_vote("first", "norland")
    batch = IdenticalBatch(POSITIONS, vote, world)
    count = next(n for n in range(1_000) if [*check_record(POSITIONS, vote, world, batch)])
    assert count == COPIED_AT_ONCE.most // (200 * 96 - 2_000)
