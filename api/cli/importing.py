"""`sinequanon import`: its options, and which of them go with which kind of import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from api.cli import import_kinds
from api.cli.opening import collect_garbage_rarely, open_registry

_RECORDS, _CODED = "FILE…", "FILE.yaml"
_KINDS = {
    "countries": (
        import_kinds.import_countries_file, {"groups", "author", "message", "dry_run"}
    ),
    "unga-votes": (
        import_kinds.import_vote_files, {*import_kinds.TABLES, "on_error", "author"}
    ),
    _CODED: (import_kinds.import_coded_sources, {"author", "message", "dry_run"}),
    _RECORDS: (
        import_kinds.import_record_files,
        {"noun", "texts", "on_error", "report", "lot", "author", "message", "if_empty", "dry_run"},
    ),
}  # fmt: skip
"""The function that runs each kind of import, and the options that it takes, no others."""

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
    help="How many records are written as one changeset.",
)
@click.option("--author", default="import", help="The author of the changesets.")
@click.option(
    "--message", default="", show_default=False, help="The reason, which the changesets keep."
)
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

    kind = str(paths[0]) if paths and str(paths[0]) in _KINDS else _RECORDS
    if any(each.suffix in SUFFIXES for each in paths):
        kind = _CODED
    _refuse_unused_options(click.get_current_context(), kind)
    collect_garbage_rarely()
    run, _ = _KINDS[kind]
    run(open_registry(), paths if kind in (_RECORDS, _CODED) else paths[1:], given)


def _refuse_unused_options(context: click.Context, kind: str) -> None:
    """Refuse options that this kind of import would ignore."""
    for option in context.command.params:
        name = str(option.name)
        users = [each for each, (_, names) in _KINDS.items() if name in names]
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and users and kind not in users:
            listed = " and ".join(f"`import {each}`" for each in users)
            raise click.UsageError(f"{option.opts[0]} goes with {listed}, not with `import {kind}`")
