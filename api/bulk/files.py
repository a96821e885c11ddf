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

from api.bulk.lines import BY_NAME, Line, RefusedLine, read_lines, read_rows
from api.errors import Invalid
from api.web.resource import Resource

_FORMS = ("ndjson", "csv")
DAMAGES = (EOFError, gzip.BadGzipFile, zlib.error)
"""What is raised on reading a packed file that is damaged."""

_NAMES_NOUN = re.compile(rb'\{\s*"noun"\s*:')
SUFFIXES = tuple(f".{form}{packed}" for form in _FORMS for packed in ("", ".gz"))


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of records; without a resource its lines name their own noun."""

    path: Path
    resource: Resource | None
    is_table: bool

    @property
    def size(self) -> int:
        """How many bytes it has on the disk."""
        return self.path.stat().st_size

    def read_lines(
        self, told: Callable[[int], None] = lambda _: None
    ) -> Iterator[Line | RefusedLine]:
        """Yield its lines; `told` hears, line by line, how many of its bytes were read.

        Raises Invalid, which names the file, where it is damaged or not of its form.
        """
        try:
            with self.path.open("rb") as raw, _decompress(self.path, raw) as file:
                for each in self._parse_lines(file):
                    told(raw.tell())
                    yield each
        except (Invalid, *DAMAGES) as error:
            raise Invalid(f"{self.path}: {error}") from error

    def _parse_lines(self, file: BinaryIO) -> Iterator[Line | RefusedLine]:
        if self.is_table and self.resource is not None:
            return read_rows(file, self.resource)
        return read_lines(file, self.resource)


@contextmanager
def _decompress(path: Path, raw: BinaryIO) -> Generator[BinaryIO]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=raw) as file:
            yield cast("BinaryIO", file)
    else:
        yield raw


def find_files(paths: Iterable[Path], *, but: Path | None = None) -> list[RecordFile]:
    """Find the files that paths stand for; raises Invalid for what is none.

    `but` is to be written: it is left out of a folder, and none of the paths themselves.
    """
    return [_identify_file(path) for each in paths for path in _expand_path(each, but)]


def _expand_path(path: Path, but: Path | None) -> list[Path]:
    if path.is_file():
        if _is_same_file(path, but):
            raise Invalid(f"{path} is to be read, and would be overwritten; write another file")
        return [path]
    if not path.is_dir():
        raise Invalid(f"there is no file {path}")
    inside = (each for each in path.iterdir() if not _is_same_file(each, but))
    listed = sorted(each for each in inside if each.name.endswith(SUFFIXES))
    if not listed:
        raise Invalid(f"{path} holds no {' or '.join(f'.{each}' for each in _FORMS)} files")
    return listed


def _is_same_file(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)


def _identify_file(path: Path) -> RecordFile:
    if not path.name.endswith(SUFFIXES):
        raise Invalid(f"{path}: a file is named after its noun, with {_ENDINGS} behind it")
    stem, _, form = path.name.removesuffix(".gz").rpartition(".")
    if stem in BY_NAME:
        return RecordFile(path, BY_NAME[stem], form == "csv")
    if form == "ndjson" and _has_mixed_nouns(path):
        return RecordFile(path, None, is_table=False)
    near = difflib.get_close_matches(stem, BY_NAME, n=1)
    hint = f"did you mean {near[0]}.{form}?" if near else f"one of {', '.join(BY_NAME)}"
    or_else = ", or each of its lines begins with its own" if form == "ndjson" else ""
    raise Invalid(
        f"{path}: a file is named after its noun, with {_ENDINGS} behind it{or_else}; {hint}"
    )


_ENDINGS = "{} or {} (.gz too)".format(*(f".{form}" for form in _FORMS))


def _has_mixed_nouns(path: Path) -> bool:
    with path.open("rb") as raw, _decompress(path, raw) as file:
        try:
            beginning = file.read(1_000)
        except DAMAGES as error:
            raise Invalid(f"{path}: {error}") from error
    return _NAMES_NOUN.match(beginning.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None
