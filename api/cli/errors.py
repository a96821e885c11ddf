"""Report errors of commands as a sentence on standard error, never as a traceback."""

from __future__ import annotations

from typing import NoReturn

import click
from sqlalchemy.exc import DBAPIError

from api.errors import SineQuaNonError


class ErrorReportingGroup(click.Group):
    """A group of commands whose errors are printed as a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command, and turn its errors into messages."""
        try:
            return super().invoke(ctx)
        except (SineQuaNonError, ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            reason = str(error.orig).partition("\n")[0]
            raise click.ClickException(
                f"the database cannot be used: {reason}; if it is new or was made by an older "
                "version, run `sinequanon db upgrade`; if it is damaged, restore a backup"
            ) from error


def exit_with_error(sentence: str) -> NoReturn:
    """End the command with an error message."""
    raise click.ClickException(sentence)
