"""`sinequanon verify`."""

from __future__ import annotations

from typing import BinaryIO

import click

_MOST_BYTES, _MOST_TOLD = 256 * 2**20, 100


@click.command(name="verify")
@click.argument("file", type=click.File("rb"))
def verify_answer(file: BinaryIO) -> None:
    """Check a deadlock's answer, or that of a what-if, from itself alone; `-` reads it from stdin.

    What it says of collisions, concessions, plans and the verdict is followed by their
    certificates, without the registry and without a solver: docs/deadlock.md.
    """
    from api.analysis.checker import check_text

    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise click.ClickException(f"this is longer than {_MOST_BYTES:,} bytes")
    faults, counts = check_text(data.decode())
    for pointer, fault in faults[:_MOST_TOLD]:
        click.echo(f"{pointer or '/'}: {fault}")
    if faults:
        raise click.ClickException(f"{len(faults)} faults")
    told = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    click.echo(f"All of it holds: {told}.")
