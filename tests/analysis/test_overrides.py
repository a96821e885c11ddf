"""Which records are denied, replaced or disputed, and for whom: cases worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from api.analysis.engine.weighing import Weighing
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.lines import make_line_writer
from api.analysis.questions.responses import find_responses
from tests.analysis.quarrels import Quarrel

VOICES = ("own", "authorised", "narrated")


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("truce", "talks")
    return made


def left_out(answer: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(each["id"], each["holder"], each["reason"]) for each in answer["left_out"]}


def cases_of(answer: dict[str, Any]) -> dict[tuple[str, ...], str]:
    return {tuple(each["records"]): each["verdict"] for each in answer["cases"]}


def states_of(quarrel: Quarrel, holder: str) -> dict[str, str]:
    write = make_line_writer(quarrel.scene(), VOICES)
    positions = quarrel.scene().positions
    return {each["id"]: write.describe_line(each, holder)["state"] for each in positions}


# Joint holders


def test_one_of_joint_holders_replaces_only_its_own_word(quarrel: Quarrel):
    joint = quarrel.position("ardo", "reject", "truce", co_holders=["belm"])
    own = quarrel.position("ardo", "accept", "truce", replaces=joint, on="2024-02-01")
    found = quarrel.deadlock("truce")
    assert found["verdict"] == "blocked"
    assert [(each["id"], each["holder"]) for each in found["members"]] == [
        (joint, "belm"), (own, "ardo"),
    ]  # fmt: skip
    assert (joint, "ardo", "superseded") in left_out(found)
    assert states_of(quarrel, "ardo")[joint] == "superseded"
    assert states_of(quarrel, "belm")[joint] == "held"


def test_one_of_joint_holders_denies_only_its_own_word(quarrel: Quarrel):
    joint = quarrel.position("ardo", "reject", "truce", co_holders=["belm"], voice="narrated",
                             stated_on=None)  # fmt: skip
    quarrel.position("ardo", "deny", "truce", responds_to={"position": joint}, on="2024-02-01",
                     stated_on=None)  # fmt: skip
    found = quarrel.deadlock("truce")
    assert [(each["id"], each["holder"]) for each in found["members"]] == [(joint, "belm")]
    assert (joint, "ardo", "denied") in left_out(found)
    assert (states_of(quarrel, "ardo")[joint], states_of(quarrel, "belm")[joint]) == (
        "denied", "held",
    )  # fmt: skip
    matrix = lay_out_matrix(quarrel.scene(), MatrixQuery(by_issue=False))
    states = {each.holder: each.state for row in matrix.rows for each in row.cells}
    assert states["belm"] == "held"
    write = make_line_writer(quarrel.scene(), VOICES)
    [said] = [each for each in quarrel.scene().positions if each["id"] == joint]
    assert write.describe_line(said, "belm")["denied_by"] is None


def test_a_lower_voice_disputes_the_word_of_its_own_holder_alone(quarrel: Quarrel):
    joint = quarrel.position("ardo", "reject", "truce", co_holders=["belm"])
    quarrel.position("ardo", "accept", "truce", replaces=joint, voice="relayed", on="2024-02-01")
    found = quarrel.deadlock("truce")
    assert {each["holder"] for each in found["members"]} >= {"belm"}
    assert set(cases_of(found).values()) == {"blocked"}


def test_an_actor_answers_by_its_part_that_denied_nothing(quarrel: Quarrel):
    quarrel.put("actors", "army", name="Army", kind="armed_force", part_of="belm")
    quarrel.proposal("plan", "truce")
    joint = quarrel.position("ardo", "reject", "truce", co_holders=["army"], voice="narrated",
                             responds_to={"proposal": "plan"})  # fmt: skip
    quarrel.position("army", "deny", "truce", responds_to={"position": joint}, on="2024-02-01")
    rows = find_responses(quarrel.scene(), quarrel.records["proposals", "plan"]).responses
    assert {each.actor: each.state for each in rows} == {"ardo": "held", "belm": "denied"}
    assert {each.actor: bool(each.denied_by) for each in rows} == {"ardo": False, "belm": True}


# What is denied neither replaces nor disputes


def test_what_was_denied_replaces_nothing(quarrel: Quarrel):
    old = quarrel.position("belm", "reject", "truce", voice="narrated")
    new = quarrel.position("belm", "accept", "truce", voice="narrated", replaces=old,
                           on="2024-02-01")  # fmt: skip
    quarrel.position("belm", "deny", "truce", responds_to={"position": new}, on="2024-02-02")
    found = quarrel.deadlock("truce")
    assert (found["verdict"], [each["id"] for each in found["members"]]) == ("blocked", [old])
    states = states_of(quarrel, "belm")
    assert (states[old], states[new]) == ("held", "denied")


def test_what_was_denied_disputes_nothing(quarrel: Quarrel):
    own = quarrel.position("belm", "reject", "truce")
    said = quarrel.position("belm", "accept", "truce", voice="relayed", replaces=own,
                            on="2024-02-01")  # fmt: skip
    quarrel.position("belm", "deny", "truce", responds_to={"position": said}, on="2024-02-02")
    found = quarrel.deadlock("truce")
    assert (found["verdict"], found["cases"]) == ("blocked", [])
    weighing = Weighing(quarrel.scene().positions, VOICES)
    assert weighing.weigh(quarrel.records["positions", own], "belm") == ("held", [])


# Disputes within a case


@pytest.mark.parametrize("order", [("said", "again"), ("again", "said")])
def test_of_two_who_say_that_a_word_was_replaced_neither_is_forgotten(
    quarrel: Quarrel, order: tuple[str, ...]
):
    own = quarrel.position("belm", "reject", "truce")
    forces = {"said": "accept", "again": "reject"}
    for id in order:
        quarrel.position("belm", forces[id], "truce", id=id, voice="relayed", replaces=own,
                         on="2024-02-01")  # fmt: skip
    found = quarrel.deadlock("truce")
    assert found["verdict"] == "disputed"
    assert cases_of(found) == {
        (own,): "blocked", ("said",): "no_recorded_obstacle", ("again",): "blocked",
    }  # fmt: skip
    write = make_line_writer(quarrel.scene(), VOICES)
    line = write.describe_line(quarrel.records["positions", own], "belm")
    assert set(line["disputed_with"]) == {"said", "again"}


def test_two_who_say_the_same_are_one_side_of_a_dispute(quarrel: Quarrel):
    own = quarrel.position("belm", "reject", "truce")
    for id in ("one", "other"):
        quarrel.position("belm", "accept", "truce", id=id, voice="relayed", replaces=own)
    assert cases_of(quarrel.deadlock("truce")) == {
        (own,): "blocked", ("one", "other"): "no_recorded_obstacle",
    }  # fmt: skip


def test_a_dispute_that_comes_up_within_a_case_is_worked_out(quarrel: Quarrel):
    """Where the refusal of the day counts, a lower voice says that it was replaced."""
    yes = quarrel.position("belm", "accept", "truce")
    no = quarrel.position("belm", "reject", "truce")
    quarrel.position("belm", "accept", "truce", id="said", voice="relayed", replaces=no,
                     on="2024-02-01")  # fmt: skip
    found = quarrel.deadlock("truce")
    assert found["verdict"] == "disputed"
    assert cases_of(found) == {
        (yes,): "no_recorded_obstacle", (no,): "blocked", ("said",): "no_recorded_obstacle",
    }  # fmt: skip


def test_a_plan_whose_acceptance_is_disputed_may_contradict_another(quarrel: Quarrel):
    quarrel.proposal("x", "truce")
    quarrel.proposal("y", "!truce")
    for plan, force in (("x", "accept"), ("x", "reject"), ("y", "accept")):
        quarrel.position("belm", force, None, id=f"{plan}-{force}", responds_to={"proposal": plan})
    found = quarrel.deadlock("truce")
    assert found["verdict"] == "disputed"
    assert cases_of(found) == {
        ("x-accept",): "no_recorded_obstacle", ("y-accept",): "blocked", ("x-reject",): "blocked",
    }  # fmt: skip


def test_a_disputed_answer_tells_of_no_clash_more_than_it_told_of(quarrel: Quarrel):
    quarrel.position("belm", "accept", "truce")
    quarrel.position("belm", "reject", "truce")
    quarrel.position("ardo", "demand", "talks")
    quarrel.position("belm", "reject", "talks")
    sentence = quarrel.deadlock("truce")["sentence"]
    assert "One clash stands whatever the goal." in sentence
