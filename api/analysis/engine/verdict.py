"""The verdict: whether what was recorded stands in the way of what was asked, and what is open.

A collision is in the way of the goals if it leans on one; those that stand whatever the goal are
not. Without any goal every collision is. Also in the way are what the goals need but cannot begin,
and that no concession allows any order of moves.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from api.analysis.engine.asks import Answers, OpenAsk, count_unanswered, find_open_asks, list_done
from api.analysis.engine.clauses import Trial
from api.analysis.engine.model import SolverInput
from api.analysis.engine.needs import follow_needs
from api.analysis.engine.parts import Parts
from api.analysis.engine.plan import MovePlan
from api.analysis.engine.precedence import PrecedenceOrder, has_circle
from api.analysis.engine.sat import OutOfTimeError
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.solution import Solution, hinders_goals


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a deadlock comes to: the code, what is in the way, what is cut, what is asked.

    `hindering_count` tells how many collisions, the first of the list, are in the way.
    `unanswered` counts what is asked of somebody without a recorded answer, whatever the goal.
    """

    code: str
    hindering_count: int
    stuck: Sequence[str]
    unplanned: bool
    cut: Sequence[str]
    asks: Sequence[OpenAsk]
    unanswered: int


def reach_verdict(
    scene: Scene,
    choices: Choices,
    problem: SolverInput,
    found: Solution,
    order: PrecedenceOrder,
    plans: Sequence[MovePlan | None],
    *,
    end: float,
) -> Verdict:
    """Judge what was found by what was asked; answers are looked for until the instant `end`."""
    goals = problem.goals or choices.goals
    hindering_count = sum(hinders_goals(problem, each) for each in found.collisions)
    done = list_done(scene, order.facts)
    needs = [*follow_needs(problem, goals, done)]
    needed = {each.literal for each in needs if not each.alternative}
    stuck = sorted(order.stuck & needed if goals else order.stuck)
    unplanned = bool(plans) and all(each and each.stages is None for each in plans)
    cut = [*found.cut, *([] if order.complete else ["cycles"])]
    cut += ["plans"] if None in plans else []
    asks: Sequence[OpenAsk] = ()
    unanswered = 0
    try:
        answers = Answers(scene, problem, end)
        found_asks = find_open_asks(scene, needs, answers)
        # A goal is asked of nobody, nor is one with several readings under its own name.
        asks = [e for e in found_asks if e.need.literal not in (*goals, *choices.goals)]
        unanswered = count_unanswered(scene, problem, answers, done)
    except OutOfTimeError:
        cut += [] if "time" in cut else ["time"]
    known = "blocked" if hindering_count or stuck or unplanned else "no_recorded_obstacle"
    code = "incomplete" if cut else known
    return Verdict(code, hindering_count, stuck, unplanned, cut, asks, unanswered)


def try_verdict(problem: SolverInput, *, end: float) -> str | None:
    """Return the verdict if a few questions to the solver decide it, without any list; else None.

    They do not decide it where a circle may bar what fits together, nor where members of a goal's
    part collide without the goal: that takes the list of their collisions.
    """
    soft = {n for n, each in enumerate(problem.members) if each.noun == "goals"}
    is_known = True
    trial = Trial(problem, end)
    with suppress(OutOfTimeError):
        if not trial.is_satisfiable((), with_goals=False):
            return "blocked"
        members, goals = trial.encoding.members, trial.encoding.goals
        for part in Parts(problem).every:
            others = [members[n] for n in part.members if n not in soft]
            aims = [*(goals[n] for n in part.goals),
                    *(members[n] for n in part.members if n in soft)]  # fmt: skip
            if trial.is_satisfiable([*others, *aims], with_goals=False):
                continue
            if trial.is_satisfiable(others, with_goals=False) or not (goals or soft):
                return "blocked"
            is_known = is_known and not aims
        return "no_recorded_obstacle" if is_known and not has_circle(problem) else None
    return None


def join_verdicts(codes: Sequence[str]) -> str:
    """Return what the verdicts of all cases come to."""
    if len(set(codes)) == 1:
        return codes[0]
    return "disputed" if {"blocked", "no_recorded_obstacle"} <= set(codes) else "incomplete"
