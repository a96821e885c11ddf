"""The form of an attack: what one client without manners does to a server, and for how long.

An attack is a context manager: it runs from entering to leaving it, in threads or with sockets of
its own, and has let go of everything when it is left. A module of this folder lists its attacks in
`ATTACKS`; `make chaos` runs all of them, its short form those that are marked `in_short`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

import psutil

MOST_LIVEZ, MOST_PAGE = 0.5, 1.0
"""In how many seconds the probe and a page must answer at worst while an attack runs."""

ATTACKER = "127.0.0.2"
"""The address of the client that attacks; the others ask from 127.0.0.1."""

_SETTLING = 1.0
"""Seconds after which everything must be as before, once an attack has ended."""


@dataclass(frozen=True)
class Target:
    """A server under attack, the registry behind it, and the addresses that are asked meanwhile."""

    port: int
    url: str
    """The database."""
    key: str = ""
    """An API key with all scopes, if the server knows keys."""
    probe: str = "/livez"
    cached: str = "/v1/positions?limit=50"
    uncached: str = "/v1/positions?limit=50&valid_at=%s"
    """With a place for a day that nobody asked for before."""
    posting: str = "/v1/actors"
    """An address that takes a body."""
    export: str | None = "/v1/export.ndjson"
    """The longest answer there is; None if none is long."""
    is_ours: bool = True

    @property
    def address(self) -> str:
        """The beginning of its URLs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a write."""
        return {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}

    def with_key(self, key: str) -> Target:
        """Return the same server, asked with another key."""
        return replace(self, key=key)

    def connect(self, *, buffer: int | None = None, timeout: float = 5) -> socket.socket:
        """Open a connection, with a receive buffer of so many bytes."""
        made = socket.socket()
        if buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        made.settimeout(timeout)
        made.bind((ATTACKER, 0))
        made.connect(("127.0.0.1", self.port))
        return made


@dataclass(frozen=True)
class Attack:
    """An attack, for how many seconds it runs, and what it must leave alone."""

    name: str
    run: Callable[[Target], AbstractContextManager[object]]
    seconds: float = 6.0
    in_short: bool = False
    ours_alone: bool = False
    """Asks for what other servers do not have."""
    before: Callable[[Target], object] = field(default=lambda _: None)
    """Runs first and does not count, such as writing what is then asked for."""
    settling: float = _SETTLING
    behind_nginx: bool = False
    """Attacks the example of nginx that we ship."""


@dataclass(frozen=True)
class Check:
    """What must be so, without anybody else asking meanwhile; returns what is wrong, or nothing."""

    name: str
    run: Callable[[Target, psutil.Process], str]
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the environment of its server."""


@contextmanager
def hold_sockets(
    target: Target, count: int, sent: bytes, *, buffer: int | None = None
) -> Generator[Sequence[socket.socket]]:
    """Open connections that send the bytes and then stay silent."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        for _ in range(count):
            with suppress(OSError):  # a server may refuse more
                each = stack.enter_context(target.connect(buffer=buffer))
                held.append(each)
                each.sendall(sent)
        yield held


@contextmanager
def repeat_in_threads(count: int, act: Callable[[], object]) -> Iterator[None]:
    """Repeat an act in so many threads until the block ends; what fails is tried again."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.is_set():
            try:
                act()
            except Exception:  # noqa: BLE001, an attacker goes on
                time.sleep(0.02)

    threads = [threading.Thread(target=repeat, daemon=True) for _ in range(count)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join(5)
