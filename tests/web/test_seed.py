"""The seed answers for what was read out of its sources: who demands what, for what."""

from __future__ import annotations

import hashlib
import html
from pathlib import Path

import pytest

from api.cli.seeding import SEED_CHANGESETS
from tests.worlds import (
    ARTICLE,
    RESOURCE,
    SEED_FOLDERS,
    Registry,
    make_any_day_query,
    parse_answer,
    read_records,
)

DAY = "2023-03-31"
COUNTS = {
    "sources": 2, "statements": 36, "actors": 14, "conflicts": 1, "issues": 14,
    "propositions": 20, "positions": 20, "preconditions": 3, "proposals": 1, "axioms": 3,
}  # fmt: skip
"""How many records were read out of the article."""

DOCUMENTS = [folder for folder in SEED_FOLDERS if folder != ARTICLE]
TEXTS = {
    source: file.read_text(encoding="utf-8")
    for reading in SEED_CHANGESETS
    for source, file in reading.texts.items()
}


def test_the_reading_of_the_article_is_complete(registry_of):
    seed = registry_of("seed")
    for noun, count in COUNTS.items():
        found = seed.data(f"/v1/{noun}", limit=1000, known_at=1, **make_any_day_query(noun))
        assert len(found) == count == len(read_records(noun, ARTICLE)), noun
    assert set(COUNTS) == set(RESOURCE)


def test_the_documents_are_read_in_one_changeset_more(registry_of):
    seed = registry_of("seed")
    for noun in RESOURCE:
        count = sum(len(read_records(noun, folder)) for folder in SEED_FOLDERS)
        assert len(seed.data(f"/v1/{noun}", limit=1000, **make_any_day_query(noun))) == count, noun
    assert seed.head == 2


def test_a_document_rewrites_no_record_of_an_earlier_reading():
    for noun in RESOURCE:
        ids = [each["id"] for folder in SEED_FOLDERS for each in read_records(noun, folder)]
        assert len(ids) == len(set(ids)), noun


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_nothing_that_the_documents_say_holds_before_they_were_published(
    reading: Registry, noun: str
):
    for folder in DOCUMENTS:
        [source] = read_records("sources", folder)
        for each in read_records(noun, folder):
            served = parse_answer(reading.get(f"/v1/{noun}/{each['id']}"))
            since = {served["attested_on"], served["valid_from"] or source["published"]}
            assert since == {source["published"]}, each["id"]


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_the_documents_are_read_with_few_fields(noun: str):
    told = {"attestation", "attested_on", "speaker", "antecedents_kind"}
    for each in (each for folder in DOCUMENTS for each in read_records(noun, folder)):
        assert not told & set(each), each["id"]


def test_every_statement_of_the_documents_is_verified(registry_of):
    seed = registry_of("seed")
    verified = seed.ids("/v1/statements", verified="true", limit=1000)
    told = {each["id"] for folder in DOCUMENTS for each in read_records("statements", folder)}
    assert set(verified) == told
    assert len(told) >= 25


@pytest.mark.parametrize("folder", DOCUMENTS, ids=lambda folder: folder.name)
def test_a_span_is_of_whole_words(folder: Path):
    for each in read_records("statements", folder):
        text = TEXTS[each["source"]]
        assert text[each["start"] : each["end"]] == each["exact"]
        around = text[each["start"] - 1 : each["start"]] + text[each["end"] : each["end"] + 1]
        assert not any(character.isalnum() for character in around), each["id"]


def test_every_source_is_readable_or_its_note_says_why_not(registry_of):
    seed = registry_of("seed")
    for source in seed.data("/v1/sources", limit=1000):
        answer = seed.get(f"/v1/sources/{source['id']}/text")
        if source["text_public"]:
            assert answer.get_data(as_text=True) == TEXTS[source["id"]]
            assert hashlib.sha256(answer.get_data()).hexdigest() == source["text_sha256"]
        else:
            assert answer.status_code == 404
            assert "text cannot be read here: it is not free" in source["note"]


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_evidence_of_the_documents_shows_each_quote_in_its_text(reading: Registry, noun: str):
    spans = {
        each["id"]: each for folder in DOCUMENTS for each in read_records("statements", folder)
    }
    for each in (each for folder in DOCUMENTS for each in read_records(noun, folder)):
        shown = html.unescape(reading.get(f"/{noun}/{each['id']}").get_data(as_text=True))
        for id in each["evidence"]:
            assert f"<mark>{spans[id]['exact']}</mark>" in shown, each["id"]


def test_the_english_article_is_a_translation_of_the_french_one(registry_of):
    seed = registry_of("seed")
    english = parse_answer(seed.get("/v1/sources/kremlin-rules-out-truce"))
    french = parse_answer(seed.get(f"/v1/sources/{english['translation_of']}"))
    assert french["language"] == "fr"
    assert any(french["url"] in each["text"] for each in english["doubts"])


def test_what_the_united_states_calls_the_necessary_step(reading: Registry):
    precondition = parse_answer(
        reading.get("/v1/preconditions/united-states-settlement-needs-end-of-killing")
    )
    assert precondition["antecedents"] == [["killing-stops"]]
    assert precondition["consequents"] == ["enduring-peace-settlement"]
    assert precondition["obligors"] == ["russia", "ukraine"]
    assert precondition["voice"] == "own"
    assert precondition["cue"] in precondition["quotes"][0]["exact"]


def test_what_both_say_of_any_future_agreement(reading: Registry):
    both = reading.data("/v1/preconditions", consequent="peace-agreement")
    assert {each["holder"] for each in both} == {"united-states", "ukraine"}
    for each in both:
        assert each["antecedents"] == [
            ["sovereignty-upheld", "sustainable-and-just-peace-delivered"]
        ]
        demands = reading.data("/v1/positions", under=each["id"])
        assert {each["proposition"] for each in demands} == set(each["antecedents"][0])


def test_what_one_side_tells_of_another_is_relayed_and_doubted(reading: Registry):
    told = reading.data("/v1/positions", voice="relayed", conflict="war-in-ukraine", limit=1000)
    assert {each["holder"] for each in told} == {"russia", "ukraine"}
    for each in told:
        assert "weak_attribution" in {doubt["kind"] for doubt in each["doubts"]}, each["id"]


def test_three_holders_name_their_conditions_each_for_something_else(reading: Registry):
    asked = {"conflict": "war-in-ukraine", "valid_at": DAY}
    belarus, ukraine, russia = reading.data("/v1/preconditions", **asked)

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
    first = parse_answer(reading.get("/v1/proposals/belarus-truce-call"))["components"][0]["id"]
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
    issue = parse_answer(seed.get("/v1/issues/truce"))
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


def test_of_the_article_only_what_people_said_is_shipped_word_for_word():
    verbatim = [each for each in read_records("statements", ARTICLE) if "exact" in each]
    assert len(verbatim) == 14
    assert all(each["attestation"].startswith("verbatim") for each in verbatim)
    pointers = [each for each in read_records("statements", ARTICLE) if "exact" not in each]
    assert all(each["gist"] and len(each["exact_sha256"]) == 64 for each in pointers)


@pytest.mark.parametrize("noun", RESOURCE)
def test_the_example_of_the_documentation_is_a_record_of_the_seed(registry_of, noun: str):
    seed = registry_of("seed")
    assert seed.get(f"/v1/{noun}/{RESOURCE[noun].example_id}").status_code == 200
