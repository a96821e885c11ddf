"""The addresses of analysis: each question in all of its formats, and the what-if.

GET: URL → query schema → clocks → the records in force → the answer → bytes → ETag or 304.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from flask import Response

from api.analysis.answers import Given
from api.analysis.choices import Choices
from api.analysis.drafts import EXAMPLE, SupposedSchema
from api.analysis.loading import load_scene
from api.analysis.queries import Asking, DeadlockQuerySchema
from api.analysis.questions import QUESTIONS, Question
from api.analysis.schemas import WhatIfSchema
from api.analysis.serving import find_record, given, reading_for, seconds, served
from api.analysis.solving import turn
from api.analysis.whatif import Supposed, what_if
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.ledger.reader import Reader
from api.nouns import NOUNS_BY_NAME
from api.web import reading
from api.web.auth import public
from api.web.contract.openapi import Blueprint, answers, try_with
from api.web.formats import with_formats
from api.web.requests import load_body, parse_json_body
from api.web.responses import JSON, clock_headers, link_next
from api.web.routes import ANSWERED, make_id_parameter
from api.web.rows import MEDIA_TYPES

Answer = dict[str, Any]

PICTURES_TEXT = (
    "`format=svg` and `png` are pictures of it, which name their subject and moment; the SVG tells "
    "in words what it shows (`title`, `desc`). `vl.json` is the Vega-Lite specification from which "
    "they are drawn, with its data."
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A format that shows an answer as a picture; what draws it stands above this package."""

    media_type: str
    draw: Callable[[Given, Answer], bytes]
    headers: Mapping[str, str]


def blueprint(drawings: Mapping[str, Mapping[str, Drawing]]) -> Blueprint:
    """Register all questions; `drawings` maps their names to the formats of their pictures."""
    blp = Blueprint(
        "deadlock",
        __name__,
        description="What stands in the way of a conflict's end, who stands where, what changed.",
    )
    for question in QUESTIONS:
        _register(blp, question, drawings.get(question.name, {}))
    _register_what_if(blp)
    return blp


def _register(blp: Blueprint, question: Question, drawings: Mapping[str, Drawing]) -> None:
    formats = MEDIA_TYPES | {name: each.media_type for name, each in drawings.items()}
    query = with_formats(
        question.query(), question.columns, pictures=tuple(drawings), kinds=question.kinds
    )

    @blp.route(
        question.url, methods=["GET"], endpoint=question.title, formats=formats,
        tags=[question.group],
        parameters=[make_id_parameter(question.about)] if question.about else [],
    )  # fmt: skip
    @blp.describe(
        f"get{question.title}",
        question.summary,
        question.text,
        *([PICTURES_TEXT] if drawings else []),
    )
    @blp.arguments(query, location="query")
    @blp.response(200, question.schema(), example=question.example, headers=ANSWERED)
    @try_with(**question.tried)
    @answers(304, 404, 410, 422)
    @public
    def get(asking: Asking, id: str = "") -> Response:  # pyright: ignore[reportUnusedFunction]
        drawing = drawings.get(asking.format.name or "")
        return _draw(question, asking, id, drawing) if drawing else _answer(question, asking, id)


def _register_what_if(blp: Blueprint) -> None:
    @blp.route(
        "/v1/conflicts/<slug:id>/deadlock", methods=["POST"], endpoint="what_if",
        parameters=[make_id_parameter(CONFLICTS)],
    )  # fmt: skip
    @blp.describe(
        "supposeConflictDeadlock",
        "Try the deadlock with other records",
        "Leave records out, and add positions, preconditions and rules that nobody recorded: the "
        "answer shows the deadlock as recorded, as it would be, and the difference. Nothing is "
        "stored, so no key is needed. The parameters are those of the deadlock.",
    )
    @blp.arguments(SupposedSchema(), location="json", example=EXAMPLE, load=False)
    @blp.arguments(DeadlockQuerySchema(), location="query")
    @blp.response(200, WhatIfSchema(), headers=ANSWERED)
    @try_with(goal=["peace"])
    @answers(400, 404, 410, 413, 415, 422)
    @public
    def suppose(asking: Asking, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        supposed = cast("Supposed", load_body(SupposedSchema(), parse_json_body()))
        with turn(), reading_for(asking) as reader:
            scene = load_scene(reader, id)
            found = what_if(
                scene, cast("Choices", asking.of), supposed, NOUNS_BY_NAME, seconds=seconds()
            )
            headers = [("Cache-Control", "no-store"), *clock_headers(reader.moment)]
            return Response(orjson.dumps(found), headers=headers, content_type=JSON)


def _answer(question: Question, asking: Asking, id: str) -> Response:
    links: list[str] = []

    def write(made: Answer) -> bytes:
        if made.get("next") is not None:
            made["next"] = _next(reader, made["next"])
            links.append(made["next"])
        if not asking.format.is_table:
            return orjson.dumps(made)
        rows, kinds = question.rows(made), asking.format.kinds
        chosen = rows if kinds is None else [each for each in rows if each["kind"] in kinds]
        return asking.format.write_table(question.columns, chosen)

    with reading_for(asking) as reader:
        find_record(question, reader, id)
        response = served(question, given(reader, id, asking), asking.format.media_type, write)
    return link_next(response, links) if asking.format.is_table else response


def _draw(question: Question, asking: Asking, id: str, drawing: Drawing) -> Response:
    with reading_for(asking) as reader:
        find_record(question, reader, id)
        asked = given(reader, id, asking)
        response = served(
            question, asked, drawing.media_type, lambda made: drawing.draw(asked, made)
        )
    response.headers.update(drawing.headers)
    return response


def _next(reader: Reader, behind: int) -> str:
    """Give the address of the next page, which is of the same moment whatever is written."""
    moment = reader.moment
    return reading.rewrite_address(
        known_at=moment.known_at, valid_at=moment.valid_at or "any", after=behind
    )
