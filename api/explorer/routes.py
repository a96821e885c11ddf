"""The addresses of the explorer, and how it joins an application."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, redirect, request, send_from_directory

from api.analysis.answers import opened
from api.analysis.queries import Asking
from api.conflicts import CONFLICTS
from api.explorer import asking, pages
from api.explorer.conflict import DEADLOCK, ConflictPageSchema, conflict
from api.explorer.evidence import evidence
from api.explorer.home import home
from api.ledger.canonical import parse
from api.ledger.noun import Noun
from api.ledger.reader import Reader
from api.web.build import build
from api.web.queries import ClockQuerySchema, RecordQuerySchema
from api.web.state import ledger

blp = Blueprint("explorer", __name__)

_ASSETS = "assets"


def register(app: Flask) -> None:
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
    asked = asking.parsed(ClockQuerySchema())
    with ledger().reading(asked) as reader:
        return pages.answer("home.html", reader, lambda: home(reader), pinned=False)


@blp.get("/conflicts/<slug:id>")
def of_conflict(id: str) -> Response:
    """Show a conflict."""
    parsed: Asking = asking.parsed(ConflictPageSchema())
    with _reading(parsed) as reader:
        record = _record(reader, CONFLICTS, id)
        beside = _beside(reader, parsed.of.opened)

        def make() -> dict[str, Any]:
            return {**conflict(reader, record, parsed), "beside": beside, "deadlock_names": DEADLOCK}

        pinned = parsed.asked.is_pinned and beside is None
        return pages.answer("conflict.html", reader, make, pinned=pinned, also=_texts(beside))


@blp.get("/<any(positions, preconditions, statements):noun>/<slug:id>")
def of_record(noun: str, id: str) -> Response:
    """Show what stands behind a record."""
    with ledger().reading(asking.parsed(RecordQuerySchema())) as reader:
        told = evidence(reader, noun, id)
        # A text may be taken down any time, so what shows one is asked for anew.
        return pages.answer(
            "record.html", reader, lambda: {"evidence": told}, pinned=False, also=_texts(told)
        )


@blp.get(f"/{_ASSETS}/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """Serve a stylesheet or a module; a build's never change."""
    response = send_from_directory(f"{blp.root_path}/{_ASSETS}", name, max_age=86400)
    if version == build():
        response.cache_control.immutable = True
    return response


def _reading(parsed: Asking) -> Any:
    return opened(ledger().reading, parsed.asked, parsed.moment_name)


def _record(reader: Reader, noun: Noun, id: str) -> dict[str, Any]:
    return parse(reader.record(noun, id).body)


def _beside(reader: Reader, opened: tuple[str, str] | None) -> dict[str, Any] | None:
    return None if opened is None else evidence(reader, *opened)


def _texts(told: dict[str, Any] | None) -> str:
    return "" if told is None else told["texts"]


