"""`sinequanon keys`."""

import click

from api import clock, keys
from api.cli.opening import open_registry


@click.group(name="keys")
def keys_group() -> None:
    """Create, list or revoke API keys for writing."""


@keys_group.command(name="create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(keys.SCOPES)),
    required=True,
    help="What the key may write; may be repeated.",
)
def create_key(name: str, scopes: tuple[str, ...]) -> None:
    """Create a key and print it; it cannot be shown again."""
    click.echo(keys.create_key(open_registry().database, name, scopes))


@keys_group.command(name="list")
def list_keys() -> None:
    """List all keys, without their secrets."""
    for each in keys.list_keys(open_registry().database):
        made = clock.format_instant(each.created_at)
        end = f"revoked {clock.format_instant(each.revoked_at)}" if each.revoked_at else "good"
        click.echo(f"{each.name}\t{' '.join(each.scopes)}\tmade {made}\t{end}")


@keys_group.command(name="revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Revoke a key; it can no longer write."""
    keys.revoke_key(open_registry().database, name)
    click.echo(f"{name} can no longer write.")
