"""What stands in the way of peace on 31 March 2023, as the seed's article shows it."""

from __future__ import annotations

from typing import Any

import pytest

from api.analysis.deadlock.comparison import compare_deadlocks
from api.analysis.deadlock.working import WorkedDeadlock, work_out_deadlock
from api.analysis.engine.scene import Choices
from tests.analysis.quarrels import Quarrel
from tests.worlds import Registry, parse_answer

WAR = "/v1/conflicts/war-in-ukraine"
DAY = "2023-03-31"
"""The day of the article; the seed's other sources are of 2025."""

TRUCE = {"russia-rejects-truce", "belarus-proposes-truce"}
OPERATION = {"russia-continues-operation", "belarus-proposes-truce"}
CONDITIONS = {"russia-end-needs-annexation", "ukraine-peace-needs-withdrawal"}


def deadlock(registry: Registry, **query: Any) -> dict[str, Any]:
    return parse_answer(registry.get(f"{WAR}/deadlock", **{"valid_at": DAY, **query}))


def deadlock_of(quarrel: Quarrel) -> WorkedDeadlock:
    return work_out_deadlock(quarrel.scene(), Choices(), seconds=10)


def sets(found: list[dict[str, Any]]) -> list[set[str]]:
    return [{member["id"] for member in each["members"]} for each in found]


def test_peace_is_blocked_by_exactly_three_collisions(reading: Registry):
    found = deadlock(reading, goal="peace")
    assert found["verdict"] == "blocked"
    assert found["complete"]
    assert sets(found["collisions"]) == [CONDITIONS, TRUCE, OPERATION]


def test_each_collision_says_what_it_leans_on(reading: Registry):
    conditions, truce, operation = deadlock(reading, goal="peace")["collisions"]
    assert conditions["axioms"] == ["annexation-excludes-withdrawal", "peace-implies-end"]
    assert conditions["goals"] == ["peace"]
    assert (truce["axioms"], truce["goals"]) == ([], [])
    assert (operation["axioms"], operation["goals"]) == (["truce-ends-operation"], [])


def test_rows_tell_the_ways_out_of_each_quarrel_apart(reading: Registry):
    query = {"goal": "peace", "valid_at": DAY, "kind": "cluster", "columns": "set,way,record"}
    told = reading.get(f"{WAR}/deadlock.csv", **query).get_data(as_text=True).split()
    assert told == [
        "set,way,record",
        "1,1,russia-end-needs-annexation",
        "1,2,ukraine-peace-needs-withdrawal",
        "2,1,russia-rejects-truce",
        "2,1,russia-continues-operation",
        "2,2,belarus-proposes-truce",
    ]


def test_exactly_four_concessions_open_the_way_those_of_parties_first(reading: Registry):
    found = deadlock(reading, goal="peace")["concessions"]
    russia = {"russia-rejects-truce", "russia-continues-operation"}
    assert sets(found) == [
        russia | {"russia-end-needs-annexation"},
        russia | {"ukraine-peace-needs-withdrawal"},
        {"belarus-proposes-truce", "russia-end-needs-annexation"},
        {"belarus-proposes-truce", "ukraine-peace-needs-withdrawal"},
    ]
    assert [each["goes_unmet"] for each in found] == [0, 0, 1, 1]
    moves = {m["id"]: m["move"] for each in found for m in each["members"]}
    assert moves.pop("belarus-proposes-truce") == "goes_unmet"
    assert set(moves.values()) == {"yields"}


def test_without_a_goal_the_conditions_do_not_collide(reading: Registry):
    assert sets(deadlock(reading)["collisions"]) == [TRUCE, OPERATION]


def test_among_the_parties_only_their_conditions_collide(reading: Registry):
    found = deadlock(reading, goal="peace", holders="parties")
    assert sets(found["collisions"]) == [CONDITIONS]
    assert sets(found["concessions"]) == [{each} for each in sorted(CONDITIONS)]


