"""The answer in a nutshell, as a newspaper would print it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.analysis.deadlock import answer
from api.analysis.engine.sentences import Sentences, count_things, join_words
from api.analysis.engine.verdict import Verdict

NOT_ALL = "This is not all of it: `cut` tells what is missing."

_MOST_NAMED, _MOST_CASES = 4, 4
"""How many holders are named, and how many cases told, in the nutshell at most."""


def summarise(
    say: Sentences,
    verdict: Verdict,
    goals: Sequence[str],
    collisions: Sequence[answer.Collision],
    cases: Sequence[answer.Case],
    *,
    code: str,
) -> str:
    """Say what stands in the way, or not, what collides anyway, and what nobody has answered."""
    goal = join_words(map(say.name_literal, goals))
    if code == "disputed":
        what = "what is disputed" if any(each.records for each in cases) else "what words mean"
        parts = [f"The answer hangs on {what}.", *_list_cases(cases)]
    elif code == "no_recorded_obstacle":
        way = f"stands in the way of {goal}" if goal else "collides"
        parts = [f"Nothing that was recorded {way}."]
    else:
        parts = [*_tell_obstacles(say, verdict, collisions, goal)]
        if code == "incomplete":
            parts.append(NOT_ALL)
    others = len(collisions) - verdict.hindering
    if others:
        more = "more clash" if verdict.hindering else "clash"
        verb = "stands" if others == 1 else "stand"
        parts.append(f"{count_things(others, more)} {verb} whatever the goal.")
    if verdict.asks:
        verb = "has" if len(verdict.asks) == 1 else "have"
        asked = f"{count_things(len(verdict.asks), 'thing')} {verb} no answer on record"
        takes = "goals take" if len(goals) > 1 else "goal takes"
        parts.append(f"Of what the {takes}, {asked}.")
    return " ".join(each[0].upper() + each[1:] for each in parts)


def _list_cases(cases: Sequence[answer.Case]) -> Iterator[str]:
    yield from (each.sentence for each in cases[:_MOST_CASES])
    if len(cases) > _MOST_CASES:
        yield f"{count_things(len(cases) - _MOST_CASES, 'further case')} are listed."


def _tell_obstacles(
    say: Sentences, verdict: Verdict, collisions: Sequence[answer.Collision], goal: str
) -> Iterator[str]:
    way = f" in the way of {goal}" if goal else ""
    if verdict.hindering:
        holders = dict.fromkeys(
            member.holder
            for each in collisions[: verdict.hindering] for member in each.members if member.holder
        )  # fmt: skip
        named = [*map(say.name_actor, holders)]
        if len(named) > _MOST_NAMED:
            named[_MOST_NAMED - 1 :] = [count_things(len(named) - _MOST_NAMED + 1, "other")]
        between = f" between {join_words(named)}" if len(named) > 1 else ""
        one = verdict.hindering == 1
        verb = ("stands" if one else "stand") if way else f"{'is' if one else 'are'} on record"
        yield f"{count_things(verdict.hindering, 'clash')}{between} {verb}{way}."
    if verdict.stuck:
        stuck = join_words(map(say.name_literal, verdict.stuck))
        yield f"Nobody can begin with {stuck}: each side waits for the other to move first."
    elif verdict.unplanned:
        yield (
            f"No order of moves is possible{' to ' + goal if goal else ''}: somebody would have to "
            "move before their condition is met."
        )
    elif not verdict.hindering:
        yield f"Nothing that was found so far {'stands' + way if way else 'collides'}."
