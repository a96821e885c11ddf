"""`sinequanon export`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api import clock
from api.cli.opening import open_registry
from api.ledger import Asked

if TYPE_CHECKING:  # these imports are slow, and every command would wait for them
    from api.ledger.reading.reader import Reader


@click.command(name="export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "csv", "parquet"]),
    default="ndjson",
    help="Lines that `import` accepts, or a table of flat rows for each noun.",
)
@click.option(
    "--known-at",
    metavar="CHANGESET|INSTANT",
    help="Export what was known at this changeset or instant (RFC 3339); default: now.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="A file for lines, which are printed by default; a folder for tables.",
)
@click.option("--coded", metavar="SOURCE_ID", help="Export one source as a coded source (YAML).")
def export_records(form: str, known_at: str | None, to: Path | None, coded: str | None) -> None:
    """Export all records, as lines or as a table for each noun."""
    from api.bulk.exporting import export_lines
    from api.coding.composing import compose_coded_source
    from api.coding.yaml_files import write_yaml

    with open_registry().open_reader(_parse_known_at(known_at)) as reader:
        if coded is not None:
            text = write_yaml(compose_coded_source(reader, coded))
            click.echo(text, nl=False) if to is None else to.write_text(text, encoding="utf-8")
        elif form != "ndjson":
            _write_tables(reader, form, to)
        elif to is not None:
            _write_whole_file(to, export_lines(reader))
        else:
            for line in export_lines(reader):
                click.echo(line, nl=False)


def _parse_known_at(known_at: str | None) -> Asked:
    if known_at is None:
        return Asked(valid_at="any")
    if known_at.isascii() and known_at.isdecimal():
        return Asked(number=int(known_at), valid_at="any")
    return Asked(instant=clock.parse_instant(known_at), valid_at="any")


def _write_tables(reader: Reader, form: str, to: Path | None) -> None:
    from api.bulk.exporting import MISSING, export_csv, export_parquet, is_available
    from api.nouns import NOUNS

    if to is None or to.is_file():
        raise click.UsageError(f"--format {form} writes a file for each noun; add --to FOLDER")
    if form == "parquet" and not is_available():
        raise click.ClickException(MISSING)
    to.mkdir(parents=True, exist_ok=True)
    for resource in NOUNS:
        is_csv = form == "csv"
        pieces = export_csv(reader, resource) if is_csv else export_parquet(reader, resource)
        _write_whole_file(to / f"{resource.name}.{form}", pieces)


def _write_whole_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file under another name first, so that it is never seen half written."""
    is_file = path.is_file() or not path.exists()  # no device and no pipe
    part = path.with_name(f"{path.name}.part") if is_file else path
    with part.open("wb") as file:
        file.writelines(pieces)
    if is_file:
        part.replace(path)
