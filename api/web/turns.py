"""Turns: reads are answered one after the other, as long as each is quick.

One thread at a time runs Python. SQLite works without Python's lock, and takes and gives it back
with every row: where several threads answer at once, each of these is a chance to be put off by
another, and a page costs half as much again. So a read waits for its turn, though never long: who
waits behind a slow one goes on beside it after `_PATIENCE`.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATIENCE = 0.005
"""How many seconds a read waits at most; a page takes a tenth of that."""


class Turns:
    """Lets an application answer reads in turn; what is streamed later is no part of that."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._turn = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, when it is this request's turn or that takes too long."""
        if environ["REQUEST_METHOD"] != "GET" or not self._turn.acquire(timeout=_PATIENCE):
            return self._app(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._turn.release()
