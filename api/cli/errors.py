"""How commands refuse: with a sentence on standard error, never with a traceback."""

from __future__ import annotations

from typing import NoReturn

import click
from sqlalchemy.exc import DBAPIError

from api.errors import SineQuaNonError


class ErrorReportingGroup(click.Group):
    """Ends with a sentence on standard error where something was refused."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (SineQuaNonError, ValueError, OSError) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            said = str(error.orig).partition("\n")[0]
            raise click.ClickException(
                f"the database does not serve: {said}; if it is new or from older code, run "
                "`sinequanon db upgrade`; if it is damaged, restore a backup"
            ) from error


def exit_with_error(sentence: str) -> NoReturn:
    """End the command with a sentence."""
    raise click.ClickException(sentence)
