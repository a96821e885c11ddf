"""The report: which rows an import rejected, and why.

In memory are only the first sentences, for whoever sits before the terminal; a file gets all, one
JSON object a fault: path, line, column (of a table), pointer, reason, raw (the row as it stood).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import orjson

from api.bulk.cells import find_column, map_authored_columns
from api.bulk.files import RecordFile
from api.bulk.lines import RefusedLine
from api.bulk.spool import SpoolEntry
from api.errors import Problem
from api.web.problems import Fault

_SHOWN = 1_000


class RejectionReport:
    """Gathers what is rejected; use it as a context, which closes its file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._shown: list[str] = []
        self._faults = 0
        self.rows = 0

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def sentences(self) -> Sequence[str]:
        """A sentence a fault, with its place; what is too much for a terminal is counted."""
        more = self._faults - len(self._shown)
        return [*self._shown, f"… and {more:,} more"] if more else self._shown

    def add_refused_line(self, file: RecordFile, line: RefusedLine) -> None:
        """Add a line that does not fit by itself."""
        self._add_faults(file.path, line.number, line.faults, line.raw)

    def add_duplicate(self, file: RecordFile, number: int, raw: str, first: str) -> None:
        """Add a line whose record stands elsewhere already."""
        fault = {"pointer": "/id", "detail": f"stands at {first} already"}
        self._add_faults(file.path, number, [_add_column(file, fault)], raw)

    def add_rejected_entry(
        self, file: RecordFile, entry: SpoolEntry, problems: Sequence[Problem]
    ) -> None:
        """Add a line that the registry does not take."""
        faults = [_add_column(file, {"pointer": p.pointer, "detail": p.detail}) for p in problems]
        self._add_faults(entry.path, entry.line, faults, entry.raw)

    def _add_faults(self, path: Path, line: int, faults: Iterable[Fault], raw: str) -> None:
        self.rows += 1
        for each in faults:
            self._faults += 1
            if len(self._shown) < _SHOWN:
                self._shown.append(_format_sentence(path, line, each))
            if self._file is not None:
                self._file.write(_format_line(path, line, each, raw))


def _add_column(file: RecordFile, fault: Fault) -> Fault:
    if file.resource is None or not file.is_table:
        return fault
    column = find_column(map_authored_columns(file.resource), fault["pointer"])
    return {**fault, "column": column} if column else fault


def _format_sentence(path: Path, line: int, fault: Fault) -> str:
    where = fault.get("column") or fault.get("pointer") or "the line"
    return f"{path}:{line}: {where}: {fault['detail']}"


def _format_line(path: Path, line: int, fault: Fault, raw: str) -> bytes:
    told = {
        "path": str(path),
        "line": line,
        "column": fault.get("column"),
        "pointer": fault.get("pointer"),
        "reason": fault["detail"],
        "raw": raw,
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
