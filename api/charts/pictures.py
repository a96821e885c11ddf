"""The pictures as data: the question that each answers, and the function that draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.analysis.questions import ALL_QUESTIONS
from api.analysis.questions.agreement import COLUMNS
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.charts.agreement import draw_agreement
from api.charts.deadlock import draw_deadlock
from api.charts.layout import Caption, Spec
from api.charts.matrix import draw_matrix
from api.charts.timeline import draw_timeline
from api.conflicts import CONFLICTS
from api.ledger.truth.canonical import parse_bytes

Draw = Callable[[Any, Caption], Spec]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the answer to a question.

    `columns` are the columns of the flat rows that show the same as a table. `subject` returns
    what the picture is about.
    """

    question: AnalysisQuestion[Any]
    draw: Draw
    columns: tuple[str, ...]
    subject: Callable[[QuestionInput], str]

    def build_caption(self, asked: QuestionInput) -> Caption:
        """Return the subject and the moment of the picture."""
        moment = asked.reader.moment
        return Caption(self.subject(asked), moment.known_at, moment.valid_at)


def _conflict_name(asked: QuestionInput) -> str:
    return parse_bytes(asked.reader.read_record(CONFLICTS, asked.id).body)[CONFLICTS.label]


def _forum_name(asked: QuestionInput) -> str:
    return (
        asked.reader.open_lookup().find_label(CONFLICTS.name, asked.of.conflict)
        or asked.of.conflict
    )


_QUESTIONS = {each.name: each for each in ALL_QUESTIONS}

PICTURES = (
    Picture(
        _QUESTIONS["matrix"], draw_matrix,
        ("holder_label", "column_label", "state", "force", "negated", "conditional",
         "last_attested_on"),
        _conflict_name,
    ),
    Picture(_QUESTIONS["timeline"], draw_timeline, ("on", "kind", "sentence"), _conflict_name),
    Picture(
        _QUESTIONS["deadlock"], draw_deadlock, ("kind", "set", "move", "sentence"), _conflict_name,
    ),
    Picture(
        _QUESTIONS["agreement"], draw_agreement,
        tuple(each for each in COLUMNS if each not in ("actor", "other", "group")),
        _forum_name,
    ),
)  # fmt: skip
