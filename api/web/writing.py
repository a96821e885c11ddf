"""The write path, from top to bottom.

Bytes → draft schema → referenced records → rules → append → bytes → 201. Everything from the
referenced records on happens in the one write transaction (`api.ledger.writing`). So what
was checked is what is written, and the answer is that of a GET at the new changeset.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request

from api.errors import RecordProblem
from api.ledger import Asked, Change, Receipt
from api.ledger.noun import Record
from api.ledger.truth.revisions import ABSENT, LIVE_RECORD, named_revision
from api.ledger.versions.rendering import ServedRecord
from api.web.auth import current_rights, requires
from api.web.characters import EXCLUDED, compile_excluded, describe_excluded
from api.web.contract.document import authored_example
from api.web.contract.headers import CREATED, WRITTEN, document_links, make_id_parameter
from api.web.contract.openapi import Blueprint, answers, leads_to, try_with
from api.web.contract.parameters import NumberParameter, StrictParameter
from api.web.contract.schemas import StrictSchema
from api.web.requests import RequestRefused, current_ledger, parse_json_body
from api.web.resource import Resource
from api.web.responses import JSON, BytesResponse, join_root

LONGEST_MESSAGE = 500

_TAGS = re.compile(r'(?:W/)?"[^"]*"|[^\s,]+')
"""The entity tags of a list; a comma within quotation marks belongs to its tag."""


class MessageParameter(StrictParameter):
    """Why, for the changeset."""

    def __init__(self) -> None:
        about = "Why, in a sentence; the changeset keeps it."
        pattern = f"^[^{EXCLUDED['prose']}]*$"
        shape = {"type": "string", "maxLength": LONGEST_MESSAGE, "pattern": pattern}
        super().__init__(about, shape=shape)

    def parse_value(self, text: str, /) -> str:
        if len(text) > LONGEST_MESSAGE:
            raise ma.ValidationError(f"must have at most {LONGEST_MESSAGE} characters")
        if found := compile_excluded("prose").search(text):
            raise ma.ValidationError(describe_excluded(found))
        return text


@dataclass(frozen=True, slots=True)
class WriteQuery:
    """The parsed parameters of a write."""

    message: str = ""
    expected_head: int | None = None


class WriteQuerySchema(StrictSchema):
    message = MessageParameter()
    expected_head = NumberParameter(
        "Write only if this is still the number of the newest changeset; 412 otherwise."
    )

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> WriteQuery:
        return WriteQuery(**data)


def register_writes(blp: Blueprint, noun: Resource) -> None:
    """Register the operations that write records of a noun."""
    _add_create(blp, noun)
    _add_amend(blp, noun)
    _add_retract(blp, noun)


def _add_create(blp: Blueprint, noun: Resource) -> None:
    one = f"{'an' if noun.singular[0] in 'aeiou' else 'a'} {noun.singular}"

    @blp.route(f"/v1/{noun.name}", methods=["POST"], endpoint="create")
    @blp.describe(f"create{noun.singular.title()}", f"Create {one}", noun.to_write, CREATE_TEXT)
    @blp.arguments(noun.draft_schema, location="json", example=noun.example, load=False)
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(201, noun.record_schema, headers=CREATED)
    @leads_to(201, document_links(noun, "$response.body#/id", tagged=True))
    @answers(400, 401, 403, 409, 412, 413, 415, 422)
    @requires("write")
    def create_record(query: WriteQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        draft = noun.load_draft(parse_json_body())
        change = Change(noun.name, draft["id"], draft, ABSENT)
        return _answer_written(noun, draft["id"], append_changes([change], query), 201)


def _add_amend(blp: Blueprint, noun: Resource) -> None:
    url = f"/v1/{noun.name}/<slug:id>"
    title, authored = noun.singular.title(), authored_example(noun)

    @blp.route(url, methods=["PUT"], endpoint="amend", parameters=[make_id_parameter(noun)])
    @blp.describe(f"amend{title}", f"Amend or revive one {noun.singular}", AMEND_TEXT)
    @blp.if_match
    @blp.arguments(noun.draft_schema, location="json", example=authored, load=False)
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(200, noun.record_schema, headers=WRITTEN)
    @leads_to(200, document_links(noun, "$request.path.id", tagged=True))
    @answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428)
    @requires("write")
    def amend_record(query: WriteQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        expected = read_if_match()
        draft: Record = noun.load_draft(parse_json_body(), id=id)
        receipt = append_changes([Change(noun.name, id, draft, expected)], query)
        return _answer_written(noun, id, receipt, 200)


def _add_retract(blp: Blueprint, noun: Resource) -> None:
    url = f"/v1/{noun.name}/<slug:id>"
    title = noun.singular.title()

    @blp.route(url, methods=["DELETE"], endpoint="retract", parameters=[make_id_parameter(noun)])
    @blp.describe(f"retract{title}", f"Retract one {noun.singular}", RETRACT_TEXT)
    @blp.if_match
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(204, description="Retracted", headers=WRITTEN)
    @leads_to(204, document_links(noun, "$request.path.id"))
    @try_with(id=noun.retractable_id)
    @answers(401, 403, 404, 409, 410, 412, 422, 428)
    @requires("write")
    def retract_record(query: WriteQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        receipt = append_changes([Change(noun.name, id, None, read_if_match())], query)
        response = Response(status=204)
        response.set_etag(_read_served(noun, id, receipt).tag)
        response.headers["Sinequanon-Changeset"] = str(receipt.head)
        return response


def append_changes(changes: Sequence[Change], query: WriteQuery, **more: Any) -> Receipt:
    """Write changes with the rights of the request's key; `more` is what `Ledger` takes."""
    given = {"message": query.message, "expected_head": query.expected_head, **more}
    return current_ledger().append_changes(changes, **current_rights(), **given)


