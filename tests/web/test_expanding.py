"""`expand`: an actor with what it holds, a position with its evidence, in one answer."""

from __future__ import annotations

from typing import Any

import pytest

from api.web.expanding import MOST
from tests.worlds import Registry, parse_answer

DAY = "2023-03-31"
BOTH = "positions,preconditions"


@pytest.fixture
def seed(registry_of) -> Registry:
    return registry_of("seed")


def read_expanded(registry: Registry, path: str, **query: Any) -> dict[str, Any]:
    """Return what is shown within one record."""
    return parse_answer(registry.get(path, **query))["expanded"]


def test_actors_are_shown_with_their_positions_and_preconditions(seed: Registry):
    asked = {"id": "russia,ukraine", "expand": BOTH, "valid_at": DAY}
    russia, ukraine = seed.data("/v1/actors", **asked)
    assert (russia["id"], ukraine["id"]) == ("russia", "ukraine")

    [demand] = [
        each
        for each in russia["expanded"]["positions"]["data"]
        if each["proposition"] == "annexation-accepted"
    ]
    assert (demand["force"], demand["attested_on"]) == ("demand", DAY)
    assert demand["quotes"][0]["gist"]
    [condition] = russia["expanded"]["preconditions"]["data"]
    assert "annexation-accepted" in condition["antecedents"][0]
    assert condition["consequents"] == ["conflict-ends"]

    [condition] = ukraine["expanded"]["preconditions"]["data"]
    assert condition["antecedents"] == [["full-withdrawal"]]
    assert condition["consequents"] == ["peace"]


@pytest.mark.parametrize("path", ["/v1/actors/russia", "/v1/actors"])
def test_what_is_shown_within_is_what_its_own_list_gives(seed: Registry, path: str):
    asked = {"expand": BOTH, "valid_at": DAY, "known_at": "1"}
    found = parse_answer(seed.get(path, **asked))
    for actor in found.get("data", [found]):
        for noun, page in actor["expanded"].items():
            held = {"holder": actor["id"], "valid_at": DAY, "known_at": "1", "limit": MOST}
            assert page["data"] == seed.data(f"/v1/{noun}", **held)
            assert page["next"] is None


def test_the_rest_is_one_address_away(seed: Registry):
    evidence = ["peskov-operation-continues"]
    about = {"force": "assert", "proposition": "talks", "evidence": evidence}
    for number in range(MOST):
        seed.post("/v1/positions", {"id": f"p-{number}", "holder": "russia", **about})
    page = read_expanded(seed, "/v1/actors/russia", expand="positions", valid_at=DAY)["positions"]
    seed.post("/v1/positions", {"id": "later", "holder": "russia", **about})
    rest = parse_answer(seed.get(page["next"]))

    assert len(page["data"]) == MOST
    shown = [each["id"] for each in (*page["data"], *rest["data"])]
    asked = {"holder": "russia", "valid_at": DAY, "known_at": seed.head - 1, "limit": 1000}
    assert shown == seed.ids("/v1/positions", **asked)
    assert "later" not in shown


def test_both_clocks_count(seed: Registry):
    def shown(**asked: Any) -> list[str]:
        page = read_expanded(seed, "/v1/actors/russia", expand="positions", **asked)["positions"]
        return [each["id"] for each in page["data"]]

    assert shown(valid_at="2023-03-28") == ["russia-intends-nuclear-weapons-in-belarus"]
    before = shown(valid_at=DAY)
    seed.retract("/v1/positions/russia-demands-ukraine-yields")
    assert set(before) - set(shown(valid_at=DAY)) == {"russia-demands-ukraine-yields"}
    assert shown(valid_at=DAY, known_at=2) == before


def test_an_answer_with_both_clocks_given_may_be_kept(seed: Registry):
    asked = {"expand": BOTH, "known_at": 1}
    for path in ("/v1/actors", "/v1/actors/russia"):
        assert "no-cache" in seed.get(path, **asked).headers["Cache-Control"]
        answer = seed.get(path, **asked, valid_at=DAY)
        assert "max-age" in answer.headers["Cache-Control"]
        assert answer.headers["Sinequanon-Valid-At"] == DAY


