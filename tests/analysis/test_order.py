"""The order of moves: small conflicts worked out by hand, and random ones against trying all."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from api.analysis.engine.order import find_order
from api.analysis.engine.plan import plan_concessions
from api.analysis.engine.scene import Choices
from api.analysis.engine.solver import CorrectionSubset, solve_input
from api.analysis.engine.translation import translate_scene
from tests.analysis.brute_order import order_faults, random_order
from tests.analysis.quarrels import Quarrel, ids

SEED = 20230331


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce", "talks", "peace", "pledge")
    made.propositions("withdrawal", by=["ardo"])
    made.propositions("cession", by=["belm"])
    return made


def list_stages(plan: dict[str, Any]) -> list[list[str]]:
    """Give the literals of each stage."""
    return [[move["literal"] for move in stage["moves"]] for stage in plan["stages"]]


def list_changes(cycle: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Give the ways out of a circle: who changes which condition, and how."""
    return sorted(
        [(each["id"], each["change"]) for each in way["changes"]] for way in cycle["ways_out"]
    )


def test_each_move_comes_as_soon_as_its_condition_permits(quarrel: Quarrel):
    """Belm talks once Ardo has withdrawn; Ardo makes peace once there were talks."""
    quarrel.condition("belm", "talks", "withdrawal", timing="before")
    quarrel.condition("ardo", "peace", "talks", timing="before")
    quarrel.condition("cors", "peace", "truce", timing="simultaneous")
    plan = quarrel.deadlock("peace")["plan"]
    assert (plan["possible"], plan["ordered"]) == (True, True)
    assert list_stages(plan) == [["withdrawal"], ["talks"], ["peace", "truce"]]
    [withdrawal], [talks], [peace, truce] = (stage["moves"] for stage in plan["stages"])
    assert withdrawal["actors"] == ["ardo"]
    assert withdrawal["preconditions"] == ["belm-talks"]
    assert talks["waits_for"] == ["withdrawal"]
    assert (peace["waits_for"], truce["waits_for"]) == (["talks", "truce"], ["peace"])
    assert plan["sentence"] == (
        "First: “It is withdrawal” (up to Ardo; as Belm's condition of 1 January 2024 asks). "
        "Then: “It is talks” (as Ardo's condition of 1 January 2024 asks). Then, at the same time: "
        "“It is peace” (the goal) and “It is truce” (as Cors's condition of 1 January 2024 asks)."
    )


def test_a_move_names_the_first_day_on_which_its_condition_is_on_record(quarrel: Quarrel):
    days = {"attested_on": "2023-03-01", "last_attested_on": "2024-05-01"}
    quarrel.condition("belm", "talks", "withdrawal", timing="before", **days)
    found = quarrel.deadlock("talks")
    assert found["members"][0]["since"] == "2023-03-01"
    assert "as Belm's condition of 1 March 2023 asks" in found["plan"]["sentence"]


def test_the_shorter_of_two_chains_does_not_wait_for_the_longer(quarrel: Quarrel):
    quarrel.propositions("a", "b", "c", "d", "e", "f", "g")
    for then, first in ("ab", "bc", "cd", "ef"):
        quarrel.condition("ardo", then, first, timing="before")
    found = quarrel.deadlock("a", "e", "g")
    assert list_stages(found["plan"]) == [["d", "f", "g"], ["c", "e"], ["b"], ["a"]]


def test_without_times_the_plan_has_one_stage_and_says_so(quarrel: Quarrel):
    quarrel.condition("belm", "talks", "withdrawal")
    plan = quarrel.deadlock("talks")["plan"]
    assert list_stages(plan) == [["talks", "withdrawal"]]
    assert not plan["ordered"]
    assert plan["sentence"].startswith("No order of moves is recorded. It takes: ")


