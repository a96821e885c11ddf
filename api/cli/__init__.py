"""The command `sinequanon`: `main`, and a module for each command or group of commands.

Settings are read from the environment; see `api.settings`.
"""

from __future__ import annotations

import logging

import click

from api.cli.contract import openapi_group
from api.cli.database import db_group
from api.cli.errors import ErrorReportingGroup
from api.cli.exporting import export_records
from api.cli.importing import import_records
from api.cli.keys import keys_group
from api.cli.serving import serve_api


@click.group(cls=ErrorReportingGroup)
@click.version_option(package_name="sinequanon")
def main() -> None:
    """Sine Qua Non: who demands what, of whom, as a condition of what."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


for _each in (serve_api, import_records, export_records, keys_group, db_group, openapi_group):
    main.add_command(_each)
