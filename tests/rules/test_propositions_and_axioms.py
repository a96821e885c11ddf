"""Rules of propositions and of the axioms about them."""

import marshmallow as ma
import pytest

from api.analysis.questions.whatif import SupposedAxiomSchema
from api.axioms import rules as axioms
from api.axioms.schemas import AxiomDraftSchema
from api.propositions import rules as propositions
from api.vocabulary import AXIOM_KIND
from api.web.contract.limits import COPIED_AT_ONCE
from tests.rules.worlds import DEFAULTS, list_problems, list_warnings


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


def test_a_rule_counts_on_every_day(world):
    rule = world.put_record("axioms", "rule")
    assert axioms.derive_fields(rule, world) == {"valid_start": "", "valid_end": "~"}


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({}, ("", "~")),
        ({"evidence": ["said", "dated"]}, ("2024-03-05", "~")),
        ({"evidence": ["said"], "valid_from": "2024-02"}, ("2024-02-01", "~")),
        ({"evidence": ["said"], "valid_to": "2024-04~"}, ("2024-03-05", "2024-04-30")),
    ],
)
def test_a_fact_counts_from_its_first_day_or_else_from_its_attestation(world, fields, bounds):
    world.put_record("statements", "dated", attested_on="2020-01-01")
    fact = world.put_record("axioms", "fact", kind="fact", propositions=["passage"], **fields)
    facts = axioms.derive_fields(fact, world)
    assert (facts["valid_start"], facts["valid_end"]) == bounds


def test_a_fact_without_evidence_is_told(world):
    fact = world.put_record("axioms", "fact", kind="fact", propositions=["passage"])
    found = list(axioms.check_record(fact, world))
    assert (list_problems(found), list_warnings(found)) == ([], ["/evidence"])
    assert list(axioms.check_record({**fact, "evidence": ["said"]}, world)) == []


def test_a_fact_ends_after_it_begins(world):
    fact = world.put_record(
        "axioms", "fact", kind="fact", propositions=["passage"], evidence=["said"],
        valid_from="2024-03-05", valid_to="2024-03-05",
    )  # fmt: skip
    assert list_problems(axioms.check_record(fact, world)) == ["/valid_to"]


def load_axiom(kind, *literals, **fields):
    draft = {**DEFAULTS["axioms"], "id": "rule", "kind": kind, "propositions": [*literals]}
    return AxiomDraftSchema().load({**draft, **fields})


def load_supposed_axiom(kind, *literals):
    return SupposedAxiomSchema().load({"kind": kind, "propositions": [*literals]})


@pytest.mark.parametrize("load", [load_axiom, load_supposed_axiom])
@pytest.mark.parametrize("kind", AXIOM_KIND.values)
def test_a_fact_has_one_proposition_and_any_other_rule_at_least_two(load, kind):
    one, two = ["passage"], ["passage", "withdrawal"]
    right, wrong = (one, two) if kind == "fact" else (two, one)
    assert load(kind, *right)["propositions"] == right
    with pytest.raises(ma.ValidationError) as refused:
        load(kind, *wrong)
    assert list(refused.value.normalized_messages()) == ["propositions"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("valid_from", "2024"), ("valid_to", "2024"), ("evidence", ["said"])],
)
def test_only_a_fact_has_a_period_and_evidence(name, value):
    assert load_axiom("fact", "passage", **{name: value})[name] == value
    with pytest.raises(ma.ValidationError) as refused:
        load_axiom("excludes", "passage", "withdrawal", **{name: value})
    assert refused.value.normalized_messages() == {
        name: ["goes with the kind fact alone; leave it out"]
    }


def test_what_propositions_copy_from_their_issues_is_bounded(world):
    for n in range(200):
        world.put_record("issues", f"long-{n}", name="x" * 200)
    issues = [f"long-{n}" for n in range(200)]
    settled = world.put_record("propositions", "settled", issues=issues)
    checks = (list_problems(propositions.check_record(settled, world)) for _ in range(1_000))
    count = next(n for n, found in enumerate(checks) if found)
    assert count == COPIED_AT_ONCE.most // (200 * 200 - 2_000)
