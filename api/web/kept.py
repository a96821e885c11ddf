"""What is kept in memory up to a size, the oldest given up first."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

_LATELY = 10_000
"""About how many keys are remembered to have been asked for."""


class Kept(Generic[Value]):
    """Values by key; `room` is in bytes. Threads may share it."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: dict[Hashable, Value] = {}
        self._sizes: dict[Hashable, int] = {}
        self._size = 0
        self._changing = Lock()
        self._asked = set[int]()
        self.get = self._values.get
        """Gives what is kept under a key, or None; the dictionary's own, for what is asked most."""

    def __len__(self) -> int:
        return len(self._values)

    def recurs(self, key: Hashable) -> bool:
        """Tell whether that was asked of a key before, lately.

        What is asked for once need not be kept: it would only cool the memory that all else uses.
        Keys may be long, so their hashes are remembered; of two with one hash the second recurs.
        """
        asked = hash(key)
        if asked in self._asked:
            return True
        if len(self._asked) >= _LATELY:
            self._asked.clear()
        self._asked.add(asked)
        return False

    def add(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of so many bytes, unless it has no room even alone."""
        if size > self._room:
            return
        with self._changing:
            self._drop(key)
            self._values[key], self._sizes[key] = value, size
            self._size += size
            while self._size > self._room:
                self._drop(next(iter(self._values)))

    def _drop(self, key: Hashable) -> None:
        self._values.pop(key, None)
        self._size -= self._sizes.pop(key, 0)
