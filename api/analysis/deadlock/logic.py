"""Presents claims and rules in logic, so that an answer can be checked from itself alone."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

import orjson

from api.analysis.deadlock import answer
from api.analysis.engine.certificates import Certificate, Certificates
from api.analysis.engine.model import AnyOf, Condition, HardRule, Holds, Member, atom_of
from api.analysis.engine.scene import Scene
from api.units import read_unit

T = TypeVar("T", answer.Collision, answer.Concession)


def present_claim(member: Member) -> answer.Claim:
    """Present what a member wants, in logic."""
    claim = member.claim
    if isinstance(claim, Condition):
        return answer.Claim(
            "condition",
            claim.alternatives,
            claim.consequents,
            claim.necessary,
            claim.sufficient,
            member.timing,
        )
    if isinstance(claim, Holds):
        kind, alternatives = "holds", ((claim.literal,),)
    else:
        kind = "any_of" if isinstance(claim, AnyOf) else "none_of"
        alternatives = claim.alternatives
    return answer.Claim(kind, alternatives, (), necessary=False, sufficient=False, timing=None)


def certify_answer(presented: answer.Deadlock, certified: Certificates | None) -> answer.Deadlock:
    """Add certificates, where there are any, and the digest of what the answer starts from."""
    premises = presented.members, presented.rules, presented.goals, presented.parameters
    plain = json.loads(orjson.dumps(premises))
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    made = replace(presented, digest=sha256(text.encode()).hexdigest())
    if certified is None:
        return replace(made, cut=[*made.cut, "certificates"])
    return replace(
        made,
        certificate=certified.whole,
        collisions=[*map(_certify, made.collisions, certified.collisions)],
        concessions=[*map(_certify, made.concessions, certified.concessions)],
    )


def _certify(part: T, certificate: Certificate) -> T:
    return replace(part, certificate=certificate)


def list_compared(rule: HardRule, scene: Scene) -> list[answer.ComparedMeasure]:
    """List the measures that a rule compares."""
    if rule.kind != "measure":
        return []
    measures = (scene.find_proposition(atom_of(each))["measure"] for each in rule.propositions)
    told = [(each["op"], each["value"], each.get("unit")) for each in measures]
    is_same = len({unit for _, _, unit in told}) == 1
    return [
        answer.ComparedMeasure(*each, factor="1" if is_same else str(read_unit(each[2]).factor))
        for each in told
    ]
