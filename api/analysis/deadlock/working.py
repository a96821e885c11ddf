"""Works a deadlock out: what collides, what would open it, what nobody has answered.

A scene and the caller's choices are translated into logic and solved; the order in which things
must happen is found, a verdict reached, and all of it presented. What the words mean is written in
docs/deadlock.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.deadlock.answer import Deadlock
from api.analysis.deadlock.presentation import Presentation
from api.analysis.engine.model import SolverInput
from api.analysis.engine.precedence import PrecedenceOrder, find_order
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.solving import solve_once
from api.analysis.engine.translation import translate_scene
from api.analysis.engine.trial import Wants, list_wants
from api.analysis.engine.verdict import reach_verdict


@dataclass(frozen=True, slots=True)
class WorkedDeadlock:
    """The answer, what it was worked out from, and who wants what in each set of its lists."""

    answer: Deadlock
    problem: SolverInput
    order: PrecedenceOrder
    collisions: Sequence[Wants]
    concessions: Sequence[Wants]


def work_out_deadlock(scene: Scene, choices: Choices, *, seconds: float) -> WorkedDeadlock:
    """Work a deadlock out within about `seconds`; raises Invalid for unknown goals or axioms."""
    asked = translate_scene(scene, choices)
    found = solve_once(asked.problem, limit=choices.limit, seconds=seconds)
    order = find_order(asked.problem, seconds=seconds / 2)
    verdict = reach_verdict(scene, choices, asked.problem, found, order)
    return WorkedDeadlock(
        Presentation(scene, choices, asked, found).present_deadlock(order, verdict),
        asked.problem,
        order,
        [list_wants(asked.problem, each.members) for each in found.collisions],
        [list_wants(asked.problem, each.members) for each in found.concessions],
    )
