"""The text of a source: serve it, attach it, take it down.

A text is not a field of its source. It is stored separately, so that it can be taken down without a
trace in chain and exports. It must match the hash and length that the source declares. Attaching it
checks every statement of the source: those whose span is found in it become `verified`, each by a
new revision, all in one changeset. If one is not found, the text is refused.
"""

from __future__ import annotations

import orjson
from flask import Response

from api.errors import Conflict, Forbidden, Invalid, NotFound, RulesBroken, WouldBreak
from api.ledger import Asked
from api.ledger.truth.canonical import parse_bytes
from api.sources import SOURCES
from api.sources.rules import find_text_fault
from api.web.auth import current_author
from api.web.contract.fields import Count, Sha256
from api.web.contract.parameters import MOST
from api.web.contract.schemas import StrictSchema
from api.web.requests import current_ledger, read_text_body
from api.web.responses import JSON, answer_tagged
from api.web.writing import WriteQuery


class TextReceiptSchema(StrictSchema):
    """The result of attaching a text."""

    text_sha256 = Sha256("of the text", required=True)
    text_length = Count("its code points", required=True)
    verified = Count("how many statements turned verified by it", required=True)
    changeset = Count("the newest changeset after it", required=True)


def serve_text(id: str, asked: Asked) -> Response:
    """Answer with the text of a source; 403 unless the text is public, 404 without one."""
    with current_ledger().open_reader(asked) as reader:
        digest = parse_bytes(reader.read_record(SOURCES, id).body)["text_sha256"]
        text = digest and reader.read_text(digest)
    if not text:
        raise NotFound(f"no text of sources/{id} is attached")
    if not is_public(digest):
        raise Forbidden(f"the text of sources/{id} is kept to check quotes, not to be served")
    kind = "text/plain; charset=utf-8"
    return answer_tagged(digest, text.encode, kind, pinned=False)


def is_public(digest: str) -> bool:
    """Whether every source that declares the text is public now, whatever `known_at` asks for."""
    with current_ledger().open_reader() as reader:
        sources = reader.read_page(SOURCES, {"text_sha256": [digest]}, limit=MOST).whole_bodies
    return bool(sources) and all(parse_bytes(each)["text_public"] for each in sources)


def attach_text(id: str, query: WriteQuery) -> Response:
    """Store the text of the request and check the source's statements against it."""
    text = read_text_body()
    with current_ledger().open_reader() as reader:
        source = parse_bytes(reader.read_record(SOURCES, id).body)
    if fault := find_text_fault(source, text):
        raise Invalid(fault) if source["text_sha256"] else Conflict(fault)
    try:
        receipt = current_ledger().append_changes(
            [],
            texts={("sources", id): text},
            author=current_author(),
            message=query.message,
            expected_head=query.expected_head,
        )
    except RulesBroken as error:  # The faults are of stored statements, not of the request.
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


def take_down_texts(id: str) -> Response:
    """Delete every text that the source ever declared, even if the source was retracted since."""
    with current_ledger().open_reader() as reader:
        revisions = reader.read_history(SOURCES, id)
    bodies = [parse_bytes(each["body"]) for each in revisions if not each["tombstone"]]
    digests = {each["text_sha256"] for each in bodies if "text_sha256" in each}
    if not current_ledger().take_down_texts(digests):
        raise NotFound(f"no text of sources/{id} is attached")
    return Response(status=204)
