"""Clients that hold what they were given: they do not send, do not read, or do nothing at all."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.chaos.attack import Attack, Target, hold_sockets


def send_no_body(target: Target, count: int) -> AbstractContextManager[object]:
    """Announce a body and never send it."""
    head = (
        f"POST {target.posting} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        f"Authorization: Bearer {target.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    return hold_sockets(target, count, head.encode() + b'{"')


def send_no_chunk(target: Target, count: int) -> AbstractContextManager[object]:
    """Announce a body of unknown length and never end it."""
    head = (
        f"POST {target.posting} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        f"Authorization: Bearer {target.key}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return hold_sockets(target, count, head.encode() + b'2\r\n{"\r\n')


def read_nothing(
    target: Target, count: int, path: str | None = None
) -> AbstractContextManager[object]:
    """Ask for a long answer and never read it."""
    asked = path or target.export or target.cached
    head = f"GET {asked} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n\r\n"
    return hold_sockets(target, count, head.encode() * 4, buffer=2048)  # more than buffers hold


def stay_idle(target: Target, count: int) -> AbstractContextManager[object]:
    """Open connections and send nothing."""
    return hold_sockets(target, count, b"")


def send_half_a_head(target: Target, count: int) -> AbstractContextManager[object]:
    """Send the beginning of a request's head."""
    return hold_sockets(target, count, b"GET /v1/positions HTTP/1.1\r\nHost: a\r\nX-")


_FRAME_HEADERS = (
    bytes.fromhex("83")  # :method POST
    + bytes.fromhex("86")  # :scheme http
    + bytes.fromhex("0409") + b"/v1/actor"  # :path
    + bytes.fromhex("0109") + b"127.0.0.1"  # :authority
    + bytes.fromhex("5f10") + b"application/json"  # content-type
)  # fmt: skip


@contextmanager
def leave_http2_bodies(target: Target, count: int) -> Generator[None]:
    """Begin HTTP/2 requests with a body, and end none; then hang up, too."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _make_frame(4, 0, 0, b"")
    streams = b"".join(
        _make_frame(1, 0x4, stream, _FRAME_HEADERS) + _make_frame(0, 0, stream, b'{"')
        for stream in range(1, 41, 2)
    )
    with hold_sockets(target, count, preface + streams):
        pass
    with hold_sockets(target, count, preface + streams):
        yield


def _make_frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


ATTACKS = (
    Attack("12 silent bodies", partial(send_no_body, count=12), in_short=True),
    Attack("200 silent bodies", partial(send_no_body, count=200), in_short=True),
    Attack("400 silent bodies", partial(send_no_body, count=400)),
    Attack("200 chunked bodies without end", partial(send_no_chunk, count=200)),
    Attack("12 readers that do not read", partial(read_nothing, count=12)),
    Attack("200 readers that do not read", partial(read_nothing, count=200), in_short=True),
    Attack("400 readers that do not read", partial(read_nothing, count=400)),
    Attack("1,030 idle connections", partial(stay_idle, count=1030), in_short=True),
    Attack("1,030 unfinished heads", partial(send_half_a_head, count=1030)),
    Attack("unfinished HTTP/2 bodies", partial(leave_http2_bodies, count=12), in_short=True),
    Attack("nginx: 5,000 idle connections", partial(stay_idle, count=5000), behind_nginx=True),
    Attack("nginx: 1,000 silent bodies", partial(send_no_body, count=1000), behind_nginx=True),
    Attack("nginx: 1,000 readers that do not read", partial(read_nothing, count=1000),
           behind_nginx=True),
)  # fmt: skip
