"""Few fields suffice: what evidence tells is derived, and told apart from what was authored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.worlds import Registry, parse_answer

POSITION = {
    "holder": "russia",
    "force": "demand",
    "proposition": "annexation-accepted",
    "evidence": ["moscow-end-only-if-kyiv-yields"],
}
PRECONDITION = {
    "holder": "ukraine",
    "antecedents": [["full-withdrawal"]],
    "consequents": ["conflict-ends"],
    "evidence": ["kyiv-peace-needs-withdrawal"],
}
BODIES = {"positions": POSITION, "preconditions": PRECONDITION}
TOLD = ["attestation", "attested_on"]
DERIVED = {"positions": TOLD, "preconditions": ["antecedents_kind", "modality", *TOLD]}


@pytest.fixture
def seed(registry_of) -> Registry:
    return registry_of("seed")


def create_record(seed: Registry, noun: str, **more: Any) -> dict[str, Any]:
    return parse_answer(seed.post(f"/v1/{noun}", {**BODIES[noun], **more}), 201)


def read_authored(seed: Registry, noun: str, id: str) -> dict[str, Any]:
    """Return what the newest revision of a record says."""
    return seed.data(f"/v1/{noun}/{id}/history")[-1]["record"]


@pytest.mark.parametrize("noun", BODIES)
def test_few_fields_make_a_record(seed: Registry, noun: str):
    made = create_record(seed, noun)
    assert made["attestation"] == "narrated_no_speaker"
    assert made["attested_on"] == "2023-03-31"
    assert made["derived"] == DERIVED[noun]
    assert made["id"] in seed.ids(f"/v1/{noun}", attested_on="2023-03-31", limit=1000)


def test_a_condition_without_modality_is_unknown_and_its_author_is_told(seed: Registry):
    made = create_record(seed, "preconditions")
    assert (made["antecedents_kind"], made["modality"]) == ("stated", "unknown")
    assert [each["pointer"] for each in made["warnings"]] == ["/modality"]
    assert "warnings" not in create_record(seed, "preconditions", modality="necessary")


def test_the_speaker_of_the_first_statement_speaks(seed: Registry):
    evidence = ["peskov-operation-continues", "moscow-end-only-if-kyiv-yields"]
    made = create_record(seed, "positions", evidence=evidence)
    assert (made["speaker"], made["voice"]) == ("dmitry-peskov", "authorised")
    assert made["derived"] == ["attestation", "attested_on", "speaker"]
    assert made["id"] in seed.ids("/v1/positions", speaker="dmitry-peskov")


def test_who_gives_attestation_and_no_speaker_says_that_nobody_speaks(seed: Registry):
    said = {"evidence": ["peskov-operation-continues"], "attestation": "verbatim_sentence"}
    made = create_record(seed, "positions", **said)
    assert (made["speaker"], made["voice"]) == (None, "narrated")
    assert made["derived"] == ["attested_on"]


@pytest.mark.parametrize("noun", BODIES)
def test_what_is_given_counts_before_what_is_told(seed: Registry, noun: str):
    given = {"attestation": "indirect", "attested_on": "2023-04-01", "speaker": "vladimir-putin"}
    made = create_record(seed, noun, **given)
    assert {name: made[name] for name in given} == given
    assert not set(given) & set(made["derived"])


@pytest.mark.parametrize("noun", BODIES)
def test_what_is_derived_follows_an_amended_statement(seed: Registry, noun: str):
    made = create_record(seed, noun)
    [statement] = made["evidence"]
    seed.amend(f"/v1/statements/{statement}", attested_on="2023-04-02", speaker="vladimir-putin")
    after = parse_answer(seed.get(f"/v1/{noun}/{made['id']}"))
    assert (after["attested_on"], after["speaker"]) == ("2023-04-02", "vladimir-putin")
    assert after["revision"] == 1
    assert made["id"] in seed.ids(f"/v1/{noun}", attested_on="2023-04-02", limit=1000)
    assert seed.ledger.find_faults() == []


def test_a_derived_speaker_counts_by_the_offices_held(seed: Registry):
    made = create_record(seed, "positions", evidence=["peskov-operation-continues"])
    seed.amend("/v1/actors/dmitry-peskov", offices=[])
    assert parse_answer(seed.get(f"/v1/positions/{made['id']}"))["voice"] == "relayed"


def test_a_statement_that_can_show_nothing_any_more_is_not_amended_so(seed: Registry):
    made = create_record(seed, "positions")
    [statement] = made["evidence"]
    answer = seed.amend(f"/v1/statements/{statement}", attestation="narration")
    assert made["id"] in parse_answer(answer, 409)["detail"] + json.dumps(
        answer.get_json()["errors"]
    )


@pytest.mark.parametrize("noun", BODIES)
def test_revisions_and_exports_hold_what_was_authored(seed: Registry, noun: str):
    made = create_record(seed, noun)
    assert read_authored(seed, noun, made["id"]).keys() & {*DERIVED[noun], "derived"} == set()
    lines = map(json.loads, seed.get("/v1/export.ndjson").get_data(as_text=True).splitlines())
    [line] = [e["record"] for e in lines if (e["noun"], e["record"]["id"]) == (noun, made["id"])]
    assert line == read_authored(seed, noun, made["id"])


@pytest.mark.parametrize("noun", BODIES)
def test_a_body_that_is_sent_back_changes_nothing(seed: Registry, noun: str):
    made = create_record(seed, noun)
    path = f"/v1/{noun}/{made['id']}"
    answer = seed.put(path, parse_answer(seed.get(path)), "*")
    assert parse_answer(answer)["revision"] == 1
    assert seed.head == made["changeset"]


@pytest.mark.parametrize("noun", BODIES)
def test_a_body_that_is_sent_back_with_a_note_leaves_derived_what_was(seed: Registry, noun: str):
    made = create_record(seed, noun)
    after = parse_answer(seed.amend(f"/v1/{noun}/{made['id']}", note="looked at again"))
    assert after["derived"] == DERIVED[noun]
    assert read_authored(seed, noun, made["id"]).keys() & {*DERIVED[noun], "derived"} == set()


@pytest.mark.parametrize("noun", BODIES)
def test_a_derived_field_is_not_changed_unseen(seed: Registry, noun: str):
    made = create_record(seed, noun)
    answer = seed.amend(f"/v1/{noun}/{made['id']}", attested_on="2024-01-01")
    [fault] = parse_answer(answer, 422)["errors"]
    assert fault["pointer"] == "/attested_on"
    assert "remove its name from derived" in fault["detail"]

    left = [name for name in made["derived"] if name != "attested_on"]
    after = seed.amend(f"/v1/{noun}/{made['id']}", attested_on="2024-01-01", derived=left)
    assert parse_answer(after)["attested_on"] == "2024-01-01"
    assert read_authored(seed, noun, made["id"])["attested_on"] == "2024-01-01"


def test_a_position_without_a_statement_must_say_what_none_tells(seed: Registry):
    body = {**POSITION, "evidence": [], "sources": ["kremlin-rules-out-truce"]}
    problem = parse_answer(seed.post("/v1/positions", body), 422)
    assert [each["pointer"] for each in problem["errors"]] == ["/attestation", "/attested_on"]


def test_an_absence_of_conditions_must_be_said(seed: Registry):
    body = {name: each for name, each in PRECONDITION.items() if name != "antecedents"}
    [fault] = parse_answer(seed.post("/v1/preconditions", body), 422)["errors"]
    assert fault["pointer"] == "/antecedents"
    assert "none" in fault["detail"]
    made = parse_answer(seed.post("/v1/preconditions", {**body, "antecedents_kind": "none"}), 201)
    assert "antecedents_kind" not in made["derived"]


def test_tables_tell_what_is_derived_and_take_it_back(seed: Registry):
    made = create_record(seed, "positions")
    [row] = [
        each
        for each in parse_answer(seed.get("/v1/positions.json", limit=1000))
        if each["id"] == made["id"]
    ]
    assert row["derived"] == "attestation|attested_on"
    columns = ("id", "holder", "force", "proposition", "attestation", "attested_on", "derived")
    cells = [str(row[name] or "") for name in columns]
    table = f"{','.join(columns)},evidence\n{','.join(cells)},{made['evidence'][0]}\n"
    answer = seed.client.post(
        "/v1/changesets",
        query_string={"noun": "positions"},
        data=table,
        headers={"Authorization": f"Bearer {seed.key}", "Content-Type": "text/csv"},
    )
    assert parse_answer(answer)["written"] == 0
