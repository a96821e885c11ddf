"""`sinequanon import`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from api.cli.opening import ProgressReporter, collect_garbage_rarely, open_registry
from api.errors import HeadMoved
from api.ledger import Ledger, Receipt

if TYPE_CHECKING:  # these imports are slow, and every command would wait for them
    from api.bulk.importing import ImportOptions, ImportResult

_WORTH_COMPACTING = 100_000
"""After an import of this many revisions, `db compact` makes reads faster."""

_TABLES = ("votes", "roll_calls", "topics")
_RECORDS, _CODED = "FILE…", "FILE.yaml"
_USED_OPTIONS = {
    "countries": {"groups", "author", "message", "dry_run"},
    "unga-votes": {*_TABLES, "on_error", "author"},
    _CODED: {"author", "message", "dry_run"},
    _RECORDS: {"noun", "texts", "on_error", "report", "lot", "author", "message", "if_empty",
               "dry_run"},
}  # fmt: skip
"""The options that each kind of import uses; any other is refused."""

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command(name="import")
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path), metavar="[countries | unga-votes] PATH…"
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="With countries: a folder of files group_NAME.csv, each with the members of a group.",
)
@click.option("--noun", help="The noun of the files, if they are not named after it.")
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
    help="At an invalid row: stop and write nothing, or skip the row and write the others.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the rejected rows to this file, with line, field and reason (NDJSON).",
)
@click.option(
    "--lot",
    type=click.IntRange(1, 100_000),
    default=5_000,
    show_default=True,
    help="How many records are written as one changeset.",
)
@click.option("--author", default="import", show_default=True, help="The author of the changesets.")
@click.option("--message", default="", help="The reason, which the changesets keep.")
@click.option("--if-empty", is_flag=True, help="Do nothing unless the registry is empty.")
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
def import_records(paths: tuple[Path, ...], **given: Any) -> None:
    """Import records from NDJSON or CSV files, or from folders of them.

    Files are named after their noun, such as actors.ndjson or positions.csv.gz; in other NDJSON
    files each line names its noun, as in an export.

    Up to --lot records are written as one changeset. More become several changesets, each written
    whole or not at all. If an import is killed, run it again: it continues. With --on-error=stop,
    several changesets are rehearsed first, so an invalid row stops the import before anything is
    written.

    A file that ends in .yaml or .yml is a coded source: one document with a source and all that was
    read out of it. It is written as one changeset, whole or not at all.

    `countries FILE` imports a table of the world's states, `unga-votes` the recorded votes of the
    UN General Assembly; docs/writing.md has examples.
    """
    from api.coding.yaml_files import SUFFIXES

    kind = str(paths[0]) if paths and str(paths[0]) in _USED_OPTIONS else _RECORDS
    if any(each.suffix in SUFFIXES for each in paths):
        kind = _CODED
    _refuse_unused_options(click.get_current_context(), kind)
    collect_garbage_rarely()
    ledger = open_registry()
    if kind == "countries":
        _import_countries(ledger, paths[1:], given)
    elif kind == "unga-votes":
        _import_votes(ledger, paths[1:], given)
    elif kind == _CODED:
        if not all(each.suffix in SUFFIXES for each in paths):
            raise click.UsageError("import coded sources by a command of their own")
        _import_coded_sources(ledger, paths, given)
    else:
        _import_records(ledger, paths, given)


def _refuse_unused_options(context: click.Context, kind: str) -> None:
    """Refuse options that this kind of import would ignore."""
    for option in context.command.params:
        name = str(option.name)
        users = [each for each, names in _USED_OPTIONS.items() if name in names]
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and users and kind not in users:
            listed = " and ".join(f"`import {each}`" for each in users)
            raise click.UsageError(f"{option.opts[0]} goes with {listed}, not with `import {kind}`")


def _import_records(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    if not paths and not given["texts"]:
        raise click.UsageError("give files or folders, or --text SOURCE_ID=FILE")
    options = _make_options(paths, given)
    texts = dict(map(_parse_text_option, given["texts"]))
    if not given["if_empty"]:
        _import_files(ledger, paths, texts, options)
    elif not import_at_head(ledger, 0, paths, texts, options):
        click.echo("The registry is not empty; nothing was done.")


def _make_options(paths: Sequence[Path], given: Mapping[str, Any]) -> ImportOptions:
    from api.bulk.importing import ImportOptions

    imported = ", ".join(str(each) for each in (*paths, *given["texts"]))
    return ImportOptions(
        author=given["author"],
        message=given["message"] or f"import of {imported}",
        dry_run=given["dry_run"],
        skip=given["on_error"] == "skip",
        lot=given["lot"],
        report=given["report"],
        noun=given["noun"],
    )


def import_at_head(
    ledger: Ledger,
    head: int,
    paths: Sequence[Path],
    texts: Mapping[str, Path],
    options: ImportOptions,
) -> bool:
    """Import only while `head` is the newest changeset; return whether it was."""
    with ledger.open_reader() as reader:
        if reader.moment.known_at != head:
            return False
    try:
        _import_files(ledger, paths, texts, replace(options, expected_head=head))
    except HeadMoved:
        return False
    return True


def _import_files(
    ledger: Ledger, paths: Sequence[Path], texts: Mapping[str, Path], options: ImportOptions
) -> None:
    from api.bulk.importing import import_files

    with ProgressReporter() as progress:
        result = import_files(ledger, paths, texts, replace(options, watch=progress))
    _show_result(result, options)


def _import_coded_sources(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    from api.coding.yaml_files import import_coded_file

    for path in paths:
        options = _make_options([path], given)
        _show_receipt(*import_coded_file(ledger, path, options), options)


def _import_countries(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    from api.bulk.countries import import_countries

    if len(paths) != 1:
        raise click.UsageError("give one file: import countries FILE [--groups FOLDER]")
    message = given["message"] or f"import of countries from {paths[0].name}"
    options = replace(_make_options(paths, given), message=message)
    result = import_countries(
        ledger, paths[0], given["groups"],
        author=options.author, message=message, dry_run=options.dry_run,
    )  # fmt: skip
    _show_receipt(result.read, result.receipt, options)
    if result.left_out:
        heading = f"{len(result.left_out)} rows were left out: they are not independent states."
        click.echo("\n  ".join([heading, *result.left_out]), err=True)


def _import_votes(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    from api.bulk.unga import VoteFiles, VoteImportResult, count_votes, import_votes

    _require_tables(paths, given)
    files = VoteFiles(**{name: given[name] for name in _TABLES})
    author, skip_errors = given["author"], given["on_error"] == "skip"
    with ProgressReporter() as progress:
        progress.begin_part("votes", count_votes(files))

        def show_progress(done: VoteImportResult) -> None:
            progress.report_progress(done.read, rows=done.read, rejected=len(done.rejected))

        result = import_votes(
            ledger, files, author=author, skip_errors=skip_errors, on_progress=show_progress
        )
    for each in result.rejected:
        click.echo(f"skipped: {each}", err=True)
    click.echo(
        f"{result.read} votes read, {result.written} revisions written, {len(result.rejected)} "
        f"rows skipped; the newest changeset is {result.head}."
    )
    _advise_compaction(result.written)


def _require_tables(paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    if paths:
        raise click.UsageError("unga-votes takes its files by --votes, --roll-calls, --topics")
    missing = [f"--{name.replace('_', '-')}" for name in _TABLES if given[name] is None]
    if missing:
        raise click.UsageError(f"unga-votes needs {', '.join(sorted(missing))}")


def _advise_compaction(written: int) -> None:
    if written >= _WORTH_COMPACTING:
        click.echo("Run `sinequanon db compact` to make reads faster.", err=True)


def _show_receipt(read: int, receipt: Receipt, options: ImportOptions) -> None:
    from api.bulk.importing import ImportResult
    from api.bulk.rejections import count_created

    counts = read, len(receipt.written), count_created(receipt)
    _show_result(ImportResult(*counts, [receipt.head], [*receipt.warnings]), options)


def _show_result(result: ImportResult, options: ImportOptions) -> None:
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    for sentence in result.sentences:
        click.echo(f"rejected: {sentence}", err=True)
    summary = _summarise(result, dry_run=options.dry_run)
    if result.rejected:
        where = f"; {options.report} says why" if options.report else ""
        summary += f" {result.rejected} rows were rejected{where}."
    click.echo(summary)
    _advise_compaction(0 if options.dry_run else result.written)


def _summarise(result: ImportResult, *, dry_run: bool) -> str:
    read, written, heads = f"{result.read} records read", result.written, result.heads
    if not written:
        known = "" if result.rejected or not result.read else ", all known already"
        return f"{read}{known}; nothing was written."
    apart = f"{result.created} created, {written - result.created} amended"
    if dry_run:
        return f"{read}, {written} revisions would be written (dry run): {apart}."
    many = f"changesets {heads[0]} to {heads[-1]}" if len(heads) > 1 else f"changeset {heads[0]}"
    return f"{read}, {written} revisions written as {many}: {apart}."


def _parse_text_option(text: str) -> tuple[str, Path]:
    id, equals, file = text.partition("=")
    if not equals or not id or not file:
        raise click.UsageError(f"--text takes SOURCE_ID=FILE, not {text!r}")
    return id, Path(file)
