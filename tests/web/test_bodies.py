"""Bodies of requests: refusals can be read, and slow or silent clients hold up nobody."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from api.cli import serving
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import Databases

LARGE = 40_000_000


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with databases.fresh("sqlite", "fixtures") as url, start_server(url, folder) as server:
        key = run_sinequanon("keys", "create", "ana", "--scope", "write", url=url).stdout.strip()
        KEY["Authorization"] = f"Bearer {key}"
        yield server


KEY: dict[str, str] = {"Content-Type": "application/json"}


def test_early_refusals_keep_the_connection(served: Server):
    refused = [
        (401, "POST", "/v1/actors", {}),
        (404, "POST", "/nowhere", {}),
        (405, "PATCH", "/v1/actors", {}),
        (415, "POST", "/v1/actors", KEY | {"Content-Type": "text/plain"}),
    ]
    connection = http.client.HTTPConnection("127.0.0.1", served.port)
    for _ in range(5):
        for status, method, path, headers in refused:
            connection.request(method, path, b"x" * 1_000_000, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            assert connection.sock is not None
    connection.close()


def test_that_a_body_is_too_large_can_be_read(served: Server):
    url = f"{served.address}/v1/actors"
    request = urllib.request.Request(url, bytes(LARGE), KEY)  # noqa: S310
    for _ in range(3):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)  # noqa: S310
        assert refused.value.code == 413
        assert b"content_too_large" in refused.value.read()


def test_silent_bodies_hold_up_nobody(served: Server):
    with ExitStack() as stack:
        for _ in range(150):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            silent.sendall(b"POST /v1/actors HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        started = time.monotonic()
        assert served.ask("/livez").status == 200
        assert served.ask("/v1/actors").status == 200
        assert time.monotonic() - started < 1


def test_a_still_connection_is_shut_down(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(serving, "_ANSWERED", 100)
    monkeypatch.setattr(serving, "_ASKED", 300)
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        accepted = stack.enter_context(listening.accept()[0])
        client.settimeout(2)
        client.sendall(b"question")
        time.sleep(0.2)
        serving._end_abandoned(accepted.fileno(), port)  # its client waits for an answer
        accepted.sendall(b"answer")
        assert client.recv(100) == b"answer"
        time.sleep(0.15)
        serving._end_abandoned(accepted.fileno(), port + 1)
        accepted.sendall(b"more")
        assert client.recv(100) == b"more"
        time.sleep(0.15)
        serving._end_abandoned(accepted.fileno(), port)
        assert client.recv(100) == b""
