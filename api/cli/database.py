"""`sinequanon db`."""

from __future__ import annotations

import sys
from time import monotonic

import click

from api.cli.opening import ledger, upgrade_schema
from api.cli.progress import Progress


@click.group()
def db() -> None:
    """The database: schema, soundness, projections."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    upgrade_schema(ledger())
    click.echo("The database is at the newest schema.")


@db.command()
def check() -> None:
    """Check the chain, every byte of every revision, and the projections; exits 1 with faults."""
    opened, start = ledger(), monotonic()
    with Progress() as progress:
        faults = opened.faults(progress)
    for fault in faults:
        click.echo(fault)
    with opened.reading() as reader:
        head = reader.moment
    if faults:
        sys.exit(1)
    taken = monotonic() - start
    click.echo(f"Sound: {head.known_at} changesets, newest hash {head.hash.hex()}; {taken:.0f} s")


@db.command()
def reindex() -> None:
    """Make all projections anew from the truth."""
    start = monotonic()
    with Progress() as progress:
        changesets = ledger().rebuild(progress)
    click.echo(f"Made anew from {changesets} changesets in {monotonic() - start:.0f} s.")


@db.command()
def compact() -> None:
    """Rewrite the database in the order in which it is read, after a large import or years of use.

    Pages of a large registry are then read faster, and it takes less room. Writes wait meanwhile.
    While it runs it needs up to twice the room of the database beside it.
    """
    start = monotonic()
    before, now = ledger().compact()
    taken = monotonic() - start
    click.echo(f"Compacted from {before / 1e6:,.0f} to {now / 1e6:,.0f} MB in {taken:.0f} s.")
