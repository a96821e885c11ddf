"""What answers are made of: bytes, an ETag, an encoding, and headers for browsers and caches.

An answer is sent under an ETag that names all it depends on, or as a 304 without being made
(`answer_tagged`). `init_app` registers what every answer goes through at last: Flask-Compress where
the caller asks for it, and the headers that are the same everywhere.

`choose_encoding` decides on zstd, br, gzip or none, for the response cache in front of Flask, for
the ETag of a 304 and for Flask-Compress alike. The ETag of a compressed answer ends in its
encoding (RFC 9110, section 8.8.3), so it tells the two forms apart, while If-Match still reads the
revision (`ledger.truth.revisions`). Parts of a body (206) and errors are never compressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from flask_compress import Compress
from werkzeug.datastructures import Accept, Headers
from werkzeug.http import parse_accept_header

from api.ledger.reading.moment import Moment
from api.web.cache.build import build_digest
from api.web.observing import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JSON = "application/json"

ENCODINGS = ("zstd", "br", "gzip")
"""In the order of preference: zstd takes a third of the time of the others for the same size."""

_COMPRESSED_TYPES = [
    "application/atom+xml",
    "application/json",
    "application/vnd.vegalite.v5+json",
    "application/x-ndjson",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
]

_LONGEST_ACCEPTED = 200
"""How many characters of Accept-Encoding are read at most; browsers send about 25."""

_PINNED, _MOVING = "public, max-age=86400", "no-cache"
"""Cache-Control of answers that never change again, and of all others."""

_EVERYWHERE = (
    ("Vary", "Accept-Encoding"),
    ("Server", ""),  # without this, the server would tell its name
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers",
     "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "  # noqa: ISC004
     "Sinequanon-Known-At, Sinequanon-Valid-At, Sinequanon-Changeset, X-Request-ID"),
    ("Access-Control-Allow-Headers",
     "Authorization, Content-Type, If-Match, If-None-Match, Sinequanon-Min-Changeset, X-API-Key"),
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
)  # fmt: skip
"""Headers of every answer. Pages of any origin may read it: browsers send no key on their own."""

_OVER_TLS = (*_EVERYWHERE, ("Strict-Transport-Security", "max-age=31536000"))

_POLICY = "Content-Security-Policy"

_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action"

DATA_POLICY = (_POLICY, f"{_NOTHING} 'none'")

_PAGE = "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"

_POLICIES = {
    "text/html": (_POLICY, f"{_NOTHING} 'self'; {_PAGE}"),
    "image/svg+xml": (_POLICY, f"{_NOTHING} 'none'; style-src 'unsafe-inline'"),
}
"""Pages run this server's scripts alone; a picture opened as a page runs none."""

_MARKUP = re.compile(rb'(?:href|src|action|data-first)="/(?!/)')
_JSON_LINKS = re.compile(rb'"links":\{[^{}]*\}|"(?:url|record_url|next)":"/(?!/)')

_LINKS = {
    "text/html": _MARKUP,
    "application/atom+xml": _MARKUP,
    JSON: _JSON_LINKS,
    "application/x-ndjson": _JSON_LINKS,
    "text/csv": re.compile(rb'("(?:[^"]|"")*")|(?<![^,\n])/v1/[a-z]+/[a-z0-9-]+(?=[,\r])'),
}
"""Where links are in bodies; a group takes what only looks like one.

Elsewhere no text of a record looks like one, because quotes in it are escaped.
"""

_PATH = re.compile(rb'(?:(?<=")|^)/')


