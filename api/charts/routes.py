"""The addresses of pictures: `.svg`, `.png` and `.vl.json` behind the address of an answer.

GET: URL → the query of the answer itself → clocks → the answer → specification → bytes → ETag or
304, which comes before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson
from flask import Response

from api.analysis.answers import answer_agreement
from api.analysis.queries import AgreementQuery, AgreementQuerySchema, Asking
from api.analysis.routes import AGREEMENT_TEXT
from api.analysis.serving import given, reading_for, served
from api.charts import drawing
from api.charts.agreement import agreement
from api.charts.frame import Caption, Spec
from api.charts.pictures import PICTURES, Picture
from api.ledger.canonical import parse
from api.ledger.reader import Reader
from api.web import reading
from api.web.auth import public
from api.web.openapi import Blueprint, View, answers
from api.web.routes import ANSWERED, id_parameter

blp = Blueprint(
    "charts",
    __name__,
    description="Answers of analysis as pictures, right for an `<img>`, and as Vega-Lite.",
)

FORMS: Mapping[str, tuple[str, str, Callable[[Spec], bytes]]] = {
    "svg": ("image/svg+xml", "a picture (SVG)", lambda spec: drawing.svg(spec).encode()),
    "png": ("image/png", "a picture (PNG)", drawing.png),
    "vl.json": (reading.JSON, "a Vega-Lite specification", orjson.dumps),
}
"""Media type, words and maker of each form, by how its address ends."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A picture that is opened as a page runs nothing and fetches nothing."""

_TEXT = (
    "The same parameters as its JSON form, both clocks included. A picture names its subject and "
    "its moment; the SVG tells it in words, too (`title`, `desc`). Sign, word and colour say the "
    "same; what is not recorded is told apart from what is neutral. The specification carries its "
    "data, and is what the picture is drawn from."
)


def _shows(form: str) -> Callable[[View], View]:
    """Document the bytes of a form."""
    media_type = FORMS[form][0]
    schema: dict[str, Any] = {"type": "string", "contentMediaType": media_type}
    if media_type == reading.JSON:
        schema = {"type": "object", "required": ["$schema", "description"]}
    content = {media_type: {"schema": schema}}
    shown = {"description": FORMS[form][1].capitalize(), "content": content, "headers": ANSWERED}
    part = {"description": "The bytes that Range asks for", "content": content}
    in_parts = {} if media_type == reading.JSON else {206: part}
    statuses = (304, 404, 410, 422) if media_type == reading.JSON else (304, 404, 410, 416, 422)

    def decorate(view: View) -> View:
        return answers(*statuses)(blp.doc(responses={200: shown, **in_parts})(view))

    return decorate


def _title(form: str) -> str:
    return "Spec" if form == "vl.json" else form.title()


def _register(picture: Picture, form: str) -> None:
    question = picture.question
    name = f"{question.title}{_title(form)}"
    url, parameters = f"{question.url}.{form}", [id_parameter(question.about)]

    @blp.route(url, methods=["GET"], endpoint=name, parameters=parameters)
    @blp.describe(f"get{name}", f"{question.summary}, as {FORMS[form][1]}", _TEXT)
    @blp.arguments(question.query(), location="query")
    @_shows(form)
    @public
    def get(asking: Asking, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _draw(picture, asking, id, form)


def _register_agreement(form: str) -> None:
    name = f"Agreement{_title(form)}"

    @blp.route(f"/v1/agreement.{form}", methods=["GET"], endpoint=name)
    @blp.describe(
        f"get{name}",
        f"How much states agree, by their recorded votes, as {FORMS[form][1]}",
        AGREEMENT_TEXT,
        _TEXT,
    )
    @blp.arguments(AgreementQuerySchema(), location="query")
    @_shows(form)
    @public
    def get(asking: Asking) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _draw_agreement(asking, form)


for _form in FORMS:
    for _each in PICTURES:
        _register(_each, _form)
    _register_agreement(_form)


def _draw(picture: Picture, asking: Asking, id: str, form: str) -> Response:
    question = picture.question
    media_type, _, make = FORMS[form]
    with reading_for(asking) as reader:
        about = parse(reader.record(question.about.noun, id).body)  # 404 and 410 before 304
        title = caption(reader, about[question.about.noun.label])
        return _as_picture(
            served(
                question,
                given(reader, id, asking),
                media_type,
                lambda made: make(picture.draw(made, title)),
            )
        )


def _draw_agreement(asking: Asking, form: str) -> Response:
    asked = cast("AgreementQuery", asking.of)
    media_type, _, make = FORMS[form]
    with reading_for(asking) as reader:

        def body() -> bytes:
            about = reader.lookup().label("conflicts", asked.conflict) or asked.conflict
            return make(agreement(answer_agreement(reader, asked), caption(reader, about)))

        pinned = asking.asked.is_pinned
        return _as_picture(reading.computed(reader.moment, body, media_type, pinned=pinned))


def caption(reader: Reader, about: str) -> Caption:
    """Say of what a picture tells, and as of when."""
    return Caption(about, reader.moment.known_at, reader.moment.valid_at)


def _as_picture(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response
