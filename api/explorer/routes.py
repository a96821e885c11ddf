"""The routes of the explorer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, request

from api.actors import ACTORS
from api.analysis.questions.agreement import GENERAL_ASSEMBLY, AgreementQuerySchema
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.serving import open_reader
from api.concurrency import heavy_answers
from api.conflicts import CONFLICTS
from api.explorer import pages, query_string
from api.explorer.actors import ActorPageSchema, build_actor_page, build_actors_page
from api.explorer.addresses import current_page
from api.explorer.agreement import build_agreement_page
from api.explorer.changes import build_changes_page, build_changeset_page
from api.explorer.conflict import ConflictPageSchema, build_conflict_page, names_every_axiom
from api.explorer.evidence import build_evidence
from api.explorer.home import build_home_page
from api.explorer.pages import Context
from api.explorer.proposals import ProposalPageSchema, build_proposal_page, build_proposals_page
from api.explorer.search import SearchPageSchema, build_search_page
from api.ledger import Asked
from api.ledger.noun import Noun
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.proposals import PROPOSALS
from api.search.queries import SearchQuery
from api.web import queries
from api.web.assets import answer_file
from api.web.cache.build import build_digest
from api.web.contract.problems import PROBLEM_PAGE
from api.web.registry import ChangesetQuerySchema
from api.web.requests import current_ledger, parse_pairs, parse_query
from api.web.revisions import HistoryQuerySchema, NumberedQuery

blp = Blueprint("explorer", __name__)

_ASSETS = "assets"

_ACTOR_LIST = queries.make_query_schema(ACTORS, sort="id")
_PROPOSAL_LIST = queries.make_query_schema(PROPOSALS, sort="-made_on")


def init_app(app: Flask) -> None:
    """Add the explorer to an application."""
    app.register_blueprint(blp)
    app.extensions[PROBLEM_PAGE] = pages.render_problem_page


@blp.before_request
def redirect_to_canonical_url() -> Any:
    """Redirect to the canonical address of the same state."""
    sent = parse_pairs(request.query_string)
    canonical = query_string.normalise_parameters(sent)
    if canonical != sent and request.method in ("GET", "HEAD"):
        return _redirect(request.path + query_string.format_query(canonical))
    return None


@blp.get("/")
def show_home() -> Response:
    """Show the home page."""
    asked = parse_query(queries.RecordQuerySchema)
    with current_ledger().open_reader(asked) as reader:
        return pages.answer_page("home.html", reader, lambda: build_home_page(reader))


@blp.get("/conflicts/<slug:id>")
def show_conflict(id: str) -> Any:
    """Show a conflict."""
    parsed: ParsedQuestion = parse_query(ConflictPageSchema)
    with heavy_answers.hold_slot(), open_reader(parsed) as reader:
        record = _load_record(reader, CONFLICTS, id)
        if names_every_axiom(reader, id, parsed.of):
            return _redirect(current_page().link_here(axioms=None))
        make = partial(build_conflict_page, reader, record, parsed)
        return _answer_with_evidence("conflict.html", reader, parsed, make)


@blp.get("/<any(positions, preconditions, statements):noun>/<slug:id>")
def show_record(noun: str, id: str) -> Response:
    """Show the evidence for a record."""
    with current_ledger().open_reader(parse_query(queries.RecordQuerySchema)) as reader:
        told = build_evidence(reader, noun, id)
        # A source's text may be taken down at any time, so caches must ask again.
        page = {"evidence": told}
        return pages.answer_page("record.html", reader, lambda: page, also=told["texts"])


@blp.get("/actors")
def show_actors() -> Response:
    """List actors."""
    return _answer_query("actors.html", parse_query(_ACTOR_LIST), build_actors_page)


@blp.get("/actors/<slug:id>")
def show_actor(id: str) -> Response:
    """Show an actor."""
    parsed: ParsedQuestion = parse_query(ActorPageSchema)
    with open_reader(parsed) as reader:
        record = _load_record(reader, ACTORS, id)
        make = partial(build_actor_page, reader, record, parsed)
        return _answer_with_evidence("actor.html", reader, parsed, make)


@blp.get("/proposals")
def show_proposals() -> Response:
    """List proposals."""
    return _answer_query("proposals.html", parse_query(_PROPOSAL_LIST), build_proposals_page)


@blp.get("/proposals/<slug:id>")
def show_proposal(id: str) -> Response:
    """Show a proposal."""
    parsed: ParsedQuestion = parse_query(ProposalPageSchema)
    with open_reader(parsed) as reader:
        record = _load_record(reader, PROPOSALS, id)
        make = partial(build_proposal_page, reader, record, parsed)
        return _answer_with_evidence("proposal.html", reader, parsed, make)


@blp.get("/search")
def show_search() -> Response:
    """Show the search page."""
    query: SearchQuery | None = parse_query(SearchPageSchema)
    ranking = heavy_answers.hold_slot() if query and query.by_relevance else nullcontext()
    with ranking, current_ledger().open_reader(query.asked if query else Asked()) as reader:
        return pages.answer_page("search.html", reader, lambda: build_search_page(reader, query))


@blp.get("/changes")
def show_changes() -> Response:
    """List changesets."""
    return _answer_query("changes.html", parse_query(ChangesetQuerySchema), build_changes_page)


@blp.get("/changes/<int(max=9007199254740991):number>")
def show_changeset(number: int) -> Response:
    """Show a changeset."""
    query: NumberedQuery = parse_query(HistoryQuerySchema)
    with current_ledger().open_reader(query.asked) as reader:
        row = reader.read_changeset(number)
        make = partial(build_changeset_page, reader, row, query)
        return pages.answer_page("change.html", reader, make)


@blp.get("/agreement")
def show_agreement() -> Response:
    """Show how often the chosen states vote alike."""
    given = "actors" in request.args
    asked: ParsedQuestion | None = parse_query(AgreementQuerySchema) if given else None
    forum = request.args.get("conflict", GENERAL_ASSEMBLY)
    parsed = asked or ParsedQuestion(Asked(valid_at="any"))
    with heavy_answers.hold_slot(), open_reader(parsed) as reader:
        make = partial(build_agreement_page, reader, asked, forum)
        return pages.answer_page("agreement.html", reader, make)


@blp.get(f"/{_ASSETS}/<version>/<path:name>")
def serve_asset(version: str, name: str) -> Response:
    """Serve a stylesheet or a script; those of a build never change."""
    response = answer_file(f"{blp.root_path}/{_ASSETS}", name)
    if version == build_digest():
        response.cache_control.immutable = True
    return response


def _redirect(url: str) -> Response:
    return Response(status=303, headers={"Location": url})


def _answer_query(template: str, query: Any, build: Callable[[Reader, Any], Context]) -> Response:
    """Answer with the page of a query, at the moment that it asks for."""
    with current_ledger().open_reader(query.asked) as reader:
        return pages.answer_page(template, reader, lambda: build(reader, query))


def _load_record(reader: Reader, noun: Noun, id: str) -> dict[str, Any]:
    return parse_bytes(reader.read_record(noun, id).body)


def _answer_with_evidence(
    template: str, reader: Reader, parsed: ParsedQuestion, make: Callable[[], Context]
) -> Response:
    """Answer with a page and the evidence that is open beside it."""
    opened = parsed.of.open_record
    beside = None if opened is None else build_evidence(reader, *opened)
    pinned, also = parsed.asked.is_pinned and beside is None, beside["texts"] if beside else ""
    return pages.answer_page(
        template, reader, lambda: {**make(), "beside": beside}, pinned=pinned, also=also
    )
