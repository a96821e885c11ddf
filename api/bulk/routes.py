"""`POST /v1/changesets` and `GET /v1/export…`: write and export many records at once."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from threading import Semaphore
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request

from api.analysis.effects import COMPARED, CUT, ConflictDifference, try_changes
from api.analysis.schemas import answer_schema
from api.bulk import exporting
from api.bulk.cells import FindRecord, add_column, map_authored_columns
from api.bulk.lines import Line, read_lines, read_rows
from api.bulk.rejections import count_created
from api.concurrency import exports
from api.errors import Invalid, RecordProblem, RulesBroken, WouldBreak
from api.ledger import Asked, Change, Receipt
from api.ledger.reading.reader import Reader
from api.ledger.versions.lookup import Key
from api.nouns import RESOURCES_BY_NAME
from api.web.auth import public, requires
from api.web.contract.fields import Count, Flag, Listed, Many, Part, Told
from api.web.contract.headers import KNOWN, WRITTEN
from api.web.contract.limits import FAULTS, LINES
from api.web.contract.openapi import Blueprint, View, answers, path_parameter, try_with
from api.web.contract.parameters import ChoiceParameter
from api.web.contract.problems import Fault, RequestRefused, locate_faults, refuse_excess
from api.web.contract.schemas import StrictSchema
from api.web.queries import ClockQuerySchema
from api.web.requests import current_ledger, read_lines_body
from api.web.resource import Resource
from api.web.responses import JSON, answer_streamed
from api.web.rows import MEDIA_TYPES
from api.web.writing import WriteQuery, WriteQuerySchema, append_changes

NDJSON, CSV = MEDIA_TYPES["ndjson"], MEDIA_TYPES["csv"]
PARQUET = "application/vnd.apache.parquet"
_TEXT = {"type": "string"}
DOWNLOADED: dict[str, Any] = {
    **KNOWN,
    "Content-Disposition": {"description": "the name of the file", "schema": _TEXT},
}
_CHUNK = 100_000
"""How many bytes of an export are sent at a time."""
_making_chunks = Semaphore(2)

blp = Blueprint("bulk", __name__, group="registry")


@dataclass(frozen=True, slots=True)
class BulkQuery:
    """The parsed query of a bulk write."""

    write: WriteQuery
    dry_run: bool
    noun: str | None


class BulkQuerySchema(WriteQuerySchema):
    """The query parameters of a bulk write."""

    dry_run = ChoiceParameter(
        "Check everything and write nothing; the scope `propose` will do.", ["1", "0"], "0"
    )
    noun = ChoiceParameter("The noun of a table (text/csv).", [*RESOURCES_BY_NAME])

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: object) -> BulkQuery:
        """Return the parsed query."""
        dry_run, noun = data.pop("dry_run", "0") == "1", data.pop("noun", None)
        return BulkQuery(WriteQuery(**data), dry_run, noun)


class LineWarningSchema(StrictSchema):
    """A warning about a record that was accepted."""

    line = Count("the line, from 1", required=True)
    record = Told("the record, as noun/id", required=True)
    pointer = Told("the place in the record, as a JSON pointer", required=True)
    detail = Told("what to check", required=True)


class BulkReceiptSchema(StrictSchema):
    """The outcome of a bulk write."""

    head = Count("the newest changeset after the write", required=True)
    read = Count("how many lines held a record", required=True)
    written = Count("how many revisions were written, or would be in a dry run", required=True)
    created = Count("how many of these are the first ones of new records", required=True)
    amended = Count("how many amend, retract or revive a record", required=True)
    dry_run = Flag("whether it was a dry run, which writes nothing", required=True)
    warnings = Listed(LineWarningSchema, "doubts about accepted records")
    collisions = Many(
        Part(answer_schema(ConflictDifference), required=True), f"of a dry run: {COMPARED}",
        most=None, unique=False,
    )  # fmt: skip
    cut = Many(Told("a field"), f"of a dry run: {CUT}", most=None)


_LINES = {
    "required": True,
    "content": {
        # Swagger UI tries the first one. It would send a line of JSON in quotation marks.
        "text/csv": {
            "schema": _TEXT,
            "examples": {"one": {
                "summary": "one actor",
                "value": "name,kind,aliases\r\nNorway,state,Kingdom of Norway|Oslo\r\n",
            }},
        },
        NDJSON: {
            "schema": _TEXT,
            # A single line, because code generators copy it into a comment.
            "example": '{"noun":"actors","record":{"name":"Norway","kind":"state"}}',
        },
    },
}  # fmt: skip


def _document_download(description: str, content: dict[str, Any]) -> Callable[[View], View]:
    answer = {"description": description, "content": content, "headers": DOWNLOADED}
    return blp.doc(responses={200: answer})


@blp.route("/v1/changesets", methods=["POST"])
@blp.describe(
    "writeChangeset",
    "Write many records at once",
    "Each line is a JSON object: `noun` and `record` create or amend a record, `noun` and "
    "`retract` (an id) retract one. Either all lines are written, as one changeset, or none; the "
    "faults of all lines come back together. Records may name each other in any order. A line "
    "that changes nothing writes nothing. Revisions are not compared, so send `expected_head` if "
    "somebody else may write meanwhile.",
    "With `noun`, the body is a table (text/csv) of records of that noun. Its columns are the "
    "fields that an author writes, laid out as in flat rows: lists joined by `|`, parts of an "
    "object as `responds_to_proposal`, lists of objects as JSON, absent fields as empty cells. "
    "Other columns of flat rows are ignored. Faults name the line and the column.",
)
@blp.doc(requestBody=_LINES)
@try_with(noun="actors")
@blp.arguments(BulkQuerySchema(), location="query")
@blp.response(200, BulkReceiptSchema(), headers=WRITTEN)
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422)
@requires("write", tried_by="propose")
def write_changeset(query: BulkQuery) -> Response:
    """Write many records."""
    lines, faults = _read_body(query.noun)
    if faults:
        last = faults[-1].get("line") if len(faults) > FAULTS else None
        raise _make_refusal(faults[:FAULTS], f" Reading ended in line {last}." if last else "")
    try:
        changes = [line.change for line in lines]
        receipt, effect = write_or_try(changes, query)
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
        return try_changes(changes, query.write, **more)
    return append_changes(changes, query.write, **more), {}


def _read_body(noun: str | None) -> tuple[list[Line], list[Fault]]:
    resource = None if noun is None else RESOURCES_BY_NAME[noun]
    try:
        body = read_lines_body(table=resource is not None)
        return collect_lines(body, resource, current_ledger().find_record)
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
    columns = {} if noun is None else map_authored_columns(RESOURCES_BY_NAME[noun])
    return locate_faults(found, lambda each: {
        "line": str(place.get((each.noun, each.id), 0)),
        **add_column({"pointer": f"{within}{each.problem.pointer}"}, columns),
    })  # fmt: skip


def _list_warnings(receipt: Receipt, lines: Sequence[Line]) -> list[dict[str, Any]]:
    place = map_line_numbers(lines)
    return [
        {
            "line": place.get((each.noun, each.id), 0),
            "record": f"{each.noun}/{each.id}",
            "pointer": each.problem.pointer,
            "detail": each.problem.detail,
        }
        for each in receipt.warnings
    ]


def answer_receipt(receipt: Receipt, read: int, query: BulkQuery, **more: Any) -> Response:
    """Answer with the counts of a write, and with what else is told of it."""
    told = {
        "head": receipt.head - (1 if query.dry_run and receipt.written else 0),
        "read": read,
        "written": len(receipt.written),
        "created": (created := count_created(receipt)),
        "amended": len(receipt.written) - created,
        "dry_run": query.dry_run,
        **more,
    }
    response = Response(orjson.dumps(told), content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    if not query.dry_run:
        response.headers["Sinequanon-Changeset"] = str(receipt.head)
    return response


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
    return _stream_download(asked, exporting.export_lines, NDJSON, "sinequanon.ndjson")


@blp.route(
    f"/v1/export/<any({', '.join(RESOURCES_BY_NAME)}):noun>.<any(csv, parquet):form>",
    methods=["GET"],
    parameters=[
        path_parameter("noun", "the noun", "positions", enum=[*RESOURCES_BY_NAME]),
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
    resource, name = RESOURCES_BY_NAME[noun], f"{noun}.{form}"
    if form == "csv":
        return _stream_download(asked, partial(exporting.export_csv, noun=resource.noun), CSV, name)
    if not exporting.is_available():
        raise RequestRefused(501, f"{exporting.MISSING}.")
    make = partial(exporting.export_parquet, resource=resource)
    return _stream_download(asked, make, PARQUET, name)


def _stream_download(
    asked: Asked, make: Callable[[Reader], Iterator[bytes]], media_type: str, name: str
) -> Response:
    """Stream what `make` yields, read at one moment, as a file of that name."""
    with ExitStack() as held:
        # First, so that a refused export reads nothing.
        held.callback(exports.give_back, exports.take_slot())
        with current_ledger().open_reader(asked) as reader:
            moment = reader.moment
        # The stream runs outside the request, so it cannot call current_ledger().
        opened, pinned = current_ledger(), Asked(number=moment.known_at, valid_at="any")

        def stream_chunks() -> Iterator[bytes]:
            with streaming, opened.open_reader(pinned) as reader:
                chunks = _join_chunks(make(reader))
                while (chunk := _make_chunk(chunks)) is not None:
                    yield chunk

        response = answer_streamed(moment, stream_chunks, media_type, pinned=asked.is_pinned)
        streams = response.is_streamed and request.method != "HEAD"
        streaming = held.pop_all() if streams else ExitStack()
        response.call_on_close(streaming.close)  # also where no chunk was asked for
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _make_chunk(chunks: Iterator[bytes]) -> bytes | None:
    """Return the next chunk, if there is one; two exports at once make one."""
    with _making_chunks:
        return next(chunks, None)


def _join_chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join pieces to large chunks, but send the first at once, so that clients see it begin."""
    yield next(pieces, b"")
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > _CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


def collect_lines(
    raw: bytes, resource: Resource | None, find: FindRecord
) -> tuple[list[Line], list[Fault]]:
    """Parse a table of one noun, or lines of mixed ones; return the valid lines and the faults.

    Reading ends after more faults than a problem lists: each takes longer than many valid lines.
    """
    file, lines, faults = io.BytesIO(raw), list[Line](), list[Fault]()
    for each in read_lines(file, None) if resource is None else read_rows(file, resource, find):
        if each.number > LINES.most:
            raise refuse_excess(LINES)
        if isinstance(each, Line):
            lines.append(each)
        else:
            faults += each.faults
        if len(faults) > FAULTS:
            break
    return lines, [*faults, *_find_duplicates(lines)]


def _find_duplicates(lines: Iterable[Line]) -> Iterator[Fault]:
    seen: dict[Key, int] = {}
    for line in lines:
        first = seen.setdefault(line.key, line.number)
        if first != line.number:
            detail = f"{line.noun}/{line.id} is already in line {first}"
            yield {"line": str(line.number), "pointer": "/id", "detail": detail}


def map_line_numbers(lines: Iterable[Line]) -> Mapping[Key, int]:
    """Map each record to the number of its line."""
    return {line.key: line.number for line in lines}
