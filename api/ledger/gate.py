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
from weakref import finalize

_WIDTH = 8
"""How many bytes the number has, in the order of the machine's own."""

_UNREADABLE = (1,)
"""What is seen of a file that cannot be read: as if the gate were shut."""


class Gate:
    """A gate; each that passes it opens the file anew, since locks are of open files.

    Within a process one at a time may shut it, and has the file open from one time to the next.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.seen: Sequence[int] = _UNREADABLE
        """The file in memory: the number, and no more."""
        self._identity: object = None
        self._own: _ProcessFile | None = None
        self._shut: _ProcessFile | None = None

    def shut(self) -> None:
        """Shut it, when all who pass it have passed, until `open`."""
        own = self._process_file()
        fcntl.flock(own.file, fcntl.LOCK_EX)
        own.number[0] |= 1
        self._shut = own

    def open(self) -> None:
        """Open it, if it is shut from here."""
        own, self._shut = self._shut, None
        if own is not None:
            own.number[0] += 1
            fcntl.flock(own.file, fcntl.LOCK_UN)

    @contextmanager
    def passed(self) -> Generator[None]:
        """Pass it: inside, it is open and stays so."""
        with self._open_briefly() as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    def number(self) -> int | None:
        """Tell the number while the gate is open; None while it is shut, or cannot be read."""
        if self.seen is _UNREADABLE:
            self.seen = self._map_file()
        number = self.seen[0]
        return None if number & 1 else number

    def renew(self) -> None:
        """See to it that the number is that of the file that is there now."""
        if _identity_of_path(self._file) != self._identity:
            self.seen = _UNREADABLE

    def _map_file(self) -> Sequence[int]:
        try:
            with self._open_briefly() as file:
                self._identity = _identity_of_stat(os.fstat(file))
                return _map_number(file)
        except OSError:
            return _UNREADABLE

    @contextmanager
    def _open_briefly(self) -> Generator[int]:
        file = _open_file(self._file)
        try:
            yield file
        finally:
            os.close(file)

    def _process_file(self) -> _ProcessFile:
        """Give the file that is there now, as this process has it open.

        What it was given by a fork it does not use: parent and child would hold one lock together.
        """
        own = self._own
        if (
            own is None
            or own.process != os.getpid()
            or own.identity != _identity_of_path(self._file)
        ):
            own = self._own = _ProcessFile(self._file)
        return own


class _ProcessFile:
    """The file as a process has it open, until nobody uses this; `number` is what it holds."""

    def __init__(self, path: Path) -> None:
        self.file, self.process = _open_file(path), os.getpid()
        finalize(self, os.close, self.file)
        self.identity, self.number = _identity_of_stat(os.fstat(self.file)), _map_number(self.file)


def _open_file(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    if os.fstat(file).st_size < _WIDTH:
        # Written: a hole that is filled through memory on a full disk ends the process.
        os.pwrite(file, b"\0", _WIDTH - 1)
    return file


def _map_number(file: int) -> memoryview:
    """Give the number in the file, which is memory that all who have it open share."""
    return memoryview(mmap.mmap(file, _WIDTH)).cast("Q")


def _identity_of_path(path: Path) -> object:
    try:
        return _identity_of_stat(os.stat(path))  # noqa: PTH116, twice as fast as a Path's
    except OSError:
        return None


def _identity_of_stat(found: os.stat_result) -> object:
    return found.st_dev, found.st_ino, found.st_size
