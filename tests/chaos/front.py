"""Clients that ask without end: with wrong keys, or for pages that others read, too.

They have an address of their own, so that limits by address tell them from those who watch.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import AbstractContextManager
from functools import partial
from itertools import count

from tests.chaos.attack import Attack, Target, repeat_in_threads

_ADDRESS = "127.0.0.2"

_here = threading.local()


def _ask(target: Target, method: str, path: str, **headers: str) -> None:
    """Send a request on the connection of this thread."""
    connection: http.client.HTTPConnection | None = getattr(_here, "connection", None)
    if connection is None:
        connection = _here.connection = http.client.HTTPConnection(
            "127.0.0.1", target.port, timeout=10, source_address=(_ADDRESS, 0)
        )
    try:
        connection.request(method, path, headers=headers)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        connection.close()
        raise


def try_keys(target: Target, threads: int) -> AbstractContextManager[None]:
    """Write with one wrong key after the other."""
    numbers = count()

    def try_key() -> None:
        key = f"sqn_{next(numbers):043}"
        _ask(target, "DELETE", f"{target.posting}/nobody", Authorization=f"Bearer {key}")

    return repeat_in_threads(threads, try_key)


def flood(target: Target, threads: int, path: str) -> AbstractContextManager[None]:
    """Ask for pages without end, each of them new where the path has a place for a day."""
    days = count()

    def ask() -> None:
        day = f"{1900 + next(days) % 8000:04}-01-{1 + next(days) % 28:02}"
        _ask(target, "GET", path.replace("%s", day))

    return repeat_in_threads(threads, ask)


ATTACKS = (
    Attack("wrong keys without end", partial(try_keys, threads=16), in_short=True),
    Attack("one client's flood of a cached page",
           partial(flood, threads=32, path=Target.cached), in_short=True),
    Attack("one client's flood of new pages", partial(flood, threads=32, path=Target.uncached)),
    Attack("one client's flood of addresses that are none",
           partial(flood, threads=32, path="/nothing/%s"), ours_alone=True),
)  # fmt: skip
