"""`sinequanon openapi`."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.errors import exit_with_error
from api.package_data import CONTRACT
from api.settings import Settings


@click.group(name="openapi")
def openapi_group() -> None:
    """The OpenAPI contract."""


@openapi_group.command(name="write")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 on a difference.")
@click.option("--to", default=CONTRACT, type=click.Path(path_type=Path), show_default=False)
def write_contract(to: Path, *, only_check: bool) -> None:
    """Write openapi/openapi.json as the application serves it."""
    from api.app import create_app
    from api.web.docs import contract_bytes

    served = contract_bytes(create_app(Settings()).extensions["contract"])
    if only_check:
        if not to.exists() or to.read_bytes() != served:
            exit_with_error(
                f"{to} is not what the application serves; run `make openapi` and commit it"
            )
        click.echo(f"{to} is what the application serves.")
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(served)
