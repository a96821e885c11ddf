"""Bodies of requests: refusals can be read, and slow or silent clients hold up nobody."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from itertools import islice

import pytest
from werkzeug.wsgi import ClosingIterator

from api.cli import serving
from api.concurrency import broken_answers, refused_bodies
from api.web import front
from api.web.front import receive_body
from tests.analysis.test_answers import take_all_slots
from tests.chaos.refusals import Refused, read_with_urllib
from tests.servers import Server, run_sinequanon, start_server
from tests.worlds import Databases

LARGE = 40_000_000

CHUNKS = Refused(421, size=1_900_000, in_chunks=True)


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


@pytest.mark.parametrize(
    ("status", "path", "more"),
    [
        (413, "/v1/actors", {}),
        (413, "/v1/actors", {"Expect": "100-continue"}),  # urllib does not wait for it
        (405, "/livez", {}),
        (400, "/v1/actors", {"Host": "a b"}),
    ],
)
def test_the_refusal_of_a_large_body_can_be_read(
    served: Server, status: int, path: str, more: dict[str, str]
):
    for _ in range(3):
        assert send_large(served, path, more) == status


def test_one_client_cannot_take_the_slots_for_bodies_from_the_others(served: Server):
    key = {"Authorization": KEY["Authorization"]}
    assert served.ask("/v1/actors", "POST", body={}, headers=key).status == 422
    with hold_bodies(served, 48):
        assert send_large(served, "/v1/actors", {"Authorization": ""}) == 503  # the same client
        assert served.ask("/v1/actors", "POST", body={}, headers=key).status == 422


def test_many_refusals_of_bodies_in_chunks_can_be_read(served: Server):
    host = {"Host": "elsewhere.example"}
    with ThreadPoolExecutor(8) as pool:
        asked = partial(read_with_urllib, f"{served.address}/v1/actors", CHUNKS)
        assert {*pool.map(asked, [host] * 400)} == {421}


def test_a_refusal_that_fails_gives_back_its_slot():
    def fail(*_: object) -> list[bytes]:
        raise OSError("the client has gone")

    with take_all_slots(refused_bodies):
        assert front._answer_and_drain(lambda *_: [b"refused"], {}, print) == [b"refused"]
    with pytest.raises(OSError, match="has gone"):
        front._answer_and_drain(fail, {}, print)
    assert not refused_bodies._clients


def send_large(served: Server, path: str, more: dict[str, str]) -> int:
    """Send 40 MB with a client that reads nothing before that; return the status of its refusal."""
    request = urllib.request.Request(f"{served.address}{path}", bytes(LARGE), KEY | more)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310
    assert refused.value.read()
    return refused.value.code


def test_a_body_as_long_as_the_setting_allows_is_whole():
    sent = bytes(120_000_000)
    environ = {"CONTENT_LENGTH": str(len(sent)), "wsgi.input": BytesIO(sent)}
    receive_body(environ, len(sent))
    assert len(environ["wsgi.input"].read()) == len(sent)


def test_silent_bodies_hold_up_nobody(served: Server):
    with hold_bodies(served, 150):
        started = time.monotonic()
        assert served.ask("/livez").status == 200
        assert served.ask("/v1/actors").status == 200
        assert time.monotonic() - started < 5


@contextmanager
def hold_bodies(served: Server, count: int) -> Generator[None]:
    """Announce bodies, and send none."""
    with ExitStack() as stack:
        for _ in range(count):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            silent.sendall(
                b"POST /v1/actors HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"
            )
        time.sleep(0.1)
        yield


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


def break_off() -> Iterator[bytes]:
    yield b"half"
    raise OSError("the database went away")


def test_an_answer_that_breaks_off_is_never_ended_for_a_client_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(front, "_HELD_AGAIN", 0.001)
    answer = front._hold_broken(break_off())
    assert [next(answer) for _ in range(50)] == [b"half"] + 49 * [b""]
    answer.close()


def test_an_answer_that_its_client_leaves_is_closed_once():
    closed, body = list[str](), ClosingIterator(iter([b"half"] * 3), lambda: closed.append("once"))
    answer = ClosingIterator(front._hold_broken(body), body.close)
    assert next(answer) == b"half"
    answer.close()
    assert closed == ["once"]


def test_few_broken_answers_are_held_and_none_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(front, "_HELD_AGAIN", 0.01)
    monkeypatch.setattr(front, "_HELD_SECONDS", 0.1)
    with pytest.raises(OSError, match="went away"):
        list(front._hold_broken(break_off()))
    with take_all_slots(broken_answers), pytest.raises(OSError, match="went away"):
        list(islice(front._hold_broken(break_off()), 2))
