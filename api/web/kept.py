"""What is kept in memory up to a size, the oldest given up first."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key; `room` is in bytes. Threads may share it."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: dict[Hashable, tuple[Value, int]] = {}
        self._size = 0
        self._changing = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable) -> Value | None:
        """Give what is kept under a key, or None."""
        found = self._values.get(key)
        return None if found is None else found[0]

    def add(self, key: Hashable, value: Value, size: int) -> None:
        """Keep a value of so many bytes."""
        with self._changing:
            self._drop(key)
            self._values[key] = value, size
            self._size += size
            while self._size > self._room:
                self._drop(next(iter(self._values)))

    def _drop(self, key: Hashable) -> None:
        dropped = self._values.pop(key, None)
        if dropped is not None:
            self._size -= dropped[1]
