"""The texts of sources: attached, they check every quote; taken down, they leave no gap."""

from __future__ import annotations

import hashlib

import pytest

from tests.worlds import TEXTS, Registry, make_draft, parse_answer, read_records

COURIER, PLAN = TEXTS
COURIER_TEXT, PLAN_TEXT = (path.read_text(encoding="utf-8") for path in TEXTS.values())
OF_COURIER = [each["id"] for each in read_records("statements") if each["source"] == COURIER]
OF_PLAN = [each["id"] for each in read_records("statements") if each["source"] == PLAN]


@pytest.fixture
def attached(registry: Registry) -> Registry:
    """The invented world with the courier's text attached, in changeset 2."""
    parse_answer(registry.put_text(COURIER, COURIER_TEXT))
    return registry


def verified(registry: Registry) -> set[str]:
    return set(registry.ids("/v1/statements", verified="true", limit=1000))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_attaching_a_text_verifies_its_statements_in_one_changeset(registry_of, engine: str):
    registry = registry_of("fixtures", engine=engine)
    assert verified(registry) == set()

    answer = registry.put_text(COURIER, COURIER_TEXT, message="from the archive")

    assert parse_answer(answer) == {
        "text_sha256": hashlib.sha256(COURIER_TEXT.encode()).hexdigest(),
        "text_length": len(COURIER_TEXT),
        "verified": len(OF_COURIER),
        "changeset": 2,
    }
    assert verified(registry) == set(OF_COURIER)
    changes = parse_answer(registry.get("/v1/changesets/2"))
    assert {each["url"] for each in changes["changes"]} == {
        f"/v1/statements/{id}" for id in OF_COURIER
    }
    assert changes["message"] == "from the archive"
    assert registry.head == 2
    assert registry.ledger.find_faults() == []


def test_what_quotes_a_verified_statement_shows_it(attached: Registry):
    url = "/v1/positions/sudmark-rejects-free-passage"
    now, then = parse_answer(attached.get(url)), parse_answer(attached.get(url, known_at=1))
    assert [each["verified"] for each in now["quotes"]] == [True, True]
    assert [each["verified"] for each in then["quotes"]] == [False, False]
    assert now["revision"] == 1


def test_attaching_the_same_text_again_writes_nothing(attached: Registry):
    answer = parse_answer(attached.put_text(COURIER, COURIER_TEXT))
    assert (answer["verified"], answer["changeset"], attached.head) == (0, 2, 2)


def test_a_text_of_another_hash_is_refused_and_changes_nothing(registry: Registry):
    """One letter is another one."""
    answer = registry.put_text(COURIER, COURIER_TEXT.replace("plan", "plot", 1))
    problem = parse_answer(answer, 422)
    assert "declares another text" in problem["detail"]
    assert verified(registry) == set()
    assert registry.head == 1
    assert registry.get(f"/v1/sources/{COURIER}/text").status_code == 404


def test_a_text_for_a_source_that_declares_none_is_refused_with_what_to_declare(
    registry: Registry,
):
    answer = registry.put_text("strait-council-vote-2024-03-08", "Four in favour.")
    problem = parse_answer(answer, 409)
    assert hashlib.sha256(b"Four in favour.").hexdigest() in problem["detail"]
    assert "text_length 15" in problem["detail"]


def test_a_text_of_another_length_than_declared_is_refused(registry: Registry):
    parse_answer(registry.amend(f"/v1/sources/{PLAN}", text_length=len(PLAN_TEXT) + 1))
    problem = parse_answer(registry.put_text(PLAN, PLAN_TEXT), 422)
    assert f"{len(PLAN_TEXT)} code points" in problem["detail"]


def test_a_text_in_which_a_statement_is_not_found_is_refused(registry: Registry):
    """The statement came first; whoever attaches the text is told which does not fit."""
    forged = make_draft("statements", **{**CLOSURE, "exact": "certain insurances"})
    parse_answer(registry.post("/v1/statements", forged), 201)

    problem = parse_answer(registry.put_text(COURIER, COURIER_TEXT), 409)

    assert problem["code"] == "would_break"
    assert [each.get("record") for each in problem["errors"]] == ["statements/a-new-one"]
    assert "certain assurances" in problem["errors"][0]["detail"]
    assert registry.head == 2
    assert registry.get(f"/v1/sources/{COURIER}/text").status_code == 404


def test_a_text_that_does_not_hold_what_another_one_held_is_refused(attached: Registry):
    """The statements bear the mark of the text before."""
    shorter = COURIER_TEXT.removesuffix("Sudmark regards a survey of the seabed as premature.\n")
    digest = hashlib.sha256(shorter.encode()).hexdigest()
    declared = {"text_sha256": digest, "text_length": None}
    parse_answer(attached.amend(f"/v1/sources/{COURIER}", **declared))

    problem = parse_answer(attached.put_text(COURIER, shorter), 409)

    assert [each["record"] for each in problem["errors"]] == ["statements/sudmark-survey-premature"]
    assert attached.head == 3