class RawHeaders(Headers):
    """Headers that are not searched for line breaks, because no caller has a say in them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._list = [*pairs]


class BytesResponse(Response):
    """A response whose body the server gets as a list, not as an iterator.

    Servers send a list in one piece; for an iterator they must come back to Python, chunk by chunk.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Send status, headers and body as they are where Werkzeug would change nothing."""
        plain = self.status_code in (200, 201) and environ["REQUEST_METHOD"] != "HEAD"
        if not plain or type(self.response) is not list or "Content-Length" not in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        self.close()
        return self.response

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """Return the chunks in a list."""
        chunks = super().get_app_iter(environ)
        try:
            return list(chunks)
        finally:
            self.close()


def answer_computed(
    moment: Moment, make_body: Callable[[], bytes], media_type: str, *, pinned: bool, also: str = ""
) -> Response:
    """Answer what follows from a moment.

    Its ETag names the question, the changeset and the day that the clocks came to, and this build;
    and `also`, if the answer depends on anything else.
    """
    etag = computed_tag(moment, also)
    return answer_tagged(etag, make_body, media_type, pinned=pinned, moment=moment)


def answer_tagged(
    etag: str,
    make_body: Callable[[], bytes],
    media_type: str,
    *,
    pinned: bool,
    moment: Moment | None = None,
) -> Response:
    """Answer bytes under an ETag: 304 without making them when the caller has them, else 200.

    With a moment the headers name what the clocks came to. Byte ranges of tables are served,
    because some readers of tables ask for them.
    """
    if (known := _known_tag(etag)) is not None:
        headers = _make_headers(known, moment, media_type, pinned=pinned)
        return BytesResponse(status=304, headers=RawHeaders(headers))
    headers = _make_headers(etag, moment, media_type, pinned=pinned)
    made = make_body()
    if request.script_root:
        made = join_root(request.script_root, media_type, made)
    headers += [("Content-Type", media_type), ("Content-Length", str(len(made)))]
    response = BytesResponse([made], headers=RawHeaders(headers))
    if media_type != JSON:
        with suppress(OverflowError):  # of a date in If-Range or If-Modified-Since
            response.make_conditional(
                _without_odd_range(), accept_ranges=True, complete_length=len(made)
            )
        response.headers.pop("Date", None)  # which the server sets for every answer
    return response


def answer_streamed(
    moment: Moment, make_chunks: Callable[[], Iterator[bytes]], media_type: str, *, pinned: bool
) -> Response:
    """Answer what follows from a moment chunk by chunk, without ranges."""
    etag = computed_tag(moment)
    if (known := _known_tag(etag)) is not None:
        return Response(status=304, headers=_make_headers(known, moment, media_type, pinned=pinned))
    headers = _make_headers(etag, moment, media_type, pinned=pinned)
    root = request.script_root  # which chunks cannot ask for, because they outlive the request
    chunks = make_chunks()
    if root:
        chunks = (join_root(root, media_type, each) for each in chunks)
    return Response(chunks, headers=headers, content_type=media_type)


def join_root(root: str, media_type: str, body: bytes) -> bytes:
    """Put the path under which the registry is served before the links in a body.

    Everywhere else addresses begin at the registry's own root, as they do in the database.
    """
    links, new = _LINKS.get(media_type.partition(";")[0]), f"{root}/".encode()
    if links is None:
        return body
    return links.sub(
        lambda found: found[0] if found.lastindex else _PATH.sub(lambda _: new, found[0]), body
    )


def link_next(response: Response, following: Iterable[str]) -> Response:
    """Add the address of the next page, if there is one, as a header."""
    for url in following:
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response


def computed_tag(moment: Moment, also: str = "") -> str:
    """Return the ETag of the answer to the current request as known at a moment."""
    asked = current_request()
    question = b"%b%b?%b" % (asked.script_root.encode(), asked.path.encode(), asked.query_string)
    covered = f"{moment.hash.hex()} {moment.valid_at} {build_digest()}{also} ".encode() + question
    return sha256(covered).hexdigest()[:32]


def clock_headers(moment: Moment) -> list[tuple[str, str]]:
    """Return the headers that name what the clocks came to."""
    return [
        ("Sinequanon-Known-At", str(moment.known_at)),
        ("Sinequanon-Valid-At", moment.valid_at or "any"),
    ]


def _make_headers(
    etag: str, moment: Moment | None, media_type: str, *, pinned: bool
) -> list[tuple[str, str]]:
    """Return the headers of an answer; its 304 has the policy, too, which replaces that in use."""
    headers = [("ETag", f'"{etag}"'), ("Cache-Control", _PINNED if pinned else _MOVING),
               _find_policy(media_type)]  # fmt: skip
    return headers if moment is None else headers + clock_headers(moment)


@lru_cache(maxsize=64)
def _find_policy(media_type: str) -> tuple[str, str]:
    return _POLICIES.get(media_type.partition(";")[0], DATA_POLICY)


def _known_tag(etag: str) -> str | None:
    """Return the tag under which the caller has the answer already, compressed or plain.

    The tag of another encoding than the request's does not count: a cache that serves many callers
    would give this one a body that it cannot read.
    """
    asked = current_request()
    if "HTTP_IF_NONE_MATCH" not in asked.environ:
        return None
    tags, encoding = asked.if_none_match, _requested_encoding(asked)
    if encoding and tags.contains_weak(f"{etag}:{encoding}"):
        return f"{etag}:{encoding}"
    return etag if tags.contains_weak(etag) else None


def _without_odd_range() -> dict[str, Any]:
    """Leave out Range where a server may or must ignore it (RFC 9110, section 14.2).

    That is one of another method than GET, one that nobody can read or that is not of bytes, and
    several ranges at once: many small ones would cost more than the whole body.
    """
    asked = request.range if request.method == "GET" else None
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1:
        return request.environ
    return {name: value for name, value in request.environ.items() if name != "HTTP_RANGE"}


def current_request() -> Request:
    """Return the request itself: Flask's proxy looks it up anew for each of its attributes."""
    return request._get_current_object()  # noqa: SLF001  # pyright: ignore[reportAttributeAccessIssue]


