"""Rules of actors."""

import marshmallow as ma
import pytest

from api.actors.rules import check_record, derive_fields
from api.actors.schemas import ActorDraftSchema
from api.web.contract.limits import COPIED_AT_ONCE
from tests.rules.worlds import list_problems


def test_an_actor_is_no_part_of_itself(world):
    world.put_record("actors", "norland", part_of="union")
    union = world.put_record("actors", "union", part_of="norland")
    assert list_problems(check_record(union, world)) == ["/part_of"]


def test_an_actor_may_be_part_of_what_is_not_on_record(world):
    assert (
        list_problems(
            check_record(world.put_record("actors", "ministry", part_of="nowhere"), world)
        )
        == []
    )


@pytest.mark.parametrize("field", ["offices", "members"])
def test_a_term_does_not_end_before_it_begins(world, field):
    terms = [{"from": "2020", "to": "2020"}, {"from": "2021", "to": "2020"}, {"to": "1990"}]
    actor = world.put_record("actors", "aarvik", **{field: terms})
    assert list_problems(check_record(actor, world)) == [f"/{field}/1/to"]


def test_an_actor_knows_all_its_wholes_but_not_itself(world):
    world.put_record("actors", "ministry", part_of="norland")
    office = world.put_record("actors", "press-office", part_of="ministry")
    assert derive_fields(office, world)["wholes"] == ["ministry", "norland"]


def test_an_actor_is_found_by_its_aliases(world):
    actor = world.put_record("actors", "kyiv", name="Kyjiw", aliases=["Київ", "Kíev"])
    assert derive_fields(actor, world) == {
        "search": "kyjiw киів kiev", "names": ["kyjiw", "киів", "kiev"], "wholes": []
    }  # fmt: skip


def test_terms_are_written_with_from_and_to():
    office = {"title": "minister", "of": "norland", "from": "2020", "to": "2021"}
    actor = {"id": "aarvik", "name": "Ilse Aarvik", "kind": "person", "offices": [office]}
    assert ActorDraftSchema().load(actor) == actor


@pytest.mark.parametrize(("field", "value"), [("iso3166", "ua"), ("wikidata", "212")])
def test_codes_of_other_registries_have_their_shape(field, value):
    with pytest.raises(ma.ValidationError) as refused:
        ActorDraftSchema().load({"id": "a", "name": "A", "kind": "state", field: value})
    assert list(refused.value.normalized_messages()) == [field]


def test_what_actors_copy_from_those_they_are_part_of_is_bounded(world):
    for n in range(100):
        world.put_record("actors", f"{n:096}", part_of=f"{n + 1:096}")
    part = world.put_record("actors", "part", part_of=f"{0:096}")
    count = next(n for n in range(10_000) if list_problems(check_record(part, world)))
    assert count == COPIED_AT_ONCE.most // (100 * 96 - 2_000)