def test_talks_without_preconditions_are_compatible_with_both_conditions(reading: Registry):
    found = deadlock(reading, goal="talks,talks-without-preconditions")
    assert found["verdict"] == "no_recorded_obstacle"
    assert all(each >= CONDITIONS for each in sets(found["compatible"]))


@pytest.mark.parametrize("axiom", ["annexation-excludes-withdrawal", "peace-implies-end"])
def test_leaving_a_rule_out_recomputes_honestly(reading: Registry, axiom: str):
    rules = deadlock(reading)["rules"]
    kept = ",".join(each["id"] for each in rules if each["id"] != axiom)
    found = deadlock(reading, goal="peace", axioms=kept)
    assert sets(found["collisions"]) == [TRUCE, OPERATION]
    assert {each["id"]: each["in_use"] for each in found["rules"]}[axiom] is False
    assert sets(deadlock(reading, goal="peace", axioms="none")["collisions"]) == [TRUCE]


def test_what_peace_would_take_and_nobody_answered(reading: Registry):
    asked = [(each["literal"], each["of"]) for each in deadlock(reading, goal="peace")["open_asks"]]
    # Each side's own condition excludes what else is asked of it, which is an answer.
    assert asked == [("demands-met", "ukraine")]


def test_a_goal_may_be_repeated_or_listed(reading: Registry):
    listed = reading.get(f"{WAR}/deadlock", goal="peace,truce").get_json()
    repeated = reading.get(f"{WAR}/deadlock?goal=peace&goal=truce").get_json()
    assert repeated == listed
    assert [each["literal"] for each in repeated["goals"]] == ["peace", "truce"]


def test_before_anybody_spoke_nothing_stands_in_the_way(reading: Registry):
    found = deadlock(reading, goal="peace", valid_at="2023-03-25")
    assert (found["verdict"], found["collisions"]) == ("no_recorded_obstacle", [])


def test_a_what_if_shows_exactly_what_it_changes_and_stores_nothing(registry_of):
    seed = registry_of("seed")
    before = parse_answer(seed.get("/v1/changesets"))
    supposed = {"positions": [{"holder": "ukraine", "force": "reject", "proposition": "truce"}]}
    answer = seed.client.post(f"{WAR}/deadlock?goal=peace&valid_at={DAY}", json=supposed)
    found = parse_answer(answer)
    assert "ETag" not in answer.headers
    assert sets(found["recorded"]["collisions"]) == [CONDITIONS, TRUCE, OPERATION]
    [appeared] = found["difference"]["collisions_appeared"]
    assert [m["holder"] for m in appeared["members"]] == ["belarus", "ukraine"]
    told = [(m["account"], m["since"], m["last_attested_on"]) for m in appeared["members"]]
    assert told == [("by Alexander Lukashenko, for Belarus", DAY, DAY), ("supposed", None, None)]
    assert "~" not in found["supposed"]["sentence"]
    assert found["difference"]["collisions_dissolved"] == []
    assert parse_answer(seed.get("/v1/changesets")) == before
    assert (
        parse_answer(seed.get(f"{WAR}/deadlock", goal="peace"))["collisions"]
        == (found["recorded"]["collisions"])
    )


@pytest.mark.parametrize(
    "query",
    [
        "valid_at=2023-03-31",
        "voices=narrated",
        "voices=relayed,own",
        "attested_since=2030-01-01",
    ],
)
def test_what_is_supposed_always_counts(reading: Registry, query: str):
    body = {"positions": [{"holder": "ukraine", "force": "reject", "proposition": "nuclear-war"},
                          {"holder": "russia", "force": "demand", "proposition": "nuclear-war"},
                          {"holder": "russia", "force": "accept", "proposition": "truce"},
                          ]}  # fmt: skip
    found = parse_answer(reading.client.post(f"{WAR}/deadlock?{query}", json=body))
    appeared = [
        {m["holder"] for m in each["members"]}
        for each in found["difference"]["collisions_appeared"]
    ]
    assert {"ukraine", "russia"} in appeared
    supposed = [
        each for each in found["supposed"]["left_out"] if each["id"].startswith("supposed:")
    ]
    assert supposed == []


