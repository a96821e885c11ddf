"""The response cache: finished answers, sent again for as long as nothing changes.

A layer in front of Flask with no meaning of its own. It stores what Flask answered to a public GET
(status, headers, body) under the whole address, since pages name the host that was asked, the tag
that the caller has (If-None-Match), and the encoding chosen for it (`choose_encoding`). It finds
that again on the same day, while the database is in the very state in which it was made
(`ledger.state`), and `api.web.front` sends it.
So a cached response is the one that Flask would give: never stale, after a write in any process,
after midnight, and within milliseconds after a database was put back.

Stored are answers that say how they may be cached (an ETag, a Cache-Control other than no-store)
and are no longer than a page is; never one to a request with a key or a range, never an error. What
took long is stored at once, all else when it is asked for again: what is asked for once would only
take the place of what is not, and cool the memory that all use.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import partial
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from api.concurrency import current
from api.ledger.store.router import ReadRouter
from api.ledger.store.state import DatabaseState
from api.web.observing import ROUTE
from api.web.responses import choose_encoding

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LONGEST = 2_000_000
"""How many bytes a response has at most that is stored."""

_OVERHEAD = 1_500
"""About how many bytes a response takes beside its body and its address."""

_LONG = 0.02
"""A response that took so many seconds is stored at once: longer than a page waits for threads."""

_REMEMBERED = 10_000
"""About how many keys are remembered to have been asked for."""

_NEVER = frozenset({
    "HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE",
})  # fmt: skip
"""Headers of requests that are always passed on."""

_CACHEABLE = ("200 ", "304 ")

_VARY = ("Vary", "Accept-Encoding")
"""The only Vary of a response that is stored: its encoding is in the key."""

Key = tuple[str | None, ...]


class CachedResponse(NamedTuple):
    """A stored response, and the route of its request."""

    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]
    route: str


class ResponseStore:
    """Responses made in one state of the database, up to a size in bytes, the oldest dropped first.

    Threads may share it.
    """

    def __init__(self, state: Hashable, room: int) -> None:
        self.state = state
        self._room, self._size = room, 0
        self._responses: dict[Key, CachedResponse] = {}
        self._sizes: dict[Key, int] = {}
        self._changing = Lock()
        self._asked = set[int]()
        self.get = self._responses.get
        """Returns the response under a key, or None; the dictionary's own, for speed."""

    def __len__(self) -> int:
        return len(self._responses)

    def seen_before(self, key: Key) -> bool:
        """Whether the key was asked for lately.

        Keys may be long, so their hashes are remembered; of two with one hash the second was seen.
        """
        asked = hash(key)
        if asked in self._asked:
            return True
        if len(self._asked) >= _REMEMBERED:
            self._asked.clear()
        self._asked.add(asked)
        return False

    def add(self, key: Key, response: CachedResponse, size: int) -> None:
        """Store a response of so many bytes, unless it has no room even alone."""
        if size > self._room:
            return
        with self._changing:
            self._drop(key)
            self._responses[key], self._sizes[key] = response, size
            self._size += size
            while self._size > self._room:
                self._drop(next(iter(self._responses)))

    def _drop(self, key: Key) -> None:
        self._responses.pop(key, None)
        self._size -= self._sizes.pop(key, 0)


class ResponseCache:
    """Keeps an application's responses in at most so many megabytes of memory."""

    def __init__(
        self, app: WSGIApplication, state: DatabaseState | ReadRouter, megabytes: int
    ) -> None:
        self._app, self.state = app, state
        self._room = megabytes * 1_000_000
        self.store = ResponseStore(None, self._room)

    def find_answer(self, environ: WSGIEnvironment) -> CachedResponse | WSGIApplication:
        """Return what the application answered to a GET, if it would do so now, or what answers."""
        if not environ.keys().isdisjoint(_NEVER):
            return self._app
        state, store = self.state.read_state(), self.store
        if current.least > current.newest:  # which only a router knows
            return self._app
        if state is None or state != store.state:
            store = self.store = ResponseStore(state, self._room)
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        encoding = accepted and choose_encoding(accepted)
        key = (environ.get("HTTP_HOST"), environ["wsgi.url_scheme"], environ.get("SCRIPT_NAME"),
               environ["PATH_INFO"], environ.get("QUERY_STRING"),
               environ.get("HTTP_IF_NONE_MATCH"), encoding)  # fmt: skip
        return store.get(key) or partial(self._answer_first, store, key)

    def _answer_first(
        self,
        store: ResponseStore,
        key: Key,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Let the application answer, and store that if nothing changed meanwhile."""
        status, headers = "", list[tuple[str, str]]()

        def record_start(said: str, given: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status, headers
            status, headers = said, given
            return start_response(said, given, *error)

        started = perf_counter()
        body = self._app(environ, record_start)
        took_long = perf_counter() - started > _LONG
        if store.state is None or not (took_long or store.seen_before(key)):
            return body
        if not is_cacheable(status, headers):
            return body
        whole = _read_whole(body)
        # A response of another state must never get among those of this one.
        if self.state.read_state() == store.state:
            size = len(whole) + _OVERHEAD + sum(len(each) for each in key if each)
            response = CachedResponse(status, headers, [whole], environ.get(ROUTE, "none"))
            store.add(key, response, size)
        return [whole]


def is_cacheable(status: str, headers: list[tuple[str, str]]) -> bool:
    """Whether a response says that it may be cached, is short enough, and is no download."""
    said = {name.lower(): value for name, value in headers}
    return (
        status.startswith(_CACHEABLE)
        and "etag" in said
        and "no-store" not in said.get("cache-control", "no-store")
        and said.keys().isdisjoint({"date", "set-cookie", "content-disposition"})
        and all(each == _VARY for each in headers if each[0].lower() == "vary")
        and int(said.get("content-length", 0 if status.startswith("304") else _LONGEST)) < _LONGEST
    )


def _read_whole(body: Iterable[bytes]) -> bytes:
    """Gather a body of known length, and end it as a server would."""
    try:
        return b"".join(body)
    finally:
        if (close := getattr(body, "close", None)) is not None:
            close()
