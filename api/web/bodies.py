"""Reads the body of a request before Flask sees it, within bounds of size, time and number.

A client that reads an answer only after it has sent its whole body would never see an early
refusal, because the server closes the connection under it. So a body is read to its end even where
it is too long, and of a request that is refused here, after the answer (`drain_behind`).

A thread that reads cannot be interrupted, and granian has no deadline for bodies. So only some
threads read bodies at once, and the connection of a client that falls silent is shut down
(`api.cli.serving`). The time is checked after each piece.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.sansio.utils import get_content_length
from werkzeug.wsgi import ClosingIterator

from api.concurrency import bodies, refused_bodies
from api.errors import Busy
from api.web.contract.problems import RequestRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PATIENCE, _SLOWEST = 10.0, 50_000
"""Seconds that a client has for a body, and bytes that it must send in each second after that."""

_THROWN_AWAY = 100_000_000
"""How many bytes are read at most of a body that is too long, or was refused."""

_PIECE = 16_384


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
        _hang_up(413, "The body is too large; split it.")
    if received < (length or 0):
        _hang_up(400, f"The body ended after {received} of {length} bytes.")
    environ["wsgi.input"] = kept
    environ["CONTENT_LENGTH"] = str(received)
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def drain_behind(answer: Iterable[bytes], environ: WSGIEnvironment) -> Iterable[bytes]:
    """Throw away what is left of a body behind an answer: else its client could not read that."""

    def drain() -> None:
        until, left, stream = monotonic() + _PATIENCE, _THROWN_AWAY, environ["wsgi.input"]
        with suppress(Busy, OSError), refused_bodies.hold_slot():
            while left > 0 and monotonic() < until and (piece := stream.read(_PIECE)):
                left -= len(piece)

    return ClosingIterator(answer, drain)


def _read_pieces(stream: Any, length: int | None, most: int) -> tuple[BytesIO, int]:
    """Read a body; return what is kept of it, at most its greatest length, and how much came."""
    started, received, kept = monotonic(), 0, BytesIO()
    expected = max(_THROWN_AWAY, most) + 1
    expected = expected if length is None else min(length, expected)
    while piece := stream.read(min(_PIECE, expected - received)):
        received += len(piece)
        if received <= most:
            kept.write(piece)
        if monotonic() - started > _PATIENCE + min(received, most) / _SLOWEST:
            _hang_up(408, f"Only {received} bytes of the body came in time; send it faster.")
    kept.seek(0)
    return kept, received


def _hang_up(status: int, detail: str, headers: dict[str, str] | None = None) -> NoReturn:
    raise RequestRefused(status, detail, headers={"Connection": "close", **(headers or {})})
