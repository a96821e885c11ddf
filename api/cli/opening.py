"""Open the registry that a command works on, upgrade its schema, and show the progress of work.

Progress is shown on standard error. A terminal shows a bar with the rate, the remaining time and
the rejected rows. The bar is click's own, so that no other package is needed. Elsewhere, as in a
log, a plain line appears every few seconds, and none if the work ends before.
"""

import gc
import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import click

from api.errors import Invalid
from api.ledger import Ledger
from api.ledger.upkeep.rebuild import ProgressWatch
from api.settings import Settings

_GC_THRESHOLD = 200_000
"""How many new objects start a garbage collection: about as many as a lot creates."""


def open_registry(*, may_be_new: bool = False) -> Ledger:
    """Open the registry that the environment names until the command ends, however long it takes.

    Raises Invalid if the SQLite file does not exist, unless it may be new.
    """
    from api.app import open_ledger

    given = Settings.from_environment()
    opened = open_ledger(replace(given, statement_timeout_seconds=0, idle_timeout_seconds=0))
    click.get_current_context().call_on_close(opened.database.close_connections)
    if not may_be_new:
        _require_file(opened)
    return opened


def _require_file(opened: Ledger) -> None:
    file = opened.database.url.database or ""
    is_file = opened.database.is_sqlite and not file.startswith("file:")
    if is_file and not Path(file).exists():
        raise Invalid(
            f"there is no file {file}; if SINEQUANON_DATABASE_URL is right, create the file with "
            "`sinequanon db upgrade`"
        )


def collect_garbage_rarely() -> None:
    """Collect garbage rarely until the command ends: imported rows form no reference cycles."""
    click.get_current_context().call_on_close(partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(_GC_THRESHOLD)


def upgrade_schema(ledger: Ledger) -> None:
    """Upgrade a database to the newest schema, and create the folder of a new one."""
    from api.migrations import upgrade_database

    if ledger.database.is_sqlite and (file := ledger.database.url.database):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        if not file.startswith("file:"):
            Path(file).touch()
    with ProgressReporter() as progress:
        upgrade_database(ledger.database, progress)


_BAR_SECONDS, _LINE_SECONDS = 0.1, 5.0
"""How often the bar is drawn, and a plain line is printed."""


class ProgressReporter(ProgressWatch, AbstractContextManager["ProgressReporter"]):
    """Shows one task after the other; use it as a context manager, which ends the last bar."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._what, self._total, self._started, self._shown_at = "", 0, 0.0, 0.0
        self._done = self._rows = 0
        self._rejected: int | None = None

    def __exit__(self, *_: object) -> None:
        self._end_bar()

    def begin_part(self, what: str, total: int) -> None:
        self._end_bar()
        self._what, self._total, self._done, self._rows = what, total, 0, 0
        self._started = self._shown_at = monotonic()
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=total,
                label=what,
                file=sys.stderr,
                item_show_func=lambda _: self._format_rows(),
            )
            self._bar.__enter__()

    def report_progress(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        self._done, self._rows, self._rejected = done, rows, rejected
        if monotonic() - self._shown_at > (_LINE_SECONDS if self._bar is None else _BAR_SECONDS):
            self._show_progress()

    def _show_progress(self) -> None:
        self._shown_at = monotonic()
        if self._bar is not None:
            self._bar.update(self._done - self._bar.pos)
        else:
            click.echo(f"{self._what}: {self._format_share()}, {self._format_rows()}", err=True)

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._show_progress()
            self._bar.__exit__(None, None, None)
            self._bar = None

    def _format_share(self) -> str:
        passed = monotonic() - self._started
        left = passed * (self._total - self._done) / self._done if self._done else 0.0
        share = self._done / self._total if self._total else 1.0
        return f"{share:.0%}, {left:.0f} s left"

    def _format_rows(self) -> str:
        rate = self._rows / max(monotonic() - self._started, 0.001)
        rejected = "" if self._rejected is None else f", {self._rejected:,} rejected"
        return f"{self._rows:,} rows, {rate:,.0f} a second{rejected}"
