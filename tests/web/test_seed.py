"""The seed answers for what was read out of the article: who demands what, for what."""

from __future__ import annotations

import pytest

from tests.worlds import RESOURCE, SEEDS, Registry, anytime, parsed, records

COUNTS = {
    "sources": 1, "statements": 36, "actors": 14, "conflicts": 1, "issues": 14,
    "propositions": 20, "positions": 20, "preconditions": 3, "proposals": 1, "axioms": 3,
}  # fmt: skip


def test_the_reading_of_the_article_is_complete(registry_of):
    seed = registry_of("seed")
    for noun, count in COUNTS.items():
        day = anytime(noun)
        assert len(seed.data(f"/v1/{noun}", limit=1000, **day)) == count, noun
    assert set(COUNTS) == set(RESOURCE)


def test_three_holders_name_their_conditions_each_for_something_else(reading: Registry):
    belarus, ukraine, russia = reading.data("/v1/preconditions", conflict="war-in-ukraine")

    assert russia["holder"] == "russia"
    assert "annexation-accepted" in russia["antecedents"][0]
    assert russia["consequents"] == ["conflict-ends"]
    assert russia["obligors"] == ["ukraine"]
    assert russia["exhaustive"] is False

    assert ukraine["holder"] == "ukraine"
    assert ukraine["antecedents"] == [["full-withdrawal"]]
    assert ukraine["scope"] == "total"
    assert ukraine["consequents"] == ["peace"]
    assert ukraine["obligors"] == ["russia"]

    assert belarus["holder"] == "belarus"
    assert belarus["antecedents_kind"] == "none"
    assert belarus["antecedents"] == []
    assert "talks" in belarus["consequents"]


def test_russia_rejects_the_truce_and_that_component_alone(reading: Registry):
    [rejection] = reading.data("/v1/positions", holder="russia", force="reject")
    first = parsed(reading.get("/v1/proposals/belarus-truce-call"))["components"][0]["id"]
    assert rejection["proposition"] == "truce"
    assert rejection["responds_to"] == {"proposal": "belarus-truce-call", "component": first}
    words = [each["exact"] for each in rejection["quotes"] if each["exact"]]
    assert any("the special military operation continues" in each for each in words)
    assert rejection["speaker"] == "dmitry-peskov"
    assert rejection["voice"] == "authorised"


def test_who_looks_for_a_truce_finds_its_rejection_however_it_is_worded(registry_of):
    seed = registry_of("seed")
    found = seed.ids("/v1/positions", text="truce", valid_at="any")
    assert "russia-rejects-truce" in found
    issue = parsed(seed.get("/v1/issues/truce"))
    seed.put("/v1/issues/truce", {**issue, "name": "Waffenruhe"}, "*")
    assert "russia-rejects-truce" in seed.ids("/v1/positions", text="waffenruhe", valid_at="any")


def test_what_is_told_of_a_side_without_its_words_is_said_in_its_name(reading: Registry):
    for holder in ("russia", "ukraine"):
        told = {"on_behalf_of": holder, "attestation": "narrated_no_speaker"}
        assert len(reading.ids("/v1/statements", **told)) == 1


def test_nobody_has_answered_the_other_components(reading: Registry):
    for component in ("b", "c"):
        asked = {"responds_to": f"belarus-truce-call/{component}", "valid_at": "any"}
        assert reading.ids("/v1/positions", **asked) == []


def test_positions_that_hold_under_a_condition_name_it(reading: Registry):
    for condition, demands in (
        (
            "russia-end-needs-annexation",
            ["russia-demands-ukraine-yields", "russia-demands-annexation"],
        ),
        ("ukraine-peace-needs-withdrawal", ["ukraine-demands-withdrawal"]),
    ):
        assert reading.ids("/v1/positions", under=condition) == demands


def test_only_what_people_said_is_shipped_word_for_word():
    verbatim = [each for each in records("statements", SEEDS) if "exact" in each]
    assert len(verbatim) == 14
    assert all(each["attestation"].startswith("verbatim") for each in verbatim)
    pointers = [each for each in records("statements", SEEDS) if "exact" not in each]
    assert all(each["gist"] and len(each["exact_sha256"]) == 64 for each in pointers)


@pytest.mark.parametrize("noun", RESOURCE)
def test_the_example_of_the_documentation_is_a_record_of_the_seed(registry_of, noun: str):
    seed = registry_of("seed")
    assert seed.get(f"/v1/{noun}/{RESOURCE[noun].example_id}").status_code == 200
