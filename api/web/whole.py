"""Answers that are there as a whole when they are given to the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Unchecked(Headers):
    """Headers that are taken as they are; nobody looks for line breaks in them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._list = [*pairs]


class Whole(Response):
    """A response whose body the server gets as a list, not as an iterator.

    Servers send a list in one piece; for an iterator they must come back to Python, chunk by chunk.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with status, headers and body as they are, where Werkzeug would change nothing."""
        plain = self.status_code in (200, 201) and environ["REQUEST_METHOD"] != "HEAD"
        if not plain or type(self.response) is not list or "Content-Length" not in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        self.close()
        return self.response

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """Give the chunks in a list."""
        chunks = super().get_app_iter(environ)
        try:
            return list(chunks)
        finally:
            self.close()