CLOSURE = {
    "source": COURIER,
    "start": 793,
    "end": 811,
    "exact": "certain assurances",
    "exact_sha256": None,
    "gist": None,
    "attestation": "verbatim_fragment",
}
"""A true quote, to be changed."""


def test_a_true_quote_is_verified_at_once(attached: Registry):
    served = parse_answer(attached.post("/v1/statements", make_draft("statements", **CLOSURE)), 201)
    assert served["verified"] is True


@pytest.mark.parametrize(
    ("changes", "nearest"),
    [
        ({"exact": "certain insurances"}, "certain assurances”{} at 793{dash}811"),
        ({"start": 700, "end": 718}, "certain assurances”{} at 793{dash}811"),
        (
            {"start": 943, "end": 974, "exact": "without conditions, of any kind"},
            "without conditions of any kind”{} at 944{dash}974",
        ),
    ],
)
def test_a_forged_quote_is_shown_the_nearest_real_passage(attached, changes, nearest: str):
    forged = make_draft("statements", **{**CLOSURE, **changes})
    problem = parse_answer(attached.post("/v1/statements", forged), 422)
    fault = next(each for each in problem["errors"] if each["pointer"] == "/exact")
    expected = nearest.replace("”{}", "\N{RIGHT DOUBLE QUOTATION MARK}")
    assert expected.format(dash="\N{EN DASH}") in fault["detail"]
    assert attached.head == 2


def test_words_like_nothing_in_the_text_are_refused(attached: Registry):
    forged = make_draft("statements", **{**CLOSURE, "exact": "zzzz qqqq xxxx jjj"})
    problem = parse_answer(attached.post("/v1/statements", forged), 422)
    assert "nothing like it" in problem["errors"][0]["detail"]


def test_a_pointer_into_the_text_must_have_the_hash_of_its_span(attached: Registry):
    pointer = {**CLOSURE, "exact": None, "gist": "They want more.", "attestation": "indirect"}
    wrong, right = ("0" * 64, hashlib.sha256(b"certain assurances").hexdigest())
    body = make_draft("statements", **pointer)
    refused = attached.post("/v1/statements", {**body, "exact_sha256": wrong})
    assert parse_answer(refused, 422)["errors"][0]["pointer"] == "/exact_sha256"
    made = attached.post("/v1/statements", {**body, "exact_sha256": right})
    assert parse_answer(made, 201)["verified"] is True


def test_a_span_that_leaves_the_text_is_refused(attached: Registry):
    body = make_draft("statements", **{**CLOSURE, "start": 1_263, "end": 1_281})
    problem = parse_answer(attached.post("/v1/statements", body), 422)
    assert problem["errors"] == [
        {"pointer": "/end", "detail": f"the source's text has {len(COURIER_TEXT)} code points"}
    ]


def test_a_quote_that_is_moved_off_its_words_is_refused_and_stays(attached: Registry):
    answer = attached.amend("/v1/statements/solm-fears-closure", start=1083, end=1148)
    assert "at 1084" in parse_answer(answer, 422)["errors"][0]["detail"]
    assert parse_answer(attached.get("/v1/statements/solm-fears-closure"))["start"] == 1084


def test_offsets_count_code_points_not_bytes(attached: Registry):
    """The text begins with a ship of four bytes."""
    served = parse_answer(attached.get("/v1/statements/aarvik-ships-first"))
    span = COURIER_TEXT[served["start"] : served["end"]]
    assert served["exact"] == span
    assert served["verified"] is True