def test_a_merely_sufficient_condition_orders_nothing(quarrel: Quarrel):
    quarrel.condition("ardo", "truce", "talks", modality="sufficient", timing="before")
    quarrel.condition("belm", "talks", "truce", modality="sufficient", timing="before")
    found = quarrel.deadlock("truce")
    assert (found["cycles"], list_stages(found["plan"])) == ([], [["truce"]])


def test_at_once_against_first_is_a_circle_and_tells_its_ways_out(quarrel: Quarrel):
    quarrel.condition("ardo", "withdrawal", "truce", timing="simultaneous")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    found = quarrel.deadlock("truce")
    assert (found["verdict"], found["collisions"]) == ("blocked", [])
    [cycle] = found["cycles"]
    assert (cycle["actors"], cycle["way_round"]) == (["ardo", "belm"], False)
    assert list_changes(cycle) == [[("ardo-withdrawal", "dropped")],
                                   [("belm-truce", "simultaneous")]]  # fmt: skip
    assert (found["plan"]["possible"], found["plan"]["cycles"]) == (False, [1])
    assert "Belm accepts “It is truce” at the same time as “It is withdrawal”" in cycle["sentence"]
    assert "No order of moves is possible" in found["plan"]["sentence"]


def test_what_makes_the_circle_decides(quarrel: Quarrel):
    quarrel.condition("ardo", "withdrawal", "truce", timing="simultaneous")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.condition("cors", "peace", "truce")
    quarrel.condition("cors", "pledge", "talks")
    for goal in ("truce", "peace"):
        assert quarrel.deadlock(goal)["basis"]["decided_by"] == ["ardo-withdrawal", "belm-truce"]
    quarrel.position("ardo", "reject", "peace")
    assert quarrel.deadlock("peace")["basis"]["decided_by"] == []
    quarrel.condition("belm", "talks", "pledge", timing="before")
    assert quarrel.deadlock("truce")["basis"]["decided_by"] == ["ardo-withdrawal", "belm-truce"]


@pytest.mark.parametrize("order", [("before", "simultaneous"), ("simultaneous", "before")])
def test_of_two_timings_of_one_day_the_stricter_counts(quarrel: Quarrel, order: tuple[str, ...]):
    for timing in order:
        quarrel.condition("ardo", "peace", "truce", id=timing, timing=timing)
    quarrel.condition("belm", "truce", "peace", timing="simultaneous")
    assert quarrel.deadlock("peace")["verdict"] == "blocked"


def test_the_same_first_for_one_and_at_once_for_another_is_a_circle(quarrel: Quarrel):
    quarrel.condition("ardo", "truce", "withdrawal", timing="simultaneous")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    found = quarrel.deadlock("truce")
    assert (found["verdict"], found["stuck"], len(found["cycles"])) == ("blocked", ["truce"], 1)


def test_two_who_both_ask_for_both_at_once_agree(quarrel: Quarrel):
    quarrel.condition("ardo", "withdrawal", "truce", timing="simultaneous")
    quarrel.condition("belm", "truce", "withdrawal", timing="simultaneous")
    found = quarrel.deadlock("truce")
    assert (found["cycles"], found["verdict"]) == ([], "no_recorded_obstacle")
    assert list_stages(found["plan"]) == [["truce", "withdrawal"]]


