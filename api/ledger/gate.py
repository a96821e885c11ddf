"""The gate of SQLite's file: it keeps readers from looking in the middle of a commit.

It is a file beside the database. A writer shuts it before it stamps and opens it behind its commit;
who must not look in between passes it (`api.ledger.database`). The file holds how often that was
done: an odd number while the gate is shut, an even one while it is open. Who has the file in memory
can therefore tell without asking the system that nobody has committed since: the number is the same
even one. A writer that dies leaves it odd, which tells nothing, until the next one shuts the gate.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sys import byteorder

_WIDTH = 8
"""How many bytes the number has, in the order of the machine's own."""

_UNSEEN = (1,)
"""What is seen of a file that cannot be read: as if the gate were shut."""


class Gate:
    """A gate; each that uses it opens the file anew, since locks are of open files."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.seen: Sequence[int] = _UNSEEN
        """The file in memory: the number, and no more."""
        self._identity: object = None

    @contextmanager
    def shut(self) -> Generator[None]:
        """Keep it shut: alone, and when all who pass it have passed."""
        with self._locked(fcntl.LOCK_EX) as file:
            number = _read(file) | 1
            _write(file, number)
            try:
                yield
            finally:
                _write(file, number + 1)

    @contextmanager
    def passed(self) -> Generator[None]:
        """Pass it: inside, it is open and stays so."""
        with self._locked(fcntl.LOCK_SH):
            yield

    def number(self) -> int | None:
        """Tell the number while the gate is open; None while it is shut, or cannot be read."""
        if self.seen is _UNSEEN:
            self.seen = self._mapped()
        number = self.seen[0]
        return None if number & 1 else number

    def renew(self) -> None:
        """See to it that the number is that of the file that is there now."""
        try:
            there = _identity(self._file.stat())
        except OSError:
            there = None
        if there != self._identity:
            self.seen = _UNSEEN

    def _mapped(self) -> Sequence[int]:
        try:
            with self._opened() as file:
                found = os.fstat(file)
                if found.st_size < _WIDTH:
                    os.truncate(file, _WIDTH)
                self._identity = _identity(found)
                return memoryview(mmap.mmap(file, _WIDTH, access=mmap.ACCESS_READ)).cast("Q")
        except OSError:
            return _UNSEEN

    @contextmanager
    def _locked(self, mode: int) -> Generator[int]:
        with self._opened() as file:
            fcntl.flock(file, mode)
            yield file

    @contextmanager
    def _opened(self) -> Generator[int]:
        file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            yield file
        finally:
            os.close(file)


def _identity(found: os.stat_result) -> object:
    return found.st_dev, found.st_ino


def _read(file: int) -> int:
    return int.from_bytes(os.pread(file, _WIDTH, 0), byteorder)


def _write(file: int, number: int) -> None:
    os.pwrite(file, number.to_bytes(_WIDTH, byteorder), 0)
