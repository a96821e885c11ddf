"""Runs each kind of import: files of records, coded sources, countries, votes of the UN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.opening import ProgressReporter
from api.errors import HeadMoved
from api.ledger import Ledger

if TYPE_CHECKING:  # these imports are slow, and every command would wait for them
    from api.bulk.importing import ImportOptions, ImportResult

_WORTH_COMPACTING = 100_000
"""After an import of this many revisions, `db compact` makes reads faster."""

TABLES = ("votes", "roll_calls", "topics")
"""The options that name the tables of votes."""


def import_record_files(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    """Import files of records, or texts of sources."""
    if not paths and not given["texts"]:
        raise click.UsageError("give files or folders, or --text SOURCE_ID=FILE")
    options = _make_options(paths, given)
    texts = dict(map(_parse_text_option, given["texts"]))
    if not given["if_empty"]:
        _import_files(ledger, paths, texts, options)
    elif not import_at_head(ledger, paths, texts, replace(options, expected_head=0)):
        click.echo("The registry is not empty; nothing was done.")


def _make_options(paths: Sequence[Path], given: Mapping[str, Any]) -> ImportOptions:
    from api.bulk.importing import ImportOptions

    imported = ", ".join(str(each) for each in (*paths, *given["texts"]))
    message, skip = given["message"] or f"import of {imported}", given["on_error"] == "skip"
    named = {name: given[name] for name in ("author", "dry_run", "lot", "report", "noun")}
    return ImportOptions(message=message, skip=skip, **named)


def import_at_head(
    ledger: Ledger, paths: Sequence[Path], texts: Mapping[str, Path], options: ImportOptions
) -> bool:
    """Import only while the expected changeset is the newest one; return whether it was."""
    with ledger.open_reader() as reader:
        if reader.moment.known_at != options.expected_head:
            return False
    try:
        _import_files(ledger, paths, texts, options)
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


def import_coded_sources(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    """Import coded sources, each as a changeset."""
    from api.coding.yaml_files import SUFFIXES, import_coded_file

    if not all(each.suffix in SUFFIXES for each in paths):
        raise click.UsageError("import coded sources by a command of their own")
    if given["dry_run"] and len(paths) > 1:
        raise click.UsageError(
            "--dry-run takes one coded source: a second one may name records of the first"
        )
    for path in paths:
        options = _make_options([path], given)
        _show_result(import_coded_file(ledger, path, options), options)


def import_countries_file(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    """Import a table of the world's states."""
    from api.bulk.countries import import_countries

    if len(paths) != 1:
        raise click.UsageError("give one file: import countries FILE [--groups FOLDER]")
    message = given["message"] or f"import of countries from {paths[0].name}"
    options = _make_options(paths, {**given, "message": message})
    result, left_out = import_countries(ledger, paths[0], given["groups"], options)
    _show_result(result, options)
    if left_out:
        heading = f"{len(left_out)} rows were left out: they are not independent states."
        click.echo("\n  ".join([heading, *left_out]), err=True)


def import_vote_files(ledger: Ledger, paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    """Import the recorded votes of the UN General Assembly from their tables."""
    from api.bulk.unga import VoteFiles, import_votes

    _require_tables(paths, given)
    files = VoteFiles(**{name: given[name] for name in TABLES})
    with ProgressReporter() as progress:
        options = replace(_make_options(paths, given), watch=progress)
        result = import_votes(ledger, files, options)
    for each in result.sentences:
        click.echo(f"skipped: {each}", err=True)
    click.echo(
        f"{result.read} votes read, {result.written} revisions written, {result.rejected} "
        f"rows skipped; the newest changeset is {result.heads[-1]}."
    )
    _advise_compaction(result.written)


def _require_tables(paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    if paths:
        raise click.UsageError("unga-votes takes its files by --votes, --roll-calls, --topics")
    missing = [f"--{name.replace('_', '-')}" for name in TABLES if given[name] is None]
    if missing:
        raise click.UsageError(f"unga-votes needs {', '.join(sorted(missing))}")


def _advise_compaction(written: int) -> None:
    if written >= _WORTH_COMPACTING:
        click.echo("Run `sinequanon db compact` to make reads faster.", err=True)


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
        texts = f"no record changes, new texts: {result.texts}"
        return f"{read}{known}; {texts if result.texts else 'nothing was written'}."
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
