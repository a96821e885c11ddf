"""The addresses of analysis: each question in all of its formats, and the what-if.

GET: URL → query schema → clocks → the records in force → the answer → bytes → ETag or 304.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, cast

import orjson
from flask import Response

from api.analysis.deadlock.whatif import Supposed, WhatIf, work_out_what_if
from api.analysis.loading import load_whole_scene
from api.analysis.questions import ALL_QUESTIONS
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.analysis.questions.whatif import EXAMPLE, SupposedSchema
from api.analysis.schemas import answer_schema
from api.analysis.serving import make_input, open_reader, serve_answer, solving_seconds
from api.conflicts import CONFLICTS
from api.nouns import NOUNS_BY_NAME
from api.web.auth import public
from api.web.contract.headers import ANSWERED, make_id_parameter
from api.web.contract.openapi import Blueprint, answers, try_with
from api.web.formats import with_formats
from api.web.requests import load_body, parse_json_body
from api.web.responses import JSON, clock_headers, link_next
from api.web.rows import MEDIA_TYPES

PICTURES_TEXT = (
    "`format=svg` and `png` are pictures of it, which name their subject and moment; the SVG tells "
    "in words what it shows (`title`, `desc`). `vl.json` is the Vega-Lite specification from which "
    "they are drawn, with its data."
)


Draw = Callable[[str, QuestionInput, Callable[[], None], Any], bytes]
"""Draws an answer in a format; it calls what it gets third when it needs the reader no more.

What draws stands above this package.
"""


def make_blueprint(drawings: Mapping[str, Draw], media_types: Mapping[str, str]) -> Blueprint:
    """Register all questions; `drawings` draw those of these names, in formats of `media_types`."""
    blp = Blueprint(
        "deadlock",
        __name__,
        description="What stands in the way of a conflict's end, who stands where, what changed.",
    )
    for question in ALL_QUESTIONS:
        _register_question(blp, question, drawings.get(question.name), media_types)
    _register_what_if(blp)
    return blp


def _register_question(
    blp: Blueprint,
    question: AnalysisQuestion[Any],
    draw: Draw | None,
    media_types: Mapping[str, str],
) -> None:
    pictures: dict[str, str] = {**media_types} if draw else {}
    query = with_formats(
        question.query(), question.columns, pictures=tuple(pictures), kinds=question.kinds
    )

    @blp.route(
        question.url, methods=["GET"], endpoint=question.title, formats=MEDIA_TYPES | pictures,
        tags=[question.group],
        parameters=[make_id_parameter(question.about)] if question.about else [],
    )  # fmt: skip
    @blp.describe(
        f"get{question.title}",
        question.summary,
        question.text,
        *([PICTURES_TEXT] if pictures else []),
    )
    @blp.arguments(query, location="query")
    @blp.response(200, answer_schema(question.answer_type)(), headers=ANSWERED)
    @try_with(**question.tried)
    @answers(304, 404, 410, 422)
    @public
    def get(asking: ParsedQuestion, id: str = "") -> Response:  # pyright: ignore[reportUnusedFunction]
        form = asking.format.name or ""
        with ExitStack() as held:
            reader = held.enter_context(open_reader(asking))
            asked = make_input(reader, id, asking)
            if draw is None or form not in pictures:
                return _answer(question, asked)
            write = partial(draw, form, asked, held.close)
            return serve_answer(question, asked, pictures[form], write)


def _answer(question: AnalysisQuestion[Any], asked: QuestionInput) -> Response:
    links: list[str] = []
    chosen = asked.asking.format

    def write(answer: Any) -> bytes:
        if not chosen.is_table:
            return orjson.dumps(answer)
        links.extend(filter(None, [getattr(answer, "next", None)]))
        kinds = chosen.kinds
        rows = question.list_rows(answer)
        rows = (each for each in rows if kinds is None or each["kind"] in kinds)
        return chosen.write_table(question.columns, rows)

    return link_next(serve_answer(question, asked, chosen.media_type, write), links)


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
    @blp.response(200, answer_schema(WhatIf)(), headers=ANSWERED)
    @try_with(goal=["peace"])
    @answers(400, 404, 410, 413, 415, 422)
    @public
    def suppose(asking: ParsedQuestion, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        supposed = cast("Supposed", load_body(SupposedSchema(), parse_json_body()))
        with open_reader(asking) as reader:
            scene = load_whole_scene(reader, id)
            found = work_out_what_if(
                scene, asking.of, supposed, NOUNS_BY_NAME, seconds=solving_seconds()
            )
            headers = [("Cache-Control", "no-store"), *clock_headers(reader.moment)]
            return Response(orjson.dumps(found), headers=headers, content_type=JSON)