def test_the_day_of_a_list_holds_on_its_further_pages(seed: Registry):
    first = parse_answer(seed.get("/v1/actors", expand="positions", valid_at=DAY, limit=1))
    answer = seed.get(first["next"])
    assert answer.headers["Sinequanon-Valid-At"] == DAY
    assert "expanded" in parse_answer(answer)["data"][0]


def test_the_tag_tells_what_is_within_and_still_names_the_revision(seed: Registry):
    path, asked = "/v1/actors/russia", {"expand": "positions"}
    before = seed.get(path, **asked)
    tag = before.headers["ETag"]
    assert seed.get(path, **asked, headers={"If-None-Match": tag}).status_code == 304
    assert seed.get(path, headers={"If-None-Match": tag}).status_code == 200

    seed.amend("/v1/positions/russia-rejects-truce", note="looked at again")
    after = seed.get(path, **asked, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert after.headers["ETag"] != tag

    answer = seed.put(path, {**parse_answer(before), "note": "amended"}, tag)
    assert parse_answer(answer)["note"] == "amended"
    assert "expanded" not in parse_answer(answer)


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_a_record_is_shown_with_its_evidence(seed: Registry, noun: str):
    for each in seed.data(f"/v1/{noun}", expand="evidence", valid_at=DAY):
        found = each["expanded"]["evidence"]
        assert [said["id"] for said in found["data"]] == each["evidence"]
        assert found["data"] == [
            parse_answer(seed.get(f"/v1/statements/{i}")) for i in each["evidence"]
        ]
        assert found["next"] is None


def test_a_record_without_evidence_is_shown_with_none(registry: Registry):
    votes = {"expand": "evidence", "attestation": "recorded_vote", "valid_at": "any", "limit": 50}
    found = registry.data("/v1/positions", **votes)
    assert found
    assert all(each["expanded"]["evidence"] == {"data": [], "next": None} for each in found)


@pytest.mark.parametrize(
    ("path", "parameter", "said"),
    [
        ("/v1/actors?expand=friends", "expand", "none of positions, preconditions"),
        ("/v1/actors?expand=positions&limit=51", "limit", "at most 50"),
        ("/v1/actors?valid_at=2023-03-31", "valid_at", "goes with expand alone"),
        ("/v1/actors.csv?expand=positions", "expand", "leave format out"),
        ("/v1/issues?expand=positions", "expand", "unknown parameter"),
    ],
)
def test_what_does_not_go_with_it_is_refused(seed: Registry, path, parameter, said):
    [fault] = parse_answer(seed.get(path), 422)["errors"]
    assert fault["parameter"] == parameter
    assert said in fault["detail"]


def test_positions_and_preconditions_say_in_words_what_they_are_about(seed: Registry):
    [demand] = seed.data("/v1/positions", holder="russia", proposition="annexation-accepted")
    assert demand["proposition_text"] == "Ukraine accepts the annexation of five of its regions."
    [condition] = seed.data("/v1/preconditions", holder="russia", valid_at=DAY)
    assert condition["antecedents_text"] == (
        "Ukraine yields to Russia's demands and Ukraine accepts the annexation of five of its "
        "regions"
    )
    assert condition["consequents_text"] == ["The conflict ends"]


def test_the_words_follow_an_amended_proposition(seed: Registry):
    seed.amend("/v1/propositions/annexation-accepted", text="Ukraine gives up five regions.")
    demand = parse_answer(seed.get("/v1/positions/russia-demands-annexation"))
    assert demand["proposition_text"] == "Ukraine gives up five regions."
    condition = parse_answer(seed.get("/v1/preconditions/russia-end-needs-annexation"))
    assert condition["antecedents_text"].endswith("Ukraine gives up five regions")
    assert seed.ledger.find_faults() == []
