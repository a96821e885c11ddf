"""`/v1/submissions` and `/v1/notes`: propose, read, revise, comment, decide; leave a note."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app, request

from api import clock
from api.analysis.schemas import answer_schema
from api.analysis.serving import solving_seconds
from api.concurrency import dry_runs
from api.ledger.reading.page_queries import read_one_more
from api.ledger.truth.revisions import LIVE_RECORD
from api.nouns import NOUNS_BY_NAME
from api.submissions import access, queue, schemas
from api.submissions.answers import (
    KeyRights,
    Submission,
    SubmissionDetail,
    SubmissionPage,
    show_submission,
)
from api.submissions.preview import read_detail
from api.submissions.tables import LARGEST_ID
from api.web import reading
from api.web.auth import current_holder, list_rights, public, requires
from api.web.contract.headers import CREATED, WRITTEN
from api.web.contract.openapi import (
    Blueprint,
    answers,
    leads_to,
    make_link,
    path_parameter,
    try_with,
)
from api.web.contract.problems import RequestRefused
from api.web.queries import NothingSchema
from api.web.rate_limits import LIMITS, RateLimits, name_client
from api.web.requests import current_ledger, load_body, parse_json_body
from api.web.responses import JSON, join_root
from api.web.writing import read_if_match

EXAMPLES: dict[type[Any], dict[str, Any]] = {
    schemas.ProposalSchema: {
        "changeset": [{"noun": "actors", "record": {"name": "Norway", "kind": "state"}}],
        "comment": "Norway offered to mediate.",
    },
    schemas.CommentSchema: {"text": "Which source says so?"},
    schemas.DecisionSchema: {"decision": "decline", "reason": "The source does not say so."},
    schemas.RecordNoteSchema: {
        "noun": "statements",
        "id": "lukashenko-stop-now",
        "text": "The broadcast has another word here.",
    },
}

blp = Blueprint(
    "submissions",
    __name__,
    description="Changes that one person proposes and another accepts; notes of readers.",
)

_URL = "/v1/submissions/<int:id>"
_AT: dict[str, Any] = {
    "parameters": [path_parameter("id", "the number of the submission", 1, maximum=LARGEST_ID)]
}
_SHOWN = answer_schema(Submission)()
_SEEN = (
    "A key with `propose` or `write` sees its own submissions, one with `review` all. Nobody else "
    "sees any, and nothing else that the registry serves changes by them."
)


def _document_body(schema: type[Any]) -> Any:
    return blp.arguments(schema(), location="json", example=EXAMPLES[schema], load=False)


def _load_body(schema: type[Any]) -> Any:
    return load_body(schema(), parse_json_body(), EXAMPLES[schema])


def _find_person() -> access.Person:
    holder = current_holder()
    return access.Person(holder.name, holder.may("review"), holder.may("texts"))


@blp.route("/v1/submissions", methods=["POST"])
@blp.describe(
    "createSubmission",
    "Propose changes",
    "Send exactly one of `coded_source`, `changeset` and `takes_back`. It must fit the present "
    "records. It is written when somebody with `review` accepts it. The same "
    "proposal a second time is the same submission.",
    "To take a changeset back is to propose its inverse: what it created is retracted, what it "
    "amended is put back. 409 tells which later changes stand in the way.",
)
@_document_body(schemas.ProposalSchema)
@blp.arguments(NothingSchema(), location="query")
@blp.response(201, _SHOWN, headers=CREATED)
@leads_to(201, {"read": make_link("getSubmission", id="$response.body#/id")})
@answers(400, 401, 403, 404, 409, 410, 413, 415, 422)
@requires("propose")
def create_submission(_query: object) -> Response:
    """Propose changes."""
    person, proposal = _find_person(), _load_body(schemas.ProposalSchema)
    id = queue.propose_changes(current_ledger(), person, proposal)
    response = _answer(person, id, 201)
    response.headers["Location"] = f"/v1/submissions/{id}"
    return response


@blp.route("/v1/submissions", methods=["GET"])
@blp.describe(
    "listSubmissions",
    "List submissions",
    "Newest first; follow `next`. `key` tells what the key that you sent may do.",
    _SEEN,
)
@blp.arguments(schemas.SubmissionQuerySchema(), location="query")
@blp.response(200, answer_schema(SubmissionPage)())
@answers(401, 403, 422)
@requires("propose")
def list_submissions(query: dict[str, Any]) -> Response:
    """List submissions."""
    given, person = dict(query), _find_person()
    rows, more = read_one_more(
        lambda most: access.list_submissions(current_ledger(), person, most, **given),
        given.pop("limit"),
    )
    following = reading.rewrite_address(before=rows[-1].id) if more else None
    holder = current_holder()
    ends = None if holder.expires_at is None else clock.format_instant(holder.expires_at)
    key = KeyRights(holder.name, list_rights(holder), ends)
    return _answer_json(SubmissionPage([*map(show_submission, rows)], following, key))


@blp.route(_URL, methods=["GET"], **_AT)
@blp.describe(
    "getSubmission",
    "Read one submission",
    "With what was sent, its thread, and what accepting it would do to the present records, "
    "collisions included.",
    _SEEN,
)
@blp.arguments(NothingSchema(), location="query")
@blp.response(200, answer_schema(SubmissionDetail)(), headers={"ETag": WRITTEN["ETag"]})
@try_with(id=None)
@answers(401, 403, 404, 422)
@requires("propose")
def get_submission(_query: object, id: int) -> Response:
    """Read one submission."""
    seconds = solving_seconds()
    with dry_runs.hold_slot():  # before the row is read, which may have megabytes
        shown, tag = read_detail(current_ledger(), _find_person(), id, seconds=seconds)
    return _answer_json(shown, tag=tag)


@blp.route(_URL, methods=["PUT"], **_AT)
@blp.describe(
    "reviseSubmission",
    "Revise a submission",
    "Its author replaces what was proposed. One that was declined or withdrawn is open again.",
)
@blp.if_match
@_document_body(schemas.ProposalSchema)
@blp.arguments(NothingSchema(), location="query")
@blp.response(200, _SHOWN, headers={"ETag": WRITTEN["ETag"]})
@try_with(id=None)
@answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428)
@requires("propose")
def revise_submission(_query: object, id: int) -> Response:
    """Revise a submission."""
    expected, person = read_if_match(), _find_person()
    proposal = _load_body(schemas.ProposalSchema)
    queue.revise_submission(current_ledger(), person, id, proposal, expected)
    return _answer(person, id)


@blp.route(f"{_URL}/comments", methods=["POST"], **_AT)
@blp.describe("commentSubmission", "Comment on a submission", "Its author and reviewers see it.")
@_document_body(schemas.CommentSchema)
@blp.arguments(NothingSchema(), location="query")
@blp.response(201, _SHOWN, headers={"ETag": WRITTEN["ETag"]})
@try_with(id=None)
@answers(400, 401, 403, 404, 409, 413, 415, 422)
@requires("propose")
def comment_submission(_query: object, id: int) -> Response:
    """Comment on a submission."""
    person, sent = _find_person(), _load_body(schemas.CommentSchema)
    queue.add_comment(current_ledger(), person, id, sent["text"])
    return _answer(person, id, 201)


@blp.route(f"{_URL}/decision", methods=["POST"], **_AT)
@blp.describe(
    "decideSubmission",
    "Accept, decline or withdraw a submission",
    "`accept` writes it as one changeset, which names its author and the reviewer; it needs "
    "`review`, and so does `decline`. Whoever proposed it can do neither, with any key of the same "
    "name, but can `withdraw` it. What does not fit the present records any more is refused with "
    "the places, and stays open. The same decision sent again counts once. To accept a note is to "
    "heed it.",
)
@blp.if_match
@_document_body(schemas.DecisionSchema)
@blp.arguments(NothingSchema(), location="query")
@blp.response(200, _SHOWN, headers=WRITTEN)
@try_with(id=None)
@answers(400, 401, 403, 404, 409, 412, 413, 415, 422, 428)
@requires("propose")
def decide_submission(_query: object, id: int) -> Response:
    """Accept, decline or withdraw a submission."""
    expected, person, sent = read_if_match(), _find_person(), _load_body(schemas.DecisionSchema)
    decision, reason = sent["decision"], sent.get("reason") or ""
    if decision == "accept" and expected == LIVE_RECORD:
        raise RequestRefused(
            428,
            "Send If-Match with the ETag that you read: * would accept what nobody has read.",
            [{"parameter": "If-Match", "detail": "must name a revision"}],
        )
    number = queue.decide(current_ledger(), person, id, decision, reason, expected)
    response = _answer(person, id)
    if number is not None:
        response.headers["Sinequanon-Changeset"] = str(number)
    return response


@blp.route("/v1/notes", methods=["POST"])
@blp.describe(
    "createNote",
    "Leave a note for reviewers",
    "Needs no key, proposes nothing, and is shown to nobody but reviewers, as a submission of the "
    "kind `note`. One address may leave few of them (`SINEQUANON_LIMIT_NOTES`).",
)
@_document_body(schemas.RecordNoteSchema)
@blp.arguments(NothingSchema(), location="query")
@blp.response(201, schemas.RecordNoteSchema())
@answers(400, 404, 409, 410, 413, 415, 422)
@public
def create_note(_query: object) -> Response:
    """Leave a note for reviewers."""
    note = _load_body(schemas.RecordNoteSchema)
    limits: RateLimits = current_app.extensions[LIMITS]
    if limits.notes:
        limits.notes.require(name_client(request.remote_addr or ""))
    with current_ledger().open_reader() as reader:
        reader.read_record(NOUNS_BY_NAME[note["noun"]], note["id"])
    queue.leave_note(current_ledger(), note)
    return _answer_json(note, 201)


def _answer(person: access.Person, id: int, status: int = 200) -> Response:
    row = access.read_submission(current_ledger(), person, id)
    return _answer_json(show_submission(row), status, access.make_tag(row))


def _answer_json(body: Any, status: int = 200, tag: str | None = None) -> Response:
    made = join_root(request.script_root, JSON, orjson.dumps(body))
    response = Response(made, status, content_type=JSON)
    response.headers["Cache-Control"] = "no-store"
    if tag is not None:
        response.set_etag(tag)
    return response
