"""`POST /v1/changesets` and `GET /v1/export…`: write and export many records at once."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import orjson
from flask import Response

from api.analysis.effects import try_changes
from api.bulk import exporting
from api.bulk.bodies import collect_lines, map_line_numbers
from api.bulk.cells import add_column, map_columns
from api.bulk.downloads import stream_download
from api.bulk.lines import Line
from api.bulk.schemas import LINES_BODY, BulkQuery, BulkQuerySchema, BulkReceiptSchema
from api.concurrency import dry_runs, lots
from api.errors import Invalid, RecordProblem, RulesBroken, WouldBreak
from api.ledger import Asked, Change, Receipt
from api.nouns import NOUNS_BY_NAME
from api.web.auth import public, requires
from api.web.contract.headers import KNOWN, WRITTEN
from api.web.contract.limits import FAULTS
from api.web.contract.openapi import Blueprint, View, answers, path_parameter, try_with
from api.web.contract.problems import Fault, RequestRefused, locate_faults, locate_record
from api.web.queries import ClockQuerySchema
from api.web.requests import current_ledger, read_lines_body
from api.web.responses import JSON
from api.web.rows import MEDIA_TYPES
from api.web.writing import append_changes

NDJSON, CSV = MEDIA_TYPES["ndjson"], MEDIA_TYPES["csv"]
PARQUET = "application/vnd.apache.parquet"
_TEXT = {"type": "string"}
_DOWNLOADED: dict[str, Any] = {
    **KNOWN,
    "Content-Disposition": {"description": "the name of the file", "schema": _TEXT},
}

blp = Blueprint("bulk", __name__, group="registry")


def _document_download(description: str, content: dict[str, Any]) -> Callable[[View], View]:
    answer = {"description": description, "content": content, "headers": _DOWNLOADED}
    return blp.doc(responses={200: answer})


@blp.route("/v1/changesets", methods=["POST"])
@blp.describe(
    "writeChangeset",
    "Write many records at once",
    "Each line is a JSON object: `noun` and `record` create or amend a record, `noun` and "
    "`retract` (an id) retract one. Either all lines are written, as one changeset, or none; the "
    "faults of all lines come back together. Records may name each other in any order. A line "
    "that changes nothing writes nothing. Lines replace whole records, whatever their revision, so "
    "send `expected_head` if somebody else may write meanwhile.",
    "With `noun`, the body is a table (text/csv) of records of that noun. Its columns are the "
    "fields that an author writes, laid out as in flat rows: lists joined by `|`, parts of an "
    "object as `responds_to_proposal`, lists of objects as JSON, absent fields as empty cells. "
    "Other columns of flat rows are ignored. A field without a column stays as it is on record; "
    "412 if somebody amends that record meanwhile. Faults name the line and the column.",
)
@blp.doc(requestBody=LINES_BODY)
@try_with(noun="actors")
@blp.arguments(BulkQuerySchema(), location="query")
@blp.response(200, BulkReceiptSchema(), headers=WRITTEN)
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
@requires("write", tried_by="propose")
def write_changeset(query: BulkQuery) -> Response:
    """Write many records."""
    with dry_runs.hold_slot() if query.dry_run else nullcontext():
        return _write_lines(query)


def _write_lines(query: BulkQuery) -> Response:
    with nullcontext() if query.dry_run else lots.hold_slot():
        lines, faults = _read_body(query.noun)
    if faults:
        last = faults[-1].get("line") if len(faults) > FAULTS else None
        raise _make_refusal(faults[:FAULTS], f" Reading ended in line {last}." if last else "")
    try:
        receipt, effect = write_or_try([line.change for line in lines], query)
    except (RulesBroken, WouldBreak) as error:
        if not {(f.noun, f.id) for f in error.problems} <= map_line_numbers(lines).keys():
            raise
        raise _make_refusal(_locate_problems(error.problems, lines, query.noun)) from error
    warnings = _list_warnings(receipt, lines)
    return answer_receipt(receipt, len(lines), query, warnings=warnings, **effect)


def write_or_try(
    changes: Sequence[Change], query: BulkQuery, **more: Any
) -> tuple[Receipt, dict[str, Any]]:
    """Write changes, or only try them; returns the receipt, and of a dry run its effect."""
    if query.dry_run:
        return try_changes(changes, query, **more)
    return append_changes(changes, query, **more), {}


def _read_body(noun: str | None) -> tuple[list[Line], list[Fault]]:
    resource = None if noun is None else NOUNS_BY_NAME[noun]
    try:
        body = read_lines_body(table=resource is not None)
        with current_ledger().open_reader(Asked(valid_at="any")) as reader:
            return collect_lines(body, resource, reader.find_record)
    except Invalid as error:
        if resource is None:
            raise
        raise RequestRefused(400, f"The body is not a table: {error}.") from error


def _make_refusal(faults: Sequence[Fault], more: str = "") -> RequestRefused:
    detail = f"Some lines are not valid, so nothing was written; see errors.{more}"
    return RequestRefused(422, detail, faults)


def _locate_problems(
    found: Sequence[RecordProblem], lines: Sequence[Line], noun: str | None
) -> list[Fault]:
    place, within = map_line_numbers(lines), "/record" if noun is None else ""
    columns = {} if noun is None else map_columns(NOUNS_BY_NAME[noun].draft_schema)
    return locate_faults(found, lambda each: {
        "line": str(place.get((each.noun, each.id), 0)),
        **add_column({"pointer": f"{within}{each.problem.pointer}"}, columns),
    })  # fmt: skip


def _list_warnings(receipt: Receipt, lines: Sequence[Line]) -> list[dict[str, Any]]:
    place, told = map_line_numbers(lines), locate_faults(receipt.warnings, locate_record)
    numbers = (place.get((each.noun, each.id), 0) for each in receipt.warnings)
    return [{"line": number, **each} for number, each in zip(numbers, told, strict=True)]


def answer_receipt(receipt: Receipt, read: int, query: BulkQuery, **more: Any) -> Response:
    """Answer with the counts of a write, and with what else is told of it."""
    told = {
        "head": receipt.head - (1 if query.dry_run and receipt.written else 0),
        "read": read,
        "written": len(receipt.written),
        "created": receipt.created,
        "amended": len(receipt.written) - receipt.created,
        "dry_run": query.dry_run,
        **more,
    }
    headers = {} if query.dry_run else {"Sinequanon-Changeset": str(receipt.head)}
    headers["Cache-Control"] = "no-store"
    return Response(orjson.dumps(told), content_type=JSON, headers=headers)


@blp.route("/v1/export.ndjson", methods=["GET"])
@blp.describe(
    "exportRecords",
    "Export everything",
    "Everything that authors wrote, one record a line, as `POST /v1/changesets` and `sinequanon "
    "import` accept it. An export that is imported into an empty registry and exported again is "
    "the same, byte for byte. The answer is streamed; with `known_at` it never changes.",
)
@blp.arguments(ClockQuerySchema(), location="query")
@_document_download("Lines", {NDJSON: {"schema": _TEXT}})
@answers(304, 422)
@public
def export_records(asked: Asked) -> Response:
    """Export everything."""
    return stream_download(asked, exporting.export_lines, NDJSON, "sinequanon.ndjson")


@blp.route(
    f"/v1/export/<any({', '.join(NOUNS_BY_NAME)}):noun>.<any(csv, parquet):form>",
    methods=["GET"],
    parameters=[
        path_parameter("noun", "the noun", "positions", enum=[*NOUNS_BY_NAME]),
        path_parameter("form", "CSV, or Parquet with types", "csv", enum=["csv", "parquet"]),
    ],
)
@blp.describe(
    "exportTable",
    "Export a noun as one table",
    "The flat rows of all records of a noun, for any day, in the order in which they were "
    "recorded, as CSV or as Parquet. Parquet has typed columns: days, instants, whole numbers, "
    "truth values; uncertain dates stay text. The answer is streamed; with `known_at` it never "
    "changes. 501 if the server cannot write Parquet.",
)
@blp.arguments(ClockQuerySchema(), location="query")
@_document_download("A table", {
    "text/csv": {"schema": _TEXT},
    PARQUET: {"schema": {**_TEXT, "contentMediaType": PARQUET}},
})  # fmt: skip
@answers(304, 404, 422, 501)
@public
def export_table(asked: Asked, noun: str, form: str) -> Response:
    """Export one noun as a table."""
    resource, name = NOUNS_BY_NAME[noun], f"{noun}.{form}"
    if form == "csv":
        return stream_download(asked, partial(exporting.export_csv, noun=resource), CSV, name)
    if not exporting.is_available():
        raise RequestRefused(501, f"{exporting.MISSING}.")
    make = partial(exporting.export_parquet, resource=resource)
    return stream_download(asked, make, PARQUET, name)
