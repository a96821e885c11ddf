"""Large answers are sent as their clients take them, and so many at once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.concurrency import ConcurrencyLimiter
from api.web import front
from tests.servers import Server, run_sinequanon, start_server, wait_until
from tests.worlds import Registry, make_draft

LARGE = "/v1/sources?limit=90"


@pytest.fixture
def few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one answer of more than 10,000 bytes be sent at once."""
    limiter = ConcurrencyLimiter("others are sent", 1, waiting=0, patience=0.0)
    monkeypatch.setattr(front, "large_answers", limiter)
    monkeypatch.setattr(front, "_LARGE", 10_000)


@pytest.mark.usefixtures("few_slots")
@pytest.mark.parametrize("megabytes", [0, 8])
def test_a_large_answer_holds_a_slot_until_it_is_taken_or_left(
    registry_of: Callable[..., Registry], megabytes: int
):
    registry = registry_of("fixtures", snapshots=megabytes)
    whole = read_whole(registry).data
    assert len(whole) > 10_000
    for _ in range(3):
        unread = registry.client.get("/v1/positions", buffered=False)
        refused = read_whole(registry)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert refused.get_json()["detail"].startswith("others are sent")
        assert registry.get("/v1/positions?limit=1").status_code == 200
        unread.close()
        assert read_whole(registry).data == whole


@pytest.mark.usefixtures("few_slots")
def test_what_was_written_is_never_refused_for_a_large_answer(registry: Registry):
    unread = registry.client.get("/v1/positions", buffered=False)
    made = registry.post("/v1/sources", make_draft("sources", doubts=make_doubts(6)))
    assert made.status_code == 201
    unread.close()


def test_a_client_that_takes_too_little_gets_no_more(monkeypatch: pytest.MonkeyPatch):
    now = iter([0.0, 0.0, 21.0, 24.0])
    monkeypatch.setattr(front, "monotonic", lambda: next(now))
    body = bytes(1_000_000)
    assert len([*front._cut_pieces(body)]) == 2  # after 24 seconds there would be 200,000 bytes


def test_slow_readers_of_large_answers_take_bounded_room(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'served.db'}"
    run_sinequanon("db", "upgrade", url=url)
    scopes = ("--scope", "write", "--scope", "texts")
    key = run_sinequanon("keys", "create", "w", *scopes, url=url).stdout.strip()
    with start_server(url, tmp_path) as server, ExitStack() as held:
        for n in range(40):  # more than buffers of the system hold
            draft = make_draft("sources", id=f"large-{n}", doubts=make_doubts(90))
            made = server.ask("/v1/sources", "POST", body=draft, headers={"X-API-Key": key})
            assert made.status == 201, made.body
        whole = server.ask(LARGE).body
        assert len(whole) > 7_000_000
        for _ in range(12):
            held.enter_context(open_reader(server, LARGE))
        wait_until(lambda: server.ask(LARGE).status == 503)
        assert server.ask("/v1/sources?limit=1").status == 200
        held.close()
        wait_until(lambda: server.ask(LARGE).body == whole)


def read_whole(registry: Registry) -> TestResponse:
    """Take an answer to its end."""
    return registry.client.get("/v1/positions", buffered=True)


def make_doubts(number: int) -> list[dict[str, str]]:
    """Return doubts of 2,000 characters each."""
    return [{"field": "title", "kind": "inferred", "text": f"{n:02000}"} for n in range(number)]


def open_reader(server: Server, path: str) -> socket.socket:
    """Open a connection that asks for an answer, and reads nothing of it."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    opened.connect(("127.0.0.1", server.port))
    opened.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return opened
