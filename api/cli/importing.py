"""`sinequanon import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from api.cli.opening import open_registry, tune_for_bulk
from api.cli.progress import ProgressReporter
from api.errors import HeadMoved
from api.ledger import Ledger

if TYPE_CHECKING:  # what it brings along takes its time, and every command would wait for it
    from api.bulk.importing import ImportOptions

_WORTH_COMPACTING = 100_000
"""After how many revisions the database is worth putting in order."""

_TABLES = ("votes", "roll_calls", "topics")
_RECORDS = "FILE…"
_USED_OPTIONS = {
    "countries": {"groups", "author", "message", "dry_run"},
    "unga-votes": {*_TABLES, "on_error", "author"},
    _RECORDS: {"texts", "on_error", "report", "lot", "author", "message", "if_empty", "dry_run"},
}
"""The options of each kind of import; another one would be passed over in silence."""

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
    help="At a row that does not fit: write nothing at all, or write the others and tell.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="A file for the rows that do not fit, with line, field and reason (NDJSON).",
)
@click.option(
    "--lot",
    type=click.IntRange(1, 100_000),
    default=5_000,
    show_default=True,
    help="How many records are written as one changeset.",
)
@click.option("--author", default="import", show_default=True, help="Who stands for the changeset.")
@click.option("--message", default="", help="Why, for the changeset.")
@click.option("--if-empty", is_flag=True, help="Do nothing unless the registry is empty.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
def import_records(paths: tuple[Path, ...], *, if_empty: bool, **given: Any) -> None:
    """Import NDJSON or CSV files named after their noun, also gzipped, or folders of them.

    What fits into one --lot is one changeset; more are several, each whole or not at all, and
    running the same import again goes on where one was killed. With --on-error=stop several lots
    are rehearsed first, so that a row that does not fit stops all before anything is written.

    `countries FILE` imports a table of the world's states instead, `unga-votes` the recorded votes
    of the UN General Assembly; see api/bulk/countries.py and api/bulk/unga/__init__.py.
    """
    context = click.get_current_context()
    kind = str(paths[0]) if paths and str(paths[0]) in _USED_OPTIONS else _RECORDS
    _refuse_unused_options(context, kind)
    context.with_resource(tune_for_bulk())
    opened, groups, texts = open_registry(), given.pop("groups"), given.pop("texts")
    tables = {name: given.pop(name) for name in _TABLES}
    if kind == "countries":
        _import_countries(opened, paths[1:], groups, given)
        return
    if kind == "unga-votes":
        if len(paths) > 1:
            raise click.UsageError("unga-votes takes its files by --votes, --roll-calls, --topics")
        _import_votes(opened, given["author"], on_error=given["on_error"], **tables)
        return
    if not paths and not texts:
        raise click.UsageError("give files or folders, or --text SOURCE_ID=FILE")
    said = given["message"] or f"import of {', '.join(str(each) for each in (*paths, *texts))}"
    how = _make_options({**given, "message": said})
    pairs = dict(map(_parse_text_option, texts))
    if not if_empty:
        _import_files(opened, paths, pairs, how)
    elif not import_at_head(opened, 0, paths, pairs, how):
        click.echo("The registry is not empty; nothing was done.")


def _refuse_unused_options(context: click.Context, kind: str) -> None:
    """Refuse the options that were given to an import that does not heed them."""
    for option in context.command.params:
        name = str(option.name)
        takers = [each for each, names in _USED_OPTIONS.items() if name in names]
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and takers and kind not in takers:
            listed = " and ".join(f"`import {each}`" for each in takers)
            raise click.UsageError(f"{option.opts[0]} goes with {listed}, not with `import {kind}`")


def _make_options(given: Mapping[str, Any]) -> ImportOptions:
    from api.bulk.importing import ImportOptions

    kept = {name: given[name] for name in ("author", "message", "dry_run", "lot", "report")}
    return ImportOptions(**kept, skip=given["on_error"] == "skip")


def import_at_head(
    ledger: Ledger, head: int, paths: Sequence[Path], texts: Mapping[str, Path], how: ImportOptions
) -> bool:
    """Import only while `head` is the newest changeset; return whether it was."""
    with ledger.reading() as reader:
        if reader.moment.known_at != head:
            return False
    try:
        _import_files(ledger, paths, texts, replace(how, expected_head=head))
    except HeadMoved:
        return False
    return True


def _import_files(
    ledger: Ledger, paths: Sequence[Path], texts: Mapping[str, Path], how: ImportOptions
) -> None:
    from api.bulk.importing import import_files

    with ProgressReporter() as progress:
        done = import_files(ledger, paths, texts, replace(how, watch=progress))
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
    for sentence in done.sentences:
        click.echo(f"rejected: {sentence}", err=True)
    summary = _summarise(
        done.read, done.written, done.heads, dry_run=how.dry_run, rejected=done.rejected
    )
    click.echo(summary + _describe_rejections(done.rejected, how.report))
    _advise_compaction(0 if how.dry_run else done.written)


def _describe_rejections(rows: int, report: Path | None) -> str:
    where = f"; {report} tells why" if report else ""
    return f" {rows} rows were rejected{where}." if rows else ""


def _import_countries(
    ledger: Ledger, paths: Sequence[Path], groups: Path | None, given: Mapping[str, Any]
) -> None:
    from api.bulk.countries import import_countries

    if len(paths) != 1:
        raise click.UsageError("give one file: import countries FILE [--groups FOLDER]")
    said = given["message"] or f"import of countries from {paths[0].name}"
    dry_run = given["dry_run"]
    done = import_countries(
        ledger, paths[0], groups, author=given["author"], message=said, dry_run=dry_run
    )
    written, head = len(done.receipt.written), done.receipt.head
    click.echo(_summarise(done.read, written, [head], dry_run=dry_run))
    if done.left_out:
        heading = f"{len(done.left_out)} rows left out, which are no independent states:"
        click.echo("\n  ".join([heading, *done.left_out]), err=True)


def _import_votes(ledger: Ledger, author: str, *, on_error: str, **tables: Path | None) -> None:
    from api.bulk.unga import VoteFiles, VoteImportResult, count_votes, import_votes

    missing = [f"--{name.replace('_', '-')}" for name, path in tables.items() if path is None]
    if missing:
        raise click.UsageError(f"unga-votes needs {', '.join(sorted(missing))}")
    files = VoteFiles(**tables)  # pyright: ignore[reportArgumentType]
    with ProgressReporter() as progress:
        progress.begin("votes", count_votes(files))

        def show_progress(done: VoteImportResult) -> None:
            progress.at(done.read, rows=done.read, rejected=len(done.rejected))

        done = import_votes(
            ledger, files, author=author, skip_errors=on_error == "skip", told=show_progress
        )
    for each in done.rejected:
        click.echo(f"skipped: {each}", err=True)
    click.echo(
        f"{done.read} votes read, {done.written} revisions written, {len(done.rejected)} rows "
        f"skipped; the newest changeset is {done.head}."
    )
    _advise_compaction(done.written)


def _advise_compaction(written: int) -> None:
    """After so much, say how to put it in order."""
    if written >= _WORTH_COMPACTING:
        click.echo("Pages are read faster after `sinequanon db compact`.", err=True)


def _summarise(
    read: int, written: int, heads: Sequence[int], *, dry_run: bool, rejected: int = 0
) -> str:
    if not written:
        known = "" if rejected or not read else ", all known already"
        return f"{read} records read{known}; nothing was written."
    if dry_run:
        return f"{read} records read, {written} revisions would be written; nothing was."
    many = f"changesets {heads[0]} to {heads[-1]}" if len(heads) > 1 else f"changeset {heads[0]}"
    return f"{read} records read, {written} revisions written as {many}."


def _parse_text_option(text: str) -> tuple[str, Path]:
    id, equals, file = text.partition("=")
    if not equals or not id or not file:
        raise click.UsageError(f"--text takes SOURCE_ID=FILE, not {text!r}")
    return id, Path(file)
