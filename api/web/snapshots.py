"""Snapshots: finished answers, replayed for as long as nothing changes.

A layer in front of Flask with no meaning of its own. It keeps what Flask answered to a public GET
(status, headers, body) under the whole address, since pages name the host that was asked, the tag
that the caller has (If-None-Match), and the encoding chosen for it (`compression`). It gives that
again on the same day, while the database is in the very state in which it was made
(`ledger.state`).
So a replayed answer is the one that Flask would give: never stale, after a write in any process,
after midnight, and within milliseconds after a database was put back.

Kept are answers that say how they may be cached (an ETag, a Cache-Control other than no-store) and
are no longer than a page is; never one to a request with a key or a range, never an error. What
took long is kept at once, all else when it is asked for again: what is asked for once would only
take the place of what is not, and cool the memory that all use.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from api.ledger.state import State
from api.web.compression import choose_encoding
from api.web.kept import Kept

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LONGEST = 2_000_000
"""How many bytes an answer has at most that is kept."""

_OVERHEAD = 1_500
"""About how many bytes an answer takes beside its body and its address."""

_LONG = 0.02
"""From how many seconds on an answer is kept at once: more than a page waits for other threads."""

_NEVER = frozenset({
    "HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE",
})  # fmt: skip
"""Headers of requests that are always passed on."""

_KEPT = ("200 ", "304 ")

_VARY = ("Vary", "Accept-Encoding")
"""The only Vary of an answer that is kept: its encoding is in the key."""


_Answer = tuple[str, list[tuple[str, str]], list[bytes]]
"""Status, headers, body."""


class _Answers(Kept[_Answer]):
    """What was answered in one state of the database."""

    def __init__(self, state: Hashable, room: int) -> None:
        super().__init__(room)
        self.state = state


class Snapshots:
    """Replays an application's answers from at most so many megabytes of memory."""

    def __init__(self, app: WSGIApplication, state: State, megabytes: int) -> None:
        self._app, self.state = app, state
        self._room = megabytes * 1_000_000
        self._answers = _Answers(None, self._room)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, or as it did."""
        if environ["REQUEST_METHOD"] != "GET" or not environ.keys().isdisjoint(_NEVER):
            return self._app(environ, start_response)
        state, answers = self.state.now(), self._answers
        if state is None or state != answers.state:
            answers = self._answers = _Answers(state, self._room)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = accepted and choose_encoding(accepted)
        key = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"], environ.get("SCRIPT_NAME"),
               environ["PATH_INFO"], environ.get("QUERY_STRING"),
               environ.get("HTTP_IF_NONE_MATCH"), encoding)  # fmt: skip
        answer = answers.get(key)
        if answer is None:
            return self._first(environ, start_response, answers, key)
        status, headers, body = answer
        start_response(status, headers[:])
        return body

    def _first(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        answers: _Answers,
        key: tuple[str | None, ...],
    ) -> Iterable[bytes]:
        """Let the application answer; keep what is worth it, if nothing changed meanwhile."""
        status, headers = "", list[tuple[str, str]]()

        def start(said: str, given: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status, headers
            status, headers = said, given
            return start_response(said, given, *error)

        started = perf_counter()
        body = self._app(environ, start)
        took_long = perf_counter() - started > _LONG
        if answers.state is None or not (took_long or answers.recurs(key)):
            return body
        if not _may_be_kept(status, headers):
            return body
        whole = _whole(body)
        # An answer to another state must never get among those of this one.
        if self.state.now() == answers.state:
            size = len(whole) + _OVERHEAD + sum(len(each) for each in key if each)
            answers.add(key, (status, headers, [whole]), size)
        return [whole]


def _may_be_kept(status: str, headers: list[tuple[str, str]]) -> bool:
    said = {name.lower(): value for name, value in headers}
    return (
        status.startswith(_KEPT)
        and "etag" in said
        and "no-store" not in said.get("cache-control", "no-store")
        and said.keys().isdisjoint({"date", "set-cookie", "content-disposition"})
        and all(each == _VARY for each in headers if each[0].lower() == "vary")
        and int(said.get("content-length", 0 if status.startswith("304") else _LONGEST)) < _LONGEST
    )


def _whole(body: Iterable[bytes]) -> bytes:
    """Gather a body of known length, and end it as a server would."""
    try:
        return b"".join(body)
    finally:
        if (close := getattr(body, "close", None)) is not None:
            close()