def test_a_public_text_is_served_whole(attached: Registry):
    answer = attached.get(f"/v1/sources/{COURIER}/text")
    assert answer.status_code == 200
    assert answer.get_data() == COURIER_TEXT.encode()
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    again = attached.get(
        f"/v1/sources/{COURIER}/text", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_a_text_that_is_not_public_checks_quotes_and_is_not_served(registry: Registry):
    parse_answer(registry.put_text(PLAN, PLAN_TEXT))
    assert verified(registry) == set(OF_PLAN)
    problem = parse_answer(registry.get(f"/v1/sources/{PLAN}/text"), 401)
    assert "--scope texts" in problem["detail"]


def test_a_source_without_a_text_has_none_to_serve(registry: Registry):
    for source in (COURIER, "strait-council-vote-2024-03-08"):
        problem = parse_answer(registry.get(f"/v1/sources/{source}/text"), 404)
        assert "no text" in problem["detail"].lower()
    assert registry.get("/v1/sources/never-there/text").status_code == 404


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_taking_a_text_down_leaves_records_and_chain_whole(registry_of, engine: str):
    registry = registry_of("fixtures", engine=engine)
    parse_answer(registry.put_text(COURIER, COURIER_TEXT))
    before = registry.get("/v1/statements", limit=1000).get_data()

    answer = registry.send("DELETE", f"/v1/sources/{COURIER}/text")

    assert answer.status_code == 204
    assert registry.get(f"/v1/sources/{COURIER}/text").status_code == 404
    assert registry.get("/v1/statements", limit=1000).get_data() == before
    assert registry.head == 2
    assert registry.ledger.find_faults() == []
    assert registry.ledger.rebuild_projections() == 2
    assert registry.get("/v1/statements", limit=1000).get_data() == before


def test_a_text_is_not_taken_down_twice(attached: Registry):
    assert attached.send("DELETE", f"/v1/sources/{COURIER}/text").status_code == 204
    assert attached.send("DELETE", f"/v1/sources/{COURIER}/text").status_code == 404


def test_after_a_text_is_gone_statements_can_still_be_amended(attached: Registry):
    attached.send("DELETE", f"/v1/sources/{COURIER}/text")
    served = parse_answer(
        attached.amend("/v1/statements/solm-fears-closure", occasion="An interview")
    )
    assert served["verified"] is True
    assert attached.ledger.find_faults() == []


def test_a_statement_that_was_moved_after_its_text_is_gone_is_no_longer_verified(
    attached: Registry,
):
    attached.send("DELETE", f"/v1/sources/{COURIER}/text")
    moved = parse_answer(attached.amend("/v1/statements/solm-fears-closure", start=1083, end=1148))
    assert moved["verified"] is False


def test_a_source_that_names_another_text_unverifies_its_statements(attached: Registry):
    parse_answer(attached.amend(f"/v1/sources/{COURIER}", text_sha256="0" * 64))
    assert verified(attached) == set()
    assert attached.ledger.find_faults() == []


def test_a_text_can_be_attached_again(attached: Registry):
    attached.send("DELETE", f"/v1/sources/{COURIER}/text")
    assert parse_answer(attached.put_text(COURIER, COURIER_TEXT))["changeset"] == 2
    assert attached.get(f"/v1/sources/{COURIER}/text").status_code == 200


def test_texts_need_a_scope_of_their_own(registry: Registry):
    registry.make_key("scribe", "write")
    for answer in (
        registry.put_text(COURIER, COURIER_TEXT),
        registry.send("DELETE", f"/v1/sources/{COURIER}/text"),
    ):
        assert "lacks the scope texts" in parse_answer(answer, 403)["detail"]
    registry.key = ""
    assert registry.send("DELETE", f"/v1/sources/{COURIER}/text").status_code == 401


def test_a_text_expects_the_head_that_its_author_knows(registry: Registry):
    assert registry.put_text(COURIER, COURIER_TEXT, expected_head=7).status_code == 412
    assert parse_answer(registry.put_text(COURIER, COURIER_TEXT, expected_head=1))["changeset"] == 2


def test_to_take_a_text_down_writes_no_changeset_and_takes_no_message(attached: Registry):
    for query in ({"message": "why"}, {"expected_head": 2}):
        answer = attached.send("DELETE", f"/v1/sources/{COURIER}/text", **query)
        assert parse_answer(answer, 422)["errors"][0]["parameter"] == next(iter(query))


def test_a_text_must_be_plain_utf_8(registry: Registry):
    wrong_type = registry.send("PUT", f"/v1/sources/{COURIER}/text", {"text": COURIER_TEXT})
    assert "text/plain" in parse_answer(wrong_type, 415)["detail"]
    assert "UTF-8" in parse_answer(registry.put_text(COURIER, b"\xff\xfe"), 400)["detail"]
    assert "NUL" in parse_answer(registry.put_text(COURIER, "a\0b"), 400)["detail"]


def test_a_text_that_is_too_long_is_refused(registry_of):
    registry = registry_of("fixtures", max_body_bytes=100)
    assert parse_answer(registry.put_text(COURIER, COURIER_TEXT), 413)["detail"]


def test_a_retracted_source_takes_no_text(registry: Registry):
    source = make_draft("sources", text_sha256=hashlib.sha256(b"x").hexdigest(), text_length=1)
    parse_answer(registry.post("/v1/sources", source), 201)
    registry.retract("/v1/sources/a-new-one")
    assert registry.put_text("a-new-one", "x").status_code == 410
    assert registry.get("/v1/sources/a-new-one/text").status_code == 410


def test_a_source_that_declares_a_text_which_is_attached_has_its_statements_checked(
    attached: Registry,
):
    quoted = COURIER_TEXT[100:140]
    parse_answer(attached.post("/v1/sources", make_draft("sources", id="reprint")), 201)
    said = {"source": "reprint", "exact": quoted, "attestation": "verbatim_fragment",
            "attested_on": "2024-03-05"}  # fmt: skip
    for id, more in (("placed", {"start": 100, "end": 140}), ("unplaced", {})):
        draft = {"id": id, **said, **more}
        parse_answer(attached.post("/v1/statements", draft), 201)
    digest = hashlib.sha256(COURIER_TEXT.encode()).hexdigest()
    written = attached.amend(
        "/v1/sources/reprint", text_sha256=digest, text_length=len(COURIER_TEXT)
    )
    parse_answer(written)
    found = attached.data("/v1/statements", source="reprint")
    assert [(each["start"], each["end"], each["verified"]) for each in found] == [
        (100, 140, True), (100, 140, True)
    ]  # fmt: skip
