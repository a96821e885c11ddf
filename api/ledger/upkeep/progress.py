"""Progress reports of long work: the protocol of their receiver."""

from __future__ import annotations

from typing import Protocol


class ProgressWatch(Protocol):
    """Receives the progress of long work, which has several parts."""

    def begin_part(self, what: str, total: int) -> None:
        """Receive the name and the size of the part that begins."""
        ...

    def report_progress(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        """Receive how much of the part is done, its number of rows, and how many were rejected."""
        ...


class _NoProgress:
    def begin_part(self, what: str, total: int) -> None:
        pass

    def report_progress(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        pass


NOBODY: ProgressWatch = _NoProgress()
