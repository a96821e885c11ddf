"""`/v1/sources`, and `/v1/sources/{id}/text`: serve the text of a source, attach it, take it down.

A text must match the hash and length that its source declares. Attaching it checks every statement
of the source: those whose span is found in it become `verified`, each by a new revision, all in one
changeset. If one is not found, the text is refused.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from flask import Response

from api.errors import Conflict, Invalid, NotFound
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.package_data import SEEDS
from api.sources import SOURCES
from api.sources.rules import find_text_fault
from api.web.auth import check_key, current_rights, public, requires
from api.web.contract.fields import Count, Sha256
from api.web.contract.headers import make_id_parameter
from api.web.contract.openapi import answers, try_with
from api.web.contract.schemas import StrictSchema
from api.web.queries import NothingSchema, RecordQuerySchema
from api.web.requests import current_ledger, read_text_body
from api.web.responses import JSON, answer_tagged
from api.web.routes import make_blueprint
from api.web.writing import WriteQuery, WriteQuerySchema, append_changes

blp = make_blueprint(SOURCES)

TEXT_URL = "/v1/sources/<slug:id>/text"
TEXT_EXAMPLE_ID = "us-ukraine-joint-statement"
"""A source of the seed whose text can be attached again and again."""

_PARAMETERS = [make_id_parameter(SOURCES)]
_PLAIN: dict[str, Any] = {"schema": {"type": "string"}}


class TextReceiptSchema(StrictSchema):
    """The result of attaching a text."""

    text_sha256 = Sha256("of the text", required=True)
    text_length = Count("its code points", required=True)
    verified = Count("how many statements turned verified by it", required=True)
    changeset = Count("the newest changeset after it", required=True)


def _describe_text_body() -> dict[str, Any]:
    """Return the documentation of a text as a request body, with the text of the example."""
    [file] = SEEDS.glob(f"*/texts/{TEXT_EXAMPLE_ID}.txt")
    # Not `example`: code generators copy that into a comment, which ends with its first line.
    examples = {"seed": {"summary": "its text", "value": file.read_text(encoding="utf-8")}}
    return {"required": True, "content": {"text/plain": {**_PLAIN, "examples": examples}}}


@blp.route(TEXT_URL, methods=["GET"], endpoint="get_text", parameters=_PARAMETERS)
@blp.describe(
    "getSourceText", "Read the text of a source",
    "Served to everybody where `text_public` is true now, in every source that declares the text; "
    "otherwise only to a key with the scope `texts`. Offsets of statements count its code points.",
)  # fmt: skip
@blp.arguments(RecordQuerySchema(), location="query")
@blp.doc(
    responses={
        200: {"description": "The text", "content": {"text/plain": _PLAIN}},
        206: {"description": "The bytes that Range asks for", "content": {"text/plain": _PLAIN}},
    }
)
@try_with(id=TEXT_EXAMPLE_ID)
@blp.doc(security=[{}, {"bearer": []}, {"api_key": []}])
@answers(304, 401, 403, 404, 410, 416, 422)
@public
def get_source_text(asked: Asked, id: str) -> Response:
    """Serve the text of a source."""
    digest, text, public_now = load_text(asked, id)
    response = answer_tagged(digest, text.encode, "text/plain; charset=utf-8", pinned=False)
    if not public_now:
        response.headers["Cache-Control"] = "no-store"
    return response


class ServedText(NamedTuple):
    """The text of a source, and whether it is public now."""

    digest: str
    text: str
    is_public: bool


def load_text(asked: Asked, id: str) -> ServedText:
    """Load the text of a source; raises NotFound, and Unauthorised where it is not public."""
    with current_ledger().open_reader(asked) as reader:
        digest = reader.read_record(SOURCES, id).record["text_sha256"]
        text = digest and reader.read_text(digest)
    if not text:
        raise NotFound(f"no text of sources/{id} is attached")
    if not (public_now := is_public(digest)):
        check_key("texts")
    return ServedText(digest, text, public_now)


def is_public(digest: str) -> bool:
    """Whether every source that declares the text is public now, whatever `known_at` asks for."""
    with current_ledger().open_reader() as reader:
        return reader.is_text_public(digest)


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
@requires("texts", directly=True)
def put_source_text(query: WriteQuery, id: str) -> Response:
    """Attach the text of a source, and check its statements against it."""
    text = read_text_body()
    with current_ledger().open_reader() as reader:
        source = reader.read_record(SOURCES, id).record
    if fault := find_text_fault(source, text):
        raise Invalid(fault) if source["text_sha256"] else Conflict(fault)
    receipt = append_changes([], query, texts={("sources", id): text})
    body = {
        "text_sha256": source["text_sha256"],
        "text_length": len(text),
        "verified": len(receipt.written),
        "changeset": receipt.head,
    }
    response = Response(orjson.dumps(body), content_type=JSON)
    response.headers["Sinequanon-Changeset"] = str(receipt.head)
    return response


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
@requires("texts", directly=True)
def delete_source_text(_query: object, id: str) -> Response:
    """Delete every text that the source ever declared, even if it was retracted since."""
    with current_ledger().open_reader() as reader:
        digests = {*_list_declared(reader, id)}
    if not current_ledger().take_down_texts(digests, current_rights()["author"]):
        raise NotFound(f"no text of sources/{id} is attached")
    return Response(status=204)


def _list_declared(reader: Reader, id: str) -> Iterator[str]:
    """Yield the SHA-256 of each text that a source ever declared."""
    after = 0
    while rows := reader.read_history(SOURCES, id, _READ_AT_ONCE, after):
        for row in rows:
            record = {} if row["tombstone"] else parse_bytes(row["body"])
            if "text_sha256" in record:
                yield record["text_sha256"]
        after = rows[-1]["number"]


_READ_AT_ONCE = 100
"""How many revisions of a source one query reads: they may be large."""
