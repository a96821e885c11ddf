"""The routes that all ten nouns share: addresses and documentation.

`make_blueprint` registers the same operations for each noun. `api.web.reading` implements those
that read; those that write are in `api.web.writing`.
"""

from flask import Response

from api.ledger.noun import Noun
from api.web import reading
from api.web.auth import public
from api.web.contract.headers import ANSWERED, KNOWN, document_links, make_id_parameter
from api.web.contract.openapi import Blueprint, answers, leads_to, try_with
from api.web.counting import register_counts
from api.web.formats import ENVELOPE, with_formats
from api.web.queries import ListQuery, RecordQuery, make_query_schema, make_record_query_schema
from api.web.resource import Resource
from api.web.revisions import HistoryQuerySchema, NumberedQuery, RevisionPageSchema
from api.web.rows import MEDIA_TYPES, column_names
from api.web.writing import register_writes


def make_blueprint(noun: Resource) -> Blueprint:
    """Register the operations of a noun."""
    in_short = noun.about.partition(". ")[0].rstrip(".") + "."
    blp = Blueprint(noun.name, __name__, description=in_short)
    _add_list(blp, noun)
    _add_record(blp, noun)
    register_writes(blp, noun)
    if noun.groupings:
        register_counts(blp, noun)
    return blp


def _add_list(blp: Blueprint, noun: Resource) -> None:

    @blp.route(f"/v1/{noun.name}", methods=["GET"], endpoint="list", formats=MEDIA_TYPES)
    @blp.describe(f"list{noun.name.title()}", f"List {noun.name}", noun.about, _list_text(noun))
    @blp.arguments(with_formats(make_query_schema(noun), column_names(noun)), location="query")
    @blp.response(200, noun.page_schema, headers=ANSWERED)
    @leads_to(200, document_links(noun, "$response.body#/data/0/id"))
    @try_with(**noun.tried)
    @answers(304, 422)
    @public
    def list_records(query: ListQuery) -> Response:  # pyright: ignore[reportUnusedFunction]
        answer = reading.answer_page if query.format == ENVELOPE else reading.answer_rows
        return answer(noun, query)


def _add_record(blp: Blueprint, noun: Resource) -> None:
    title, one, url = noun.singular.title(), f"one {noun.singular}", f"/v1/{noun.name}/<slug:id>"
    parameters = [make_id_parameter(noun)]

    @blp.route(url, methods=["GET"], endpoint="get", parameters=parameters)
    @blp.describe(f"get{title}", f"Read {one}", GET_TEXT)
    @blp.arguments(make_record_query_schema(noun), location="query")
    @blp.response(200, noun.record_schema, headers=KNOWN)
    @leads_to(200, document_links(noun, "$request.path.id", tagged=True))
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


def _list_text(noun: Noun) -> str:
    """Return the text about how a list is asked for."""
    return f"{DAY_TEXT if noun.has_validity else MOMENT_TEXT} {LIST_TEXT}"


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
GET_TEXT = (
    "As known at `known_at`, by default now. A retracted record answers 410; its history and "
    "earlier moments still answer."
)
HISTORY_TEXT = (
    "Our corrections, oldest first, tombstones included. A holder's change of mind is not here: it "
    "is a record of its own, in the list."
)
