"""Clients that hold what they were given: they do not send, do not read, or do nothing at all."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil

from tests.chaos.attack import Attack, Check, Target, hold_sockets
from tests.chaos.parsing import post_body
from tests.servers import free_port, start_process

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


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


_LARGE = "/v1/sources?limit=90"


def write_large_sources(target: Target) -> None:
    """Write records that make a page as large as one may be."""
    doubts = [{"field": "title", "kind": "inferred", "text": f"{n:02000}"} for n in range(90)]
    for n in range(40):
        source = {"id": f"large-{n}", "title": "Large", "kind": "news_report", "language": "en"}
        body = json.dumps({**source, "doubts": doubts}).encode()
        told = post_body(target, "/v1/sources", "application/json", body)
        assert b'"revision"' in told, told


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


_SETTINGS = b"\x04"

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

_UPGRADE = (
    b"POST /v1/actors HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)


def write_http2_bodies() -> bytes:
    """Write the beginning of a connection with twenty requests whose bodies do not end."""
    return _PREFACE + _make_frame(_SETTINGS[0], 0, 0, b"") + b"".join(
        _make_frame(1, 0x4, stream, _FRAME_HEADERS) + _make_frame(0, 0, stream, b'{"')
        for stream in range(1, 41, 2)
    )  # fmt: skip


@contextmanager
def leave_http2_bodies(target: Target, count: int) -> Generator[None]:
    """Begin HTTP/2 requests with a body, and end none; then hang up, too."""
    for sent in (write_http2_bodies(), _UPGRADE + write_http2_bodies()):
        with hold_sockets(target, count, sent):
            pass
    with hold_sockets(target, count, write_http2_bodies()):
        yield


def leave_http2(target: Target, process: psutil.Process) -> str:
    """Tell what is wrong if the server takes HTTP/2, or works for clients that have gone."""
    heard, closed = hear(target, write_http2_bodies())
    if heard or not closed:
        return f"HTTP/2 with prior knowledge is not refused: {heard!r}"
    heard, closed = hear(target, _UPGRADE + write_http2_bodies())
    if not (closed and heard.startswith(b"HTTP/1.1 401 ")):
        return f"an upgrade to HTTP/2 is not passed over: {heard!r}"
    with leave_http2_bodies(target, 50):
        pass
    spent = measure_work(process)
    if spent > 0.2:
        return f"it works for {spent:.2f} of a second after its clients have gone"
    return _try_control()


def hear(target: Target, sent: bytes) -> tuple[bytes, bool]:
    """Send bytes; return what comes within 3 seconds, and whether the server closes then."""
    heard = b""
    with target.connect(timeout=3) as connection:
        connection.sendall(sent)
        try:
            while piece := connection.recv(65_536):
                heard += piece
        except ConnectionResetError:
            pass
        except TimeoutError:
            return heard, False
    return heard, True


def measure_work(process: psutil.Process) -> float:
    """Return the share of a processor that a server and its workers take in the next 3 seconds."""
    family = [process, *process.children(recursive=True)]

    def add_up() -> float:
        return sum(sum(each.cpu_times()[:2]) for each in family)

    time.sleep(0.5)
    before = add_up()
    time.sleep(3)
    return (add_up() - before) / 3


def _try_control() -> str:
    """Send the same to a server that takes HTTP/2; return what is wrong if it refuses that."""
    port = free_port()
    serve = (
        "from granian import Granian; from granian.constants import Interfaces; "
        f"Granian('tests.chaos.slow:read_body', port={port}, interface=Interfaces.WSGI, "
        "blocking_threads=64).serve()"
    )
    command = [sys.executable, "-c", serve]
    with TemporaryDirectory() as folder, start_process(
        command, port, Path(folder, "log"), env=dict(os.environ), cwd=Path(__file__).parents[2]
    ) as server:  # fmt: skip
        control = Target(port, "")
        heard, closed = hear(control, write_http2_bodies())
        if closed or heard[3:4] != _SETTINGS:
            return f"a server of HTTP/2 does not understand the attack: {heard!r}"
        print(
            f"control: granian with HTTP/2 takes "
            f"{measure_work(psutil.Process(server.process.pid)):.2f} of a processor after it"
        )
    return ""


def read_body(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer when a body has been read: the application of the control."""
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [b""]


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
    Attack("200 readers of large answers that do not read",
           partial(read_nothing, count=200, path=_LARGE),
           before=write_large_sources, ours_alone=True),
    Attack("1,030 idle connections", partial(stay_idle, count=1030), in_short=True),
    Attack("1,030 unfinished heads", partial(send_half_a_head, count=1030)),
    Attack("unfinished HTTP/2 bodies", partial(leave_http2_bodies, count=12), in_short=True),
    Attack("nginx: 5,000 idle connections", partial(stay_idle, count=5000), behind_nginx=True),
    Attack("nginx: 1,000 silent bodies", partial(send_no_body, count=1000), behind_nginx=True),
    Attack("nginx: 1,000 readers that do not read", partial(read_nothing, count=1000),
           behind_nginx=True),
)  # fmt: skip

CHECKS = (Check("unfinished HTTP/2 is refused", leave_http2),)