def test_a_what_if_may_answer_a_whole_proposal(reading: Registry):
    answer = {
        "holder": "russia",
        "force": "accept",
        "responds_to": {"proposal": "belarus-truce-call"},
    }
    found = parse_answer(reading.client.post(f"{WAR}/deadlock", json={"positions": [answer]}))
    assert sets(found["recorded"]["collisions"]) == [TRUCE, OPERATION]
    dissolved = sets(found["difference"]["collisions_dissolved"])
    assert dissolved == [TRUCE]


def test_a_what_if_may_leave_records_out_and_add_rules(reading: Registry):
    body = {
        "leave_out": [{"noun": "positions", "id": "russia-rejects-truce"},
                      {"noun": "axioms", "id": "peace-implies-end"}],
        "axioms": [{"kind": "implies", "propositions": ["peace", "truce"]}],
        "preconditions": [{"holder": "ukraine", "consequents": ["talks"], "modality": "necessary",
                           "antecedents": [["truce"], ["full-withdrawal"]]}],
    }  # fmt: skip
    found = parse_answer(reading.client.post(f"{WAR}/deadlock?goal=peace&axioms=none", json=body))
    assert sets(found["supposed"]["collisions"]) == []
    left = {
        (e["noun"], e["id"]) for e in found["supposed"]["left_out"] if e["reason"] == "by_request"
    }
    assert left == {("positions", "russia-rejects-truce"), ("axioms", "peace-implies-end")}
    body["leave_out"] = []
    again = parse_answer(reading.client.post(f"{WAR}/deadlock?goal=peace&axioms=none", json=body))
    [appeared] = again["difference"]["collisions_appeared"]
    assert appeared["axioms"] == ["supposed:axiom-1"]
    assert [m["id"] for m in appeared["members"]] == ["russia-rejects-truce"]


def test_an_address_without_a_record_answers_as_the_what_if_does(reading: Registry):
    body = {"leave_out": [{"noun": "preconditions", "id": "ukraine-peace-needs-withdrawal"}]}
    posted = parse_answer(reading.client.post(f"{WAR}/deadlock?goal=peace", json=body))
    without = "preconditions/ukraine-peace-needs-withdrawal"
    found = parse_answer(reading.get(f"{WAR}/deadlock?goal=peace&without={without}"))
    assert found["parameters"].pop("without") == [without]
    posted["supposed"]["parameters"].pop("without")
    assert found == posted["supposed"] != posted["recorded"]
    assert "One record was left out on request." in found["basis"]["sentence"]
    later = reading.get(f"{WAR}/deadlock?goal=peace&without={without}&valid_at=2020-01-01")
    assert parse_answer(later)["left_out"] == []


def test_a_what_if_shows_the_asks_that_appear_and_that_are_answered(reading: Registry):
    body = {"preconditions": [{"holder": "ukraine", "consequents": ["peace"],
                               "antecedents": [["talks"]], "modality": "necessary"}],
            "positions": [{"holder": "ukraine", "force": "reject",
                           "proposition": "demands-met"}]}  # fmt: skip
    found = parse_answer(reading.client.post(f"{WAR}/deadlock?goal=peace", json=body))["difference"]
    appeared = [(each["of"], each["literal"]) for each in found["open_asks_appeared"]]
    dissolved = [(each["of"], each["literal"]) for each in found["open_asks_dissolved"]]
    assert appeared == [("russia", "talks"), ("ukraine", "talks")]
    assert dissolved == [("ukraine", "demands-met")]
    assert found["complete"]


