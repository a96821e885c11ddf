"""A conflict's deadlock: what collides, what would open it, what nobody has answered.

`deadlock` takes a scene and the caller's choices: translated into logic (`translation`), solved
(`solving`), held against who moves first (`precedence`) and what was asked (`verdict`), and told
(`telling`). What the words mean is written in docs/deadlock.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.analysis.deadlock.presentation import tell
from api.analysis.engine.choices import Choices
from api.analysis.engine.model import Problem
from api.analysis.engine.precedence import Order, order
from api.analysis.engine.scene import Scene
from api.analysis.engine.solving import solved
from api.analysis.engine.translation import translate
from api.analysis.engine.trial import Wants, wants
from api.analysis.engine.verdict import judge

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deadlock:
    """The answer, what it was worked out from, and who wants what in each set of its lists."""

    answer: Answer
    problem: Problem
    order: Order
    collisions: Sequence[Wants]
    concessions: Sequence[Wants]


def deadlock(scene: Scene, choices: Choices, *, seconds: float) -> Deadlock:
    """Work a deadlock out within about `seconds`; raises Invalid for unknown goals or axioms."""
    asked = translate(scene, choices)
    found = solved(asked.problem, limit=choices.limit, seconds=seconds)
    timings = {each["id"]: each["timing"] for each in scene.preconditions}
    circles = order(asked.problem, timings, seconds=seconds / 2)
    verdict = judge(scene, choices, asked.problem, found, circles)
    return Deadlock(
        tell(scene, choices, asked, found, circles, verdict),
        asked.problem,
        circles,
        [wants(asked.problem, each.members) for each in found.collisions],
        [wants(asked.problem, each.members) for each in found.concessions],
    )
