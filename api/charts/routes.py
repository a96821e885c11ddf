"""The routes of analysis, with pictures among the formats of the answers.

An answer becomes a specification, and that becomes bytes. A caller with the right ETag gets 304
before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from api.analysis.questions.question import QuestionInput
from api.analysis.routes import Drawing, make_blueprint
from api.charts import rendering
from api.charts.layout import Spec
from api.charts.pictures import PICTURES, Picture

FORMATS: Mapping[str, tuple[str, Callable[[Spec], bytes]]] = {
    "svg": ("image/svg+xml", lambda spec: rendering.render_svg(spec).encode()),
    "png": ("image/png", rendering.render_png),
    "vl.json": ("application/vnd.vegalite.v5+json", orjson.dumps),
}
"""Format → its media type and renderer.

A specification has the media type that Jupyter knows. As `application/json` it would be documented
as a union with the answer, and generated clients could read no field of that without a cast.
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A picture opened as a page runs no script and fetches nothing."""


def _build_drawing(picture: Picture, name: str) -> Drawing:
    media_type, make = FORMATS[name]

    def draw_answer(asked: QuestionInput, made: Any) -> bytes:
        return make(picture.draw(made, picture.build_caption(asked)))

    return Drawing(media_type, draw_answer, {"Content-Security-Policy": POLICY})


blp = make_blueprint(
    {
        each.question.name: {name: _build_drawing(each, name) for name in FORMATS}
        for each in PICTURES
    }
)
