"""Run a command in a test, and check its outcome."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from api.cli import main


def run_command(url: str, *arguments: str | Path) -> Result:
    """Run the command in this process."""
    env = {"SINEQUANON_DATABASE_URL": url}
    return CliRunner().invoke(main, [*map(str, arguments)], env=env)


def expect_success(result: Result) -> str:
    """Return the standard output of a command that must have succeeded."""
    assert result.exit_code == 0, result.output
    return result.stdout


def expect_refusal(result: Result) -> str:
    """Return the error message of a command that must have been refused, not crashed."""
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    return result.stderr


def open_raw_database(url: str) -> sqlite3.Connection:
    """Open a database without the registry's own layer."""
    return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)


def count_changesets(url: str) -> int:
    with closing(open_raw_database(url)) as connection:
        return connection.execute("SELECT count(*) FROM changeset").fetchone()[0]
