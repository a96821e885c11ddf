"""The routes that all ten nouns share: addresses and documentation.

`make_blueprint` registers the same operations for each noun. `api.web.reading` and
`api.web.writing` implement them.
"""

from typing import Any

from flask import Response

from api.ledger.noun import Noun
from api.web import reading, writing
from api.web.auth import public, requires
from api.web.contract.document import (
    authored_example,
    created_example,
    page_example,
    record_example,
)
from api.web.contract.fields import Id
from api.web.contract.openapi import (
    Blueprint,
    answers,
    leads_to,
    make_link,
    path_parameter,
    try_with,
)
from api.web.formats import ENVELOPE, with_formats
from api.web.queries import ListQuery, RecordQuery, make_query_schema, make_record_query_schema
from api.web.resource import Resource
from api.web.revisions import HistoryQuerySchema, NumberedQuery, RevisionPageSchema
from api.web.rows import MEDIA_TYPES, column_names
from api.web.writing import WriteQuery, WriteQuerySchema


def make_blueprint(resource: Resource) -> Blueprint:
    """Register the operations of a noun."""
    noun = resource.noun
    in_short = resource.about.partition(". ")[0].rstrip(".") + "."
    blp = Blueprint(noun.name, __name__, description=in_short)
    _add_list(blp, resource)
    _add_record(blp, resource)
    _add_changes(blp, resource)
    return blp


