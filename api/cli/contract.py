"""`sinequanon openapi`."""

from pathlib import Path

import click

from api.package_data import CONTRACT
from api.settings import Settings


@click.group(name="openapi")
def openapi_group() -> None:
    """Write or check the OpenAPI contract."""


@openapi_group.command(name="write")
@click.option(
    "--check", "only_check", is_flag=True, help="Only compare; exit with 1 on a difference."
)
@click.option(
    "--to",
    default=CONTRACT,
    type=click.Path(path_type=Path),
    show_default=False,
    help="The file to write or compare; default: openapi/openapi.json.",
)
def write_contract(to: Path, *, only_check: bool) -> None:
    """Write the contract that the application serves to openapi/openapi.json."""
    from api.app import create_app
    from api.web.contract.docs import contract_bytes

    served = contract_bytes(create_app(Settings()).extensions["contract"])
    if only_check:
        if not to.exists() or to.read_bytes() != served:
            detail = f"{to} differs from what the application serves"
            raise click.ClickException(f"{detail}; run `make openapi` and commit it")
        click.echo(f"{to} is what the application serves.")
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(served)
