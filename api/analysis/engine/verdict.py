"""The verdict: whether what was recorded stands in the way of what was asked.

A collision is in the way of the goals if it leans on one; those that stand whatever the goal are
not. Without any goal every collision is. So is whatever cannot begin, if the goals need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.engine.asks import OpenAsk, find_open_asks, follow_needs
from api.analysis.engine.choices import Choices
from api.analysis.engine.model import SolverInput
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.scene import Scene
from api.analysis.engine.solver import Solution, leans_on_goals


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a deadlock comes to: the code, what is in the way, what is cut, what is asked."""

    code: str
    hindering: int
    stuck: Sequence[str]
    cut: Sequence[str]
    asks: Sequence[OpenAsk]


def reach_verdict(
    scene: Scene, choices: Choices, problem: SolverInput, found: Solution, order: PrecedenceOrder
) -> Verdict:
    """Judge what was found by what was asked."""
    hindering = sum(not choices.goals or leans_on_goals(problem, each) for each in found.collisions)
    needed = {each.literal for each in follow_needs(problem, choices.goals) if not each.alternative}
    stuck = sorted(order.stuck & needed if choices.goals else order.stuck)
    cut = [*found.cut, *([] if order.complete else ["cycles"])]
    known = "blocked" if hindering or stuck else "no_recorded_obstacle"
    code = "incomplete" if cut else known
    return Verdict(code, hindering, stuck, cut, find_open_asks(scene, problem, choices.goals))
