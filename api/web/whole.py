"""Answers that are there as a whole when they are given to the server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Whole(Response):
    """A response whose body the server gets as a list, not as an iterator.

    Servers send a list in one piece; for an iterator they must come back to Python, chunk by chunk.
    """

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """Give the chunks in a list."""
        chunks = super().get_app_iter(environ)
        try:
            return list(chunks)
        finally:
            self.close()
