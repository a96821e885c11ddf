"""Watches over a worker process: it ends with its parent, and abandoned connections end.

The server closes connections that send no request. It does not close those whose client takes no
answer, or sends no body: each may hold a thread, which no Python code could interrupt. The kernel
knows when data last moved on a connection. Where it is Linux, it is asked, and what is abandoned is
shut down; the thread then gets an error.
"""

import multiprocessing
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

_ANSWERED, _ASKED, _EVERY = 30_000, 120_000, 3.0
"""Milliseconds for which a connection may be still after the server has sent something, and after
the client has; the latter may wait for a long answer. And the seconds between two looks."""

_OPEN_FILES = Path("/proc/self/fd")

_LAST_SENT, _LAST_RECEIVED = 44, 52
"""Where `struct tcp_info` has how many milliseconds ago data were last sent and received."""


def watch_worker(port: int) -> None:
    """Shut down abandoned connections to a port until the parent ends; then end this process."""
    while (parent := multiprocessing.parent_process()) is not None:
        parent.join(_EVERY)
        if not parent.is_alive():
            os._exit(1)
        for each in [*_OPEN_FILES.iterdir()] if _OPEN_FILES.exists() else ():
            with suppress(OSError, struct.error):  # it is no TCP socket, or closed by now
                _end_abandoned(int(each.name), port)


def _end_abandoned(number: int, port: int) -> None:
    """Shut down a connection on which nothing has moved for long."""
    opened = socket.socket(fileno=number)
    try:
        told = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_RECEIVED + 4)
        sent, received = (
            struct.unpack_from("I", told, at)[0] for at in (_LAST_SENT, _LAST_RECEIVED)
        )
        abandoned = _ANSWERED < sent < received or _ASKED < received <= sent
        if abandoned and opened.getsockname()[1] == port:
            opened.shutdown(socket.SHUT_RDWR)
    finally:
        opened.detach()  # it still belongs to the server
