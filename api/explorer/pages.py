"""How a page is answered, and how an error is drawn as one.

A page is a computed answer like those of the API: the same tag, the same Cache-Control, no cookies.
It runs no script but ours and has no style in it but what its stylesheet says. Errors are worded in
one place, `api.web.problems`; what went wrong at a page's address is drawn as a page afterwards,
and `is_page` tells the two kinds of address apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.analysis.serving import keep_out_of_stores
from api.explorer import words
from api.explorer.addresses import PageRequest, current_page, embed_url, with_format
from api.ledger.reader import Reader
from api.web import reading
from api.web.build import build
from api.web.problems import MEDIA_TYPE

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HTML = "text/html; charset=utf-8"

_PROGRAM_PATHS = re.compile(r"/*(v\d+|embed|docs|openapi\.json|livez|readyz|assets)(/|$)")
"""Addresses whose errors are for programs."""


@lru_cache(maxsize=1)
def _template_environment() -> Environment:
    environment: Any = Environment(
        loader=PackageLoader("api.explorer"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters |= {
        "format_day": words.format_day,
        "describe_attestation": words.describe_attestation,
        "spell_out": words.spell_out,
        "with_format": with_format,
        "embed_url": embed_url,
    }
    environment.globals |= {
        "describe_stance": words.describe_stance,
        "signs": words.SIGNS,
        "statuses": words.STATUSES,
        "events": words.EVENTS,
        "voices": words.VOICES,
        "build": build(),
    }
    return environment


def render_template(template: str, context: Mapping[str, Any]) -> bytes:
    """Draw a template."""
    return _template_environment().get_template(template).render(context).encode()


def answer_page(
    template: str,
    reader: Reader,
    make: Callable[[], Mapping[str, Any]],
    *,
    pinned: bool,
    also: str = "",
) -> Response:
    """Answer a page as known at a moment; it is made only for who has not got it.

    `also` is what else it depends on. What was cut because the time was over may be longer the
    next time, so it is not to be kept.
    """
    made: dict[str, Any] = {}

    def render_body() -> bytes:
        made.update(make())
        here = current_page()
        return render_template(
            template, {"page": here, "clocks": here.link_to(""), "moment": reader.moment, **made}
        )

    response = reading.computed(reader.moment, render_body, HTML, pinned=pinned, also=also)
    if made.get("out_of_time"):
        keep_out_of_stores(response)
    return add_policy(response)


def add_policy(response: Response) -> Response:
    """Add the policy of pages."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def is_page(path: str) -> bool:
    """Whether an address is a page's."""
    return _PROGRAM_PATHS.match(path) is None


def render_problem_page(response: Response) -> Response:
    """Draw a problem at a page's address as a page; its status and headers stay."""
    well = response.status_code < HTTPStatus.BAD_REQUEST  # asked first: most answers are
    if well or response.mimetype != MEDIA_TYPE or not is_page(request.path):
        return response
    problem = orjson.loads(response.get_data())
    title = words.PROBLEMS.get(response.status_code, problem["title"])
    context = {"page": PageRequest(request.path, {}, ""), "moment": None, "problem": problem,
               "title": title}  # fmt: skip
    response.set_data(render_template("problem.html", context))
    response.content_type = HTML
    return add_policy(response)
