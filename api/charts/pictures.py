"""The pictures as data: the question that each answers, and the function that draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.analysis.questions import agreement, deadlock, matrix, timeline
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.charts.agreement import draw_agreement
from api.charts.deadlock import draw_deadlock
from api.charts.layout import Caption, Spec
from api.charts.matrix import draw_matrix
from api.charts.timeline import draw_timeline


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the answer to a question.

    `columns` are the columns of the flat rows that show the same as a table.
    """

    question: AnalysisQuestion[Any]
    draw: Callable[[Any, Caption], Spec]
    columns: tuple[str, ...]

    def build_caption(self, asked: QuestionInput) -> Caption:
        """Return the subject and the moment of the picture."""
        moment, conflict = asked.reader.moment, asked.id or asked.of.conflict
        name = asked.reader.open_lookup().find_label("conflicts", conflict) or conflict
        return Caption(name, moment.known_at, moment.valid_at)


PICTURES = (
    Picture(
        matrix.QUESTION, draw_matrix,
        ("holder_label", "column_label", "state", "force", "negated", "conditional",
         "last_attested_on"),
    ),
    Picture(timeline.QUESTION, draw_timeline, ("on", "kind", "sentence")),
    Picture(deadlock.QUESTION, draw_deadlock, ("kind", "set", "move", "sentence")),
    Picture(
        agreement.QUESTION, draw_agreement,
        tuple(each for each in agreement.COLUMNS if each not in ("actor", "other", "group")),
    ),
)  # fmt: skip
