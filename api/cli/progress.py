"""Progress of long work, told on standard error; imports and work on the database use it.

On a terminal it is a bar with the rate, the remaining time and the rejected rows; click's own, so
that nothing more has to be installed for one line of text. Elsewhere, as in a log, it is a plain
line from time to time, and none at all for what is done soon.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import Any, Self

import click

_BARS, _LINES = 0.1, 5.0
"""Seconds from one look of the bar to the next, and from one plain line to the next."""


class ProgressReporter:
    """Watches one work after the other; use it as a context, which ends the last bar."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._what, self._total, self._begun, self._told = "", 0, 0.0, 0.0
        self._done = self._rows = 0
        self._rejected: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_bar()

    def begin(self, what: str, total: int) -> None:
        """Hear that a part of the work begins, and how much it is."""
        self._end_bar()
        self._what, self._total, self._done, self._rows = what, total, 0, 0
        self._begun = self._told = monotonic()
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=total,
                label=what,
                file=sys.stderr,
                item_show_func=lambda _: self._format_rows(),
            )
            self._bar.__enter__()

    def at(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        """Hear how much of it is done, with how many rows, and how many of them were rejected."""
        self._done, self._rows, self._rejected = done, rows, rejected
        if monotonic() - self._told > (_LINES if self._bar is None else _BARS):
            self._show_progress()

    def _show_progress(self) -> None:
        self._told = monotonic()
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
        passed = monotonic() - self._begun
        left = passed * (self._total - self._done) / self._done if self._done else 0.0
        share = self._done / self._total if self._total else 1.0
        return f"{share:.0%}, {left:.0f} s left"

    def _format_rows(self) -> str:
        rate = self._rows / max(monotonic() - self._begun, 0.001)
        rejected = "" if self._rejected is None else f", {self._rejected:,} rejected"
        return f"{self._rows:,} rows, {rate:,.0f} a second{rejected}"
