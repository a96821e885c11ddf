"""The routes of analysis, with pictures among the formats of the answers.

An answer becomes a specification, and that becomes bytes. A caller with the right ETag gets 304
before anything is drawn.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from api.analysis.questions.question import QuestionInput
from api.analysis.routes import Drawing, make_blueprint
from api.charts.layout import Spec
from api.charts.pictures import PICTURES, Picture
from api.charts.rendering import render_picture

FORMATS: Mapping[str, tuple[str, Callable[[Spec], bytes]]] = {
    "svg": ("image/svg+xml", partial(render_picture, "svg")),
    "png": ("image/png", partial(render_picture, "png")),
    "vl.json": ("application/vnd.vegalite.v5+json", orjson.dumps),
}
"""Format → its media type and renderer.

A specification has the media type that Jupyter knows. As `application/json` it would be documented
as a union with the answer, and generated clients could read no field of that without a cast.
"""


def _build_drawing(picture: Picture, name: str) -> Drawing:
    media_type, make = FORMATS[name]

    def draw_answer(asked: QuestionInput, made: Any, release: Callable[[], None]) -> bytes:
        spec = picture.draw(made, picture.build_caption(asked))
        release()  # Pictures wait for one another; nothing else may wait for them.
        return make(spec)

    return Drawing(media_type, draw_answer)


blp = make_blueprint(
    {
        each.question.name: {name: _build_drawing(each, name) for name in FORMATS}
        for each in PICTURES
    }
)
