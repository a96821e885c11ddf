"""The layer in front of the application, in the order in which a request passes it.

1. **Proxies** (Werkzeug's ProxyFix): the client's address, scheme and host from the headers of as
   many proxies as are trusted.
2. **Id**: that of the caller (`X-Request-ID`, up to 64 plain characters) or a new one. The answer
   names it, and when it has been sent, the request is counted and logged (`observing`).
3. **Path prefix**: what goes before all addresses becomes `SCRIPT_NAME`, stripped or not.
4. **Probes** without a body pass here: nothing below may keep them from answering.
5. **Host**: a request under a name that is not ours is refused, because pages name the host.
6. **Limits** by key or address. Cached answers count, too; the fields that tell what is left are
   added here, outside of the cache.
7. **Body**: a request that has one is passed on when all of it is there (`receive_body`).
8. **Cache** of responses (`api.web.cache`) to GET, by host, scheme, prefix, address and encoding.
9. **Flask**: views, then compression and the headers of every answer (`api.web.responses`).

An answer of more than a megabyte is sent in pieces, as its client takes them: the server would keep
a whole one in memory for whoever does not read it. So many are sent at once; a read beyond them is
refused, a write is not.

An answer that breaks off while it is sent would be ended by the server as if it were whole. So its
connection is kept until it is shut down (`_hold_broken`).

A client that reads an answer only after it has sent its whole body would never see an early
refusal, because the server closes the connection under it. So a body is read to its end even where
it is too long, and of a request that is refused here, after the answer (`_answer_and_drain`).

A thread that reads cannot be interrupted, and granian has no deadline for bodies. So only some
threads read bodies at once, and the connection of a client that falls silent is shut down
(`api.cli.serving`). The time is checked after each piece.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from io import BytesIO
from itertools import count
from secrets import token_hex
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import get_content_length, host_is_trusted
from werkzeug.wsgi import ClosingIterator

from api.concurrency import (
    CROWD,
    MIN_CHANGESET,
    SLOWEST,
    STILL_SECONDS,
    bodies,
    broken_answers,
    crowd,
    current,
    large_answers,
    refused_bodies,
)
from api.errors import Busy
from api.keys import hash_secret
from api.settings import Settings
from api.web.auth import read_secret
from api.web.cache.response_cache import CachedResponse, ResponseCache
from api.web.contract.problems import MEDIA_TYPE, RequestRefused, encode_refusal
from api.web.observing import CACHED, ROUTE, measure
from api.web.rate_limits import RateLimits, name_client
from api.web.registry import ALIVE
from api.web.responses import DATA_POLICY, common_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

_CALLERS_ID, _NUMBER = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}"), re.compile("[0-9]{1,15}")

_READS, _LEAST = frozenset({"GET", "HEAD"}), f"HTTP_{MIN_CHANGESET.upper().replace('-', '_')}"

_MOST_HOSTS, _LONGEST_HOST = 1_000, 300
"""How many values of Host are remembered to be ours, and how long one may be (a name has 253)."""

_PATIENCE = 10.0
"""Seconds that a client has for a body, before it must send `SLOWEST` bytes in each."""

_THROWN_AWAY = 100_000_000
"""How many bytes are read at most of a body that is too long, or was refused."""

_PIECE = 16_384

_HELD_SECONDS, _HELD_AGAIN = 600, 3
"""For how long a connection is kept on which an answer broke off, and how often it is looked at."""

_LARGE, _SENT_AT_ONCE = 1_000_000, 65_536
"""Above how many bytes an answer is sent in pieces, and how many bytes these have."""


def put_in_front(
    app: Flask, cache: ResponseCache | None, limits: RateLimits, settings: Settings
) -> None:
    """Put the layer in front of an application, which answers GET from its cache if it has one."""
    front, hops = _Front(app.wsgi_app, cache, limits, settings), settings.trusted_proxies
    app.wsgi_app = ProxyFix(front, x_for=hops, x_proto=hops, x_host=hops) if hops else front


class _Front:
    def __init__(
        self, flask: WSGIApplication, cache: ResponseCache | None, limits: RateLimits,
        given: Settings,
    ) -> None:  # fmt: skip
        self._flask, self.cache, self._limits = flask, cache, limits
        self._prefix = given.path_prefix
        self._allowed = frozenset(filter(None, given.allowed_hosts.lower().split(",")))
        self._known_hosts, self._longest_body = set[str](), given.max_body_bytes
        self._log, self._new_ids = given.log, map(f"{token_hex(6)}-{{:x}}".format, count())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, unless the request is refused, and measure that."""
        given, started = environ.get("HTTP_X_REQUEST_ID", ""), perf_counter()
        is_fit = given and _CALLERS_ID.fullmatch(given)
        request_id: str = given if is_fit else next(self._new_ids)
        current.request_id, current.source, current.least, current.newest = request_id, None, 0, 0
        current.may_read_standby = environ["REQUEST_METHOD"] in _READS
        fields, begun = [("X-Request-ID", request_id)], list[Any]()
        finish = partial(measure, environ, request_id, started, begun, self._log)

        def begin(status: str, headers: list[tuple[str, str]], *_error: Any) -> Any:
            begun[:] = status, headers

        crowd.append(None)
        if len(crowd) >= CROWD:
            crowd.lengthen_turns()
        try:
            answer = self._choose_answer(environ, fields)
            if isinstance(answer, CachedResponse):
                status, headers, body, environ[ROUTE] = answer
                environ[CACHED] = True
                begin(status, headers)
            else:
                body = answer(environ, begin)
            if type(body) is list and body and len(body[0]) > _LARGE:
                body = _send_in_pieces(body[0], environ, begin)
            status, headers = begun
            start_response(status, [*headers, *fields])
        except BaseException:
            finish()
            raise
        finally:
            crowd.pop()
            if crowd.has_long_turns:
                crowd.shorten_turns()
        if type(body) is not list:
            close: Callable[[], None] = getattr(body, "close", lambda: None)
            return ClosingIterator(_hold_broken(body), [close, finish])
        finish()
        return body

    def _choose_answer(
        self, environ: WSGIEnvironment, fields: list[tuple[str, str]]
    ) -> CachedResponse | WSGIApplication:
        """Return what answers a request, and add the fields that tell what its client has left."""
        if self._prefix:
            self._strip_prefix(environ)
        has_body = bool(environ.get("CONTENT_LENGTH")) or "HTTP_TRANSFER_ENCODING" in environ
        is_get = environ["REQUEST_METHOD"] == "GET"
        if (path := environ["PATH_INFO"]) in ("/livez", "/readyz") and not has_body:
            environ[ROUTE] = path
            return _answer_alive if path == "/livez" and is_get else self._flask
        try:
            fields += self._admit(environ)
            if has_body:
                receive_body(environ, self._longest_body)
        except RequestRefused as refusal:
            refuse = _refuse(refusal)
            return partial(_answer_and_drain, refuse) if has_body else refuse
        if has_body and "HTTP_EXPECT" in environ:
            return partial(_answer_and_drain, self._flask)
        return self.cache.find_answer(environ) if self.cache and is_get else self._flask

    def _admit(self, environ: WSGIEnvironment) -> Sequence[tuple[str, str]]:
        """Return the fields that tell what the client has left; raises RequestRefused."""
        host, told = environ.get("HTTP_HOST", ""), ()
        quota, client = self._limits.by_address, name_client(environ.get("REMOTE_ADDR", ""))
        if "HTTP_AUTHORIZATION" in environ or "HTTP_X_API_KEY" in environ:
            holder = self._limits.holders.get(hash_secret(read_secret(environ)))
            quota, client = (self._limits.by_key, holder) if holder else (quota, client)
        current.client = client
        if host not in self._known_hosts:
            self._check_host(host)
        if _LEAST in environ and current.may_read_standby:
            if not _NUMBER.fullmatch(environ[_LEAST]):
                raise RequestRefused(400, f"The header {MIN_CHANGESET} takes the number of a "
                                     "changeset, as Sinequanon-Changeset gives it.")  # fmt: skip
            current.least = int(environ[_LEAST])
        if quota is not None:
            left, seconds = quota.spend(client)
            told = (("RateLimit", f'"{quota.name}";r={left};t={seconds}'),
                    ("RateLimit-Policy", quota.policy))  # fmt: skip
        return told

    def _strip_prefix(self, environ: WSGIEnvironment) -> None:
        environ["SCRIPT_NAME"], path = self._prefix, environ["PATH_INFO"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"

    def _check_host(self, host: str) -> None:
        if len(host) > _LONGEST_HOST or not host_is_trusted(host):
            raise RequestRefused(400, "The header Host is missing, or is no host name.")
        name = re.sub(r":\d*$", "", host.lower()).removesuffix(".")
        ends = (name[dot:] for dot, each in enumerate(name) if each == ".")
        if self._allowed.isdisjoint({"*", name, *ends}):
            raise RequestRefused(421, f"This server is not known as {name}. Its operator can add "
                                 "that name to the setting SINEQUANON_ALLOWED_HOSTS.")  # fmt: skip
        if len(self._known_hosts) < _MOST_HOSTS:
            self._known_hosts.add(host)


def _send(
    status: str, media_type: str, body: bytes, own: Iterable[tuple[str, str]],
    environ: WSGIEnvironment, start_response: StartResponse,
) -> Iterable[bytes]:  # fmt: skip
    """Send an answer with the headers of every answer, for less than a cached page costs."""
    start_response(status, [
        ("Content-Type", media_type), ("Content-Length", str(len(body))), *own, DATA_POLICY,
        *common_headers(environ["wsgi.url_scheme"]),
    ])  # fmt: skip
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


# As Flask would answer the probe, but with one turn at Python's lock instead of several.
_answer_alive = partial(_send, "200 OK", "text/plain", ALIVE, ())


def _refuse(refusal: RequestRefused) -> WSGIApplication:
    """Return what answers with a problem."""
    status, body = encode_refusal(refusal)
    own = [("Cache-Control", "no-store"), *refusal.headers.items()]
    return partial(_send, status, MEDIA_TYPE, body, own)


def _send_in_pieces(
    body: bytes, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Send a large body in a slot, or refuse to where that changes nothing for the client."""
    try:
        client = large_answers.take_slot()
    except Busy as error:
        if environ["REQUEST_METHOD"] != "GET":
            return [body]
        refusal = RequestRefused(503, str(error), headers={"Retry-After": "1"})
        return _refuse(refusal)(environ, start_response)
    return ClosingIterator(_cut_pieces(body), partial(large_answers.give_back, client))


def _hold_broken(body: Iterable[bytes]) -> Generator[bytes]:
    """Yield a body; if it breaks off, yield nothing until its client is gone.

    The client first takes what the kernel has kept for it, some megabytes; then the connection is
    still, and is shut down (`api.cli.serving`). The server notices that when it sends again.
    """
    try:
        for each in body:  # noqa: UP028, which would close the body a second time
            yield each
    except Exception:
        _log.exception("the answer to request %s broke off", current.request_id)
        with suppress(Busy), ExitStack() as held:
            held.callback(broken_answers.give_back, broken_answers.take_slot())
            end = monotonic() + _HELD_SECONDS
            while monotonic() < end:
                sleep(_HELD_AGAIN)
                yield b""
        raise


def _cut_pieces(body: bytes) -> Generator[bytes]:
    """Yield the pieces of a body; a client that takes them too slowly gets no more."""
    started = monotonic()
    for start in range(0, len(body), _SENT_AT_ONCE):
        if monotonic() - started > STILL_SECONDS + start / SLOWEST:
            return
        yield body[start : start + _SENT_AT_ONCE]


def receive_body(environ: WSGIEnvironment, most: int) -> None:
    """Put the whole body in the place of its stream; raises RequestRefused."""
    length = get_content_length(
        environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING")
    )
    if "HTTP_EXPECT" in environ and (length or 0) > most:
        return  # its client waits before it sends the body, and gets 413
    try:
        with bodies.hold_slot():
            kept, received = _read_pieces(environ["wsgi.input"], length, most)
    except Busy as error:
        _hang_up(503, str(error), {"Retry-After": "1"})
    except OSError:  # its client has gone
        _hang_up(400, "The body could not be read to its end.")
    if received > max(_THROWN_AWAY, most):
        _hang_up(413, f"The body is too large: it may have {most:,} bytes. Send less, or split it.")
    if received < (length or 0):
        _hang_up(400, f"The body ended after {received} of {length} bytes.")
    environ["wsgi.input"] = kept
    environ["CONTENT_LENGTH"] = str(received)
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _answer_and_drain(
    answer: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Throw away what is left of a body behind an answer: else its client could not read that.

    The slot for it is taken before: a client that has its answer may send the next body while this
    one is still thrown away.
    """
    try:
        client = refused_bodies.take_slot()
    except Busy:
        return answer(environ, start_response)
    with ExitStack() as held:
        held.callback(refused_bodies.give_back, client)
        body, slot = answer(environ, start_response), held.pop_all()

    def drain() -> None:
        until, left, stream = monotonic() + _PATIENCE, _THROWN_AWAY, environ["wsgi.input"]
        with slot, suppress(OSError):
            while left > 0 and monotonic() < until and (piece := stream.read(_PIECE)):
                left -= len(piece)

    return ClosingIterator(body, drain)


def _read_pieces(stream: Any, length: int | None, most: int) -> tuple[BytesIO, int]:
    """Read a body; return what is kept of it, at most its greatest length, and how much came."""
    started, received, kept = monotonic(), 0, BytesIO()
    expected = max(_THROWN_AWAY, most) + 1
    expected = expected if length is None else min(length, expected)
    while piece := stream.read(min(_PIECE, expected - received)):
        received += len(piece)
        if received <= most:
            kept.write(piece)
        if monotonic() - started > _PATIENCE + min(received, most) / SLOWEST:
            _hang_up(408, f"Only {received} bytes of the body came in time; send it faster.")
    kept.seek(0)
    return kept, received


def _hang_up(status: int, detail: str, headers: dict[str, str] | None = None) -> NoReturn:
    raise RequestRefused(status, detail, headers={"Connection": "close", **(headers or {})})
