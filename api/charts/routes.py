"""The routes of analysis, with pictures among the formats of the answers.

`PICTURES` names the question whose answer each picture shows. An answer becomes a specification,
and that becomes bytes. A caller with the right ETag gets 304 before anything is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from api.analysis.questions import agreement, deadlock, matrix, timeline
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.analysis.routes import make_blueprint
from api.charts.agreement import draw_agreement
from api.charts.deadlock import draw_deadlock
from api.charts.layout import Caption, Spec
from api.charts.matrix import draw_matrix
from api.charts.rendering import render_picture
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

    def render(
        self, form: str, asked: QuestionInput, release: Callable[[], None], made: Any
    ) -> bytes:
        """Render an answer in a format of `FORMATS`; `release` closes the reader."""
        spec = self.draw(made, self.build_caption(asked))
        release()  # Pictures wait for one another; nothing else may wait for them.
        return FORMATS[form][1](spec)


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

FORMATS: Mapping[str, tuple[str, Callable[[Spec], bytes]]] = {
    "svg": ("image/svg+xml", partial(render_picture, "svg")),
    "png": ("image/png", partial(render_picture, "png")),
    "vl.json": ("application/vnd.vegalite.v5+json", orjson.dumps),
}
"""Format → its media type and renderer.

A specification has the media type that Jupyter knows. As `application/json` it would be documented
as a union with the answer, and generated clients could read no field of that without a cast.
"""


blp = make_blueprint(
    {each.question.name: each.render for each in PICTURES},
    {name: media_type for name, (media_type, _) in FORMATS.items()},
)
