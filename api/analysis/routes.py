"""The addresses of analysis: each question as JSON, as flat rows, and the what-if.

GET: URL → query schema → clocks → the records in force → the answer → bytes → ETag or 304.
"""

from __future__ import annotations

from typing import Any, cast

import orjson
from flask import Response

from api.analysis.agreement import COLUMNS
from api.analysis.answers import answer_agreement
from api.analysis.choices import Choices
from api.analysis.drafts import EXAMPLE, SupposedSchema
from api.analysis.loading import load_scene
from api.analysis.queries import (
    AgreementQuery,
    AgreementQuerySchema,
    Asking,
    DeadlockQuerySchema,
    flat_schema,
)
from api.analysis.questions import QUESTIONS, Question
from api.analysis.schemas import AgreementSchema, WhatIfSchema
from api.analysis.serving import given, reading_for, seconds, served
from api.analysis.solving import turn
from api.analysis.whatif import Supposed, what_if
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.ledger.noun import Noun
from api.ledger.reader import Reader
from api.nouns import NOUNS
from api.web import reading
from api.web import rows as flat
from api.web.auth import public
from api.web.openapi import Blueprint, answers
from api.web.requests import loaded, strict_json
from api.web.routes import ANSWERED, id_parameter

blp = Blueprint(
    "analysis",
    __name__,
    description="What follows from the records, computed when asked and never stored.",
)

_NOUNS: dict[str, Noun] = {each.name: each for each in NOUNS}


def _register(question: Question) -> None:
    parameters = [id_parameter(question.about)]

    @blp.route(question.url, methods=["GET"], endpoint=question.title, parameters=parameters)
    @blp.describe(f"get{question.title}", question.summary, question.text)
    @blp.arguments(question.query(), location="query")
    @blp.response(200, question.schema(), example=question.example, headers=ANSWERED)
    @answers(304, 404, 410, 422)
    @public
    def get(asking: Asking, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _answer(question, asking, id)

    url = f"{question.url}.<any(json, csv, ndjson):form>"
    about = f"{question.summary}, as flat rows"

    @blp.route(url, methods=["GET"], endpoint=f"{question.title}Rows", parameters=parameters)
    @blp.describe(f"list{question.title}Rows", about, question.text)
    @blp.arguments(flat_schema(question.query, question.columns, question.kinds), location="query")
    @blp.rows(list(question.columns))
    @answers(304, 404, 410, 416, 422)
    @public
    def rows(asking: Asking, id: str, form: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _answer(question, asking, id, form)


for _each in QUESTIONS:
    _register(_each)


@blp.route(
    "/v1/conflicts/<slug:id>/deadlock", methods=["POST"], endpoint="what_if",
    parameters=[id_parameter(CONFLICTS)],
)  # fmt: skip
@blp.describe(
    "supposeConflictDeadlock",
    "What if the records were others",
    "Leave records out, and add positions, preconditions and rules that nobody recorded: the "
    "answer shows the deadlock as recorded, as it would be, and the difference. Nothing is stored, "
    "so no key is needed. The parameters are those of the deadlock.",
)
@blp.arguments(SupposedSchema(), location="json", example=EXAMPLE, load=False)
@blp.arguments(DeadlockQuerySchema(), location="query")
@blp.response(200, WhatIfSchema(), headers=ANSWERED)
@answers(400, 404, 410, 413, 415, 422)
@public
def suppose(_body: None, asking: Asking, id: str) -> Response:
    """Answer a what-if."""
    supposed = cast("Supposed", loaded(SupposedSchema(), strict_json()))
    with turn(), reading_for(asking) as reader:
        scene = load_scene(reader, id)
        found = what_if(scene, cast("Choices", asking.of), supposed, _NOUNS, seconds=seconds())
        headers = [("Cache-Control", "no-store"), *reading.clocks(reader.moment)]
        return Response(orjson.dumps(found), headers=headers, content_type=reading.JSON)


AGREEMENT_TEXT = (
    "Pair by pair and group by group: the mean of 1 - |a - b| / 2 over the roll calls in which "
    "both voted, with yes = 1, abstain = 2, no = 3 (Voeten 2013). Roll calls in which nobody "
    "dissented are dropped, unless `unanimous=keep`; absences are counted beside the score, never "
    "in it. Published scores are by session (year = session + 1945); by calendar year they differ. "
    "The votes of the UN General Assembly come by `sinequanon import unga-votes`."
)


@blp.route("/v1/agreement", methods=["GET"])
@blp.describe("getAgreement", "How much states agree, by their recorded votes", AGREEMENT_TEXT)
@blp.arguments(AgreementQuerySchema(), location="query")
@blp.response(200, AgreementSchema(), headers=ANSWERED)
@answers(304, 404, 410, 422)
@public
def get_agreement(asking: Asking) -> Response:
    """Answer how much states agree."""
    return _agreement(asking, None)


@blp.route("/v1/agreement.<any(json, csv, ndjson):form>", methods=["GET"])
@blp.describe(
    "listAgreementRows",
    "How much states agree, by their recorded votes, as flat rows",
    AGREEMENT_TEXT,
)
@blp.arguments(flat_schema(AgreementQuerySchema, COLUMNS, None), location="query")
@blp.rows(list(COLUMNS))
@answers(304, 404, 410, 416, 422)
@public
def get_agreement_rows(asking: Asking, form: str) -> Response:
    """Answer how much states agree, as flat rows."""
    return _agreement(asking, form)


def _agreement(asking: Asking, form: str | None) -> Response:
    with reading_for(asking) as reader:

        def body() -> bytes:
            found = answer_agreement(reader, cast("AgreementQuery", asking.of))
            if form is None:
                return orjson.dumps(found)
            names = asking.columns or COLUMNS
            return flat.table(names, found["data"], form, excel=asking.excel)

        media_type = reading.JSON if form is None else flat.MEDIA_TYPES[form]
        return reading.computed(reader.moment, body, media_type, pinned=asking.asked.is_pinned)


def _answer(question: Question, asking: Asking, id: str, form: str | None = None) -> Response:
    links: dict[str, str] = {}

    def written(made: dict[str, Any]) -> bytes:
        if made.get("next") is not None:
            made["next"] = _next(reader, made["next"])
            links["Link"] = f'<{made["next"]}>; rel="next"'
        if form is None:
            return orjson.dumps(made)
        rows = question.rows(made)
        if asking.row_kinds is not None:
            rows = [each for each in rows if each["kind"] in asking.row_kinds]
        names = asking.columns or question.columns
        return flat.table(names, rows, form, excel=asking.excel)

    with reading_for(asking) as reader:
        reader.record(question.about.noun, id)  # 404 and 410 come before 304
        media_type = reading.JSON if form is None else flat.MEDIA_TYPES[form]
        response = served(question, given(reader, id, asking), media_type, written)
    if form is not None:
        response.headers.update(links)
    return response


def _next(reader: Reader, behind: int) -> str:
    """Give the address of the next page, which is of the same moment whatever is written."""
    moment = reader.moment
    return reading.address(
        known_at=moment.known_at, valid_at=moment.valid_at or "any", after=behind
    )
