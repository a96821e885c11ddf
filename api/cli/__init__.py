"""The command `sinequanon`: `main`, and a module for each command or group of commands.

Settings are read from the environment; see `api.settings`.
"""

import logging

import click
from sqlalchemy.exc import DBAPIError

from api.cli.contract import openapi_group
from api.cli.database import db_group
from api.cli.exporting import export_records
from api.cli.importing import import_records
from api.cli.keys import keys_group
from api.cli.reading import read_file
from api.cli.serving import serve_api
from api.cli.submissions import list_audit, submissions_group
from api.cli.verifying import verify_answer
from api.errors import SineQuaNonError


class ErrorReportingGroup(click.Group):
    """A group of commands whose errors are printed as a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (SineQuaNonError, ValueError, OSError, DBAPIError) as error:
            notes = getattr(error, "__notes__", ())  # PEP 678
            raise click.ClickException("\n".join([_describe_error(error), *notes])) from error


def _describe_error(error: Exception) -> str:
    if not isinstance(error, DBAPIError):
        return str(error)
    reason = str(error.orig).partition("\n")[0]
    advice = (
        "others are using it, so run the command again"
        if "is locked" in reason
        else "if it is new or was made by an older version, run `sinequanon db upgrade`; "
        "if it is damaged, restore a backup"
    )
    return f"the database cannot be used: {reason}; {advice}"


_COMMANDS = (
    serve_api, import_records, export_records, read_file, verify_answer, keys_group, db_group,
    openapi_group, submissions_group, list_audit,
)  # fmt: skip


@click.group(cls=ErrorReportingGroup, commands=_COMMANDS, context_settings={"show_default": True})
@click.version_option(package_name="sinequanon")
def main() -> None:
    """Sine Qua Non: who demands what, of whom, as a condition of what."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
