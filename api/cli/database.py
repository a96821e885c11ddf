"""`sinequanon db`."""

from __future__ import annotations

import sys

import click

from api.cli.opening import ledger, upgrade_schema


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
    opened = ledger()
    faults = opened.faults()
    for fault in faults:
        click.echo(fault)
    with opened.reading() as reader:
        head = reader.moment
    if faults:
        sys.exit(1)
    click.echo(f"Sound: {head.known_at} changesets, newest hash {head.hash.hex()}")


@db.command()
def reindex() -> None:
    """Make all projections anew from the truth."""
    click.echo(f"Made anew from {ledger().rebuild()} changesets.")
