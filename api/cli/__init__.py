"""The command `sinequanon`: `main`, and a module for each group of commands.

Settings come from the environment; see `api.settings`.
"""

from __future__ import annotations

import logging

import click

from api.cli.contract import openapi
from api.cli.database import db
from api.cli.exporting import export
from api.cli.importing import import_
from api.cli.keys import keys_
from api.cli.saying import Commands
from api.cli.serving import serve


@click.group(cls=Commands)
@click.version_option(package_name="sinequanon")
def main() -> None:
    """Sine Qua Non: who demands what, of whom, as a condition of what."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


for _each in (serve, import_, export, keys_, db, openapi):
    main.add_command(_each)
