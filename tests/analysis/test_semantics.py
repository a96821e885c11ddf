"""What a deadlock says of small conflicts, each worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from api.analysis.checker import Checker
from api.analysis.deadlock.whatif import Supposed, work_out_what_if
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices
from api.analysis.questions.deadlock import QUESTION
from api.errors import Invalid
from api.nouns import NOUNS_BY_NAME
from tests.analysis.certify import answer_conflict
from tests.analysis.quarrels import Quarrel, ids, reasons


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce", "talks", "peace")
    made.propositions("withdrawal", by=["ardo"])
    made.propositions("cession", by=["belm"])
    return made


def test_a_demand_and_its_refusal_collide_and_either_may_give_way(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock()
    assert found["verdict"] == "blocked"
    assert ids(found["collisions"]) == [["ardo-demand-truce", "belm-reject-truce"]]
    assert ids(found["concessions"]) == [["ardo-demand-truce"], ["belm-reject-truce"]]
    assert ids(found["compatible"]) == [["belm-reject-truce"], ["ardo-demand-truce"]]
    assert found["complete"]


def test_one_refusal_in_three_reports_is_one_member(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    for report in ("first", "second", "third"):
        quarrel.position("belm", "reject", "truce", id=report)
    [collision] = quarrel.deadlock()["collisions"]
    records = {member["holder"]: member["records"] for member in collision["members"]}
    assert records["belm"] == ["first", "second", "third"]


def test_what_an_outsider_asks_goes_unmet_and_comes_last(quarrel: Quarrel):
    quarrel.position("cors", "demand", "truce")
    quarrel.position("belm", "reject", "truce")
    yielding, waiting = quarrel.deadlock()["concessions"]
    assert [(m["holder"], m["move"]) for m in yielding["members"]] == [("belm", "yields")]
    assert [(m["holder"], m["move"]) for m in waiting["members"]] == [("cors", "goes_unmet")]
    assert (yielding["goes_unmet"], waiting["goes_unmet"]) == (0, 1)


@pytest.mark.parametrize("force", ["propose", "accept", "concede"])
def test_what_a_party_merely_offers_goes_unmet(quarrel: Quarrel, force: str):
    quarrel.position("ardo", force, "truce")
    quarrel.position("belm", "reject", "truce")
    assert ids(quarrel.deadlock()["concessions"]) == [
        ["belm-reject-truce"],
        [f"ardo-{force}-truce"],
    ]


def test_a_negated_rejection_wants_the_proposition(quarrel: Quarrel):
    quarrel.position("ardo", "reject", "truce", negated=True)
    quarrel.position("belm", "demand", "truce")
    found = quarrel.deadlock()
    assert found["verdict"] == "no_recorded_obstacle"
    assert ids(found["compatible"]) == [["ardo-reject-truce", "belm-demand-truce"]]


@pytest.mark.parametrize("force", ["assert", "accuse", "allege", "deny", "warn", "threaten",
                                   "concern", "defer", "abstain"])  # fmt: skip
def test_other_forces_constrain_nothing_and_are_listed(quarrel: Quarrel, force: str):
    id = quarrel.position("ardo", force, "truce")
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock()
    assert found["collisions"] == []
    assert reasons(found) == {id: "constrains_nothing"}


def test_the_latest_position_wins(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    old = quarrel.position("belm", "reject", "truce", on="2023-01-01")
    quarrel.position("belm", "accept", "truce", on="2024-02-01")
    found = quarrel.deadlock()
    assert found["collisions"] == []
    assert reasons(found) == {old: "superseded"}


def test_opposites_of_one_day_are_worked_out_either_way(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce", id="one-report")
    quarrel.position("belm", "accept", "truce", id="another-report")
    found = quarrel.deadlock()
    assert found["verdict"] == "disputed"
    assert ids(found["collisions"]) == [["ardo-demand-truce", "one-report"]]
    assert reasons(found) == {"another-report": "disputed"}
    cases = [(each["records"], each["verdict"], each["shown"]) for each in found["cases"]]
    assert cases == [
        (["one-report"], "blocked", True), (["another-report"], "no_recorded_obstacle", False)
    ]  # fmt: skip


def test_preferred_records_hide_normal_ones_and_deprecated_never_count(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce", rank="preferred", on="2023-01-01")
    quarrel.position("belm", "accept", "truce", on="2024-01-01")
    quarrel.position("belm", "demand", "talks", rank="deprecated")
    found = quarrel.deadlock()
    assert ids(found["collisions"]) == [["ardo-demand-truce", "belm-reject-truce"]]
    assert reasons(found) == {
        "belm-accept-truce": "not_preferred", "belm-demand-talks": "deprecated"
    }  # fmt: skip


def test_the_caller_chooses_voices_days_and_holders(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce", voice="relayed")
    quarrel.position("belm", "reject", "truce", on="2020-01-01")
    quarrel.position("cors", "demand", "truce")
    found = quarrel.deadlock(attested_since="2023-01-01", parties_only=True)
    assert reasons(found) == {
        "ardo-demand-truce": "voice", "belm-reject-truce": "attested_earlier",
        "cors-demand-truce": "not_party",
    }  # fmt: skip
    heard = quarrel.deadlock(voices=("own", "relayed"), parties_only=True)
    assert ids(heard["collisions"]) == [["ardo-demand-truce", "belm-reject-truce"]]


def test_what_is_part_of_a_party_is_a_party(quarrel: Quarrel):
    quarrel.put("actors", "ministry", name="Ministry", kind="institution", part_of="ardo")
    quarrel.position("ministry", "demand", "truce")
    assert quarrel.deadlock(parties_only=True)["left_out"] == []


def test_those_who_hold_it_jointly_are_members_of_their_own(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce", co_holders=["cors"])
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock()
    assert len(found["collisions"]) == 2
    assert [each["actors"] for each in found["concessions"]] == [["belm"], ["ardo", "cors"]]


def test_a_demand_under_a_precondition_leaves_it_to_that_to_speak(quarrel: Quarrel):
    condition = quarrel.condition("ardo", "peace", "cession")
    demand = quarrel.position("ardo", "demand", "cession", under=[condition])
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock()
    assert found["collisions"] == []
    assert reasons(found) == {demand: "conditional"}
    standing = quarrel.deadlock(standing_demands=True)
    assert ids(standing["collisions"]) == [["ardo-demand-cession", "belm-reject-cession"]]
    assert ids(quarrel.deadlock("peace")["collisions"]) == [["ardo-peace", "belm-reject-cession"]]


def test_conditions_that_tell_nothing_are_listed_with_the_reason(quarrel: Quarrel):
    quarrel.position("ardo", "accept_conditionally", "truce")
    quarrel.condition("ardo", "talks", id="none", antecedents_kind="none", modality="unknown")
    quarrel.condition("belm", "talks", id="vague", antecedents_kind="unspecified")
    quarrel.condition("belm", "peace", "cession", id="unclear", modality="unknown")
    assert reasons(quarrel.deadlock()) == {
        "ardo-accept_conditionally-truce": "condition_not_recorded", "none": "condition_none",
        "vague": "condition_unspecified", "unclear": "modality_unknown",
    }  # fmt: skip


def test_two_conditions_collide_by_a_rule_and_a_goal(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession")
    quarrel.condition("belm", "peace", "withdrawal")
    quarrel.axiom("either-or", "excludes", "cession withdrawal")
    assert quarrel.deadlock()["collisions"] == []
    assert quarrel.deadlock("peace", axioms=())["collisions"] == []
    [collision] = quarrel.deadlock("peace")["collisions"]
    assert collision["axioms"] == ["either-or"]
    assert collision["goals"] == ["peace"]


def test_a_condition_with_two_ways_falls_only_when_both_are_refused(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", "withdrawal truce")
    quarrel.position("belm", "reject", "cession")
    assert quarrel.deadlock("peace")["verdict"] == "no_recorded_obstacle"
    quarrel.position("belm", "reject", "truce")
    [collision] = quarrel.deadlock("peace")["collisions"]
    assert sorted(m["id"] for m in collision["members"]) == [
        "ardo-peace", "belm-reject-cession", "belm-reject-truce"
    ]  # fmt: skip


def test_an_offer_is_read_both_ways_or_literally(quarrel: Quarrel):
    """Ardo offers a truce if there are talks; Belm refuses talks; the goal is a truce.

    Heard as "only if", it cannot be; by the words alone, a truce without talks is not ruled out.
    """
    quarrel.condition("ardo", "truce", "talks", modality="offer")
    quarrel.position("belm", "reject", "talks")
    [collision] = quarrel.deadlock("truce")["collisions"]
    assert [m["inferred"] for m in collision["members"] if m["noun"] == "preconditions"] == [True]
    assert quarrel.deadlock("truce", literal_offers=True)["verdict"] == "no_recorded_obstacle"


def test_a_sufficient_condition_binds_its_holder_and_its_promise_can_be_let_go(quarrel: Quarrel):
    quarrel.condition("ardo", "truce", "talks", modality="sufficient")
    quarrel.position("belm", "reject", "truce")
    [collision] = quarrel.deadlock("talks")["collisions"]
    assert collision["goals"] == ["talks"]
    weaken = [m["weaken"] for c in quarrel.deadlock("talks")["concessions"] for m in c["members"]]
    assert {"antecedents": [], "consequents": ["truce"]} in weaken


def test_a_package_rejected_is_not_each_of_its_parts_rejected(quarrel: Quarrel):
    quarrel.proposal("plan", "truce", "talks")
    quarrel.position("belm", "reject", None, responds_to={"proposal": "plan"}, id="no")
    quarrel.position("ardo", "demand", "truce")
    assert quarrel.deadlock()["collisions"] == []
    quarrel.position("cors", "demand", "talks")
    [collision] = quarrel.deadlock()["collisions"]
    assert len(collision["members"]) == 3


def test_a_package_accepted_is_each_of_its_parts_accepted(quarrel: Quarrel):
    quarrel.proposal("plan", "truce !cession", "talks")
    quarrel.position("belm", "accept", None, responds_to={"proposal": "plan"}, id="yes")
    quarrel.position("ardo", "demand", "cession")
    quarrel.position("cors", "reject", "talks")
    found = quarrel.deadlock()
    collided = {
        member["literal"] for c in found["collisions"] for member in c["members"]
        if member["id"] == "yes"
    }  # fmt: skip
    assert collided == {"!cession", "talks"}


def test_a_later_answer_to_one_part_outweighs_the_package(quarrel: Quarrel):
    quarrel.proposal("plan", "truce", "talks")
    quarrel.position("belm", "accept", None, responds_to={"proposal": "plan"}, id="yes")
    quarrel.position("belm", "reject", "talks", on="2024-06-01")
    found = quarrel.deadlock()
    [entry] = found["left_out"]
    assert (entry["id"], entry["reason"], entry["literal"]) == ("yes", "superseded", "talks")
    assert ids(found["compatible"]) == [["belm-reject-talks", "yes"]]


def test_a_formula_of_ten_points_of_which_one_is_refused(quarrel: Quarrel):
    """The concession names the point, not the formula."""
    points = [f"point-{n}" for n in range(1, 11)]
    quarrel.propositions(*points, by=["belm"])
    quarrel.condition("ardo", "peace", " ".join(points))
    quarrel.position("belm", "reject", "point-7")
    refusing, asking = sorted(
        quarrel.deadlock("peace")["concessions"], key=lambda each: each["actors"], reverse=True
    )
    assert refusing["members"][0]["id"] == "belm-reject-point-7"
    assert asking["members"][0]["weaken"] == {"antecedents": ["point-7"], "consequents": []}
    assert "point-7" in asking["sentence"]
    assert "point-6" not in asking["sentence"]


def test_measures_on_one_scale_are_compared(quarrel: Quarrel):
    """At most 3.67 per cent implies at most 5, and excludes at least 20; zero implies both."""
    for id, op, value in (("zero", "eq", 0), ("low", "le", 3.67), ("five", "le", 5),
                          ("weapons", "ge", 20)):  # fmt: skip
        measure = {"scale": "enrichment", "op": op, "value": value, "unit": "percent"}
        quarrel.propositions(id, measure=measure)
    quarrel.position("belm", "demand", "zero")
    quarrel.position("ardo", "reject", "low")
    quarrel.position("cors", "demand", "weapons")
    found = quarrel.deadlock()
    leant = {tuple(ids([c])[0]): c["measures"] for c in found["collisions"]}
    assert leant == {
        ("ardo-reject-low", "belm-demand-zero"): ["zero implies low"],
        ("belm-demand-zero", "cors-demand-weapons"): ["weapons excludes zero"],
    }
    assert quarrel.deadlock(measures=False)["collisions"] == []
    assert not any(each["in_use"] for each in quarrel.deadlock(measures=False)["rules"])


def test_a_row_of_a_collision_names_all_that_it_leans_on(quarrel: Quarrel):
    quarrel.propositions("x", "y", "z")
    quarrel.propositions("w", readings=["x", "y"])
    quarrel.axiom("means-it", "implies", "z w")
    quarrel.position("ardo", "demand", "z")
    quarrel.position("belm", "reject", "x")
    quarrel.position("cors", "reject", "y")
    worked = work_out_deadlock(quarrel.scene(), Choices(), seconds=10)
    [collision] = worked.answer.collisions
    rows = [each for each in QUESTION.make_rows(worked.answer) if each["kind"] == "collision"]
    assert len(rows) == len(collision.members) > 1
    for name in ("axioms", "measures", "readings", "goals"):
        assert {tuple(each[name]) for each in rows} == {tuple(getattr(collision, name))}
    assert collision.readings == ["w means x"]


def test_measures_in_other_units_are_converted(quarrel: Quarrel):
    """At most 2000 GWh a year excludes at least 7 GWh a day, though 7 is less than 2000."""
    low = {"scale": "power", "op": "le", "value": 2000, "unit": "GWh a year"}
    quarrel.propositions("low", measure=low)
    high = {"scale": "power", "op": "ge", "value": 7, "unit": "GWh/day"}
    quarrel.propositions("high", measure=high)
    quarrel.position("ardo", "demand", "low")
    quarrel.position("belm", "demand", "high")
    assert [each["measures"] for each in quarrel.deadlock()["collisions"]] == [
        ["high excludes low"]
    ]


def test_scales_in_different_units_are_not_compared(quarrel: Quarrel):
    quarrel.propositions("a", measure={"scale": "fee", "op": "le", "value": 5, "unit": "euro"})
    quarrel.propositions("b", measure={"scale": "fee", "op": "ge", "value": 9, "unit": "dollar"})
    quarrel.position("ardo", "demand", "a")
    quarrel.position("belm", "demand", "b")
    assert quarrel.deadlock()["rules"] == []


@pytest.mark.parametrize("with_rule", [False, True])
def test_a_goal_or_a_rule_that_is_not_compared_is_noted(quarrel: Quarrel, *, with_rule: bool):
    quarrel.propositions("a", measure={"scale": "fee", "op": "le", "value": 5, "unit": "euro"})
    quarrel.propositions("b", measure={"scale": "fee", "op": "ge", "value": 9, "unit": "dollar"})
    quarrel.position("ardo", "demand", "a")
    if with_rule:
        quarrel.axiom("either", "at_least_one", "b truce")
    found = quarrel.deadlock(*(["peace"] if with_rule else ["b"]))
    assert [each["kind"] for each in found["notes"]] == ["not_comparable"]


def test_whoever_wants_what_is_ambiguous_wants_one_of_its_readings(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.position("ardo", "demand", "respect")
    quarrel.position("belm", "reject", "cession")
    assert quarrel.deadlock()["collisions"] == []
    quarrel.position("belm", "reject", "withdrawal")
    [collision] = quarrel.deadlock()["collisions"]
    assert (len(collision["members"]), collision["readings"]) == (3, [])
    quarrel.axiom("pick", "equivalent", "respect cession")
    [collision] = quarrel.deadlock()["collisions"]
    assert (len(collision["members"]), collision["axioms"]) == (2, ["pick"])


def test_goals_may_be_given_up_when_they_are_soft(quarrel: Quarrel):
    quarrel.position("belm", "reject", "truce")
    soft = quarrel.deadlock("truce", soft_goals=True)
    assert ids(soft["concessions"]) == [["belm-reject-truce"], ["truce"]]
    assert soft["verdict"] == "blocked"
    assert quarrel.deadlock("truce")["concessions"][0]["members"][0]["id"] == "belm-reject-truce"


def test_a_collision_with_a_soft_goal_names_it_and_comes_before_those_without(quarrel: Quarrel):
    quarrel.propositions("a-toll", "truce")
    for proposition, first, other in (("a-toll", "demand", "reject"), ("truce", "reject", "warn")):
        quarrel.position("ardo", first, proposition)
        quarrel.position("belm", other, proposition)
    soft = quarrel.deadlock("truce", soft_goals=True)["collisions"]
    assert [each["goals"] for each in soft] == [["truce"], []]
    assert [each["goals"] for each in quarrel.deadlock("truce")["collisions"]] == [["truce"], []]


@pytest.mark.parametrize("choices", [{}, {"soft_goals": True}])
def test_only_what_leans_on_a_goal_is_in_its_way(quarrel: Quarrel, choices: dict[str, bool]):
    quarrel.propositions("a-toll", "truce")
    apart = [quarrel.position("ardo", "demand", "a-toll"),
             quarrel.position("belm", "reject", "a-toll")]  # fmt: skip
    found = answer_conflict(quarrel, Choices(goals=("truce",), **choices))
    assert (found["verdict"], ids(found["collisions"])) == ("no_recorded_obstacle", [apart])
    assert [each["goals"] for each in found["clusters"]] == [False]
    assert found["basis"]["decided_by"] == []
    assert Checker(found).check() == []


def test_goals_that_rules_exclude_are_blocked_whatever_anybody_concedes(quarrel: Quarrel):
    quarrel.axiom("either-or", "excludes", "cession withdrawal")
    quarrel.position("ardo", "demand", "cession")
    found = quarrel.deadlock("cession", "withdrawal")
    [collision] = found["collisions"]
    assert (found["verdict"], collision["members"]) == ("blocked", [])
    assert (collision["axioms"], collision["goals"]) == (["either-or"], ["cession", "withdrawal"])
    assert found["concessions"] == []


def test_a_collision_beside_the_goal_does_not_block_it(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock("talks")
    assert found["verdict"] == "no_recorded_obstacle"
    assert [each["goals"] for each in found["collisions"]] == [[]]


def test_you_first_is_a_circle_without_a_collision(quarrel: Quarrel):
    """Ardo: you stop first, then we withdraw. Belm: you withdraw first, then we stop."""
    quarrel.condition("ardo", "withdrawal", "truce", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    found = quarrel.deadlock("truce")
    assert found["collisions"] == []
    [cycle] = found["cycles"]
    assert sorted(cycle["actors"]) == ["ardo", "belm"]
    assert sorted(cycle["preconditions"]) == ["ardo-withdrawal", "belm-truce"]
    assert not cycle["way_round"]
    assert found["verdict"] == "blocked"
    assert quarrel.deadlock("talks")["verdict"] == "no_recorded_obstacle"


def test_another_way_lets_somebody_begin(quarrel: Quarrel):
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.condition("ardo", "withdrawal", "truce", "talks", timing="before")
    found = quarrel.deadlock("truce")
    assert [each["way_round"] for each in found["cycles"]] == [True]
    assert found["verdict"] == "no_recorded_obstacle"


def test_a_circle_may_lead_through_a_rule(quarrel: Quarrel):
    """Peace implies a truce, so the truce comes no later; Ardo wants peace before any truce."""
    quarrel.axiom("includes", "implies", "peace truce")
    quarrel.condition("ardo", "truce", "peace", timing="before")
    [cycle] = quarrel.deadlock()["cycles"]
    assert (cycle["axioms"], cycle["actors"]) == (["includes"], ["ardo"])


def test_open_asks_follow_the_goal_back_to_whose_act_it_takes(quarrel: Quarrel):
    quarrel.axiom("includes", "implies", "peace truce")
    quarrel.condition("belm", "truce", "withdrawal")
    quarrel.condition("ardo", "peace", "cession")
    found = quarrel.deadlock("peace")["open_asks"]
    assert [(each["literal"], each["of"], each["id"]) for each in found] == [
        ("cession", "belm", "ardo-peace"), ("withdrawal", "ardo", "belm-truce")
    ]  # fmt: skip
    quarrel.position("ardo", "defer", "withdrawal", voice="relayed")
    assert [a["literal"] for a in quarrel.deadlock("peace")["open_asks"]] == ["cession"]


def test_an_answer_to_a_whole_package_answers_what_is_asked(quarrel: Quarrel):
    quarrel.condition("belm", "truce", "withdrawal")
    quarrel.proposal("plan", "withdrawal talks")
    quarrel.position("ardo", "reject", None, responds_to={"proposal": "plan"}, id="no")
    assert quarrel.deadlock("truce")["open_asks"] == []


@pytest.mark.parametrize(("goals", "choices", "parameter"), [
    (("nowhere",), {}, "goal"), ((), {"axioms": ("nowhere",)}, "axioms"),
])  # fmt: skip
def test_unknown_goals_and_axioms_are_refused(quarrel: Quarrel, goals, choices, parameter):
    with pytest.raises(Invalid) as refused:
        quarrel.deadlock(*goals, **choices)
    assert refused.value.parameter == parameter


def test_what_is_cut_is_said(quarrel: Quarrel):
    for n in range(4):
        quarrel.propositions(f"p{n}")
        quarrel.position("ardo", "demand", f"p{n}")
        quarrel.position("belm", "reject", f"p{n}")
    found = quarrel.deadlock(limit=3)
    assert (len(found["collisions"]), len(found["concessions"])) == (3, 3)
    assert found["cut"] == ["collisions", "concessions"]
    assert (found["verdict"], found["complete"]) == ("incomplete", False)
    whole = quarrel.deadlock(limit=16)
    assert (len(whole["concessions"]), whole["complete"]) == (16, True)
    # Those of a list that is cut have models and proofs of their own.
    assert [{**each, "certificate": None} for each in found["concessions"]] == [
        {**each, "certificate": None} for each in whole["concessions"][:3]
    ]


def test_who_is_stuck_does_not_hang_on_the_order_of_records(quarrel: Quarrel):
    """Belm names two ways, Cors only the one that waits for Ardo."""
    for names in (("belm", "cors"), ("cors", "belm")):
        made = Quarrel()
        made.propositions("truce", "talks", "withdrawal")
        for name in names:
            ways = ["withdrawal", "talks"] if name == "belm" else ["withdrawal"]
            made.condition(name, "truce", *ways, timing="before")
        made.condition("ardo", "withdrawal", "truce", timing="before")
        found = made.deadlock("truce")
        assert (found["verdict"], [c["way_round"] for c in found["cycles"]]) == ("blocked", [False])


def test_another_way_that_is_a_circle_itself_is_no_way(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "truce", "talks", timing="before")
    quarrel.condition("belm", "truce", "peace", timing="before")
    quarrel.condition("belm", "talks", "peace", timing="before")
    found = quarrel.deadlock("peace")
    assert found["verdict"] == "blocked"
    assert [each["way_round"] for each in found["cycles"]] == [False, False]


def test_a_circle_on_a_way_that_need_not_be_taken_blocks_nothing(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", "withdrawal")
    quarrel.condition("belm", "withdrawal", "truce", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    assert quarrel.deadlock("peace")["verdict"] == "no_recorded_obstacle"
    assert quarrel.deadlock("truce")["verdict"] == "blocked"


def test_rules_alone_are_no_circle(quarrel: Quarrel):
    names = [f"q{n}" for n in range(9)]
    quarrel.propositions(*names)
    quarrel.axiom("same", "equivalent", " ".join(names))
    quarrel.position("ardo", "demand", "q0")
    found = quarrel.deadlock("q3")
    assert (found["cycles"], found["verdict"]) == ([], "no_recorded_obstacle")
    quarrel.condition("belm", "truce", "q1", timing="before")
    quarrel.condition("ardo", "q5", "truce", timing="before")
    [cycle] = quarrel.deadlock("q3")["cycles"]
    assert sorted(cycle["actors"]) == ["ardo", "belm"]
    assert quarrel.deadlock("q3")["verdict"] == "blocked"


def test_many_long_circles_are_found_in_time():
    """Fourteen layers of twelve, each waiting for the whole next one."""
    made = Quarrel()
    layers = [[f"p{n}-{i}" for i in range(12)] for n in range(14)]
    for n, layer in enumerate(layers):
        made.propositions(*layer)
        made.condition("ardo", " ".join(layer), " ".join(layers[(n + 1) % 14]), timing="before",
                       id=f"c{n}")  # fmt: skip
    found = made.deadlock("p0-0", limit=5)
    assert found["cut"] == ["cycles"]
    assert len(found["cycles"]) == 50
    assert {len(each["literals"]) for each in found["cycles"]} == {14}


def test_a_demand_whose_precondition_does_not_count_says_so(quarrel: Quarrel):
    condition = quarrel.condition("ardo", "peace", "cession", voice="anonymous")
    demand = quarrel.position("ardo", "demand", "cession", under=[condition])
    assert reasons(quarrel.deadlock())[demand] == "condition_silent"


def test_the_answer_to_a_part_outweighs_the_package_on_one_day(quarrel: Quarrel):
    quarrel.proposal("plan", "truce", "talks")
    quarrel.position("belm", "accept", None, responds_to={"proposal": "plan"}, id="yes")
    quarrel.position("belm", "reject", "talks",
                     responds_to={"proposal": "plan", "component": "c2"}, id="but")  # fmt: skip
    quarrel.position("ardo", "demand", "talks")
    assert ids(quarrel.deadlock()["collisions"]) == [["ardo-demand-talks", "but"]]


def test_a_package_rejected_and_then_accepted_part_by_part_is_accepted(quarrel: Quarrel):
    quarrel.proposal("plan", "truce", "talks")
    quarrel.position("belm", "reject", None, responds_to={"proposal": "plan"}, id="no")
    quarrel.position("belm", "accept", "truce", on="2024-02-01")
    assert reasons(quarrel.deadlock()) == {}
    quarrel.position("belm", "accept", "talks", on="2024-02-01")
    found = quarrel.deadlock()
    assert (found["collisions"], reasons(found)) == ([], {"no": "superseded"})


def test_a_package_rejected_and_accepted_part_by_part_on_one_day_is_accepted(quarrel: Quarrel):
    quarrel.proposal("plan", "truce", "talks")
    quarrel.position("belm", "reject", None, responds_to={"proposal": "plan"}, id="no")
    quarrel.position("belm", "accept", "truce")
    assert reasons(quarrel.deadlock()) == {}
    quarrel.position("belm", "accept", "talks")
    found = quarrel.deadlock()
    assert (found["collisions"], reasons(found)) == ([], {"no": "superseded"})


def test_what_was_replaced_counts_no_more(quarrel: Quarrel):
    demand = quarrel.position("ardo", "demand", "truce")
    quarrel.position("ardo", "defer", "truce", replaces=demand)
    old = quarrel.condition("belm", "peace", "cession")
    quarrel.condition("belm", "peace", "withdrawal", id="new", replaces=old)
    left = reasons(quarrel.deadlock())
    assert (left[demand], left[old]) == ("superseded", "superseded")


def test_two_reports_of_one_condition_are_one_member_whatever_their_order(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession truce", id="one")
    quarrel.condition("ardo", "peace", "truce cession", id="two")
    quarrel.position("belm", "reject", "cession")
    [collision] = quarrel.deadlock("peace")["collisions"]
    assert ["one", "two"] in [member["records"] for member in collision["members"]]


def test_a_record_left_out_for_one_holder_counts_for_the_other(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce", co_holders=["cors"])
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock(parties_only=True)
    assert [(each["holder"], each["reason"]) for each in found["left_out"]] == [
        ("cors", "not_party")
    ]
    assert len(found["collisions"]) == 1


def test_nothing_is_said_to_be_unanswered_that_somebody_answered(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "talks")
    assert [each["of"] for each in quarrel.deadlock("peace")["open_asks"]] == [None]
    quarrel.position("belm", "reject", "talks")
    assert quarrel.deadlock("peace")["open_asks"] == []
    quarrel.condition("ardo", "truce", "cession")
    quarrel.condition("belm", "cession", "withdrawal")
    assert [a["literal"] for a in quarrel.deadlock("truce")["open_asks"]] == ["withdrawal"]


def test_an_ask_that_must_be_met_is_no_alternative(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "cession", "withdrawal", id="either")
    quarrel.condition("cors", "peace", "cession", id="only")
    asks = {a["literal"]: a["alternative"] for a in quarrel.deadlock("peace")["open_asks"]}
    assert asks == {"cession": False, "withdrawal": True}


def test_an_ambiguous_goal_is_blocked_where_every_reading_of_it_is(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.position("ardo", "reject", "cession")
    found = quarrel.deadlock("respect")
    assert found["verdict"] == "disputed"
    cases = {tuple(each["readings"]): each["verdict"] for each in found["cases"]}
    assert cases == {
        ("respect means cession",): "blocked",
        ("respect means withdrawal",): "no_recorded_obstacle",
    }
    quarrel.axiom("pick", "implies", "respect withdrawal")
    assert quarrel.deadlock("respect")["verdict"] == "no_recorded_obstacle"
    quarrel.position("ardo", "reject", "withdrawal")
    assert quarrel.deadlock("respect", axioms=())["verdict"] == "blocked"


def test_what_the_rejection_of_ambiguous_words_rejects_is_worked_out_case_by_case(
    quarrel: Quarrel,
):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.position("ardo", "reject", "respect")
    quarrel.position("belm", "demand", "cession")
    found = quarrel.deadlock()
    assert (found["verdict"], len(found["cases"])) == ("disputed", 2)
    quarrel.position("belm", "demand", "withdrawal")
    found = quarrel.deadlock()
    assert (found["verdict"], len(found["cases"])) == ("blocked", 2)


def test_collisions_that_lean_on_the_goal_survive_the_limit(quarrel: Quarrel):
    for n in range(5):
        quarrel.propositions(f"p{n}")
        quarrel.position("ardo", "demand", f"p{n}")
        quarrel.position("belm", "reject", f"p{n}")
    quarrel.position("belm", "reject", "peace")
    found = quarrel.deadlock("peace", limit=2)
    assert [each["goals"] for each in found["collisions"]] == [["peace"], []]
    assert "One more clash stands whatever the goal." in found["sentence"]


def test_where_nobody_wants_anything_the_sentence_says_so(quarrel: Quarrel):
    found = quarrel.deadlock("peace")
    assert "No record counts here." in found["sentence"]


def test_a_scale_of_too_many_measures_is_refused_with_a_way_out(quarrel: Quarrel):
    for n in range(101):
        quarrel.propositions(f"m{n}", measure={"scale": "fee", "op": "le", "value": n})
        quarrel.position("ardo", "demand", f"m{n}")
    with pytest.raises(Invalid, match="measures=off"):
        quarrel.deadlock()
    assert quarrel.deadlock(measures=False)["verdict"] == "no_recorded_obstacle"


def test_compatible_sets_that_are_too_long_are_cut_and_said(quarrel: Quarrel, monkeypatch):
    monkeypatch.setattr("api.analysis.deadlock.presentation._MOST_FITTING", 2)
    quarrel.position("ardo", "demand", "truce")
    quarrel.position("belm", "reject", "truce")
    found = quarrel.deadlock()
    assert (len(found["compatible"]), found["cut"]) == (1, ["compatible"])
    assert (found["verdict"], found["complete"]) == ("incomplete", False)


def suppose(quarrel: Quarrel, noun: str, draft: dict[str, Any]) -> list[str]:
    """Return the ids of what a deadlock leaves out when a record is supposed."""
    supposed = Supposed(added={noun: [draft]})
    found = work_out_what_if(quarrel.scene(), Choices(), supposed, NOUNS_BY_NAME, seconds=10)
    return [each.id for each in found.supposed.left_out]


@pytest.mark.parametrize("preferred", ["part", "whole"])
def test_a_supposed_answer_stands_beside_a_preferred_one_to_the_whole_or_a_part(
    quarrel: Quarrel, preferred: str
):
    quarrel.proposal("plan", "truce", "talks")
    answers = {
        "part": {"proposition": "truce", "force": "reject"},
        "whole": {"proposition": None, "force": "accept", "responds_to": {"proposal": "plan"}},
    }
    recorded = answers.pop(preferred)
    quarrel.position("belm", id="recorded", rank="preferred", **recorded)
    [draft] = answers.values()
    left_out = suppose(quarrel, "positions", {"holder": "ardo", "co_holders": ["belm"], **draft})
    assert [id for id in left_out if id.startswith("supposed:")] == []
    assert "recorded" in left_out


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_what_is_supposed_stands_beside_what_its_holder_prefers(quarrel: Quarrel, noun: str):
    drafts = {
        "positions": {"holder": "ardo", "force": "reject", "proposition": "truce"},
        "preconditions": {"holder": "ardo", "consequents": ["truce", "talks"],
                          "antecedents": [["peace"]], "antecedents_kind": "stated",
                          "modality": "necessary"},
    }  # fmt: skip
    preferred = {"rank": "preferred", "co_holders": ["ardo"]}
    quarrel.position("belm", "accept", "truce", **preferred)
    quarrel.condition("belm", "talks truce", "withdrawal", **preferred)
    left_out = suppose(quarrel, noun, drafts[noun])
    assert [id for id in left_out if id.startswith("supposed:")] == []


def test_a_preferred_answer_to_another_proposal_is_no_rival_of_a_supposed_one(quarrel: Quarrel):
    quarrel.proposal("one", "truce")
    quarrel.proposal("other", "talks")
    quarrel.position("ardo", "accept", None, rank="preferred", responds_to={"proposal": "one"})
    said = quarrel.position("ardo", "accept", None, id="said", responds_to={"proposal": "other"})
    draft = {"holder": "ardo", "force": "accept", "responds_to": {"proposal": "other"}}
    assert said not in suppose(quarrel, "positions", draft)
