"""A conflict's deadlock: what collides, what would open it, what nobody has answered.

`deadlock` takes a scene and the caller's choices: translated into logic (`translation`), solved
(`solving`), held against who moves first (`precedence`) and what was asked (`verdict`), and told
(`telling`). What the words mean is written in docs/deadlock.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.choices import Choices
from api.analysis.model import Claim, Member
from api.analysis.precedence import order
from api.analysis.scene import Scene
from api.analysis.solving import solved
from api.analysis.telling import tell
from api.analysis.translation import translate
from api.analysis.verdict import judge

Answer = dict[str, Any]
Wants = frozenset[tuple[str | None, Claim]]
"""Who wants what, whichever records show it and however it is worded."""


@dataclass(frozen=True, slots=True)
class Deadlock:
    """The answer, and who wants what in each of its collisions and concessions."""

    answer: Answer
    collisions: Sequence[Wants]
    concessions: Sequence[Wants]


def deadlock(scene: Scene, choices: Choices, *, seconds: float) -> Deadlock:
    """Work a deadlock out within about `seconds`; raises Invalid for unknown goals or axioms."""
    asked = translate(scene, choices)
    found = solved(asked.problem, limit=choices.limit, seconds=seconds)
    timings = {each["id"]: each["timing"] for each in scene.preconditions}
    circles = order(asked.problem, timings, seconds=seconds / 2)
    verdict = judge(scene, choices, asked.problem, found, circles)
    answer = tell(scene, choices, asked, found, circles, verdict)
    members = asked.problem.members
    return Deadlock(
        answer,
        [_wants(members, each.members) for each in found.collisions],
        [_wants(members, each.members) for each in found.concessions],
    )


def apart(one: Deadlock, other: Deadlock, which: str) -> list[Answer]:
    """Give the `collisions` or `concessions` of one deadlock that the other has not."""
    known = set(getattr(other, which))
    pairs = zip(one.answer[which], getattr(one, which), strict=True)
    return [told for told, wants in pairs if wants not in known]


def _wants(members: Sequence[Member], chosen: Iterable[int]) -> Wants:
    return frozenset((members[each].holder, members[each].claim) for each in chosen)
