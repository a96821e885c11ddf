"""`sinequanon serve`."""

import socket
from pathlib import Path
from pkgutil import resolve_name
from tempfile import NamedTemporaryFile

import click

from api.cli.opening import open_registry, upgrade_schema
from api.ledger import Ledger
from api.settings import MAPPED, OWN_HOSTS, set_default


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="The port to listen on.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="How many processes serve.",
)
@click.option(
    "--prepare",
    is_flag=True,
    help="First upgrade the database, and load the seed into an empty registry.",
)
def serve_api(host: str, port: int, workers: int, *, prepare: bool) -> None:
    """Serve the API, with Swagger UI at /docs."""
    from granian import Granian
    from granian.constants import Interfaces

    _refuse_taken(host, port)
    if prepare:
        _prepare_database(open_registry(may_be_new=True))
    click.echo(f"Sine Qua Non at http://{host}:{port}, Swagger UI at http://{host}:{port}/docs")
    bound = f"[{host}]" if ":" in host else host
    set_default("allowed_hosts", f"{OWN_HOSTS},{bound},{socket.gethostname()}")
    with NamedTemporaryFile(prefix="sinequanon-limits-") as counts:
        set_default("limit_storage", f"{MAPPED}{counts.name}")
        Granian(
            "wsgi:outermost",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=12,  # twice what solving may use, see api/analysis/engine/solving.py
            websockets=False,
            respawn_failed_workers=True,
        ).serve(target_loader=resolve_name)  # Granian would prefer the current folder


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


def _prepare_database(ledger: Ledger) -> None:
    from api.cli.seeding import load_seed
    from api.ledger.store.tables import SCHEMA

    file = ledger.database.url.database if ledger.database.is_sqlite else None
    if (file and not Path(file).exists()) or ledger.read_schema() != SCHEMA:
        upgrade_schema(ledger)
    load_seed(ledger)
