"""`/v1/sources`, and `/v1/sources/{id}/text` for the text of a source."""

from typing import Any

from flask import Response

from api.ledger import Asked
from api.package_data import SEEDS
from api.sources import SOURCES
from api.sources.schemas import SourceDraftSchema, SourceRecordSchema
from api.sources.text import TextReceiptSchema, attach_text, serve_text, take_down_texts
from api.web.auth import public, requires
from api.web.contract.openapi import answers, try_with
from api.web.queries import NothingSchema, RecordQuerySchema
from api.web.resource import Resource
from api.web.routes import make_blueprint, make_id_parameter
from api.web.writing import WriteQuery, WriteQuerySchema

RESOURCE = Resource(
    noun=SOURCES,
    draft=SourceDraftSchema,
    record=SourceRecordSchema,
    about="Documents in which statements stand.",
    made_from=("title", "published"),
    example_id="kremlin-rules-out-truce",
    example={
        "title": "Belarus asks Russia and Ukraine for a truce",
        "kind": "news_report",
        "language": "en",
        "published": "2023-03-31",
    },
)

blp = make_blueprint(RESOURCE)

TEXT_URL = "/v1/sources/<slug:id>/text"
TEXT_EXAMPLE_ID = "us-ukraine-joint-statement"
"""A source of the seed whose text can be attached again and again."""

_PARAMETERS = [make_id_parameter(RESOURCE)]
_PLAIN: dict[str, Any] = {"schema": {"type": "string"}}


def _describe_text_body() -> dict[str, Any]:
    """Return the documentation of a text as a request body, with the text of the example."""
    [file] = SEEDS.glob(f"*/texts/{TEXT_EXAMPLE_ID}.txt")
    # Not `example`: code generators copy that into a comment, which ends with its first line.
    examples = {"seed": {"summary": "its text", "value": file.read_text(encoding="utf-8")}}
    return {"required": True, "content": {"text/plain": {**_PLAIN, "examples": examples}}}


@blp.route(TEXT_URL, methods=["GET"], endpoint="get_text", parameters=_PARAMETERS)
@blp.describe(
    "getSourceText", "Read the text of a source",
    "Served only where `text_public` is true now, in every source that declares the text; "
    "otherwise 403. Offsets of statements count its code points.",
)  # fmt: skip
@blp.arguments(RecordQuerySchema(), location="query")
@blp.doc(
    responses={
        200: {"description": "The text", "content": {"text/plain": _PLAIN}},
        206: {"description": "The bytes that Range asks for", "content": {"text/plain": _PLAIN}},
    }
)
@try_with(id=TEXT_EXAMPLE_ID)
@answers(304, 403, 404, 410, 416, 422)
@public
def get_source_text(asked: Asked, id: str) -> Response:
    """Serve the text of a source."""
    return serve_text(id, asked)


@blp.route(TEXT_URL, methods=["PUT"], endpoint="attach_text", parameters=_PARAMETERS)
@blp.describe(
    "attachSourceText", "Attach the text of a source",
    "Send it as text/plain in UTF-8. It must match `text_sha256` and `text_length`. Every "
    "statement of the source is checked against it.",
)  # fmt: skip
@blp.doc(requestBody=_describe_text_body())
@try_with(id=TEXT_EXAMPLE_ID)
@blp.arguments(WriteQuerySchema(), location="query")
@blp.response(200, TextReceiptSchema())
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
@requires("texts")
def put_source_text(query: WriteQuery, id: str) -> Response:
    """Attach the text of a source."""
    return attach_text(id, query)


@blp.route(TEXT_URL, methods=["DELETE"], endpoint="take_down_text", parameters=_PARAMETERS)
@blp.describe(
    "takeDownSourceText", "Take the text of a source down",
    "The registry deletes it. Records keep their offsets, hashes and check marks, and the chain "
    "stays whole. Texts that the source declared earlier are deleted with it, also after a "
    "retraction; another source that declares the same text loses it, too.",
)  # fmt: skip
@blp.arguments(NothingSchema(), location="query")
@blp.response(204, description="Taken down")
@try_with(id=TEXT_EXAMPLE_ID)
@answers(401, 403, 404, 422)
@requires("texts")
def delete_source_text(_query: object, id: str) -> Response:
    """Take the text of a source down."""
    return take_down_texts(id)
