"""How long work tells how far it is, to whoever watches it."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Who watches a long work."""

    def begin(self, what: str, total: int) -> None:
        """Hear that a part of the work begins, and how much it is."""
        ...

    def at(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        """Hear how much of it is done, with how many rows, and how many of them were rejected."""
        ...


class _NoProgress:
    def begin(self, what: str, total: int) -> None:
        pass

    def at(self, done: int, *, rows: int, rejected: int | None = None) -> None:
        pass


NOBODY: Watch = _NoProgress()
