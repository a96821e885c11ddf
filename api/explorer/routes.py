"""The addresses of the explorer, and how it joins an application."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, redirect, request

from api.actors import ACTORS
from api.analysis.queries import GENERAL_ASSEMBLY, AgreementQuerySchema, Asking
from api.analysis.serving import reading_for
from api.conflicts import CONFLICTS
from api.explorer import asking, pages
from api.explorer.actors import ActorPageSchema, actor, actors
from api.explorer.addresses import visit
from api.explorer.agreement import agreement
from api.explorer.changes import change, changes
from api.explorer.conflict import ConflictPageSchema, conflict, switches_off_nothing
from api.explorer.evidence import evidence
from api.explorer.home import home
from api.explorer.proposals import ProposalPageSchema, proposal, proposals
from api.explorer.search import SearchPageSchema, search
from api.ledger import Asked
from api.ledger.canonical import parse
from api.ledger.noun import Noun
from api.ledger.reader import Reader
from api.proposals import PROPOSALS
from api.search.queries import SearchQuery
from api.web.assets import answer_file
from api.web.build import build
from api.web.pages import ChangesetQuerySchema
from api.web.queries import (
    ClockQuerySchema,
    ListQuery,
    ListQuerySchema,
    RecordQuerySchema,
    query_schema,
)
from api.web.requests import parsed_query
from api.web.revisions import HistoryQuerySchema, NumberedQuery
from api.web.state import ledger

blp = Blueprint("explorer", __name__)

_ASSETS = "assets"


def init_app(app: Flask) -> None:
    """Add the explorer to an application."""
    app.register_blueprint(blp)
    app.after_request(pages.problem_as_page)


@blp.before_request
def one_address_for_each_state() -> Any:
    """Lead what a form sent to its tidy address."""
    given = asking.given()
    tidy = asking.tidied(given)
    if tidy != given and request.method in ("GET", "HEAD"):
        return redirect(request.path + asking.written(tidy), 303)
    return None


@blp.get("/")
def start() -> Response:
    """Show what this is, and what it is about."""
    asked = parsed_query(ClockQuerySchema)
    with ledger().reading(asked) as reader:
        return pages.answer("home.html", reader, lambda: home(reader), pinned=False)


@blp.get("/conflicts/<slug:id>")
def of_conflict(id: str) -> Any:
    """Show a conflict."""
    parsed: Asking = parsed_query(ConflictPageSchema)
    with reading_for(parsed) as reader:
        record = _record(reader, CONFLICTS, id)
        if switches_off_nothing(reader, id, parsed.of):
            return redirect(visit().here(axioms=None), 303)
        return _with_evidence(
            "conflict.html", reader, parsed, lambda: conflict(reader, record, parsed)
        )


@blp.get("/<any(positions, preconditions, statements):noun>/<slug:id>")
def of_record(noun: str, id: str) -> Response:
    """Show what stands behind a record."""
    with ledger().reading(parsed_query(RecordQuerySchema)) as reader:
        told = evidence(reader, noun, id)
        # A text may be taken down any time, so what shows one is asked for anew.
        return pages.answer(
            "record.html", reader, lambda: {"evidence": told}, pinned=False, also=told["texts"]
        )


@blp.get("/actors")
def all_actors() -> Response:
    """List actors."""
    query = _list(ACTORS, "id")
    with ledger().reading(query.asked) as reader:
        return pages.answer("actors.html", reader, lambda: actors(reader, query), pinned=False)


@blp.get("/actors/<slug:id>")
def of_actor(id: str) -> Response:
    """Show what an actor holds."""
    parsed: Asking = parsed_query(ActorPageSchema)
    with reading_for(parsed) as reader:
        record = _record(reader, ACTORS, id)
        return _with_evidence("actor.html", reader, parsed, lambda: actor(reader, record, parsed))


@blp.get("/proposals")
def all_proposals() -> Response:
    """List proposals."""
    query = _list(PROPOSALS, "-made_on")
    with ledger().reading(query.asked) as reader:
        return pages.answer(
            "proposals.html", reader, lambda: proposals(reader, query), pinned=False
        )


@blp.get("/proposals/<slug:id>")
def of_proposal(id: str) -> Response:
    """Show who answered a proposal."""
    parsed: Asking = parsed_query(ProposalPageSchema)
    with reading_for(parsed) as reader:
        record = _record(reader, PROPOSALS, id)
        return _with_evidence(
            "proposal.html", reader, parsed, lambda: proposal(reader, record, parsed)
        )


@blp.get("/search")
def found() -> Response:
    """Show where words are found."""
    query: SearchQuery | None = parsed_query(SearchPageSchema)
    with ledger().reading(query.asked if query else Asked()) as reader:
        return pages.answer("search.html", reader, lambda: search(reader, query), pinned=False)


@blp.get("/changes")
def all_changes() -> Response:
    """List every write."""
    query: NumberedQuery = parsed_query(ChangesetQuerySchema)
    with ledger().reading(query.asked) as reader:
        return pages.answer("changes.html", reader, lambda: changes(reader, query), pinned=False)


@blp.get("/changes/<int(max=9007199254740991):number>")
def of_changeset(number: int) -> Response:
    """Show what a changeset wrote."""
    query: NumberedQuery = parsed_query(HistoryQuerySchema)
    with ledger().reading(query.asked) as reader:
        row = reader.changeset(number)
        return pages.answer("change.html", reader, lambda: change(reader, row, query), pinned=False)


@blp.get("/agreement")
def of_votes() -> Response:
    """Show how much states agree, once it is known which."""
    given = dict(asking.given())
    asked: Asking | None = parsed_query(AgreementQuerySchema) if "actors" in given else None
    forum = given.get("conflict", GENERAL_ASSEMBLY)
    with reading_for(asked or Asking(Asked(valid_at="any"))) as reader:
        return pages.answer(
            "agreement.html", reader, lambda: agreement(reader, asked, forum), pinned=False
        )


@blp.get(f"/{_ASSETS}/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """Serve a stylesheet or a module; a build's never change."""
    response = answer_file(f"{blp.root_path}/{_ASSETS}", name)
    if version == build():
        response.cache_control.immutable = True
    return response


def _record(reader: Reader, noun: Noun, id: str) -> dict[str, Any]:
    return parse(reader.record(noun, id).body)


def _with_evidence(
    template: str, reader: Reader, parsed: Asking, make: Callable[[], dict[str, Any]]
) -> Response:
    """Answer a page with the evidence that lies open beside it."""
    opened = parsed.of.opened
    beside = None if opened is None else evidence(reader, *opened)
    return pages.answer(
        template,
        reader,
        lambda: {**make(), "beside": beside},
        pinned=parsed.asked.is_pinned and beside is None,
        also=beside["texts"] if beside else "",
    )


def _list(noun: Noun, sort: str) -> ListQuery:
    return parsed_query(_list_schema(noun, sort))


@cache
def _list_schema(noun: Noun, sort: str) -> ListQuerySchema:
    return query_schema(noun, sort=sort)
