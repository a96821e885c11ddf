"""The commit barrier of SQLite: readers that must not read during a commit wait for it.

The barrier is a file beside the database. A writer closes it before it takes its time stamp, and
opens it after its commit; a reader passes it when no write may be between the two (`database`).

The file holds a counter: odd while the barrier is closed, even while it is open, and higher after
each commit. A process that has mapped the file sees without a system call that nobody has committed
since: the counter still has the same even value. A writer that dies leaves it odd, which says
nothing, until the next writer closes and opens the barrier.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import finalize

_WIDTH = 8
"""The bytes of the counter, in the machine's own byte order."""

_UNREADABLE = (1,)
"""Stands for a file that cannot be read: the counter is odd, as if the barrier were closed."""


class CommitBarrier:
    """A commit barrier.

    Each reader that passes it opens the file anew, because locks belong to open files. Within a
    process one writer at a time may close it; the file stays open for the next one.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.seen: Sequence[int] = _UNREADABLE
        """The mapped file: the counter, and no more."""
        self._identity: object = None
        self._own: _ProcessFile | None = None
        self._closed: _ProcessFile | None = None

    def close_barrier(self) -> None:
        """Wait for the readers that pass it, and close it until `open_barrier`."""
        own = self._process_file()
        fcntl.flock(own.file, fcntl.LOCK_EX)
        own.number[0] |= 1
        self._closed = own

    def open_barrier(self) -> None:
        """Open it, if this object has closed it."""
        own, self._closed = self._closed, None
        if own is not None:
            own.number[0] += 1
            fcntl.flock(own.file, fcntl.LOCK_UN)

    def pass_barrier(self) -> None:
        """Wait until it is open; where no file can be made, nobody has ever closed it."""
        with suppress(FileNotFoundError), self._open_briefly() as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    def read_number(self) -> int | None:
        """Return the counter while the barrier is open; None while it is closed or unreadable."""
        if self.seen is _UNREADABLE:
            self.seen = self._map_file()
        number = self.seen[0]
        return None if number & 1 else number

    def follow_file(self) -> None:
        """Drop the map if another file is there now, so that its counter is read next."""
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
        """Return the file that is there now, opened by this process.

        A file that was inherited by a fork is not used: parent and child would share one lock.
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
    """The file as opened by one process, closed with this object; `number` is the counter."""

    def __init__(self, path: Path) -> None:
        self.file, self.process = _open_file(path), os.getpid()
        finalize(self, os.close, self.file)
        self.identity, self.number = _identity_of_stat(os.fstat(self.file)), _map_number(self.file)


def _open_file(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS):
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(file).st_size < _WIDTH:
        # Written, not truncated: on a full disk, storing into a mapped hole kills the process.
        os.pwrite(file, b"\0", _WIDTH - 1)
    return file


def _map_number(file: int) -> memoryview:
    """Map the counter: memory that is shared by all processes that have mapped the file."""
    return memoryview(mmap.mmap(file, _WIDTH)).cast("Q")


def _identity_of_path(path: Path) -> object:
    try:
        return _identity_of_stat(os.stat(path))  # noqa: PTH116, twice as fast as a Path's
    except OSError:
        return None


def _identity_of_stat(found: os.stat_result) -> object:
    return found.st_dev, found.st_ino, found.st_size
