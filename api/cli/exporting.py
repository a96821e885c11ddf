"""`sinequanon export`."""

from __future__ import annotations

from typing import BinaryIO

import click

from api.cli.opening import ledger


@click.command()
@click.option("--known-at", type=int, help="As known at this changeset; default: now.")
@click.option("--to", type=click.File("wb", lazy=True), default="-", help="A file; default: print.")
def export(known_at: int | None, to: BinaryIO) -> None:
    """Write all records as lines that `import` takes back."""
    from api.bulk.exporting import export_lines
    from api.ledger import Asked

    with ledger().reading(Asked(number=known_at, valid_at="any")) as reader:
        to.writelines(export_lines(reader))
