"""`sinequanon db`."""

import os
import sys
from pathlib import Path
from time import monotonic
from typing import IO

import click

from api.cli.opening import ProgressReporter, open_registry, upgrade_schema
from api.ledger import Ledger
from api.ledger.upkeep.health import read_health


@click.group(name="db")
def db_group() -> None:
    """Upgrade, check, archive, restore, rebuild or compact the database."""


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
    opened, start = open_registry(), monotonic()
    if faults := _find_faults(opened):
        click.echo("\n".join(faults))
        sys.exit(1)
    head, taken = read_health(opened.database).head, monotonic() - start
    click.echo(f"Sound: {head.number} changesets, newest hash {head.hash.hex()}; {taken:.0f} s")


def _find_faults(opened: Ledger) -> list[str]:
    from api.migrations import find_schema_faults

    with opened.database.begin_write(keep=False) as write:
        faults = [*find_schema_faults(write)]
    with ProgressReporter() as progress:
        return faults + opened.find_faults(progress)


@db_group.command(name="reindex")
def rebuild_projections() -> None:
    """Rebuild all projections from the revisions."""
    start = monotonic()
    with ProgressReporter() as progress:
        changesets = open_registry().rebuild_projections(progress)
    click.echo(f"Rebuilt from {changesets} changesets in {monotonic() - start:.0f} s.")


@db_group.command(name="archive")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def archive_database(file: Path) -> None:
    """Write all that cannot be rebuilt to FILE, while the registry is used: a backup.

    It has every revision, changeset, text, key digest, submission and audit entry.
    """
    if file.exists():
        raise click.ClickException(f"there is a file {file}; name another one")
    unfinished = file.with_name(f"{file.name}.part")
    with (
        ProgressReporter() as progress,
        open(unfinished, "wb", opener=_open_privately) as out,
    ):
        open_registry().write_archive(out, progress)
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(file)
    click.echo(f"Archived to {file}: {file.stat().st_size / 1e6:,.1f} MB.")


def _open_privately(file: str | Path, flags: int) -> int:
    """Open a file that nobody else can read: an archive has withheld texts and key digests."""
    opened = os.open(file, flags | os.O_NOFOLLOW, 0o600)
    os.fchmod(opened, 0o600)
    return opened


@db_group.command(name="restore")
@click.argument("file", type=click.File("rb"))
def restore_database(file: IO[bytes]) -> None:
    """Restore the archive FILE (- for standard input) into a new registry, all or nothing."""
    opened = open_registry(may_be_new=True)
    database = opened.database
    is_new_file = database.is_sqlite and not Path(database.url.database or "").exists()
    if is_new_file or opened.read_schema() is None:
        upgrade_schema(opened)
    with ProgressReporter() as progress:
        changesets = opened.restore_archive(file, progress)
    click.echo(f"Restored {changesets} changesets; `sinequanon db check` checks them again.")


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
        told = "Other processes were reading, so the compacted database is still in the -wal file"
        click.echo(f"{told}; run this again when none is.", err=True)