def read_if_match() -> str | frozenset[str]:
    """Return the revisions that may be replaced, from If-Match."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise RequestRefused(
            428, "Send If-Match with the ETag that you read, so that no amendment made meanwhile "
            "is overwritten; * takes whatever is there.",
            [{"parameter": "If-Match", "detail": "is required"}],
        )  # fmt: skip
    if given == "*":
        return LIVE_RECORD
    return frozenset(filter(None, map(named_revision, _TAGS.findall(given))))


def _answer_written(noun: Resource, id: str, receipt: Receipt, status: int) -> Response:
    served = _read_served(noun, id, receipt)
    headers = [
        ("ETag", f'"{served.tag}"'),
        ("Sinequanon-Changeset", str(receipt.head)),
        ("Cache-Control", "no-store"),
    ]
    if status == 201:
        headers.append(("Location", f"/v1/{noun.name}/{id}"))
    body = _add_warnings(served.body, receipt.warnings)
    body = join_root(request.script_root, JSON, body)
    return BytesResponse(body, status, headers, content_type=JSON)


def _read_served(noun: Resource, id: str, receipt: Receipt) -> ServedRecord:
    """Return the record that was written, or the stored one if nothing changed."""
    if receipt.served is not None:
        return receipt.served
    with current_ledger().open_reader(Asked(number=receipt.head)) as reader:
        return reader.read_record(noun, id)


def _add_warnings(body: bytes, warnings: Sequence[RecordProblem]) -> bytes:
    if not warnings:
        return body
    told = [{"pointer": e.problem.pointer, "detail": e.problem.detail} for e in warnings]
    return body[:-1] + b',"warnings":' + orjson.dumps(told) + b"}"


CREATE_TEXT = (
    "Leave out `id` to have one made from the content; the same content a second time is a 409 "
    "then. Records that it names must exist. What is doubtful but allowed comes back in `warnings`."
)
AMEND_TEXT = (
    "Writes a new revision; the old one stays. Send the ETag that you read in If-Match, so that "
    "nobody's amendment is overwritten unseen. A body as GET gives it is accepted: the server's "
    "own fields are ignored. A body that changes nothing writes nothing. With the ETag of a "
    "tombstone (from the 410) it revives the record."
)
RETRACT_TEXT = (
    "Writes a tombstone: the record leaves lists and answers 410, its history stays. Refused with "
    "409 while live records refer to it; they are listed."
)
