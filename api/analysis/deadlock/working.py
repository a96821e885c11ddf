"""Works a deadlock out: what collides, what would open it, what nobody has answered.

A scene and the caller's choices are translated into logic and solved; the order in which things
must happen is found, a verdict reached, and all of it presented. Where records contradict each
other with equal weight, or words have several readings, that is done for each case: the lists shown
are of the first case with an obstacle, and where the cases differ the verdict is `disputed`. What
the words mean is written in docs/deadlock.md.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.deadlock.answer import Deadlock
from api.analysis.deadlock.cases import WorkedCase
from api.analysis.deadlock.logic import certify_answer
from api.analysis.deadlock.presentation import Presentation
from api.analysis.engine.model import SolverInput
from api.analysis.engine.order import PrecedenceOrder, find_order
from api.analysis.engine.plan import plan_concessions
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.solving import certify_once, solve_once
from api.analysis.engine.translation import Case, Translation, list_cases, translate_scene
from api.analysis.engine.trial import Wants, list_wants
from api.analysis.engine.verdict import reach_verdict

_VERDICTS = ("blocked", "incomplete", "no_recorded_obstacle")
"""The verdicts in the order in which their cases are shown."""

_CERTIFYING_SHARE = 0.25
"""The time for certificates, as a share of that for solving."""


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
    end = time.monotonic() + 2 * seconds
    scene = scene.leave_out(choices.without)
    asked = translate_scene(scene, choices)
    cases, are_all = list_cases(scene, choices, asked)
    each_takes = seconds / len(cases)
    worked = [
        _work_out_case(scene, choices, case, asked if case == Case() else None, seconds=each_takes)
        for case in cases
    ]
    shown = min(worked, key=lambda each: _VERDICTS.index(each.verdict.code))
    problem, found = shown.asked.problem, shown.found
    moves = [sorted((each and each.stages) or ()) for each in shown.plans]
    certified = certify_once(problem, found, moves, seconds=_CERTIFYING_SHARE * seconds)
    presented = Presentation(scene, choices, shown).present_deadlock(
        worked, are_all=are_all, end=end
    )
    return WorkedDeadlock(
        certify_answer(presented, certified),
        problem,
        shown.order,
        [list_wants(problem, each.members) for each in found.collisions],
        [list_wants(problem, each.members) for each in found.concessions],
    )


def _work_out_case(
    scene: Scene, choices: Choices, case: Case, asked: Translation | None, *, seconds: float
) -> WorkedCase:
    """Work one case out within about `seconds`; `asked` is its translation if that is known."""
    end = time.monotonic() + 1.5 * seconds
    asked = asked or translate_scene(scene, choices, case)
    found = solve_once(asked.problem, limit=choices.limit, seconds=seconds)
    order = find_order(asked.problem, seconds=seconds / 4)
    plans = plan_concessions(asked.problem, found, order, seconds=seconds / 4)
    verdict = reach_verdict(scene, choices, asked.problem, found, order, plans, end=end)
    return WorkedCase(case, asked, found, order, plans, verdict)
