"""The process that draws: bounded, replaced when it ends, and gone with its server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import orjson
import psutil
import pytest

from api.charts.rendering import DrawingProcess, render_picture
from api.errors import Busy, Invalid
from tests.worlds import PROJECT


def make_specification(text: str = "x", **more: Any) -> bytes:
    spec = {"title": {"text": "x"}, "description": "x", "data": {"values": [{"text": text}]},
            "mark": "text", "encoding": {"text": {"field": "text"}}, **more}  # fmt: skip
    return orjson.dumps(spec)


ASKED = b"svg " + make_specification()

PARENT = f"""
from api.charts.rendering import DrawingProcess
drawing = DrawingProcess(20)
drawing.draw({ASKED!r})
print(drawing.process.pid, flush=True)
input()
"""


@pytest.fixture(scope="module")
def drawing() -> Iterator[DrawingProcess]:
    made = DrawingProcess(20)
    yield made
    made.stop()


def test_what_aborts_the_renderer_ends_one_picture_alone(drawing: DrawingProcess):
    with pytest.raises(Busy, match="narrow"):
        drawing.draw(b"svg " + make_specification("\x1b"))
    assert drawing.draw(ASKED).startswith(b"<svg")


def test_a_process_that_was_killed_is_replaced_and_leaves_no_zombie(drawing: DrawingProcess):
    drawing.draw(ASKED)
    ended = psutil.Process(drawing.process.pid)
    ended.kill()
    psutil.wait_procs([ended], timeout=5)
    assert not psutil.pid_exists(ended.pid)
    assert drawing.draw(ASKED).startswith(b"<svg")


def test_a_picture_that_takes_too_long_ends_alone(
    drawing: DrawingProcess, monkeypatch: pytest.MonkeyPatch
):
    drawing.draw(ASKED)
    stopped = psutil.Process(drawing.process.pid)
    stopped.suspend()
    monkeypatch.setattr(drawing, "_seconds", 0.2)
    started = time.monotonic()
    with pytest.raises(Busy, match="narrow"):
        drawing.draw(ASKED)
    assert time.monotonic() - started < 4
    assert not psutil.wait_procs([stopped], timeout=5)[1]


def test_a_process_gets_no_socket_of_the_server_and_ends_with_it():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT], cwd=PROJECT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, close_fds=False,
        )  # fmt: skip
    with parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert psutil.Process(parent.pid).net_connections("tcp")
        assert not child.net_connections("tcp")
        parent.kill()
        assert not psutil.wait_procs([child], timeout=5)[1]


def test_a_png_that_nobody_could_read_is_refused():
    with pytest.raises(Invalid, match="too large"):
        render_picture("png", orjson.loads(make_specification(width=20_000, height=20_000)))