def test_a_what_if_shows_a_circle_of_who_moves_first(reading: Registry):
    def first(holder: str, antecedent: str, consequent: str) -> dict[str, Any]:
        return {"holder": holder, "antecedents": [[antecedent]], "consequents": [consequent],
                "modality": "necessary", "timing": "before"}  # fmt: skip

    body = {"preconditions": [first("russia", "talks", "truce"),
                              first("ukraine", "truce", "talks")]}  # fmt: skip
    found = parse_answer(reading.client.post(f"{WAR}/deadlock?goal=truce", json=body))["difference"]
    [circle] = found["cycles_appeared"]
    assert (circle["actors"], circle["way_round"]) == (["russia", "ukraine"], False)
    assert found["cycles_dissolved"] == []


@pytest.mark.parametrize("limit", ["1", "50"])
def test_what_is_merely_pushed_off_the_list_is_not_said_to_be_gone(reading: Registry, limit: str):
    body = {"positions": [
        {"holder": "ukraine", "force": "accept", "proposition": "annexation-accepted"}
    ]}  # fmt: skip
    path = f"{WAR}/deadlock?goal=peace&limit={limit}"
    found = parse_answer(reading.client.post(path, json=body))["difference"]
    assert found["collisions_dissolved"] == []
    assert found["complete"] == (limit == "50")
    assert bool(found["cut"]) == (limit == "1")


def test_a_circle_that_only_a_shorter_one_hides_is_not_said_to_be_gone():
    quarrel = Quarrel()
    quarrel.propositions("a", "b", "c", "d")
    for then, first in ("ba", "cb", "ac"):
        quarrel.condition("ardo", then, first, timing="before")
    long = deadlock_of(quarrel)
    quarrel.condition("belm", "b", "c", timing="before")
    quarrel.condition("belm", "a", "b", timing="before")
    found = compare_deadlocks(long, deadlock_of(quarrel), seconds=10)
    assert [each.literals for each in found.cycles_dissolved] == []
    assert [each.literals for each in found.cycles_appeared] == [["a", "b"], ["b", "c"]]


@pytest.mark.parametrize(("body", "pointer"), [
    ({"leave_out": [{"noun": "positions", "id": "nowhere"}]}, "/leave_out/0"),
    ({"positions": [{"holder": "nobody", "force": "reject", "proposition": "truce"}]},
     "/positions/0/holder"),
    ({"axioms": [{"kind": "implies", "propositions": ["peace", "!nowhere"]}]},
     "/axioms/0/propositions/1"),
    ({"positions": [{"holder": "ukraine", "force": "refuse", "proposition": "truce"}]},
     "/positions/0/force"),
    ({"preconditions": [{"holder": "ukraine", "consequents": ["talks"], "modality": "necessary"}]},
     "/preconditions/0/antecedents"),
    ({"hypotheses": []}, "/hypotheses"),
])  # fmt: skip
def test_a_what_if_that_does_not_fit_is_refused_with_a_pointer(reading, body, pointer):
    answer = reading.client.post(f"{WAR}/deadlock", json=body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.get_json()["errors"]] == [pointer]


def test_who_stands_where(reading: Registry):
    found = parse_answer(reading.get(f"{WAR}/matrix", by="issue", valid_at=DAY))
    assert [each["holder"] for each in found["rows"]][:3] == ["russia", "ukraine", "belarus"]
    cells = {(c["holder"], c["column"]): c for row in found["rows"] for c in row["cells"]}
    [rejection] = cells["russia", "truce"]["positions"]
    assert (rejection["force"], rejection["sign"]) == ("reject", -1)
    assert cells["ukraine", "truce"]["state"] == "none_recorded"
    [demand] = [p for p in cells["russia", "annexed-regions"]["positions"]
                if p["proposition"] == "annexation-accepted"]  # fmt: skip
    assert demand["conditional"]


def test_a_narrowed_matrix_invents_no_silence(reading: Registry):
    found = parse_answer(reading.get(f"{WAR}/matrix", holder="russia"))
    assert [each["holder"] for each in found["rows"]] == ["russia"]
    by_issue = parse_answer(reading.get(f"{WAR}/matrix", issue="annexed-regions", by="issue"))
    assert [each["id"] for each in by_issue["columns"]] == ["annexed-regions"]


