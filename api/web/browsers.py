"""What every answer says to browsers and caches.

Pages of any origin may read it, nobody guesses its type, and it may differ by Accept-Encoding. Keys
are never sent by a browser on its own, so an open door lets nobody in who has none. The headers are
always the same, so they are put behind an answer's own in front of Flask, where that costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_HEADERS = (
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers",
     "ETag, Link, Location, Sinequanon-Known-At, Sinequanon-Valid-At, Sinequanon-Changeset"),
    ("Access-Control-Allow-Headers",
     "Authorization, Content-Type, If-Match, If-None-Match, X-API-Key"),
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
)  # fmt: skip


class OpenToBrowsers:
    """Puts the headers behind those of every answer of an application."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Answer as the application does."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *_HEADERS], *error)

        return self._app(environ, start)
