"""The command `sinequanon`. Settings come from the environment; see `api.settings`."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from sqlalchemy.exc import DBAPIError

from api import clock, keys
from api.errors import HeadMoved, SineQuaNonError
from api.ledger import Ledger, Receipt
from api.settings import Settings

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
CONTRACT = ROOT / "openapi" / "openapi.json"

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Commands(click.Group):
    """Ends with a sentence on standard error where something was refused."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (SineQuaNonError, ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            said = str(error.orig).partition("\n")[0]
            raise click.ClickException(
                f"the database does not serve: {said}; if it is new or from older code, run "
                "`sinequanon db upgrade`; if it is damaged, restore a backup"
            ) from error


@click.group(cls=Commands)
@click.version_option(package_name="sinequanon")
def main() -> None:
    """Sine Qua Non: who demands what, of whom, as a condition of what."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes that serve.",
)
@click.option(
    "--prepare",
    is_flag=True,
    help="First upgrade the database, and load the seed if the registry is empty.",
)
def serve(host: str, port: int, workers: int, *, prepare: bool) -> None:
    """Serve the API, with Swagger UI at /docs."""
    from granian import Granian
    from granian.constants import Interfaces

    _refuse_taken(host, port)
    if prepare:
        _prepare(_ledger())
    click.echo(f"Sine Qua Non at http://{host}:{port}, Swagger UI at http://{host}:{port}/docs")
    Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=12,  # twice what solving may hold, see api/analysis/solving.py
        websockets=False,
        respawn_failed_workers=True,
        working_dir=ROOT,
    ).serve()


@main.command(name="import")
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path), metavar="[countries | unga-votes] PATH…"
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With countries: a folder of group_NAME.csv, whose members they are.",
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    metavar="SOURCE_ID=FILE",
    help="Attach a source's text and check every quote against it.",
)
@click.option("--votes", type=_FILE, help="With unga-votes: the table of votes.")
@click.option("--roll-calls", type=_FILE, help="With unga-votes: the table of roll calls.")
@click.option("--topics", type=_FILE, help="With unga-votes: the table of topics.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="With unga-votes: what to do at a row that does not fit; skipped rows are told.",
)
@click.option("--author", default="import", show_default=True, help="Who stands for the changeset.")
@click.option("--message", default="", help="Why, for the changeset.")
@click.option("--if-empty", is_flag=True, help="Do nothing unless the registry is empty.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
def import_(
    paths: tuple[Path, ...], groups: Path | None, texts: tuple[str, ...], author: str, message: str,
    *, if_empty: bool, dry_run: bool, **tables: Any,
) -> None:  # fmt: skip
    """Import NDJSON files named after their noun, or folders of them, as one changeset.

    `countries FILE` imports a table of the world's states instead, `unga-votes` the recorded votes
    of the UN General Assembly; see api/bulk/countries.py and api/bulk/unga.py.
    """
    ledger = _ledger()
    if paths and str(paths[0]) == "countries":
        _import_countries(ledger, paths[1:], groups, author, message, dry_run=dry_run)
        return
    if [str(each) for each in paths] == ["unga-votes"]:
        _import_votes(ledger, author, **tables)
        return
    if groups is not None:
        raise click.UsageError("--groups goes with `import countries FILE`")
    if not paths and not texts:
        raise click.UsageError("give files or folders, or --text SOURCE_ID=FILE")
    message = message or f"import of {', '.join(str(each) for each in (*paths, *texts))}"
    given = dict(map(_pair, texts))
    if not if_empty:
        _import(ledger, paths, given, author, message, dry_run=dry_run)
    elif not _import_if_empty(ledger, paths, given, author, message, dry_run=dry_run):
        click.echo("The registry is not empty; nothing was done.")


@main.command()
@click.option("--known-at", type=int, help="As known at this changeset; default: now.")
@click.option("--to", type=click.File("wb", lazy=True), default="-", help="A file; default: print.")
def export(known_at: int | None, to: BinaryIO) -> None:
    """Write all records as lines that `import` takes back."""
    from api.bulk.exporting import export_lines
    from api.ledger import Asked

    with _ledger().reading(Asked(number=known_at, valid_at="any")) as reader:
        to.writelines(export_lines(reader))


@main.group(name="keys")
def keys_() -> None:
    """API keys for writing."""


@keys_.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(keys.SCOPES)),
    required=True,
    help="What it may do; repeatable.",
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it, the only time that it is shown."""
    click.echo(keys.create(_ledger().database, name, scopes))


@keys_.command(name="list")
def list_() -> None:
    """List all keys, without their secrets."""
    for each in keys.listed(_ledger().database):
        made = clock.instant_text(each.created_at)
        end = f"revoked {clock.instant_text(each.revoked_at)}" if each.revoked_at else "good"
        click.echo(f"{each.name}\t{' '.join(each.scopes)}\tmade {made}\t{end}")


@keys_.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Make a key useless from now on."""
    keys.revoke(_ledger().database, name)
    click.echo(f"{name} can no longer write.")


@main.group()
def db() -> None:
    """The database: schema, soundness, projections."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    _upgrade(_ledger())
    click.echo("The database is at the newest schema.")


@db.command()
def check() -> None:
    """Check the chain, every byte of every revision, and the projections; exits 1 with faults."""
    ledger = _ledger()
    faults = ledger.faults()
    for fault in faults:
        click.echo(fault)
    with ledger.reading() as reader:
        head = reader.moment
    if faults:
        sys.exit(1)
    click.echo(f"Sound: {head.known_at} changesets, newest hash {head.hash.hex()}")


