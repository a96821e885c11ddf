"""What records and rules read like in plain English."""

from typing import Any

import pytest

from api.analysis.engine.rules import read_axioms
from api.analysis.engine.sentences import Sentences
from tests.analysis.quarrels import Quarrel


@pytest.fixture
def quarrel() -> Quarrel:
    made = Quarrel()
    made.propositions("peace", "war", "talks")
    return made


def describe(quarrel: Any, noun: str, id: str) -> str:
    return Sentences(quarrel).describe_record(noun, quarrel.records[noun, id])


@pytest.mark.parametrize(
    ("ascribed", "denied", "said"),
    [
        ({}, "war", "Ardo denies that it demands “It is war”"),
        ({"negated": True}, "war", "Ardo denies that it demands the opposite of “It is war”"),
        ({"force": "accept"}, "war", "Ardo denies that it accepts “It is war”"),
        ({"holder": "cors", "co_holders": ["ardo"]}, "war",
         "Ardo denies that it demands “It is war”"),
        ({"holder": "belm"}, "war", "Ardo denies “It is war”"),
        ({}, "peace", "Ardo denies “It is peace”"),
    ],
)  # fmt: skip
def test_a_denial_says_what_its_holder_is_said_to_do(quarrel, ascribed, denied, said):
    facts = {"holder": "ardo", "force": "demand", "proposition": "war", "id": "ascribed"}
    quarrel.position(**{**facts, **ascribed})
    id = quarrel.position("ardo", "deny", denied, responds_to={"position": "ascribed"})
    assert describe(quarrel, "positions", id) == said


def test_a_denial_of_nothing_on_record_reads_as_before(quarrel):
    id = quarrel.position("ardo", "deny", "war", responds_to={"position": "nowhere"})
    assert describe(quarrel, "positions", id) == "Ardo denies “It is war”"


@pytest.mark.parametrize(
    ("consequents", "more", "said"),
    [
        ("war", {"modality": "sufficient"}, " if the opposite of “It is talks”"),
        ("war", {"modality": "necessary"}, " only if the opposite of “It is talks”"),
        ("war", {"modality": "unknown"}, ""),
        ("war", {"antecedents_kind": "unspecified", "antecedents": []}, ""),
        ("peace", {"modality": "sufficient"}, ""),
    ],
)
def test_a_threat_says_when_it_holds(quarrel, consequents, more, said):
    id = quarrel.condition("ardo", consequents, "!talks", **more)
    threat = quarrel.position("ardo", "threaten", "war", under=[id])
    assert describe(quarrel, "positions", threat) == f"Ardo threatens with “It is war”{said}"


def test_what_is_left_open_is_not_ruled_out(quarrel):
    id = quarrel.position("ardo", "leave_open", "talks")
    assert describe(quarrel, "positions", id) == "Ardo does not rule out “It is talks”"


def test_a_joint_condition_names_all_its_holders(quarrel):
    id = quarrel.condition("ardo", "peace", "talks", co_holders=["cors"])
    said = "Ardo and Cors: “It is peace” only if “It is talks”"
    assert describe(quarrel, "preconditions", id) == said


def test_a_condition_that_was_rendered_before_there_were_joint_ones_reads_as_then(quarrel):
    id = quarrel.condition("ardo", "peace", "talks")
    del quarrel.records["preconditions", id]["co_holders"]
    assert describe(quarrel, "preconditions", id) == "Ardo: “It is peace” only if “It is talks”"


@pytest.mark.parametrize(
    ("kind", "literals", "said"),
    [
        ("excludes", "peace war", "“It is peace” and “It is war” exclude each other"),
        ("not_all", "peace war", "“It is peace” and “It is war” cannot all hold"),
        ("at_least_one", "peace war", "at least one of “It is peace” and “It is war” holds"),
        ("implies", "peace talks", "“It is peace” implies “It is talks”"),
        ("equivalent", "peace talks", "“It is peace” and “It is talks” come to the same"),
        ("fact", "!war", "the opposite of “It is war” came about"),
    ],
)
def test_a_rule_says_how_it_ties_propositions(quarrel, kind, literals, said):
    quarrel.axiom("rule", kind, literals)
    [rule] = read_axioms(quarrel.scene().axioms)
    assert Sentences(quarrel).describe_rule(rule) == said


def test_alternatives_of_several_parts_are_told_apart(quarrel):
    id = quarrel.condition("ardo", "peace", "war !talks", "talks")
    assert describe(quarrel, "preconditions", id) == (
        "Ardo: “It is peace” only if either the opposite of “It is talks” and “It is war”, "
        "or “It is talks”"
    )
