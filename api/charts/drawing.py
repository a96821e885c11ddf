"""The program that draws with vl-convert, in a process of its own: `drawing.py SOCKET SECONDS`.

It answers each specification on the socket with a picture or a sentence, until its parent has ended
or nobody has asked for a while. The system ends it when a picture takes too much time or memory,
and vl-convert aborts it at what it cannot draw. It imports nothing of this project, so it is small.
"""

import json
import os
import re
import resource
import signal
import sys
from contextlib import suppress
from html import escape
from math import sqrt
from multiprocessing.connection import Connection
from pathlib import Path

import vl_convert

_SHARPNESS, _MAX_PIXELS = 2, 16_000_000
"""Scale of a PNG against its SVG, and the pixels at which it is reduced to save memory."""

_IDLE_SECONDS, _MEMORY = 60, 400 << 20
"""When an idle process ends; bytes for pictures beyond the first one, a large one takes 250 MB."""

_SIZE = re.compile(r'<svg [^>]*?\bwidth="([\d.]+)" height="([\d.]+)"')

_FIRST = b'svg {"title": {"text": ""}, "description": "", "data": {"values": [0]}, "mark": "text"}'


def draw_picture(asked: bytes) -> bytes:
    """Draw "FORMAT SPECIFICATION": as SVG with an accessible title and description, or as PNG."""
    form, _, written = asked.decode().partition(" ")
    # vl-convert may fetch nothing: specifications carry their data, and one with a URL is refused.
    drawn = vl_convert.vegalite_to_svg(written, vl_version="5.21", allowed_base_urls=[])
    spec, (start, rest) = json.loads(written), drawn.split(">", 1)
    title = escape(spec["title"]["text"], quote=False)
    told = escape(spec["description"], quote=False)
    named = f'role="img" aria-labelledby="title desc"><title id="title">{title}</title>'
    if form == "svg":
        return f'{start} {named}<desc id="desc">{told}</desc>{rest}'.encode()
    return vl_convert.svg_to_png(drawn, scale=_choose_scale(drawn))


def _choose_scale(drawn: str) -> float:
    size = _SIZE.match(drawn)
    scale = sqrt(_MAX_PIXELS / (float(size[1]) * float(size[2]))) if size else 1.0
    if scale < 1 / _SHARPNESS:
        raise ValueError("too large")  # Nobody could read it.
    return min(_SHARPNESS, scale)


def _limit_memory() -> None:
    """Limit the memory to what is in use and `_MEMORY`; without /proc there is no limit."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        most = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _answer_request(asked: bytes) -> bytes:
    """Draw what is asked, or say why that cannot be drawn."""
    try:
        return draw_picture(asked)
    except ValueError as error:
        return str(error).encode()


def main() -> None:
    """Answer what is asked on the socket."""
    parent, seconds = Connection(int(sys.argv[1])), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the server, which then closes the socket
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)  # answers of the server come first
    draw_picture(_FIRST)
    _limit_memory()
    with suppress(EOFError, OSError):
        while parent.poll(_IDLE_SECONDS):
            asked = parent.recv_bytes()
            signal.alarm(seconds)
            parent.send_bytes(_answer_request(asked))
            signal.alarm(0)


if __name__ == "__main__":
    main()
