"""Files of records: find them, tell their nouns, and read their lines.

A file is named after its noun, `positions.ndjson` or `positions.csv`, unless a noun is given. In
any other `.ndjson` file each line names its own noun. A `.tsv` is read like a `.csv`. A file whose
name ends in `.gz` is decompressed while it is read. A folder stands for all such files in it.
"""

import difflib
import gzip
import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from api.bulk.cells import FindRecord
from api.bulk.lines import Line, RefusedLine, read_lines, read_rows
from api.errors import Invalid
from api.nouns import NOUNS_BY_NAME
from api.web.contract.problems import suggest_name
from api.web.resource import Resource

DECOMPRESSION_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a damaged `.gz` file raises."""

_FORMATS = ("ndjson", "csv", "tsv")
_SUFFIXES = tuple(f".{each}{packed}" for each in _FORMATS for packed in ("", ".gz"))
_BEGINS_WITH_NOUN = re.compile(rb'\{\s*"noun"\s*:')
_NAMING = "name a file after its noun, ending in .ndjson, .csv or .tsv (.gz too)"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of records; if `resource` is None, each line names its own noun."""

    path: Path
    resource: Resource | None
    is_table: bool

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read_lines(self, find: FindRecord) -> Iterator[tuple[int, Line | RefusedLine]]:
        """Yield its lines, each with the number of bytes of the file read so far.

        Raises Invalid, with the file's name, if the file is damaged or not in its format.
        """
        try:
            with self.path.open("rb") as raw, _decompress(self.path, raw) as file:
                lines = read_lines(file, self.resource)
                if self.is_table and self.resource is not None:
                    lines = read_rows(file, self.resource, find)
                for each in lines:
                    yield raw.tell(), each
        except (Invalid, *DECOMPRESSION_ERRORS) as error:
            raise Invalid(f"{self.path}: {error}") from error


@contextmanager
def _decompress(path: Path, raw: BinaryIO) -> Generator[BinaryIO]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=raw) as file:
            yield cast("BinaryIO", file)
    else:
        yield raw


def find_files(
    paths: Iterable[Path], *, output: Path | None = None, noun: str | None = None
) -> list[RecordFile]:
    """Find the files that the paths stand for; raises Invalid if there are none.

    With `noun` they hold records of that noun, whatever their names.
    `output` is about to be written: it is skipped in a folder, and refused as one of the paths.
    """
    if noun not in (None, *NOUNS_BY_NAME):
        raise Invalid(f"--noun {noun} is no noun; {suggest_name(noun, [*NOUNS_BY_NAME])}")
    return [_identify_file(path, noun) for each in paths for path in _expand_path(each, output)]


def _expand_path(path: Path, output: Path | None) -> list[Path]:
    if path.is_file():
        if _is_same_file(path, output):
            raise Invalid(f"the report would overwrite {path}, which is to be read; name another")
        return [path]
    if not path.is_dir():
        raise Invalid(f"there is no file {path}")
    inside = (each for each in path.iterdir() if not _is_same_file(each, output))
    listed = sorted(each for each in inside if each.name.endswith(_SUFFIXES))
    if not listed:
        raise Invalid(f"{path} holds no .ndjson or .csv files")
    return listed


def _is_same_file(path: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and path.samefile(other)


def _identify_file(path: Path, noun: str | None) -> RecordFile:
    if not path.name.endswith(_SUFFIXES):
        raise Invalid(f"{path}: {_NAMING}")
    stem, _, suffix = path.name.removesuffix(".gz").rpartition(".")
    if (stem := noun or stem) in NOUNS_BY_NAME:
        return RecordFile(path, NOUNS_BY_NAME[stem], suffix != "ndjson")
    if suffix == "ndjson" and _names_nouns(path):
        return RecordFile(path, None, is_table=False)
    near = difflib.get_close_matches(stem, NOUNS_BY_NAME, n=1)
    hint = f"did you mean {near[0]}.{suffix}?" if near else f"one of {', '.join(NOUNS_BY_NAME)}"
    otherwise = ", or begin each line with its noun" if suffix == "ndjson" else ""
    raise Invalid(f"{path}: {_NAMING}{otherwise}; {hint}")


def _names_nouns(path: Path) -> bool:
    """Whether the first line of a file names its noun."""
    with path.open("rb") as raw, _decompress(path, raw) as file:
        try:
            beginning = file.read(1_000)
        except DECOMPRESSION_ERRORS as error:
            raise Invalid(f"{path}: {error}") from error
    return _BEGINS_WITH_NOUN.match(beginning.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None
