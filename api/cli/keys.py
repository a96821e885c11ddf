"""`sinequanon keys`."""

from __future__ import annotations

import click

from api import clock, keys
from api.cli.opening import ledger


@click.group(name="keys")
def keys_() -> None:
    """API keys for writing."""


@keys_.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(keys.SCOPES)),
    required=True,
    help="What it may do; repeatable.",
)
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key and print it, the only time that it is shown."""
    click.echo(keys.create(ledger().database, name, scopes))


@keys_.command(name="list")
def list_() -> None:
    """List all keys, without their secrets."""
    for each in keys.listed(ledger().database):
        made = clock.format_instant(each.created_at)
        end = f"revoked {clock.format_instant(each.revoked_at)}" if each.revoked_at else "good"
        click.echo(f"{each.name}\t{' '.join(each.scopes)}\tmade {made}\t{end}")


@keys_.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Make a key useless from now on."""
    keys.revoke(ledger().database, name)
    click.echo(f"{name} can no longer write.")
