"""`/v1/sources/{id}/text`: the text of a source, by which its quotes are checked.

A text is no field of its source: it is kept apart, so that it can be taken down without a trace in
chain and exports. It must be the one that the source declares by hash and length. Attaching it
checks every span, and the statements that are found in it turn `verified` by a new revision each,
all in one changeset; one that is not found refuses the text.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

from api.errors import Conflict, Forbidden, Invalid, NotFound, RulesBroken, WouldBreak
from api.ledger import Asked
from api.ledger.canonical import parse
from api.package_data import SEEDS
from api.sources import SOURCES
from api.sources.rules import text_fault
from api.web.auth import current_author, public, requires
from api.web.fields import Count, Sha256
from api.web.openapi import Blueprint, answers, try_with
from api.web.parameters import MOST
from api.web.queries import NothingSchema, RecordQuerySchema
from api.web.requests import current_ledger, read_text_body
from api.web.responses import JSON, answer_tagged
from api.web.schemas import StrictSchema
from api.web.writing import WriteQuery, WriteQuerySchema

_EXAMPLE_ID = "us-ukraine-joint-statement"
URL = "/v1/sources/<slug:id>/text"


class TextReceiptSchema(StrictSchema):
    """What came of attaching a text."""

    text_sha256 = Sha256("of the text", required=True)
    text_length = Count("its code points", required=True)
    verified = Count("how many statements turned verified by it", required=True)
    changeset = Count("the newest changeset after it", required=True)


def register(blp: Blueprint, parameters: list[dict[str, Any]]) -> None:
    """Add the text's operations to the blueprint of sources."""
    plain = {"text/plain": {"schema": {"type": "string"}}}
    # Not `example`: code generators copy that into a comment, which ends with its first line.
    examples = {"seed": {"summary": "its text", "value": _read_example()}}
    tried = {"text/plain": {"schema": {"type": "string"}, "examples": examples}}

    @blp.route(URL, methods=["GET"], endpoint="get_text", parameters=parameters)
    @blp.describe(
        "getSourceText", "Read the text of a source",
        "Served only where `text_public` is true now, in every source that declares the text; "
        "otherwise 403. Offsets of statements count its code points.",
    )  # fmt: skip
    @blp.arguments(RecordQuerySchema(), location="query")
    @blp.doc(
        responses={
            200: {"description": "The text", "content": plain},
            206: {"description": "The bytes that Range asks for", "content": plain},
        }
    )
    @try_with(id=_EXAMPLE_ID)
    @answers(304, 403, 404, 410, 416, 422)
    @public
    def get_text(asked: Asked, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _serve(id, asked)

    @blp.route(URL, methods=["PUT"], endpoint="attach_text", parameters=parameters)
    @blp.describe(
        "attachSourceText", "Attach the text of a source",
        "Send it as text/plain in UTF-8. It must match `text_sha256` and `text_length`. Every "
        "statement of the source is checked against it.",
    )  # fmt: skip
    @blp.doc(requestBody={"required": True, "content": tried})
    @try_with(id=_EXAMPLE_ID)
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(200, TextReceiptSchema())
    @answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
    @requires("texts")
    def attach_text(query: WriteQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _attach(id, query)

    @blp.route(URL, methods=["DELETE"], endpoint="take_down_text", parameters=parameters)
    @blp.describe(
        "takeDownSourceText", "Take the text of a source down",
        "It is forgotten; records keep their offsets, hashes and check marks, and the chain stays "
        "whole. Texts that the source declared earlier go with it, also after a retraction; "
        "another source that declares the same text loses it, too.",
    )  # fmt: skip
    @blp.arguments(NothingSchema(), location="query")
    @blp.response(204, description="Taken down")
    @try_with(id=_EXAMPLE_ID)
    @answers(401, 403, 404, 422)
    @requires("texts")
    def take_down_text(_query: object, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _take_down(id)


def _read_example() -> str:
    """Return the text of a source of the seed, which can be attached again and again."""
    [file] = SEEDS.glob(f"*/texts/{_EXAMPLE_ID}.txt")
    return file.read_text(encoding="utf-8")


def _serve(id: str, asked: Asked) -> Response:
    with current_ledger().reading(asked) as reader:
        digest = parse(reader.record(SOURCES, id).body)["text_sha256"]
        text = digest and reader.text(digest)
    if not text:
        raise NotFound(f"no text of sources/{id} is attached")
    if not is_public(digest):
        raise Forbidden(f"the text of sources/{id} is kept to check quotes, not to be served")
    kind = "text/plain; charset=utf-8"
    return answer_tagged(digest, text.encode, kind, pinned=False)


def is_public(digest: str) -> bool:
    """Whether every source that declares the text now says so, whatever was asked of the past."""
    with current_ledger().reading() as reader:
        sources = reader.page(SOURCES, {"text_sha256": [digest]}, limit=MOST).bodies
    return bool(sources) and all(parse(each)["text_public"] for each in sources)


def _attach(id: str, query: WriteQuery) -> Response:
    text = read_text_body()
    with current_ledger().reading() as reader:
        source = parse(reader.record(SOURCES, id).body)
    if fault := text_fault(source, text):
        raise Invalid(fault) if source["text_sha256"] else Conflict(fault)
    try:
        receipt = current_ledger().append(
            [],
            texts={("sources", id): text},
            author=current_author(),
            message=query.message,
            expected_head=query.expected_head,
        )
    except RulesBroken as error:  # of statements that are there, none that was sent
        raise WouldBreak(error.problems) from error
    body = {
        "text_sha256": source["text_sha256"],
        "text_length": len(text),
        "verified": len(receipt.written),
        "changeset": receipt.head,
    }
    response = Response(orjson.dumps(body), content_type=JSON)
    response.headers["Sinequanon-Changeset"] = str(receipt.head)
    return response


def _take_down(id: str) -> Response:
    """Forget every text that the source ever declared, also when it was retracted since."""
    with current_ledger().reading() as reader:
        revisions = reader.history(SOURCES, id)
    bodies = [parse(each["body"]) for each in revisions if not each["tombstone"]]
    digests = {each["text_sha256"] for each in bodies if "text_sha256" in each}
    if not current_ledger().take_down_texts(digests):
        raise NotFound(f"no text of sources/{id} is attached")
    return Response(status=204)
