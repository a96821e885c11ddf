"""`POST /v1/changesets` and `GET /v1/export.ndjson`: many records at once, in and out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import marshmallow as ma
import orjson
from flask import Response

from api.bulk.exporting import export_lines
from api.bulk.lines import Line, numbers, read_lines
from api.errors import Found, RulesBroken, WouldBreak
from api.ledger import Asked, Receipt
from api.web import reading
from api.web.auth import author, public, requires
from api.web.fields import Count, Flag, Many, Part, Told
from api.web.openapi import Blueprint, answers
from api.web.parameters import Choice
from api.web.problems import Fault, RequestRefused
from api.web.queries import ClockQuerySchema
from api.web.requests import lines_body
from api.web.routes import KNOWN, WRITTEN
from api.web.schemas import StrictSchema
from api.web.state import ledger
from api.web.writing import WriteQuery, WriteQuerySchema

NDJSON = "application/x-ndjson"
_CHUNK = 100_000
"""How many bytes of an export are sent at once."""

blp = Blueprint("bulk", __name__, description="Many records at once.")


class BulkQuerySchema(WriteQuerySchema):
    """What a bulk write may say besides its lines."""

    dry_run = Choice("Check everything and write nothing.", ["1", "0"], "0")

    @ma.post_load
    def collect(self, data: dict[str, object], **_: object) -> tuple[WriteQuery, bool]:
        """Give the parsed query, and whether it is a dry run."""
        dry_run = data.pop("dry_run", "0") == "1"
        return WriteQuery(**data), dry_run  # pyright: ignore[reportArgumentType]


class LineWarningSchema(StrictSchema):
    """Something to look at, though it was accepted."""

    line = Count("the line, from 1", required=True)
    record = Told("the record, as noun/id", required=True)
    pointer = Told("where in it, as a JSON pointer", required=True)
    detail = Told("what", required=True)


class BulkReceiptSchema(StrictSchema):
    """What came of a bulk write."""

    head = Count("the newest changeset after it", required=True)
    read = Count("how many lines held a record", required=True)
    written = Count("how many revisions were written, or would be", required=True)
    dry_run = Flag("nothing was written", required=True)
    warnings = Many(
        Part(LineWarningSchema, required=True), "what to look at", most=None, required=True
    )


_LINES = {
    "required": True,
    "content": {
        NDJSON: {
            "schema": {"type": "string"},
            "example": '{"noun":"actors","record":{"id":"ardo","name":"Ardo","kind":"state"}}\n'
            '{"noun":"actors","record":{"id":"belm","name":"Belm","kind":"state"}}\n',
        }
    },
}


@blp.route("/v1/changesets", methods=["POST"])
@blp.describe(
    "writeChangeset",
    "Write many records as one changeset",
    "One JSON object a line: `noun` and `record` create or amend, `noun` and `retract` retract. "
    "All or nothing: the faults of every line come back together. Records may name each other in "
    "any order; what says nothing new writes nothing. No revision is compared, so send "
    "`expected_head` where somebody else may write meanwhile.",
)
@blp.doc(requestBody=_LINES)
@blp.arguments(BulkQuerySchema(), location="query")
@blp.response(200, BulkReceiptSchema(), headers=WRITTEN)
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
@requires("write")
def write_changeset(query: tuple[WriteQuery, bool]) -> Response:
    """Write many records."""
    said, dry_run = query
    lines, faults = read_lines(lines_body(), None)
    if faults:
        raise _refused(faults)
    try:
        receipt = ledger().append(
            [line.change for line in lines],
            author=author(),
            message=said.message,
            expected_head=said.expected_head,
            dry_run=dry_run,
        )
    except RulesBroken as error:
        raise _refused(_of_rules(error.found, lines)) from error
    except WouldBreak as error:
        if {(f.noun, f.id) for f in error.found} <= set(numbers(lines)):
            raise _refused(_of_rules(error.found, lines)) from error
        raise
    body = _receipt(receipt, lines, dry_run=dry_run)
    response = Response(body, content_type=reading.JSON)
    response.headers["Sinequanon-Changeset"] = str(receipt.head)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(faults: Sequence[Fault]) -> RequestRefused:
    return RequestRefused(422, "Lines do not fit, and nothing was written; see errors.", faults)


def _of_rules(found: Sequence[Found], lines: Sequence[Line]) -> list[Fault]:
    place = numbers(lines)
    return [
        {
            "line": str(place.get((each.noun, each.id), 0)),
            "pointer": f"/record{each.problem.pointer}",
            "detail": each.problem.detail,
        }
        for each in found
    ]


def _receipt(receipt: Receipt, lines: Sequence[Line], *, dry_run: bool) -> bytes:
    place = numbers(lines)
    return orjson.dumps({
        "head": receipt.head - (1 if dry_run and receipt.written else 0),
        "read": len(lines),
        "written": len(receipt.written),
        "dry_run": dry_run,
        "warnings": [
            {
                "line": place.get((each.noun, each.id), 0),
                "record": f"{each.noun}/{each.id}",
                "pointer": each.problem.pointer,
                "detail": each.problem.detail,
            }
            for each in receipt.warnings
        ],
    })  # fmt: skip


@blp.route("/v1/export.ndjson", methods=["GET"])
@blp.describe(
    "exportRecords",
    "Export everything",
    "All that authors wrote, one record a line, in an order in which `POST /v1/changesets` and "
    "`sinequanon import` take it back: an export that is imported into an empty registry and "
    "exported again is the same, byte for byte. Streamed; the answer for a `known_at` never "
    "changes.",
)
@blp.arguments(ClockQuerySchema(), location="query")
@blp.doc(
    responses={
        200: {
            "description": "Lines",
            "content": {NDJSON: {"schema": {"type": "string"}}},
            "headers": KNOWN,
        }
    }
)
@answers(304, 422)
@public
def export(asked: Asked) -> Response:
    """Export everything."""
    with ledger().reading(asked) as reader:
        moment = reader.moment
    opened, pinned = ledger(), Asked(number=moment.known_at, valid_at="any")

    def chunks() -> Iterator[bytes]:
        gathered: list[bytes] = []
        size = 0
        with opened.reading(pinned) as reader:
            for line in export_lines(reader):
                gathered.append(line)
                size += len(line)
                if size > _CHUNK:
                    yield b"".join(gathered)
                    gathered, size = [], 0
        yield b"".join(gathered)

    return reading.streamed(moment, chunks, NDJSON, pinned=asked.is_pinned)