@db.command()
def reindex() -> None:
    """Make all projections anew from the truth."""
    click.echo(f"Made anew from {_ledger().rebuild()} changesets.")


@main.group()
def openapi() -> None:
    """The OpenAPI contract."""


@openapi.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 on a difference.")
@click.option("--to", default=CONTRACT, type=click.Path(path_type=Path), show_default=False)
def write(to: Path, *, only_check: bool) -> None:
    """Write openapi/openapi.json as the application serves it."""
    from api.app import create_app
    from api.web.pages import contract_bytes

    served = contract_bytes(create_app(Settings()).extensions["contract"])
    if only_check:
        if not to.exists() or to.read_bytes() != served:
            _fail(f"{to} is not what the application serves; run `make openapi` and commit it")
        click.echo(f"{to} is what the application serves.")
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(served)


def _refuse_taken(host: str, port: int) -> None:
    """Refuse an address on which somebody listens: workers would share it, and answers with it."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(address[0], address[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        _fail(f"cannot listen at {host}:{port}: {error.strerror}; choose another --host or --port")


def _ledger() -> Ledger:
    from api.app import open_ledger

    ledger = open_ledger(Settings.from_environment())
    click.get_current_context().call_on_close(ledger.database.dispose)
    return ledger


def _upgrade(ledger: Ledger) -> None:
    from api.migrations import upgrade

    if ledger.database.is_sqlite and (file := ledger.database.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    upgrade(ledger.database)


def _is_empty(ledger: Ledger) -> bool:
    with ledger.reading() as reader:
        return reader.moment.known_at == 0


def _prepare(ledger: Ledger) -> None:
    from api.ledger.tables import SCHEMA

    file = ledger.database.url.database if ledger.database.is_sqlite else None
    if (file and not Path(file).exists()) or ledger.schema() != SCHEMA:
        _upgrade(ledger)
    _import_if_empty(ledger, [SEEDS], {}, "seed", "the reading of one article of 31 March 2023")


def _import_if_empty(
    ledger: Ledger,
    paths: Sequence[Path],
    texts: dict[str, Path],
    author: str,
    message: str,
    *,
    dry_run: bool = False,
) -> bool:
    """Import at an empty head only; tells whether it was. Nobody's write is ever reverted by it."""
    if not _is_empty(ledger):
        return False
    try:
        _import(ledger, paths, texts, author, message, expected_head=0, dry_run=dry_run)
    except HeadMoved:
        return False
    return True


def _import(
    ledger: Ledger,
    paths: Sequence[Path],
    texts: dict[str, Path],
    author: str,
    message: str,
    *,
    expected_head: int | None = None,
    dry_run: bool = False,
) -> None:
    from api.bulk.importing import import_files

    receipt, read = import_files(
        ledger,
        paths,
        texts,
        author=author,
        message=message,
        expected_head=expected_head,
        dry_run=dry_run,
    )
    for warning in receipt.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(_summary(receipt, read, dry_run=dry_run))


def _import_countries(
    ledger: Ledger,
    paths: Sequence[Path],
    groups: Path | None,
    author: str,
    message: str,
    *,
    dry_run: bool,
) -> None:
    from api.bulk.countries import import_countries

    if len(paths) != 1:
        raise click.UsageError("give one file: import countries FILE [--groups FOLDER]")
    said = message or f"import of countries from {paths[0].name}"
    done = import_countries(ledger, paths[0], groups, author=author, message=said, dry_run=dry_run)
    click.echo(_summary(done.receipt, done.read, dry_run=dry_run))
    if done.left_out:
        listed = "; ".join(done.left_out)
        count = len(done.left_out)
        click.echo(f"{count} rows left out, no independent states: {listed}.", err=True)


def _import_votes(ledger: Ledger, author: str, *, on_error: str, **tables: Path | None) -> None:
    from api.bulk.unga import Done, Files, count_votes, import_votes

    missing = [f"--{name.replace('_', '-')}" for name, path in tables.items() if path is None]
    if missing:
        raise click.UsageError(f"unga-votes needs {', '.join(sorted(missing))}")
    files = Files(**tables)  # pyright: ignore[reportArgumentType]
    with click.progressbar(
        length=count_votes(files), label="votes", file=sys.stderr, show_pos=True
    ) as bar:

        def told(done: Done) -> None:
            bar.update(done.read - bar.pos)

        done = import_votes(ledger, files, author=author, skip_errors=on_error == "skip", told=told)
    for each in done.rejected:
        click.echo(f"skipped: {each}", err=True)
    click.echo(
        f"{done.read} votes read, {done.written} revisions written, {len(done.rejected)} rows "
        f"skipped; the newest changeset is {done.head}."
    )


def _summary(receipt: Receipt, read: int, *, dry_run: bool) -> str:
    wrote = len(receipt.written)
    if not wrote:
        return f"{read} records read, all known already; nothing was written."
    if dry_run:
        return f"{read} records read, {wrote} revisions would be written; nothing was."
    return f"{read} records read, {wrote} revisions written as changeset {receipt.head}."


def _pair(text: str) -> tuple[str, Path]:
    id, equals, file = text.partition("=")
    if not equals or not id or not file:
        raise click.UsageError(f"--text takes SOURCE_ID=FILE, not {text!r}")
    return id, Path(file)


def _fail(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)
