"""Renders specifications in a process of its own, because vl-convert holds Python's lock.

A picture takes some tenths of a second; a few callers wait for it, and all others are refused. An
`img` never asks again, so they wait for as long as a picture may take. Many questions have the same
picture, so the last small ones are cached by specification.
"""

import socket
import struct
import subprocess
import sys
import threading
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

from api.charts.layout import Spec
from api.concurrency import ConcurrencyLimiter
from api.errors import Busy, Invalid

_SECONDS = 20
"""How long a picture may take; the largest take 6 seconds on an idle machine."""

_CACHED_SIZE = 100_000
"""The longest specification, in bytes, whose picture is cached."""


def render_picture(form: str, spec: Spec) -> bytes:
    """Render a specification as `svg` or `png`.

    Raises Busy if too many wait or it takes too much, Invalid if it has too many pixels, and
    ValueError if it cannot be drawn.
    """
    asked = b"%b %b" % (form.encode(), orjson.dumps(spec))
    drawn = (_draw_cached if len(asked) <= _CACHED_SIZE else _draw)(asked)
    if drawn == b"too large":
        raise Invalid("the picture is too large for a PNG; ask for svg, or narrow the question")
    if not drawn.startswith((b"<svg", b"\x89PNG")):
        raise ValueError(drawn.decode())
    return drawn


def _draw(asked: bytes) -> bytes:
    with _drawings.hold_slot():
        return _process.draw(asked)


_draw_cached = lru_cache(maxsize=64)(_draw)


_TOO_MUCH = "the picture takes too much time or memory now; narrow the question, or ask later"


class DrawingProcess:
    """A process that draws for one thread at a time; it is started for the first picture."""

    def __init__(self, seconds: int) -> None:
        self._seconds, self._connection = seconds, None

    def draw(self, asked: bytes) -> bytes:
        """Return the answer to what is asked; raises Busy if it takes too much."""
        for _ in range(2):  # The process may have ended since the last picture.
            try:
                connection = self._connection = self._connection or self._start()
                connection.send_bytes(asked)
                if connection.poll(self._seconds):
                    return connection.recv_bytes()
            except (EOFError, OSError):
                self.stop()
            else:
                self.stop()
                break
        raise Busy(_TOO_MUCH)

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", self._seconds, 0))
        with theirs:
            given = theirs.fileno()
            program = [sys.executable, "-P", str(Path(__file__).with_name("drawing.py"))]
            self.process = subprocess.Popen(  # noqa: S603, our own program
                [*program, str(given), str(self._seconds + 2)],
                pass_fds=[given], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        # Without a thread that waits for its end it would stay in the system's table.
        threading.Thread(target=self.process.wait, daemon=True).start()
        return Connection(ours.detach())

    def stop(self) -> None:
        """End the process; the next picture starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self.process.kill()


_process = DrawingProcess(_SECONDS)
_drawings = ConcurrencyLimiter(
    "other pictures are being drawn; ask again in a second", at_once=1, waiting=8, patience=_SECONDS
)
