"""Reads take turns, and nobody waits long for another."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest

from api.web import turns
from api.web.turns import Turns


class _Meeting:
    """An application in which two requests meet, if both are in it at the same time."""

    def __init__(self, patience: float) -> None:
        self._both, self._patience = Barrier(2), patience

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        del environ, start_response
        try:
            self._both.wait(self._patience)
        except BrokenBarrierError:
            return [b"alone"]
        return [b"together"]


def _answers(app: Turns, *methods: str) -> list[bytes]:
    def ask(method: str) -> bytes:
        return b"".join(app({"REQUEST_METHOD": method}, lambda *_: lambda _: None))

    with ThreadPoolExecutor(len(methods)) as pool:
        return list(pool.map(ask, methods))


def test_two_reads_are_answered_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE", 30)
    assert _answers(Turns(_Meeting(0.05)), "GET", "GET") == [b"alone", b"alone"]


def test_a_read_goes_on_beside_a_slow_one() -> None:
    assert _answers(Turns(_Meeting(30)), "GET", "GET") == [b"together", b"together"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_waits_for_no_read(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE", 30)
    assert _answers(Turns(_Meeting(20)), "GET", method) == [b"together", b"together"]


def test_a_crash_ends_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE", 30)
    crashed = Event()

    def app(_environ: Any, _start_response: Any) -> Iterable[bytes]:
        if crashed.is_set():
            return [b"well"]
        crashed.set()
        raise RuntimeError("a crash")

    turned = Turns(app)
    with pytest.raises(RuntimeError, match="a crash"):
        _answers(turned, "GET")
    assert _answers(turned, "GET") == [b"well"]
