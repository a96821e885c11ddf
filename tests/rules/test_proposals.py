"""Rules of proposals."""

import pytest

from api.proposals.rules import MOST_COMPONENTS, check_record, derive_fields
from api.proposals.schemas import ComponentSchema
from tests.rules.worlds import list_problems


def make_component(id, *literals, **more):
    return {"id": id, "propositions": list(literals), **more}


def test_a_proposal_has_a_bounded_number_of_components(world):
    components = [make_component(f"c{n}", "passage") for n in range(MOST_COMPONENTS + 1)]
    proposal = world.put_record("proposals", "plan", components=components)
    assert list_problems(check_record(proposal, world)) == ["/components"]
    proposal = world.put_record("proposals", "plan", components=components[1:])
    assert list_problems(check_record(proposal, world)) == []


def test_components_have_names_of_their_own(world):
    components = [make_component("a", "passage"), make_component("a", "withdrawal")]
    proposal = world.put_record("proposals", "plan", components=components)
    assert list_problems(check_record(proposal, world)) == ["/components/1/id"]


def test_literals_stay_within_the_conflict(world):
    components = [make_component("a", "passage"), make_component("b", "!withdrawal", "!far-away")]
    proposal = world.put_record("proposals", "plan", components=components)
    assert list_problems(check_record(proposal, world)) == ["/components/1/propositions/1"]


def test_a_literal_that_is_not_on_record_says_nothing(world):
    proposal = world.put_record("proposals", "plan", components=[make_component("a", "!nowhere")])
    assert list_problems(check_record(proposal, world)) == []


@pytest.mark.parametrize(
    ("after", "pointers"),
    [
        ({"b": ["a"], "c": ["a", "b"]}, []),
        ({"b": ["nowhere", "a"]}, ["/components/1/after/0"]),
        ({"a": ["a"]}, ["/components/0/after"]),
        ({"b": ["c"], "c": ["b"]}, ["/components/2/after"]),
        ({"a": ["c"], "b": ["a"], "c": ["b"]}, ["/components/1/after"]),
    ],
)
def test_a_component_comes_after_known_others_in_no_circle(world, after, pointers):
    components = [make_component(id, "passage", after=after.get(id, [])) for id in "abc"]
    proposal = world.put_record("proposals", "plan", components=components)
    assert list_problems(check_record(proposal, world)) == pointers


def test_a_component_depends_on_something_else_of_its_conflict(world):
    needed = {"if": ["!withdrawal", "passage", "!far-away"]}
    proposal = world.put_record(
        "proposals", "plan", components=[make_component("a", "withdrawal", **needed)]
    )
    pointers = ["/components/0/if/0", "/components/0/if/2"]
    assert list_problems(check_record(proposal, world)) == pointers


def test_a_component_is_written_with_what_it_depends_on():
    component = make_component("b", "passage", **{"after": ["a"], "if": ["!withdrawal"]})
    assert ComponentSchema().load(component) == component


def test_a_proposal_is_no_version_of_itself(world):
    world.put_record("proposals", "plan", revises="plan-2")
    assert list_problems(
        check_record(world.put_record("proposals", "plan-2", revises="plan"), world)
    ) == ["/revises"]


def test_a_proposal_is_no_answer_to_itself(world):
    world.put_record("proposals", "plan", responds_to={"proposal": "counter"})
    counter = world.put_record("proposals", "counter", responds_to={"proposal": "plan"})
    assert list_problems(check_record(counter, world)) == ["/responds_to/proposal"]


def test_a_proposal_is_found_by_its_labels_and_its_day(world):
    components = [
        make_component("a", "passage", label="Open Strait"),
        make_component("b", "withdrawal"),
    ]
    proposal = world.put_record("proposals", "plan", components=components, made_on="2024")
    assert derive_fields(proposal, world) == {
        "search": "the plan open strait",
        "made_from": "2024-01-01",
        "made_to": "2024-12-31",
    }
