"""The cases of an answer: how records that contradict each other, or words, could be taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.analysis.deadlock import answer
from api.analysis.engine.model import Struck
from api.analysis.engine.order import PrecedenceOrder
from api.analysis.engine.plan import MovePlan
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, join_words
from api.analysis.engine.solver import Solution
from api.analysis.engine.translation import Case, Translation
from api.analysis.engine.verdict import Verdict

_OUTCOMES = {
    "blocked": "something stands in the way",
    "no_recorded_obstacle": "nothing that was recorded stands in the way",
    "incomplete": "the search came to no end",
}


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """One case of a question, with what was found for it."""

    case: Case
    asked: Translation
    found: Solution
    order: PrecedenceOrder
    plans: Sequence[MovePlan | None]
    verdict: Verdict


def present_cases(
    scene: Scene, say: Sentences, verdicts: Mapping[Case, str], shown: Case
) -> list[answer.Case]:
    """Present the cases; none where nothing is open."""
    if [*verdicts] == [Case()]:
        return []
    disputed = frozenset[tuple[str, str, str]]().union(*(each.struck for each in verdicts))
    return [
        _present_case(scene, say, each, disputed, code, is_shown=each == shown)
        for each, code in verdicts.items()
    ]


def _present_case(
    scene: Scene, say: Sentences, case: Case, disputed: Struck, code: str, *, is_shown: bool
) -> answer.Case:
    counting = sorted(disputed - case.struck)
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
