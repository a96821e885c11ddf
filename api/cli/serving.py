"""`sinequanon serve`.

Each worker is watched over: it ends with its parent, and abandoned connections end. The server
closes connections that send no request. It does not close those whose client takes no answer, or
sends no body: each may hold a thread, which no Python code could interrupt. The kernel knows when
data last moved on a connection. Where it is Linux, it is asked, and what is abandoned is shut down;
the thread then gets an error.
"""

import ctypes
import gc
import multiprocessing
import os
import socket
import struct
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import click

from api.cli.keys import make_trial_link
from api.cli.opening import open_registry, upgrade_schema
from api.concurrency import SILENT_SECONDS, STILL_SECONDS, SWITCH_SECONDS, WORKER_THREADS
from api.errors import Invalid
from api.ledger import Ledger
from api.settings import MAPPED, OWN_HOSTS, set_default, share_metrics

_CONNECTIONS = 8192
"""How many connections a worker keeps open, and how many more the system keeps for it."""

_HEAD_SECONDS, _STOP_SECONDS = 20, 5
"""How long a client may take for the head of a request, and a request when the server stops."""

_ANSWERED, _ASKED, _EVERY = STILL_SECONDS * 1000, SILENT_SECONDS * 1000, 3.0
"""Milliseconds for which a connection may be still after the server has sent something, and after
the client has; and the seconds between two looks."""

_LOOPBACK = ("127.0.0.1", "localhost")
"""Hosts at which a key is printed: nobody else can reach them. `::1` is not served by name."""

_OPEN_FILES = Path("/proc/self/fd")

_ARENAS, _ARENA_MAX = 2, -8
"""Arenas of malloc that a worker uses, and the number of that setting in glibc's `malloc.h`."""

_LAST_SENT, _LAST_RECEIVED = 44, 52
"""Where `struct tcp_info` has how many milliseconds ago data were last sent and received."""


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", default=8000, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", default=1, type=click.IntRange(1, 256), help="How many processes serve.")
@click.option(
    "--prepare", is_flag=True, help="First upgrade the database; a new one gets the seed."
)
def serve_api(host: str, port: int, workers: int, *, prepare: bool) -> None:
    """Serve the API, with Swagger UI at /docs."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    _refuse_taken(host, port)
    with (
        NamedTemporaryFile(prefix="sinequanon-limits-") as counts,
        TemporaryDirectory(prefix="sinequanon-metrics-") as metrics,
    ):
        set_default("limit_storage", f"{MAPPED}{counts.name}")
        share_metrics(metrics)
        if prepare:
            prepare_database(open_registry(may_be_new=True))
        click.echo(f"Sine Qua Non at http://{host}:{port}, Swagger UI at http://{host}:{port}/docs")
        if prepare and host in _LOOPBACK and sys.stdout.isatty():
            click.echo(f"To write, open {make_trial_link(f'http://{host}:{port}')}")
        bound = f"[{host}]" if ":" in host else host
        set_default("allowed_hosts", f"{OWN_HOSTS},{bound},{socket.gethostname()}")
        Granian(
            "wsgi:outermost",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=WORKER_THREADS,
            http=HTTPModes.http1,  # on HTTP/2, a body without end holds a thread for ever
            http1_settings=HTTP1Settings(header_read_timeout=_HEAD_SECONDS * 1000),
            backlog=_CONNECTIONS,
            backpressure=min(_CONNECTIONS, _raise_file_limit() // 2),
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=_STOP_SECONDS,
        ).serve(target_loader=partial(load_worker, port))


def load_worker(port: int, target: str) -> Any:
    """Load the application in a worker process, and watch over the worker from then on."""
    from api.explorer.pages import load_templates

    _share_arenas()
    threading.Thread(target=watch_worker, args=(port,), daemon=True).start()
    loaded = resolve_name(target)  # Granian's own loader would prefer the current folder.
    load_templates()
    # While two large diffs were computed, /livez took up to 0.5 s; with both of these, 0.1 s.
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
    return loaded


def _share_arenas() -> None:
    """Let the threads of a worker share few arenas of malloc, so that its memory does not grow.

    glibc makes up to eight for each core, and each keeps what it once took. Python runs one thread
    at a time, so they seldom wait for one another. Other C libraries have no such setting.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


def _raise_file_limit() -> int:
    """Raise the limit of open files as far as the system allows, and return it."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def _refuse_taken(host: str, port: int) -> None:
    """Refuse an address that another process uses: workers would share it without an error."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], address[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        detail = f"cannot listen at {host}:{port}: {error.strerror}"
        raise click.ClickException(f"{detail}; choose another --host or --port") from error


def prepare_database(ledger: Ledger) -> None:
    """Upgrade a database; a new SQLite file, or an empty PostgreSQL database, gets the seed."""
    from api.cli.seeding import load_seed
    from api.ledger.store.tables import SCHEMA

    database = ledger.database
    file = Path(database.url.database or "") if database.is_sqlite else None
    if file is not None and not file.exists():
        _make_seeded_file(ledger, file)
    if ledger.read_schema() != SCHEMA:
        upgrade_schema(ledger)
    if file is None:
        load_seed(ledger)


def _make_seeded_file(ledger: Ledger, file: Path) -> None:
    """Make a new registry with the seed, whole or not at all.

    A file that is there is never seeded: it may be the rest of a registry that had more.
    """
    from api.cli.seeding import load_seed
    from api.ledger.store.database import Database

    wal = Path(f"{file}-wal")
    if wal.exists():
        raise Invalid(f"there is {wal}, but no {file}: put the file back, or remove what is left")
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="preparing-", dir=file.parent) as folder:
        made = Path(folder) / file.name
        new = Ledger(Database(f"sqlite:///{made}"), ledger.nouns.values())
        upgrade_schema(new)
        load_seed(new)
        new.database.close_connections()  # the last to close it empties the -wal into the file
        with suppress(FileExistsError):  # another process was faster
            os.link(made, file)


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
