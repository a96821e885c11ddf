"""Compressed answers where the caller asks for them, by Flask-Compress.

`choose_encoding` decides on zstd, br, gzip or none, for the cached responses in front of Flask, for
the ETag of a 304 and for Flask-Compress alike. The ETag of a compressed answer ends in its
encoding (RFC 9110, section 8.8.3), so it tells the two forms apart, while If-Match still reads the
revision (`ledger.tags`). Parts of a body (206) and errors are never compressed.
"""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, Request, Response, request
from flask_compress import Compress
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from api.web.kept import Kept

ENCODINGS = ("zstd", "br", "gzip")
"""In the order of preference: zstd takes a third of the time of the others for the same size."""

_MEDIA_TYPES = [
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

_FIXED = frozenset({"asset", "openapi"})
"""Endpoints whose bodies stay the same while a process runs."""

_ROOM = 4_000_000
"""How many bytes of compressed fixed bodies are kept; they take half of it."""

_LONGEST = 200
"""How many characters of Accept-Encoding are read at most; browsers send about 25."""


def choose_encoding(accepted: str) -> str:
    """Return the encoding of an answer to this Accept-Encoding, or "" for none."""
    return _choose(accepted) if len(accepted) <= _LONGEST else ""


@lru_cache(maxsize=256)
def _choose(accepted: str) -> str:
    found = parse_accept_header(accepted, Accept).best_match((*ENCODINGS, "identity"))
    return found if found in ENCODINGS else ""


def requested_encoding() -> str:
    """Return the encoding of the answer to the current request, or "" for none."""
    accepted: str = request.environ.get("HTTP_ACCEPT_ENCODING", "")
    return accepted and choose_encoding(accepted)


class _FixedBodies(Kept[bytes]):
    """Flask-Compress's cache, limited to fixed bodies; a key without an address is not stored."""

    def __init__(self) -> None:
        super().__init__(_ROOM)

    def set(self, key: str, value: bytes) -> None:
        """Store a compressed body."""
        if not key.endswith(";"):
            self.add(key, value, len(value))


def _fixed_address(asked: Request) -> str:
    return asked.path if asked.endpoint in _FIXED else ""


class Compression(Compress):
    """Flask-Compress for whole answers, by our choice of the encoding."""

    def after_request(self, response: Response) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Compress an answer if the caller asked for that and it is of a fitting type."""
        encoding = requested_encoding()
        if not encoding or response.status_code not in (200, 201):
            return response
        # By itself Flask-Compress reads "gzip;q=0" as a wish for gzip.
        request.environ["HTTP_ACCEPT_ENCODING"] = encoding
        compressed = super().after_request(response)
        del compressed.headers["Vary"]  # which `browsers` puts on every answer
        if "Content-Encoding" in compressed.headers:
            # Ranges are of the plain body: nobody may compute one from a compressed length.
            compressed.headers.pop("Accept-Ranges", None)
        return compressed


def init_app(app: Flask) -> None:
    """Compress an application's answers; what changes a body afterwards must be registered later.

    Flask runs the functions that change an answer in the reverse order of their registration.
    """
    app.config.update(
        COMPRESS_ALGORITHM=ENCODINGS,
        COMPRESS_ALGORITHM_STREAMING=ENCODINGS,
        COMPRESS_MIMETYPES=_MEDIA_TYPES,
        COMPRESS_LEVEL=4,  # 50 positions in 0.15 ms to 7.1 kB; level 6 takes 0.36 ms to 6.7 kB
        COMPRESS_BR_WINDOW=18,  # an export begins after 0.3 MB; with the default, 22, after 4.7 MB
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,  # `reading` answers 304 before it makes a body
        COMPRESS_CACHE_BACKEND=_FixedBodies,
        COMPRESS_CACHE_KEY=_fixed_address,
    )
    Compression(app)
