"""Files of records: which there are, of which noun, and their lines, whether packed or not.

A file is named after its noun, `positions.ndjson` or `positions.csv`; the lines of any other
`.ndjson` file name their own. With `.gz` behind it a file is unpacked while it is read. A folder
stands for all such files in it.
"""

from __future__ import annotations

import difflib
import gzip
import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from api.bulk.lines import BY_NAME, Line, Refused, each_line, each_row
from api.errors import Invalid
from api.web.resource import Resource

_FORMS = ("ndjson", "csv")
DAMAGES = (EOFError, gzip.BadGzipFile, zlib.error)
"""What is raised on reading a packed file that is damaged."""

_NAMES_NOUN = re.compile(rb'\{\s*"noun"\s*:')
SUFFIXES = tuple(f".{form}{packed}" for form in _FORMS for packed in ("", ".gz"))


@dataclass(frozen=True, slots=True)
class File:
    """A file of records; without a resource its lines name their own noun."""

    path: Path
    resource: Resource | None
    is_table: bool

    @property
    def size(self) -> int:
        """How many bytes it has on the disk."""
        return self.path.stat().st_size

    def read(self, told: Callable[[int], None] = lambda _: None) -> Iterator[Line | Refused]:
        """Yield its lines; `told` hears, line by line, how many of its bytes were read.

        Raises Invalid, which names the file, where it is damaged or not of its form.
        """
        try:
            with self.path.open("rb") as raw, _unpacked(self.path, raw) as file:
                for each in self._each(file):
                    told(raw.tell())
                    yield each
        except (Invalid, *DAMAGES) as error:
            raise Invalid(f"{self.path}: {error}") from error

    def _each(self, file: BinaryIO) -> Iterator[Line | Refused]:
        if self.is_table and self.resource is not None:
            return each_row(file, self.resource)
        return each_line(file, self.resource)


@contextmanager
def _unpacked(path: Path, raw: BinaryIO) -> Generator[BinaryIO]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=raw) as file:
            yield cast("BinaryIO", file)
    else:
        yield raw


def found(paths: Iterable[Path], *, but: Path | None = None) -> list[File]:
    """Find the files that paths stand for; raises Invalid for what is none.

    `but` is to be written: it is left out of a folder, and none of the paths themselves.
    """
    return [_file(path) for each in paths for path in _spread(each, but)]


def _spread(path: Path, but: Path | None) -> list[Path]:
    if path.is_file():
        if _is_same(path, but):
            raise Invalid(f"{path} is to be read, and would be overwritten; write another file")
        return [path]
    if not path.is_dir():
        raise Invalid(f"there is no file {path}")
    inside = (each for each in path.iterdir() if not _is_same(each, but))
    listed = sorted(each for each in inside if each.name.endswith(SUFFIXES))
    if not listed:
        raise Invalid(f"{path} holds no {' or '.join(f'.{each}' for each in _FORMS)} files")
    return listed


def _is_same(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)


def _file(path: Path) -> File:
    if not path.name.endswith(SUFFIXES):
        raise Invalid(f"{path}: a file is named after its noun, with {_ENDINGS} behind it")
    stem, _, form = path.name.removesuffix(".gz").rpartition(".")
    if stem in BY_NAME:
        return File(path, BY_NAME[stem], form == "csv")
    if form == "ndjson" and _names_nouns(path):
        return File(path, None, is_table=False)
    near = difflib.get_close_matches(stem, BY_NAME, n=1)
    hint = f"did you mean {near[0]}.{form}?" if near else f"one of {', '.join(BY_NAME)}"
    or_else = ", or each of its lines begins with its own" if form == "ndjson" else ""
    raise Invalid(
        f"{path}: a file is named after its noun, with {_ENDINGS} behind it{or_else}; {hint}"
    )


_ENDINGS = "{} or {} (.gz too)".format(*(f".{form}" for form in _FORMS))


def _names_nouns(path: Path) -> bool:
    with path.open("rb") as raw, _unpacked(path, raw) as file:
        try:
            beginning = file.read(1_000)
        except DAMAGES as error:
            raise Invalid(f"{path}: {error}") from error
    return _NAMES_NOUN.match(beginning.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None
