"""Rules of propositions and of the axioms about them."""

import marshmallow as ma
import pytest

from api.axioms import rules as axioms
from api.axioms.schemas import AxiomDraftSchema
from api.propositions import rules as propositions
from tests.rules.worlds import DEFAULTS, list_problems


def test_issues_are_of_the_proposition_s_conflict(world):
    proposition = world.put_record("propositions", "rain", conflict="elsewhere", issues=["transit"])
    assert list_problems(propositions.check_record(proposition, world)) == ["/issues/0"]


def test_readings_are_of_the_proposition_s_conflict(world):
    proposition = world.put_record("propositions", "vague", readings=["passage", "far-away"])
    assert list_problems(propositions.check_record(proposition, world)) == ["/readings/1"]


def test_a_proposition_is_no_reading_of_itself(world):
    world.put_record("propositions", "passage", readings=["vague"])
    vague = world.put_record("propositions", "vague", readings=["withdrawal", "passage"])
    assert list_problems(propositions.check_record(vague, world)) == ["/readings"]


def test_readings_may_meet_again_without_a_circle(world):
    world.put_record("propositions", "left", readings=["passage"])
    world.put_record("propositions", "right", readings=["passage"])
    vague = world.put_record("propositions", "vague", readings=["left", "right"])
    assert list_problems(propositions.check_record(vague, world)) == []


def test_a_proposition_is_found_by_its_text(world):
    proposition = world.put_record("propositions", "passage", text="Ships   PASS")
    assert propositions.derive_fields(proposition, world) == {"search": "ships pass"}


def test_a_proposition_is_found_by_the_issues_that_it_settles(world):
    world.put_record("issues", "truce", name="Truce, Waffenruhe")
    proposition = world.put_record(
        "propositions", "quiet", text="The guns fall silent.", issues=["truce"]
    )
    found = propositions.derive_fields(proposition, world)
    assert found == {"search": "the guns fall silent. truce, waffenruhe"}


def test_an_axiom_stays_within_its_conflict(world):
    axiom = world.put_record("axioms", "rule", propositions=["passage", "!far-away"])
    assert list_problems(axioms.check_record(axiom, world)) == ["/propositions/1"]


def test_nothing_follows_from_an_axiom_by_itself(world):
    assert axioms.derive_fields(world.put_record("axioms", "rule"), world) == {}


@pytest.mark.parametrize("kind", ["excludes", "implies", "equivalent"])
def test_an_axiom_ties_at_least_two_propositions(kind):
    draft = {**DEFAULTS["axioms"], "id": "rule", "kind": kind, "propositions": ["passage"]}
    with pytest.raises(ma.ValidationError) as refused:
        AxiomDraftSchema().load(draft)
    assert list(refused.value.normalized_messages()) == ["propositions"]
