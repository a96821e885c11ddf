"""The write path, from top to bottom.

Bytes → draft schema → referenced records → rules → append → bytes → 201. Everything from the
referenced records on happens in the one write transaction (`api.ledger.writing`). So what
was checked is what is written, and the answer is that of a GET at the new changeset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request

from api.errors import RecordProblem
from api.ledger import Asked, Change, Receipt
from api.ledger.noun import Record
from api.ledger.truth.revisions import named_revision
from api.ledger.versions.rendering import ServedRecord
from api.ledger.writing import ABSENT, LIVE_RECORD
from api.web.auth import current_rights
from api.web.characters import EXCLUDED, compile_excluded, describe_excluded
from api.web.contract.parameters import NumberParameter, StrictParameter
from api.web.contract.schemas import StrictSchema
from api.web.requests import RequestRefused, current_ledger, parse_json_body
from api.web.resource import Resource
from api.web.responses import JSON, BytesResponse, join_root

LONGEST_MESSAGE = 500


class MessageParameter(StrictParameter):
    """Why, for the changeset."""

    def __init__(self) -> None:
        about = "Why, in a sentence; the changeset keeps it."
        pattern = f"^[^{EXCLUDED['prose']}]*$"
        super().__init__(
            about, shape={"type": "string", "maxLength": LONGEST_MESSAGE, "pattern": pattern}
        )

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
    """The parameters of a write."""

    message = MessageParameter()
    expected_head = NumberParameter(
        "Write only if this is still the number of the newest changeset; 412 otherwise."
    )

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> WriteQuery:
        """Return the parsed query."""
        return WriteQuery(**data)


def create_record(resource: Resource, query: WriteQuery) -> Response:
    """Create a record from the request's body: 201 with its address."""
    draft = resource.load_draft(parse_json_body())
    change = Change(resource.noun.name, draft["id"], draft, ABSENT)
    return _answer_written(resource, draft["id"], append_changes([change], query), 201)


def amend_record(resource: Resource, id: str, query: WriteQuery) -> Response:
    """Write a new revision over the one that If-Match names, or revive a tombstone."""
    expected = read_if_match()
    draft: Record = resource.load_draft(parse_json_body(), id=id)
    change = Change(resource.noun.name, id, draft, expected)
    return _answer_written(resource, id, append_changes([change], query), 200)


def retract_record(resource: Resource, id: str, query: WriteQuery) -> Response:
    """Write a tombstone over the revision that If-Match names."""
    change = Change(resource.noun.name, id, None, read_if_match())
    receipt = append_changes([change], query)
    response = Response(status=204)
    response.set_etag(_read_served(resource, id, receipt).tag)
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
    return frozenset(filter(None, map(named_revision, given.split(","))))


def _answer_written(resource: Resource, id: str, receipt: Receipt, status: int) -> Response:
    served = _read_served(resource, id, receipt)
    headers = [
        ("ETag", f'"{served.tag}"'),
        ("Sinequanon-Changeset", str(receipt.head)),
        ("Cache-Control", "no-store"),
    ]
    if status == 201:
        headers.append(("Location", f"/v1/{resource.noun.name}/{id}"))
    body = _add_warnings(served.body, receipt.warnings)
    body = join_root(request.script_root, JSON, body)
    return BytesResponse(body, status, headers, content_type=JSON)


def _read_served(resource: Resource, id: str, receipt: Receipt) -> ServedRecord:
    """Return the record that was written, or the stored one if nothing changed."""
    if receipt.served is not None:
        return receipt.served
    with current_ledger().open_reader(Asked(number=receipt.head)) as reader:
        return reader.read_record(resource.noun, id)


def _add_warnings(body: bytes, warnings: Sequence[RecordProblem]) -> bytes:
    if not warnings:
        return body
    listed = [
        {"pointer": found.problem.pointer, "detail": found.problem.detail} for found in warnings
    ]
    return body[:-1] + b',"warnings":' + orjson.dumps(listed) + b"}"