def _add_list(blp: Blueprint, resource: Resource) -> None:
    noun = resource.noun
    title, many, url = noun.singular.title(), noun.name.title(), f"/v1/{noun.name}"

    @blp.route(url, methods=["GET"], endpoint="list", formats=MEDIA_TYPES)
    @blp.describe(f"list{many}", f"List {noun.name}", resource.about, _list_text(noun))
    @blp.arguments(with_formats(make_query_schema(noun), column_names(noun)), location="query")
    @blp.response(200, resource.page_schema, example=page_example(resource), headers=ANSWERED)
    @leads_to(200, _document_links(noun, "$response.body#/data/0/id"))
    @try_with(**resource.tried)
    @answers(304, 422)
    @public
    def list_records(query: ListQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        answer = reading.answer_page if query.format == ENVELOPE else reading.answer_rows
        return answer(noun, query)

    @blp.route(url, methods=["POST"], endpoint="create")
    @blp.describe(f"create{title}", f"Create {_with_article(noun)}", resource.to_write, CREATE_TEXT)
    @blp.arguments(resource.draft_schema, location="json", example=resource.example, load=False)
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(201, resource.record_schema, example=created_example(resource), headers=CREATED)
    @leads_to(201, _document_links(noun, "$response.body#/id", tagged=True))
    @answers(400, 401, 403, 409, 412, 413, 415, 422)
    @requires("write")
    def create_record(query: WriteQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        return writing.create_record(resource, query)


def _add_record(blp: Blueprint, resource: Resource) -> None:
    noun = resource.noun
    title, one, url = noun.singular.title(), f"one {noun.singular}", f"/v1/{noun.name}/<slug:id>"
    parameters = [make_id_parameter(resource)]
    example = record_example(resource)

    @blp.route(url, methods=["GET"], endpoint="get", parameters=parameters)
    @blp.describe(f"get{title}", f"Read {one}", GET_TEXT)
    @blp.arguments(make_record_query_schema(noun), location="query")
    @blp.response(200, resource.record_schema, example=example, headers=KNOWN)
    @leads_to(200, _document_links(noun, "$request.path.id", tagged=True))
    @answers(304, 404, 410, 422)
    @public
    def get_record(query: RecordQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return reading.answer_record(noun, id, query)

    @blp.route(f"{url}/history", methods=["GET"], endpoint="history", parameters=parameters)
    @blp.describe(f"list{title}Revisions", f"List the revisions of {one}", HISTORY_TEXT)
    @blp.arguments(HistoryQuerySchema(), location="query")
    @blp.response(200, RevisionPageSchema(), headers=KNOWN)
    @answers(304, 404, 422)
    @public
    def list_revisions(query: NumberedQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return reading.answer_history(noun, id, query)


def _add_changes(blp: Blueprint, resource: Resource) -> None:
    noun = resource.noun
    title, one, url = noun.singular.title(), f"one {noun.singular}", f"/v1/{noun.name}/<slug:id>"
    parameters = [make_id_parameter(resource)]
    example, authored = record_example(resource), authored_example(resource)

    @blp.route(url, methods=["PUT"], endpoint="amend", parameters=parameters)
    @blp.describe(f"amend{title}", f"Amend or revive {one}", AMEND_TEXT)
    @blp.if_match
    @blp.arguments(resource.draft_schema, location="json", example=authored, load=False)
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(200, resource.record_schema, example=example, headers=WRITTEN)
    @leads_to(200, _document_links(noun, "$request.path.id", tagged=True))
    @answers(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428)
    @requires("write")
    def amend_record(query: WriteQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return writing.amend_record(resource, id, query)

    @blp.route(url, methods=["DELETE"], endpoint="retract", parameters=parameters)
    @blp.describe(f"retract{title}", f"Retract {one}", RETRACT_TEXT)
    @blp.if_match
    @blp.arguments(WriteQuerySchema(), location="query")
    @blp.response(204, description="Retracted", headers=WRITTEN)
    @leads_to(204, _document_links(noun, "$request.path.id"))
    @try_with(id=resource.retractable_id)
    @answers(401, 403, 404, 409, 410, 412, 422, 428)
    @requires("write")
    def retract_record(query: WriteQuery, id: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return writing.retract_record(resource, id, query)


def make_id_parameter(resource: Resource) -> dict[str, Any]:
    """Document the id in the address of a record."""
    about = f"the id of the {resource.noun.singular}"
    return path_parameter("id", about, resource.example_id, **Id("").metadata["shape"])


def _document_links(noun: Noun, id: str, *, tagged: bool = False) -> dict[str, Any]:
    """Document where an answer leads: to its record, and with its ETag to what changes it."""
    title = noun.singular.title()
    links = {
        "read": make_link(f"get{title}", id=id),
        "history": make_link(f"list{title}Revisions", id=id),
    }
    if tagged:
        given = {"id": id, "If-Match": "$response.header.ETag"}
        links["amend"] = make_link(f"amend{title}", **given)
        links["retract"] = make_link(f"retract{title}", **given)
    return links


def _with_article(noun: Noun) -> str:
    return f"{'an' if noun.singular[0] in 'aeiou' else 'a'} {noun.singular}"


def _list_text(noun: Noun) -> str:
    """Return the text about how a list is asked for."""
    return f"{DAY_TEXT if noun.has_validity else MOMENT_TEXT} {LIST_TEXT}"


def _document_header(about: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}}


KNOWN: dict[str, Any] = {
    "ETag": _document_header("names the answer; for If-None-Match"),
    "Sinequanon-Known-At": _document_header("the changeset as of which it was answered"),
}
ANSWERED: dict[str, Any] = {
    **KNOWN,
    "Sinequanon-Valid-At": _document_header("the day for which it was answered, or `any`"),
}
WRITTEN: dict[str, Any] = {
    "ETag": _document_header("names the revision; for If-Match and If-None-Match"),
    "Sinequanon-Changeset": _document_header("the newest changeset after the write"),
}
CREATED = {**WRITTEN, "Location": _document_header("the address of the record")}

DAY_TEXT = (
    "`known_at` asks what the registry said then, `valid_at` what held in the world on a day, by "
    "default today; with both given the answer never changes."
)
MOMENT_TEXT = "`known_at` asks what the registry said then; such an answer never changes."
LIST_TEXT = (
    "Filters take several values separated by commas (any of them). Follow `next` for more: the "
    "pages of one list stay consistent whatever is written meanwhile. As flat rows (`format=csv`) "
    "each record is one row, with labels beside ids; the next page is then in the Link header."
)
CREATE_TEXT = (
    "Leave out `id` to have one made from the content; the same content a second time is a 409 "
    "then. Records that it names must exist. What is doubtful but allowed comes back in `warnings`."
)
GET_TEXT = (
    "As known at `known_at`, by default now. A retracted record answers 410; its history and "
    "earlier moments still answer."
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
HISTORY_TEXT = (
    "Our corrections, oldest first, tombstones included. A holder's change of mind is not here: it "
    "is a record of its own, in the list."
)
