"""Presents claims and rules in logic, so that an answer can be checked from itself alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from api.analysis.deadlock import answer
from api.analysis.engine.certificates import Certificate, Certificates
from api.analysis.engine.model import AnyOf, Condition, Holds, Member, NoneOf

T = TypeVar("T", answer.Collision, answer.Concession)
_KINDS = {Holds: "holds", AnyOf: "any_of", NoneOf: "none_of", Condition: "condition"}


def present_claim(member: Member) -> answer.Claim:
    """Present what a member wants, in logic."""
    claim = member.claim
    is_condition = isinstance(claim, Condition)
    return answer.Claim(
        kind=_KINDS[type(claim)],
        alternatives=((claim.literal,),) if isinstance(claim, Holds) else claim.alternatives,
        consequents=claim.consequents if is_condition else (),
        necessary=is_condition and claim.necessary,
        sufficient=is_condition and claim.sufficient,
        timing=member.timing,
        refuses=member.is_refusal,
    )


def certify_answer(presented: answer.Deadlock, certified: Certificates | None) -> answer.Deadlock:
    """Add certificates, where there are any."""
    if certified is None:
        return replace(presented, cut=[*presented.cut, "certificates"])
    return replace(
        presented,
        certificate=certified.whole,
        collisions=[*map(_certify, presented.collisions, certified.collisions)],
        concessions=[*map(_certify, presented.concessions, certified.concessions)],
    )


def _certify(part: T, certificate: Certificate) -> T:
    return replace(part, certificate=certificate)
