"""`sinequanon import`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from api.cli.opening import is_empty, ledger
from api.errors import HeadMoved
from api.ledger import Ledger, Receipt

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="import")
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
    opened = ledger()
    if paths and str(paths[0]) == "countries":
        _import_countries(opened, paths[1:], groups, author, message, dry_run=dry_run)
        return
    if [str(each) for each in paths] == ["unga-votes"]:
        _import_votes(opened, author, **tables)
        return
    if groups is not None:
        raise click.UsageError("--groups goes with `import countries FILE`")
    if not paths and not texts:
        raise click.UsageError("give files or folders, or --text SOURCE_ID=FILE")
    message = message or f"import of {', '.join(str(each) for each in (*paths, *texts))}"
    given = dict(map(_pair, texts))
    if not if_empty:
        _import(opened, paths, given, author, message, dry_run=dry_run)
    elif not import_if_empty(opened, paths, given, author, message, dry_run=dry_run):
        click.echo("The registry is not empty; nothing was done.")


def import_if_empty(
    ledger: Ledger,
    paths: Sequence[Path],
    texts: dict[str, Path],
    author: str,
    message: str,
    *,
    dry_run: bool = False,
) -> bool:
    """Import at an empty head only; tells whether it was. Nobody's write is ever reverted by it."""
    if not is_empty(ledger):
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
