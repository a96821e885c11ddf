"""The report: which rows an import rejected, and why.

Memory holds only the first sentences, for the terminal. The report file gets everything, as one
JSON object a fault: path, line, column (of a table), pointer, reason, raw (the row as it was read).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import orjson

from api.bulk.cells import add_column, map_authored_columns
from api.bulk.files import RecordFile
from api.bulk.lines import RefusedLine
from api.bulk.spool import SpoolEntry
from api.errors import Problem
from api.ledger import Receipt
from api.web.contract.problems import Fault, tell_details

_SHOWN = 1_000
"""How many sentences are kept for the terminal."""


def count_created(receipt: Receipt) -> int:
    """Count the new records of a write; the others were amended, retracted or revived."""
    return sum(number == 1 for number in receipt.written.values())


class RejectionReport:
    """Collects rejected rows; use it as a context manager, which closes its file."""

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
        """A sentence for each fault, with its place; faults that are not shown are counted."""
        more = self._faults - len(self._shown)
        return [*self._shown, f"… and {more:,} more"] if more else self._shown

    def add_refused_line(self, file: RecordFile, line: RefusedLine) -> None:
        """Add a line that is not valid in itself."""
        self._add_faults(file.path, line.number, line.faults, line.raw)

    def add_duplicate(self, file: RecordFile, number: int, raw: str, first: str) -> None:
        """Add a line whose record was read before, at `first`."""
        fault = {"pointer": "/id", "detail": f"is already at {first}"}
        self._add_faults(file.path, number, _locate_columns(file, [fault]), raw)

    def add_rejected_entry(
        self, file: RecordFile, entry: SpoolEntry, problems: Sequence[Problem]
    ) -> None:
        """Add an entry that the registry does not accept."""
        told = tell_details(problems)
        faults = [{"pointer": each.pointer, "detail": next(told)} for each in problems]
        self._add_faults(entry.path, entry.number, _locate_columns(file, faults), entry.raw)

    def _add_faults(self, path: Path, line: int, faults: Iterable[Fault], raw: str) -> None:
        self.rows += 1
        for each in faults:
            self._faults += 1
            if len(self._shown) < _SHOWN:
                self._shown.append(_format_sentence(path, line, each))
            if self._file is not None:
                self._file.write(_format_line(path, line, each, raw))


def _locate_columns(file: RecordFile, faults: Sequence[Fault]) -> Sequence[Fault]:
    if file.resource is None or not file.is_table:
        return faults
    columns = map_authored_columns(file.resource)
    return [add_column(each, columns) for each in faults]


def _format_sentence(path: Path, line: int, fault: Fault) -> str:
    where = fault.get("column") or fault.get("pointer") or "the line"
    return f"{path}:{line}: {where}: {fault['detail']}"


def _format_line(path: Path, line: int, fault: Fault, raw: str) -> bytes:
    reported = {"path": str(path), "line": line, "column": fault.get("column"),
                "pointer": fault.get("pointer"), "reason": fault["detail"], "raw": raw}  # fmt: skip
    return orjson.dumps(reported, option=orjson.OPT_APPEND_NEWLINE)
