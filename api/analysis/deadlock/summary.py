"""The answer in a nutshell, as a newspaper would print it, and its cases.

A case is one way in which records that contradict each other, or words, could be taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.analysis.deadlock import answer
from api.analysis.engine.plan import MovePlan
from api.analysis.engine.precedence import PrecedenceOrder
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, count_things, join_words
from api.analysis.engine.solution import Solution
from api.analysis.engine.translation import Case, Translation
from api.analysis.engine.verdict import Verdict

NOT_ALL = "This is not all of it: `cut` tells what is missing."

_OUTCOMES = {
    "blocked": "something stands in the way",
    "no_recorded_obstacle": "nothing that was recorded stands in the way",
    "incomplete": "the search came to no end",
}

_MOST_NAMED, _MOST_CASES = 4, 4
"""How many holders are named, and how many cases told, in the nutshell at most."""


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """One case of a question, with what was found for it."""

    case: Case
    asked: Translation
    found: Solution
    order: PrecedenceOrder
    plans: Sequence[MovePlan | None]
    verdict: Verdict


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
    others = len(collisions) - verdict.hindering_count
    if others:
        is_told = verdict.hindering_count and code != "disputed"
        more = "more clash" if is_told else "clash"
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
    if verdict.hindering_count:
        holders = dict.fromkeys(
            member.holder
            for each in collisions[: verdict.hindering_count]
            for member in each.members if member.holder
        )  # fmt: skip
        named = [*map(say.name_actor, holders)]
        if len(named) > _MOST_NAMED:
            named[_MOST_NAMED - 1 :] = [count_things(len(named) - _MOST_NAMED + 1, "other")]
        link = "among" if named[2:] else "between"
        between = f" {link} {join_words(named)}" if len(named) > 1 else ""
        one = verdict.hindering_count == 1
        verb = ("stands" if one else "stand") if way else f"{'is' if one else 'are'} on record"
        yield f"{count_things(verdict.hindering_count, 'clash')}{between} {verb}{way}."
    if verdict.stuck:
        stuck = join_words(map(say.name_literal, verdict.stuck))
        yield f"Nobody can begin with {stuck}: each side waits for the other to move first."
    elif verdict.unplanned:
        yield (
            f"No order of moves is possible{' to ' + goal if goal else ''}: somebody would have to "
            "move before their condition is met."
        )
    elif not verdict.hindering_count:
        yield f"Nothing that was found so far {'stands' + way if way else 'collides'}."


def present_cases(
    scene: Scene, say: Sentences, verdicts: Mapping[Case, str], shown: Case
) -> list[answer.Case]:
    """Present the cases; none where nothing is open."""
    if [*verdicts] == [Case()]:
        return []
    return [
        _present_case(scene, say, each, code, is_shown=each == shown)
        for each, code in verdicts.items()
    ]


def _present_case(
    scene: Scene, say: Sentences, case: Case, code: str, *, is_shown: bool
) -> answer.Case:
    counting = sorted(case.counting)
    counted = list(dict.fromkeys((noun, id) for noun, _, id in counting))
    assumed = [
        f"it counts that {say.describe_record(noun, record)}"
        for noun, id in counted for record in scene.find_records(noun, [id])
    ]  # fmt: skip
    assumed += [f"{say.name_literal(a)} means {say.name_literal(b)}" for a, b in case.readings]
    return answer.Case(
        records=[id for _, id in counted],
        nouns=[noun for noun, _ in counted],
        dropped=list(dict.fromkeys(id for _, _, id in sorted(case.struck))),
        readings=[f"{one} means {other}" for one, other in case.readings],
        verdict=code,
        shown=is_shown,
        sentence=f"If {join_words(assumed) or 'none of it counts'}, {_OUTCOMES[code]}.",
    )