def test_who_answered_the_call_and_who_did_not(reading: Registry):
    url = "/v1/proposals/belarus-truce-call/responses"
    found = parse_answer(reading.get(url))["responses"]
    answers = {(each["component"], each["actor"]): each["response"] for each in found}
    assert answers == {
        ("a", "russia"): "reject", ("b", "russia"): "not_addressed", ("c", "russia"):
        "not_addressed", ("a", "ukraine"): "none_recorded", ("b", "ukraine"): "none_recorded",
        ("c", "ukraine"): "none_recorded",
    }  # fmt: skip
    silent = parse_answer(reading.get(url, response="none_recorded"))["responses"]
    assert {each["actor"] for each in silent} == {"ukraine"}


def test_what_happened_in_order(reading: Registry):
    found = parse_answer(reading.get(f"{WAR}/timeline", limit=1000))
    days = [each["earliest"] for each in found["data"]]
    assert days == sorted(days)
    kinds = {each["kind"] for each in found["data"]}
    assert {"statement", "proposal", "position_opened", "precondition_opened", "response"} <= kinds
    assert days[0] == "2023-03-26"
    told = [each for each in found["data"] if each["kind"] == "statement"]
    assert any(each["sentence"].startswith("Dmitry Peskov: “As for Ukraine") for each in told)
    assert any(": Putin's announcement" in each["sentence"] for each in told)  # no speaker's words


def test_a_timeline_is_read_page_by_page(reading: Registry):
    whole = parse_answer(reading.get(f"{WAR}/timeline", limit=1000))["data"]
    url: str | None = f"{WAR}/timeline?limit=7"
    read: list[dict[str, Any]] = []
    while url:
        page = parse_answer(reading.get(url))
        read += page["data"]
        url = page["next"]
    assert read == whole
    rows = reading.get(f"{WAR}/timeline.csv?limit=7")
    assert 'rel="next"' in rows.headers["Link"]


def test_a_timeline_is_narrowed(reading: Registry):
    asked = {"from": "2023-03-26", "to": "2023-03-30", "kind": "position_opened,response"}
    found = parse_answer(reading.get(f"{WAR}/timeline", **asked))["data"]
    assert [each["id"] for each in found] == [
        "russia-intends-nuclear-weapons-in-belarus", "ukraine-concerned-by-nuclear-weapons",
        "west-concerned-by-nuclear-weapons",
    ]  # fmt: skip
    asked = {"holder": "ukraine", "kind": "precondition_opened", "to": DAY}
    held = parse_answer(reading.get(f"{WAR}/timeline", **asked))
    assert [each["id"] for each in held["data"]] == ["ukraine-peace-needs-withdrawal"]


def test_what_changed_between_two_days(reading: Registry):
    found = parse_answer(reading.get(f"{WAR}/diff", **{"from": "2023-03-30", "to": "2023-03-31"}))
    opened = {each["id"] for each in found["changes"] if each["change"] == "opened"}
    assert "russia-rejects-truce" in opened
    assert "russia-intends-nuclear-weapons-in-belarus" not in opened
    assert sets(found["collisions"]["appeared"]) == [TRUCE, OPERATION]


def test_everything_that_one_actor_holds(reading: Registry):
    found = parse_answer(reading.get("/v1/actors/ukraine/dossier", since="2023-03-01"))
    issues = {each["issue"]: each for each in found["issues"]}
    assert [p["id"] for p in issues["withdrawal"]["preconditions"]] == [
        "ukraine-peace-needs-withdrawal"
    ]
    assert "ukraine-demands-withdrawal" in {p["id"] for p in issues["withdrawal"]["positions"]}
    assert {each["change"] for each in found["changes"]} == {"opened"}
    assert parse_answer(reading.get("/v1/actors/ukraine/dossier"))["changes"] == []
