"""The routes of the explorer."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from itertools import islice
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request

from api import clock
from api.analysis.questions.agreement import GENERAL_ASSEMBLY
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.serving import open_reader
from api.concurrency import heavy_answers
from api.conflicts import CONFLICTS
from api.errors import Busy, NotFound
from api.explorer import agreement, changes, conflict, pages, proposals, query_string, records
from api.explorer.actors import ActorPageSchema, build_actor_page
from api.explorer.addresses import current_page
from api.explorer.conflict_sections import SECTIONS
from api.explorer.home import HOME_SECONDS, build_home_page
from api.explorer.pages import Context
from api.explorer.search import SearchPageSchema, build_search_page
from api.feeds.queries import FeedQuerySchema
from api.feeds.routes import check_subject
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.nouns import NOUNS, NOUNS_BY_NAME
from api.search.queries import SearchQuery
from api.vocabulary import CODE_LISTS
from api.web import queries
from api.web.assets import answer_file
from api.web.cache.build import build_digest
from api.web.contract.problems import PROBLEM_PAGE
from api.web.queries import ListQuery
from api.web.requests import current_ledger, parse_pairs, parse_query
from api.web.revisions import HistoryQuerySchema, NumberedQuery

blp = Blueprint("explorer", __name__)

_ASSETS = "assets"

_NAMES = ", ".join(NOUNS_BY_NAME)
_OWN_PAGES: Mapping[str, tuple[str, Any, Any]] = {
    "actors": ("actor.html", ActorPageSchema, build_actor_page),
    "proposals": ("proposal.html", proposals.ProposalPageSchema, proposals.build_proposal_page),
}
"""Template, query and builder of the nouns whose page says more than the record."""
_FIXED_PAGES = {
    "about": ("about.html", pages.HTML),
    "glossary": ("glossary.html", pages.HTML),
    "robots.txt": ("robots.txt", "text/plain"),
    "sitemap.xml": ("sitemap.xml", "application/xml"),
    ".well-known/security.txt": ("security.txt", "text/plain"),
}
"""Template and media type of the pages without records."""
_CONTACT_HOLDS = 180 * clock.DAY
"""How long a contact is said to hold; RFC 9116 wants less than a year."""


def init_app(app: Flask) -> None:
    """Add the explorer to an application."""
    app.register_blueprint(blp)
    app.extensions[PROBLEM_PAGE] = pages.render_problem_page


@blp.before_request
def redirect_to_canonical_url() -> Any:
    """Redirect to the canonical address of the same state."""
    sent = parse_pairs(request.query_string)
    opens_today = not request.path.startswith("/conflicts/")
    canonical = query_string.normalise_parameters(sent, opens_today=opens_today)
    if canonical != sent and request.method in ("GET", "HEAD"):
        return _redirect(request.path + query_string.format_query(canonical))
    return None


@blp.get("/")
def show_home() -> Response:
    """Show the home page."""
    asked = parse_query(queries.RecordQuerySchema)
    with ExitStack() as held:
        seconds = 0.0  # Without a slot the page stands without verdicts, and is not kept.
        with suppress(Busy):
            held.enter_context(heavy_answers.hold_slot())
            seconds = HOME_SECONDS
        reader = held.enter_context(current_ledger().open_reader(asked))
        return pages.answer_page("home.html", reader, build_home_page, seconds)


@blp.get("/conflicts/<slug:id>", defaults={"section": ""})
@blp.get(f"/conflicts/<slug:id>/<any({', '.join(filter(None, SECTIONS))}):section>")
def show_conflict(id: str, section: str) -> Any:
    """Show a section of a conflict; the first is its deadlock."""
    parsed: ParsedQuestion = parse_query(conflict.ConflictPageSchema)
    with open_reader(parsed) as opened:
        record = opened.read_record(CONFLICTS, id).record
        if conflict.names_every_axiom(opened, id, parsed.of):
            return _redirect(current_page().link_here(axioms=None))
        by_year = not section and {*request.args} <= {"valid_at", "known_at"}
        is_forum = by_year and record["kind"] == "forum"
        if is_forum and (forum := proposals.build_forum_page(opened, record))["total"]:
            return pages.answer_page("forum.html", opened, lambda _: forum)
        reader, coverage = conflict.open_on_last_day(opened, record)
        template = f"conflict_{section or 'deadlock'}.html"
        return pages.answer_page(
            template, reader, conflict.build_conflict_page, record, parsed, section, coverage,
            **_open_beside(reader, parsed),
        )  # fmt: skip


@blp.get("/conflicts/<slug:id>/votes")
def show_roll_calls(id: str) -> Response:
    """List roll calls of a forum."""
    query: ListQuery = parse_query(records.LIST_SCHEMAS["proposals"])
    with heavy_answers.hold_slot(), current_ledger().open_reader(query.asked) as reader:
        forum = reader.read_record(CONFLICTS, id).record
        return pages.answer_page(
            "votes.html", reader, proposals.build_roll_calls_page, forum, query
        )


@blp.get(f"/<any({_NAMES}):noun>")
def show_list(noun: str) -> Response:
    """List the records of a noun."""
    query: ListQuery = parse_query(records.LIST_SCHEMAS[noun])
    slot = heavy_answers.hold_slot() if query.given.scans_texts else nullcontext()
    with slot, current_ledger().open_reader(query.asked) as reader:
        return pages.answer_page(
            "list.html", reader, records.build_list_page, NOUNS_BY_NAME[noun], query
        )


@blp.get(f"/<any({_NAMES}):noun>/<slug:id>")
def show_record(noun: str, id: str) -> Response:
    """Show a record, and what follows from others where its noun has a page of its own."""
    template, schema, build = _OWN_PAGES.get(noun, ("record.html", records.RecordPageSchema, None))
    parsed: ParsedQuestion = parse_query(schema)
    if build is None:  # Then all that names the record is shown, from any day.
        parsed = replace(parsed, asked=parsed.asked._replace(valid_at="any"))
    with open_reader(parsed) if build else current_ledger().open_reader(parsed.asked) as reader:
        entry = records.build_record(reader, noun, id, parsed.of.page)
        shown = _open_beside(reader, parsed, entry["texts"])
        if build is None:
            return pages.answer_page(template, reader, lambda _: {"entry": entry}, **shown)
        return pages.answer_page(template, reader, build, entry, parsed, **shown)


@blp.get("/search")
def show_search() -> Response:
    """Show the search page."""
    query: SearchQuery | None = parse_query(SearchPageSchema)
    slot = heavy_answers.hold_slot() if query else nullcontext()
    with slot, current_ledger().open_reader(query.asked if query else Asked()) as reader:
        return pages.answer_page("search.html", reader, build_search_page, query)


@blp.get("/changes")
def show_changes() -> Response:
    """List changesets."""
    query: NumberedQuery = parse_query(FeedQuerySchema)
    with heavy_answers.hold_slot(), current_ledger().open_reader(query.asked) as reader:
        check_subject(reader, query.about)
        return pages.answer_page("changes.html", reader, changes.build_changes_page, query)


@blp.get("/changes/<int(max=9007199254740991):number>")
def show_changeset(number: int) -> Response:
    """Show a changeset."""
    query: NumberedQuery = parse_query(HistoryQuerySchema)
    with current_ledger().open_reader(query.asked) as reader:
        row = reader.read_changeset(number)
        return pages.answer_page("change.html", reader, changes.build_changeset_page, row, query)


@blp.get("/agreement")
@heavy_answers.hold_slot()
def show_agreement() -> Response:
    """Show how often the chosen states vote alike."""
    typed = request.args.get("actors", "").split(",")
    with current_ledger().open_reader() as reader:
        actors = agreement.find_actors(reader, typed)
    if typed != (actors or [""]):  # a name is redirected to the address with its id
        return _redirect(current_page().link_here(actors=",".join(actors) or None))
    asked: ParsedQuestion = parse_query(agreement.choose_schema(actors))
    forum = request.args.get("conflict", GENERAL_ASSEMBLY)
    with open_reader(asked) as reader:
        return pages.answer_page(
            "agreement.html", reader, agreement.build_agreement_page, asked.of, forum, actors
        )


def show_fixed_page(name: str) -> Response:
    """Show a page that says what the registry is, or a file that programs look for."""
    contact = cast("str", current_app.config["SECURITY_CONTACT"])
    if name.endswith("security.txt") and not contact:
        raise NotFound("this registry names no contact for weaknesses")
    template, media_type = _FIXED_PAGES[name]
    expires = clock.format_instant(clock.now() + _CONTACT_HOLDS)
    with current_ledger().open_reader(parse_query(queries.RecordQuerySchema)) as reader:

        def list_ids(noun: str) -> Iterator[tuple[str]]:
            # A sitemap has at most 50,000 addresses, of five nouns.
            return islice(reader.read_columns(NOUNS_BY_NAME[noun], {}, "id"), 9_900)

        context: Context = {"resources": NOUNS, "lists": CODE_LISTS, "contact": contact,
                            "list_ids": list_ids, "expires": expires}  # fmt: skip
        return pages.answer_page(template, reader, lambda _: context, media_type=media_type)


for _name in _FIXED_PAGES:
    blp.add_url_rule(f"/{_name}", "show_fixed_page", show_fixed_page, defaults={"name": _name})


@blp.get(f"/{_ASSETS}/<version>/<path:name>")
def serve_asset(version: str, name: str) -> Response:
    """Serve a stylesheet or a script; those of a build never change."""
    response = answer_file(f"{blp.root_path}/{_ASSETS}", name)
    if version == build_digest():
        response.cache_control.immutable = True
    return response


def _redirect(url: str) -> Response:
    return Response(status=303, headers={"Location": url})


def _open_beside(reader: Reader, parsed: ParsedQuestion, also: str = "") -> dict[str, Any]:
    """Return the evidence that is open beside a page, and how the page is cached with it."""
    opened = parsed.of.open_record
    beside = None if opened is None else records.build_record(reader, *opened)
    also += beside["texts"] if beside else ""
    pinned = parsed.asked.is_pinned and not beside and not also
    return {"beside": beside, "also": also, "pinned": pinned}