def test_making_one_of_two_firsts_simultaneous_is_not_enough(quarrel: Quarrel):
    """Where each wants the other first, one must drop: both at once breaks the other's first."""
    quarrel.condition("ardo", "withdrawal", "truce", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    [cycle] = quarrel.deadlock("truce")["cycles"]
    assert list_changes(cycle) == [[("ardo-withdrawal", "dropped")], [("belm-truce", "dropped")]]


def test_a_circle_may_need_two_changes_and_names_the_milder_ones(quarrel: Quarrel):
    """Two ask Ardo to go first, who wants both at once: either Ardo drops it, or both the others.

    Ardo alone is fewer.
    """
    quarrel.condition("ardo", "withdrawal", "truce", timing="simultaneous")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.condition("cors", "truce", "withdrawal", timing="before")
    [cycle] = quarrel.deadlock("truce")["cycles"]
    assert list_changes(cycle) == [[("ardo-withdrawal", "dropped")]]
    quarrel.condition("cors", "withdrawal", "truce", timing="simultaneous", id="too")
    [cycle] = quarrel.deadlock("truce")["cycles"]
    assert list_changes(cycle) == [
        [("ardo-withdrawal", "dropped"), ("too", "dropped")],
        [("belm-truce", "simultaneous"), ("cors-truce", "simultaneous")],
    ]


def test_what_is_a_fact_keeps_nobody_waiting(quarrel: Quarrel):
    """Ardo has withdrawn, which its own condition would forbid, and Belm's is met."""
    quarrel.condition("ardo", "withdrawal", "truce", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.condition("cors", "talks", "withdrawal", timing="simultaneous")
    quarrel.axiom("gone", "fact", "withdrawal")
    found = quarrel.deadlock("truce", "talks")
    assert (found["cycles"], found["verdict"]) == ([], "no_recorded_obstacle")
    assert list_stages(found["plan"]) == [["talks", "truce"]]


def test_what_a_fact_implies_is_one(quarrel: Quarrel):
    quarrel.condition("belm", "truce", "talks", timing="before")
    quarrel.axiom("gone", "fact", "withdrawal")
    quarrel.axiom("includes", "implies", "withdrawal talks")
    assert list_stages(quarrel.deadlock("truce")["plan"]) == [["truce"]]


def test_what_a_move_implies_comes_no_later(quarrel: Quarrel):
    """Peace implies the truce, and the truce must wait for a pledge."""
    quarrel.axiom("includes", "implies", "peace truce")
    quarrel.condition("ardo", "truce", "pledge", timing="before")
    plan = quarrel.deadlock("peace")["plan"]
    assert list_stages(plan) == [["pledge"], ["peace", "truce"]]
    [peace, truce] = plan["stages"][1]["moves"]
    assert (peace["waits_for"], truce["axioms"]) == (["truce"], ["includes"])


def test_an_ambiguous_move_comes_no_earlier_than_a_reading(quarrel: Quarrel):
    quarrel.propositions("respect", readings=["cession", "withdrawal"])
    quarrel.condition("ardo", "cession", "pledge", timing="before")
    quarrel.condition("belm", "withdrawal", "pledge", timing="before")
    quarrel.condition("cors", "truce", "respect", timing="before")
    order = find_order(translate_scene(quarrel.scene(), Choices(("truce",))).problem, seconds=9)
    assert {("cession", "respect"), ("withdrawal", "respect")} <= order.steps.keys()
    plan = quarrel.deadlock("truce")["plan"]
    assert list_stages(plan)[0] == ["pledge"]
    assert "respect" in list_stages(plan)[1]
    assert list_stages(plan)[2] == ["truce"]


def test_of_two_ways_the_one_is_taken_that_needs_fewer_stages(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "talks", "withdrawal cession", timing="before")
    quarrel.condition("belm", "talks", "truce", timing="before")
    assert list_stages(quarrel.deadlock("peace")["plan"]) == [["cession", "withdrawal"], ["peace"]]


def test_a_way_round_that_somebody_refuses_is_no_way(quarrel: Quarrel):
    """Nothing collides and nothing is stuck by the order alone, and still nobody can begin."""
    quarrel.condition("ardo", "peace", "truce", "talks", timing="before")
    quarrel.condition("belm", "truce", "peace", timing="before")
    assert quarrel.deadlock("peace")["verdict"] == "no_recorded_obstacle"
    quarrel.position("cors", "reject", "talks")
    found = quarrel.deadlock("peace")
    assert (found["verdict"], found["collisions"]) == ("blocked", [])
    assert (found["plan"]["possible"], found["plan"]["cycles"]) == (False, [1])
    assert found["sentence"].startswith("No order of moves is possible to “It is peace”")


def test_a_concession_does_not_open_what_a_circle_still_blocks(quarrel: Quarrel):
    quarrel.condition("ardo", "withdrawal", "truce", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.position("belm", "reject", "truce")
    [conceded] = quarrel.deadlock("truce")["concessions"]
    assert (conceded["plan"]["possible"], conceded["plan"]["cycles"]) == (False, [1])
    assert "Even so, nobody can begin: “It is truce” must come before" in conceded["sentence"]


def test_a_concession_that_drops_a_condition_opens_its_circle(quarrel: Quarrel):
    quarrel.condition("ardo", "withdrawal", "truce cession", timing="before")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.position("belm", "reject", "cession")
    found = quarrel.deadlock("truce")
    plans = {ids([each])[0][0]: each["plan"] for each in found["concessions"]}
    assert list_stages(plans["belm-truce"]) == [["truce"]]
    # Let go of in part: the cession is no longer asked, the truce still comes first.
    assert not plans["ardo-withdrawal"]["possible"]
    assert not plans["belm-reject-cession"]["possible"]


def test_without_goals_all_that_is_demanded_or_promised_comes_about(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    quarrel.condition("belm", "truce", "withdrawal", timing="before")
    quarrel.condition("cors", "talks", "truce", modality="sufficient")
    quarrel.propositions("beside")
    # The promise of talks for a truce says nothing of what comes first.
    assert list_stages(quarrel.deadlock()["plan"]) == [["talks", "withdrawal"], ["truce"]]


def test_a_literal_that_the_rules_exclude_is_not_said_to_wait(quarrel: Quarrel):
    quarrel.condition("ardo", "peace", "truce", timing="before")
    quarrel.condition("belm", "truce", "peace", timing="before")
    quarrel.axiom("never", "not_all", "peace truce")
    found = quarrel.deadlock("peace")
    assert ids(found["collisions"]) == [["ardo-peace"]]
    assert "Nobody can begin" not in found["sentence"]


def test_an_order_within_an_accepted_plan_counts(quarrel: Quarrel):
    quarrel.put("proposals", "plan", title="Plan", conflict="quarrel", proposers=["cors"],
                addressees=["ardo"], components=[
                    {"id": "a", "propositions": ["truce"]},
                    {"id": "b", "propositions": ["talks"], "after": ["a"]}])  # fmt: skip
    yes = quarrel.position("ardo", "accept", None, responds_to={"proposal": "plan"}, id="yes")
    assert list_stages(quarrel.deadlock()["plan"]) == [["truce"], ["talks"]]
    quarrel.condition("belm", "truce", "talks", timing="before")
    [cycle] = quarrel.deadlock("talks")["cycles"]
    assert (cycle["positions"], cycle["preconditions"]) == ([yes], ["belm-truce"])


def test_plans_that_the_time_did_not_suffice_for_are_said_to_be_cut(quarrel: Quarrel):
    quarrel.position("ardo", "demand", "truce")
    problem = translate_scene(quarrel.scene(), Choices()).problem
    found = solve_input(problem, limit=5, seconds=5)
    order = find_order(problem, seconds=5)
    assert plan_concessions(problem, found, order, seconds=-1) == [None]
    some = (CorrectionSubset((0,), {}), CorrectionSubset((0,), {}))
    uncollided = replace(found, collisions=(), concessions=some, cut=("time",))
    assert plan_concessions(problem, uncollided, order, seconds=-1) == [None, None]
    quarrel.condition("ardo", "peace", "truce", timing="before")
    quarrel.condition("belm", "truce", "peace", timing="before")
    problem = translate_scene(quarrel.scene(), Choices()).problem
    assert not find_order(problem, seconds=-1).complete


@pytest.mark.parametrize("size", [3, 4])
def test_the_order_of_moves_agrees_with_trying_everything(size: int):
    chance = random.Random(SEED + size)
    for number in range(60 if size == 3 else 6):
        problem = random_order(chance, size)
        assert order_faults(problem) == [], (number, problem)