@lru_cache(maxsize=4)
def common_headers(scheme: str) -> Sequence[tuple[str, str]]:
    """Return the headers of every answer over http or https."""
    return _OVER_TLS if scheme == "https" else _EVERYWHERE


def choose_encoding(accepted: str) -> str:
    """Return the encoding of an answer to this Accept-Encoding, or "" for none."""
    return _choose_encoding(accepted) if len(accepted) <= _LONGEST_ACCEPTED else ""


@lru_cache(maxsize=256)
def _choose_encoding(accepted: str) -> str:
    found = parse_accept_header(accepted, Accept).best_match((*ENCODINGS, "identity"))
    return found if found in ENCODINGS else ""


def _requested_encoding(asked: Request) -> str:
    accepted: str = asked.environ.get("HTTP_ACCEPT_ENCODING", "")
    return accepted and choose_encoding(accepted)


class Compression(Compress):
    """Flask-Compress for whole answers, by our choice of the encoding."""

    def after_request(self, response: Response) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Compress an answer if the caller asked for that, and add the headers of every answer.

        The layer in front is told the route.
        """
        asked = current_request()
        if asked.url_rule is not None:
            asked.environ[ROUTE] = asked.url_rule.rule
        encoding = _requested_encoding(asked)
        if encoding and response.status_code in (200, 201):
            # By itself Flask-Compress reads "gzip;q=0" as a wish for gzip.
            asked.environ["HTTP_ACCEPT_ENCODING"] = encoding
            response = super().after_request(response)
            del response.headers["Vary"]  # which is added below
            if "Content-Encoding" in response.headers:
                # Ranges are of the plain body: nobody may compute one from a compressed length.
                response.headers.pop("Accept-Ranges", None)
        # Headers.extend would check each of them, in 9 µs: a twentieth of a page.
        headers = response.headers._list  # noqa: SLF001
        if not any(name == _POLICY for name, _ in headers):
            headers.append(_find_policy(response.content_type or ""))
        headers += common_headers(asked.scheme)
        for name, mark in (("Location", ""), ("Link", "<")) if asked.script_root else ():
            if (link := response.headers.get(name, "")).startswith(f"{mark}/"):
                response.headers[name] = link.replace("/", f"{asked.script_root}/", 1)
        return response


def init_app(app: Flask) -> None:
    """Finish an application's answers; what changes a body afterwards must be registered later.

    Flask runs the functions that change an answer in the reverse order of their registration.
    """
    app.config.update(
        COMPRESS_ALGORITHM=ENCODINGS,
        COMPRESS_ALGORITHM_STREAMING=ENCODINGS,
        COMPRESS_MIMETYPES=_COMPRESSED_TYPES,
        COMPRESS_LEVEL=4,  # 50 positions in 0.15 ms to 7.1 kB; level 6 takes 0.36 ms to 6.7 kB
        COMPRESS_BR_WINDOW=18,  # an export begins after 0.3 MB; with the default, 22, after 4.7 MB
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # `answer_tagged` does, before it makes a body
    )
    Compression(app)
