"""Renders pages and errors as HTML responses.

A page has the same ETag and Cache-Control as a computed answer of the API, and sets no cookies. A
problem at a page's address is rendered as a page (`api.web.contract.problems`).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import methodcaller
from typing import Any, Concatenate

import orjson
from flask import Response, current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from api import clock
from api.analysis.engine.days import format_day
from api.analysis.engine.sentences import spell_out
from api.analysis.serving import forbid_storing
from api.explorer import words
from api.explorer.addresses import PageRequest, current_page, embed_url, with_format
from api.explorer.query_string import OPENED_BESIDE
from api.ledger.reading.reader import Reader
from api.vocabulary import ATTESTATION, DOUBT_KIND
from api.web import responses
from api.web.cache.build import build_digest

HTML = "text/html; charset=utf-8"

_TEX = {ord(each): f"\\{each}" for each in "{}$&#_%"} | {ord("\\"): r"\textbackslash{}"}

Context = dict[str, Any]
"""What a template shows, by name."""

_MACROS = ("macros.html", "evidence.html", "linked.html")
"""Templates whose macros every template may call; a later one may call those before it."""

_PROGRAM_PATHS = re.compile(r"/*(v\d+|embed|docs|openapi\.json|livez|readyz|assets)(/|$)")
"""Paths whose errors stay problem+json, because programs read them."""


@lru_cache(maxsize=1)
def _template_environment() -> Environment:
    environment: Any = Environment(
        loader=PackageLoader("api.explorer"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.install_gettext_translations(words.TEXTS, newstyle=True)
    environment.filters |= {
        "format_day": format_day,
        "describe_age": words.describe_age,
        "describe_attestation": ATTESTATION.values.__getitem__,
        "describe_doubt": DOUBT_KIND.values.__getitem__,
        "spell_out": spell_out,
        "with_format": with_format,
        "embed_url": embed_url,
        "escape_tex": methodcaller("translate", _TEX),
    }
    environment.globals |= {
        "describe_stance": words.describe_stance,
        "signs": words.SIGNS,
        "states": words.STATES,
        "statuses": words.STATUSES,
        "events": words.EVENTS,
        "voices": words.VOICES,
        "opened": OPENED_BESIDE,
        "build": build_digest(),
    }
    for name in _MACROS:
        macros: Context = {**vars(environment.get_template(name).module)}
        environment.globals |= {each: macros[each] for each in macros if not each.startswith("_")}
    return environment


def load_templates() -> None:
    """Compile all templates: the first requests would do so at once, and hold Python's lock."""
    environment = _template_environment()
    for name in environment.list_templates():
        environment.get_template(name)


def render_template(template: str, context: Context) -> bytes:
    """Render a template as UTF-8."""
    return _template_environment().get_template(template).render(context).encode()


def answer_page(
    template: str,
    reader: Reader,
    build: Callable[Concatenate[Reader, ...], Context],
    *given: Any,
    beside: Context | None = None,
    pinned: bool = False,
    also: str = "",
    media_type: str = HTML,
) -> Response:
    """Answer with the page that `build` makes of what is given, or with 304 without building it.

    `beside` is the evidence beside it; `also` is what else the ETag depends on. A page that was cut
    for lack of time is not cached, because the next one may be complete.
    """
    made, here = Context(), current_page()

    def render_body() -> bytes:
        made.update(build(reader, *given))
        context: Context = {
            "page": here, "moment": reader.moment, "recorded_on": _find_recording_day(reader),
            "takes_notes": current_app.config["PUBLIC_READ"] == "true", "beside": beside,
        }  # fmt: skip
        return render_template(template, {**context, **made})

    also += here.age_day or ""
    response = responses.answer_computed(
        reader.moment, render_body, media_type, pinned=pinned, also=also
    )
    if made.get("out_of_time"):
        forbid_storing(response)
    return response


def _find_recording_day(reader: Reader) -> str | None:
    """Return the day of the changeset at which the reader reads; None if nothing is written."""
    number = reader.moment.known_at
    if not number:
        return None
    return clock.format_instant(reader.read_changeset(number)["recorded_at"])[:10]


def render_problem_page(response: Response) -> Response:
    """Render a problem at a page's address as a page; status and headers stay the same."""
    if _PROGRAM_PATHS.match(request.path):
        return response
    page = _draw_problem(request.path, response.status_code, response.get_data())
    response.set_data(responses.join_root(request.script_root, HTML, page))
    response.content_type = HTML
    return response


@lru_cache(maxsize=64)
def _draw_problem(path: str, status: int, body: bytes) -> bytes:
    """Draw a problem; again and again the same one while a server is busy."""
    problem = orjson.loads(body)
    title = words.PROBLEMS.get(status, problem["title"])
    context = {"page": PageRequest(path, {}, ""), "moment": None, "problem": problem,
               "title": title}  # fmt: skip
    return render_template("problem.html", context)
