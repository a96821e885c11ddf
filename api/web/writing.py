"""The write path, from top to bottom.

Bytes → draft schema → referenced records → rules → append → bytes → 201. Everything from the
referenced records on happens in the one write transaction of `api.ledger.append`, so that what
was checked is what is written, and the answer is what a GET at the new changeset gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request

from api.errors import RecordProblem
from api.ledger import Asked, Change, Receipt
from api.ledger.change import ABSENT, LIVE_RECORD
from api.ledger.noun import Record
from api.ledger.render import Served
from api.ledger.tags import named_revision
from api.web.auth import author_by_write
from api.web.parameters import Message, NumberParameter
from api.web.requests import RequestRefused, strict_json
from api.web.resource import Resource
from api.web.schemas import StrictSchema
from api.web.state import ledger
from api.web.whole import Whole


@dataclass(frozen=True, slots=True)
class WriteQuery:
    """What a write may say besides its body."""

    message: str = ""
    expected_head: int | None = None


class WriteQuerySchema(StrictSchema):
    """What a write may say besides its body."""

    message = Message()
    expected_head = NumberParameter(
        "Write only if this is still the number of the newest changeset; 412 otherwise."
    )

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> WriteQuery:
        """Give the parsed query."""
        return WriteQuery(**data)


def create(resource: Resource, query: WriteQuery) -> Response:
    """Create a record from the request's body: 201 with its address."""
    draft = resource.load(strict_json())
    change = Change(resource.noun.name, draft["id"], draft, ABSENT)
    return _answer(resource, draft["id"], _append(change, query), 201)


def amend(resource: Resource, id: str, query: WriteQuery) -> Response:
    """Write a new revision over the one that If-Match names, or revive a tombstone."""
    expected = _expected()
    draft: Record = resource.load(strict_json(), id=id)
    return _answer(
        resource, id, _append(Change(resource.noun.name, id, draft, expected), query), 200
    )


def retract(resource: Resource, id: str, query: WriteQuery) -> Response:
    """Write a tombstone over the revision that If-Match names."""
    receipt = _append(Change(resource.noun.name, id, None, _expected()), query)
    response = Response(status=204)
    response.set_etag(_served(resource, id, receipt).tag)
    response.headers["Sinequanon-Changeset"] = str(receipt.head)
    return response


def _append(change: Change, query: WriteQuery) -> Receipt:
    return ledger().append(
        [change],
        author=author_by_write(),
        message=query.message,
        expected_head=query.expected_head,
    )


def _expected() -> str | frozenset[str]:
    """Read If-Match: the revisions that may be replaced."""
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


def _answer(resource: Resource, id: str, receipt: Receipt, status: int) -> Response:
    served = _served(resource, id, receipt)
    headers = [
        ("ETag", f'"{served.tag}"'),
        ("Sinequanon-Changeset", str(receipt.head)),
        ("Cache-Control", "no-store"),
    ]
    if status == 201:
        headers.append(("Location", f"/v1/{resource.noun.name}/{id}"))
    body = _with_warnings(served.body, receipt.warnings)
    return Whole(body, status, headers, content_type="application/json")


def _served(resource: Resource, id: str, receipt: Receipt) -> Served:
    """Give what a write made, or what is there since long if it said nothing new."""
    if receipt.served is not None:
        return receipt.served
    with ledger().reading(Asked(number=receipt.head)) as reader:
        return reader.record(resource.noun, id)


def _with_warnings(body: bytes, warnings: Sequence[RecordProblem]) -> bytes:
    if not warnings:
        return body
    listed = [
        {"pointer": found.problem.pointer, "detail": found.problem.detail} for found in warnings
    ]
    return body[:-1] + b',"warnings":' + orjson.dumps(listed) + b"}"
