"""`sinequanon db`."""

import sys
from time import monotonic

import click

from api.cli.opening import ProgressReporter, open_registry, upgrade_schema
from api.ledger.upkeep.health import read_health


@click.group(name="db")
def db_group() -> None:
    """Upgrade, check, rebuild or compact the database."""


@db_group.command(name="upgrade")
def upgrade_database() -> None:
    """Upgrade the database to the newest schema."""
    upgrade_schema(open_registry(may_be_new=True))
    click.echo("The database has the newest schema.")


@db_group.command(name="check")
def check_database() -> None:
    """Check the engine's files, all changesets, revisions and projections, guards and indexes.

    Every byte of every revision is checked. Exits with 1 if anything is wrong.
    """
    from api.migrations import find_schema_faults

    opened, start = open_registry(), monotonic()
    with opened.database.begin_write(keep=False) as write:
        faults = [*find_schema_faults(write)]
    with ProgressReporter() as progress:
        faults += opened.find_faults(progress)
    for fault in faults:
        click.echo(fault)
    if faults:
        sys.exit(1)
    head, taken = read_health(opened.database).head, monotonic() - start
    click.echo(f"Sound: {head.number} changesets, newest hash {head.hash.hex()}; {taken:.0f} s")


@db_group.command(name="reindex")
def rebuild_projections() -> None:
    """Rebuild all projections from the revisions."""
    start = monotonic()
    with ProgressReporter() as progress:
        changesets = open_registry().rebuild_projections(progress)
    click.echo(f"Rebuilt from {changesets} changesets in {monotonic() - start:.0f} s.")


@db_group.command(name="compact")
def compact_database() -> None:
    """Rewrite the database in the order in which it is read.

    Run this after a large import, or after years of use: it makes reads faster. Writes wait until
    it ends; on PostgreSQL, reads wait, too. SQLite needs free space of the size of the database,
    both in the folder for temporary files (SQLITE_TMPDIR) and beside the database; PostgreSQL needs
    the size of the largest table.
    """
    start = monotonic()
    before, now, is_in_wal = open_registry().compact_database()
    taken = monotonic() - start
    click.echo(f"Compacted from {before / 1e6:,.0f} to {now / 1e6:,.0f} MB in {taken:.0f} s.")
    if is_in_wal:
        click.echo(
            "Other processes were reading, so the compacted database is still in the -wal file; "
            "run this again when none is.",
            err=True,
        )
