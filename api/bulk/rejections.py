"""Which rows of an import are rejected, and why; and the report on them.

The ledger refuses a changeset as a whole. So that everything else can be written, this module finds
the entries that caused the refusal: those that break rules, those whose change would break other
records, those that were retracted before, and retractions of records that others still name.

Memory holds only the first sentences of the report, for the terminal. The report file gets
everything, as one JSON object a fault: path, line, column (of a table), pointer, reason, raw (the
row as it was read).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import orjson

from api import errors
from api.bulk.cells import add_column, map_columns
from api.bulk.files import RecordFile
from api.bulk.lines import Line, RefusedLine
from api.bulk.spool import SpoolEntry
from api.errors import Problem, RecordProblem, SineQuaNonError
from api.ledger.versions.lookup import Key, PendingLookup
from api.nouns import list_named
from api.web.contract.problems import Fault, locate_faults

_SHOWN = 1_000
"""How many sentences are kept for the terminal."""

Rejections = Mapping[Key, Sequence[Problem]]
"""What is wrong with each rejected record."""


def find_rejections(
    error: SineQuaNonError, entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Rejections:
    """Map the entries that caused an error to their problems; empty if none of them did."""
    gathered: defaultdict[Key, list[Problem]] = defaultdict(list)
    for key, problem in _find_problems(error, entries, lookup):
        gathered[key].append(problem)
    return gathered


def _find_problems(
    error: SineQuaNonError, entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    match error:
        case errors.RulesBroken(problems=problems):
            return _find_rule_breakers(problems, entries)
        case errors.WouldBreak(problems=problems):
            return _find_breaking_changes(problems, entries, lookup)
        case errors.StillReferred(referrers=referrers):
            return _find_blocked_retractions(referrers, entries, lookup)
        case errors.Gone() | errors.NotFound():
            return _find_missing_records(entries, lookup)
        case errors.RevisionMoved():
            return _find_moved_records(entries, lookup)
        case _:
            return iter(())


def _find_rule_breakers(
    problems: Iterable[RecordProblem], entries: Iterable[SpoolEntry]
) -> Iterator[tuple[Key, Problem]]:
    keys = {each.key for each in entries}
    for each in problems:
        if (each.noun, each.id) in keys:
            yield (each.noun, each.id), each.problem


def _find_breaking_changes(
    problems: Iterable[RecordProblem], entries: Iterable[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    """Follow the references of each record that would break to the entries that change it."""
    keys = {each.key for each in entries}
    for each in sorted(problems, key=lambda each: (each.noun, each.id)):  # also in a rehearsal
        seen, ahead = set[Key](), [(each.noun, each.id)]
        while ahead:
            key = ahead.pop()
            if key not in seen:
                seen.add(key)
                if key in keys:
                    yield key, Problem("", f"would break {each}")
                ahead += _list_references(key, lookup)


def _find_blocked_retractions(
    referrers: Iterable[tuple[str, str, str]], entries: Iterable[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    retracted = {each.key for each in entries if each.record is None}
    for noun, id, path in sorted(referrers):
        for key in retracted.intersection(_list_references((noun, id), lookup)):
            yield key, Problem("", f"cannot be retracted, because {noun}/{id} names it in {path}")


def _list_references(key: Key, lookup: PendingLookup) -> list[Key]:
    return list_named(key[0], lookup.get(*key) or {})


def _find_missing_records(
    entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    stored = lookup.read_newest(each.key for each in entries)
    for each in entries:
        revision = stored.get(each.key)
        if revision is not None and revision.tombstone and each.record is not None:
            detail = f"{each.noun}/{each.id} was retracted, and an import does not revive records"
            yield each.key, Problem("/id", detail)
        elif revision is None and each.record is None:
            yield each.key, Problem("", "cannot be retracted, because there is no such record")


def _find_moved_records(
    entries: Sequence[SpoolEntry], lookup: PendingLookup
) -> Iterator[tuple[Key, Problem]]:
    stored = lookup.read_newest(each.key for each in entries)
    for each in entries:
        number = stored[each.key].number if each.key in stored else 0
        if each.expected not in (None, number):
            yield each.key, Problem("", "was amended meanwhile; run the same import again")


class RejectionReport:
    """Collects rejected rows, and writes them to a file if there is one."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self._shown: list[str] = []
        self._faults = 0
        self.rows = 0

    @property
    def sentences(self) -> Sequence[str]:
        """A sentence for each fault, with its place; faults that are not shown are counted."""
        more = self._faults - len(self._shown)
        return [*self._shown, f"… and {more:,} more"] if more else self._shown

    def add_refused_line(self, file: RecordFile, line: RefusedLine) -> None:
        """Add a line that is not valid in itself."""
        self._add_faults(file.path, line.number, line.faults, line.raw)

    def add_duplicate(self, file: RecordFile, line: Line, first: SpoolEntry) -> None:
        """Add a line whose record was read before."""
        faults = [{"pointer": "/id", "detail": f"is already at {first.place}"}]
        self._add_faults(file.path, line.number, _locate_columns(file, faults), line.raw)

    def add_rejected_entry(self, entry: SpoolEntry, problems: Sequence[Problem]) -> None:
        """Add an entry that the registry does not accept."""
        faults = locate_faults(RecordProblem(entry.noun, entry.id, each) for each in problems)
        located = _locate_columns(entry.file, faults)
        self._add_faults(entry.file.path, entry.number, located, entry.raw)

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
    columns = map_columns(file.resource.draft_schema)
    return [add_column(each, columns) for each in faults]


def _format_sentence(path: Path, line: int, fault: Fault) -> str:
    where = fault.get("column") or fault.get("pointer") or "the line"
    return f"{path}:{line}: {where}: {fault['detail']}"


def _format_line(path: Path, line: int, fault: Fault, raw: str) -> bytes:
    reported = {"path": str(path), "line": line, "column": fault.get("column"),
                "pointer": fault.get("pointer"), "reason": fault["detail"], "raw": raw}  # fmt: skip
    return orjson.dumps(reported, option=orjson.OPT_APPEND_NEWLINE)
