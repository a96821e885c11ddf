"""Works a deadlock out: what collides, what would open it, what nobody has answered.

A scene and the caller's choices are translated into logic and solved; the order in which things
must happen is found, a verdict reached, and all of it presented. Where records contradict each
other with equal weight, or words have several readings, the verdict is reached for each case, if it
can without any list. All of it is found for the first case with an obstacle. Where the cases differ
the verdict is `disputed`. What the words mean is written in docs/deadlock.md.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.analysis.deadlock.answer import Deadlock
from api.analysis.deadlock.presentation import Presentation
from api.analysis.deadlock.summary import WorkedCase
from api.analysis.engine.clauses import Wants, list_wants
from api.analysis.engine.model import SolverInput
from api.analysis.engine.order import find_order
from api.analysis.engine.plan import plan_concessions
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.solution import Certificates
from api.analysis.engine.solving import certify_once, solve_once
from api.analysis.engine.translation import Case, Translation, list_cases
from api.analysis.engine.verdict import reach_verdict, try_verdict

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
    cases, are_all = list_cases(scene, choices)
    verdicts, shown = _judge_cases(scene, choices, cases, seconds=seconds)
    problem, found = shown.asked.problem, shown.found
    moves = [sorted((each and each.stages) or ()) for each in shown.plans]
    certified = certify_once(problem, found, moves, seconds=_CERTIFYING_SHARE * seconds)
    presented = Presentation(scene, choices, shown).present_deadlock(
        verdicts, are_all=are_all, end=end
    )
    return WorkedDeadlock(
        _certify_answer(presented, certified),
        problem,
        shown.order,
        [list_wants(problem, each.members) for each in found.collisions],
        [list_wants(problem, each.members) for each in found.concessions],
    )


def _certify_answer(presented: Deadlock, certified: Certificates | None) -> Deadlock:
    """Add certificates, where there are any."""
    if certified is None:
        return replace(presented, cut=[*presented.cut, "certificates"])
    collisions = zip(presented.collisions, certified.collisions, strict=True)
    concessions = zip(presented.concessions, certified.concessions, strict=True)
    return replace(
        presented,
        certificate=certified.whole,
        collisions=[replace(each, certificate=own) for each, own in collisions],
        concessions=[replace(each, certificate=own) for each, own in concessions],
    )


def _judge_cases(
    scene: Scene, choices: Choices, cases: Sequence[tuple[Case, Translation]], *, seconds: float
) -> tuple[dict[Case, str], WorkedCase]:
    """Reach the verdict of each case, and work out the one to show, within about `seconds`."""
    end = time.monotonic() + seconds / 4
    known = [(len(cases) > 1 and try_verdict(asked.problem, end=end)) or None for _, asked in cases]
    each_takes = seconds / (known.count(None) + (None not in known))
    worked = {
        case: _work_out_case(scene, choices, case, asked, seconds=each_takes)
        for (case, asked), code in zip(cases, known, strict=True) if code is None
    }  # fmt: skip
    verdicts = {case: code or worked[case].verdict.code
                for (case, _), code in zip(cases, known, strict=True)}  # fmt: skip
    shown, asked = min(cases, key=lambda each: _VERDICTS.index(verdicts[each[0]]))
    if shown not in worked:
        worked[shown] = _work_out_case(scene, choices, shown, asked, seconds=each_takes)
        verdicts[shown] = worked[shown].verdict.code
    return verdicts, worked[shown]


def _work_out_case(
    scene: Scene, choices: Choices, case: Case, asked: Translation, *, seconds: float
) -> WorkedCase:
    """Work one case out within about `seconds`."""
    end = time.monotonic() + 1.5 * seconds
    found = solve_once(asked.problem, limit=choices.limit, seconds=seconds)
    order = find_order(asked.problem, seconds=seconds / 4)
    plans = plan_concessions(asked.problem, found, order, seconds=seconds / 4)
    verdict = reach_verdict(scene, choices, asked.problem, found, order, plans, end=end)
    return WorkedCase(case, asked, found, order, plans, verdict)
