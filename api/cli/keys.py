"""`sinequanon keys`."""

import re
import secrets
from typing import Any
from urllib.parse import urlencode

import click

from api import clock, keys
from api.cli.opening import open_registry


def _parse_expiry(_context: Any, _option: Any, text: str | None) -> int | None:
    """Return the instant of an end that is given in days from now, or as a day."""
    if text is None:
        return None
    try:
        days = re.fullmatch("([0-9]{1,5})d", text)
        start = clock.now() if days else clock.start_of_day(text)
    except ValueError as error:
        raise click.BadParameter("give days, such as 90d, or a day, such as 2027-12-31") from error
    end = start + int(days[1]) * clock.DAY if days else start
    if end <= clock.now():
        raise click.BadParameter(f"{text} is not in the future")
    return end


_expires = click.option(
    "--expires",
    "expires_at",
    callback=_parse_expiry,
    help="When the key ends: after so many days (90d), or as a day begins in UTC (2027-12-31).",
)


@click.group(name="keys")
def keys_group() -> None:
    """Create, rotate, list or revoke API keys for writing."""


_scopes = click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(keys.SCOPES)),
    required=True,
    help="What the key may do; may be repeated.",
)


@keys_group.command(name="create")
@click.argument("name")
@_scopes
@_expires
def create_key(name: str, scopes: tuple[str, ...], expires_at: int | None) -> None:
    """Create a key and print it; it cannot be shown again."""
    click.echo(keys.create_key(open_registry().database, name, scopes, expires_at))


@keys_group.command(name="invite")
@click.argument("name")
@_scopes
@_expires
@click.option("--at", default="http://127.0.0.1:8000", help="Where it serves.")
def invite_person(name: str, scopes: tuple[str, ...], expires_at: int | None, at: str) -> None:
    """Create a key and print a link that opens the desk with it; send it to one person."""
    secret = keys.create_key(open_registry().database, name, scopes, expires_at)
    click.echo(_make_link(at, name, secret))


def make_trial_link(at: str) -> str:
    """Create a key that ends in a day, and return a link that opens the desk with it."""
    name, end = f"visitor-{secrets.token_hex(3)}", clock.now() + clock.DAY
    scopes = ("write", "propose", "review")
    return _make_link(at, name, keys.create_key(open_registry().database, name, scopes, end))


def _make_link(at: str, name: str, secret: str) -> str:
    """Return a link with a key in its fragment, which browsers send to no server."""
    return f"{at.rstrip('/')}/desk#{urlencode({'key': secret, 'name': name})}"


@keys_group.command(name="rotate")
@click.argument("name")
@_expires
def rotate_key(name: str, expires_at: int | None) -> None:
    """Create another key of the same name and scopes; the old one stays good until revoked."""
    click.echo(keys.create_key(open_registry().database, name, (), expires_at))


@keys_group.command(name="list")
def list_keys() -> None:
    """List all keys by their first characters."""
    for each in keys.list_keys(open_registry().database):
        ends = clock.format_instant(each.expires_at) if each.expires_at else "never"
        made, used = clock.format_instant(each.created_at), each.used_on or "never"
        click.echo(
            f"{each.prefix}\t{each.name}\t{' '.join(each.scopes)}\tmade {made}\texpires {ends}\t"
            f"last used {used}\t{each.state}"
        )


@keys_group.command(name="revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Revoke all keys of a name, or one by its first characters as `list` shows them."""
    for each in keys.revoke_keys(open_registry().database, name):
        click.echo(f"{each.prefix} of {each.name} can no longer write.")
