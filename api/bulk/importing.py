"""The importer: files of records, read one line at a time and written in lots.

Each line is checked by the same schemas and rules as a POST. A record that is there is amended, one
that says nothing new writes nothing, so importing a file twice is harmless; a retracted record is
refused rather than revived. In three steps:

1. read every line into the spool, or into the report if it does not fit (`files`, `lines`),
2. where a fault is to stop all and there is more than one lot, rehearse: write all lots in one
   transaction and take it back, so that a fault in the last lot is known before the first is kept
   (what others write between that and the writing, or between two lots, may still bring one about),
3. write the lots, each a changeset, each whole or not at all (`lots`).

What fits into one lot is one changeset, and needs no rehearsal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from api.bulk.files import RecordFile, find_files
from api.bulk.lines import Line, RefusedLine
from api.bulk.lots import Hearers, write_lots
from api.bulk.report import RejectionReport
from api.bulk.spool import Spool, SpoolEntry
from api.errors import Problem, RecordProblem, RulesBroken, SineQuaNonError, WouldBreak
from api.ledger import Change, Ledger, Receipt, Rehearsal
from api.ledger.lookup import Key
from api.ledger.texts import plain_text
from api.ledger.transactions import Transaction
from api.ledger.watching import NOBODY, Watch
from api.sources.rules import text_fault

LOT_SIZE = 5_000
"""How many records are written as one changeset, where nobody says."""
_WARNINGS = 1_000
"""How many warnings are kept."""


class ImportRejected(SineQuaNonError):
    """Files hold faults; nothing was written. `faults` has a sentence for each, with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is done.

    With `skip` what does not fit goes to the `report` and the rest is written, else a fault stops
    all. `lot` is how many records make a changeset; None writes all as one.
    """

    author: str
    message: str
    expected_head: int | None = None
    dry_run: bool = False
    skip: bool = False
    lot: int | None = None
    report: Path | None = None
    watch: Watch = NOBODY


@dataclass(slots=True)
class ImportResult:
    """What came of an import: the changesets that it wrote, and what to look at."""

    read: int = 0
    written: int = 0
    heads: list[int] = field(default_factory=list[int])
    warnings: list[RecordProblem] = field(default_factory=list[RecordProblem])
    rejected: int = 0
    sentences: Sequence[str] = ()


def import_files(
    ledger: Ledger, paths: Iterable[Path], texts: Mapping[str, Path], how: ImportOptions
) -> ImportResult:
    """Import files and attach sources' texts.

    `texts` maps a source's id to a file of UTF-8 text. Raises Rejected with the faults found unless
    they are to be skipped, and Invalid for what is no file of records. The report of an earlier
    import may lie in a folder of them.
    """
    files, read = find_files(paths, but=how.report), _read_texts(texts)
    with closing(Spool()) as spool, RejectionReport(how.report) as report:
        return _ImportRun(ledger, files, read, how, spool, report).run_import()


def _read_texts(texts: Mapping[str, Path]) -> dict[str, str]:
    return {id: plain_text(path.read_bytes()) for id, path in texts.items()}


class _TextTarget(Protocol):
    """A target that takes texts along; see `api.bulk.lots.Target`."""

    texts: Mapping[Key, str]

    def append(self, changes: Sequence[Change]) -> Receipt: ...

    def transaction(self) -> AbstractContextManager[Transaction]: ...


class _RegistryTarget:
    """Writes for good."""

    texts: Mapping[Key, str] = MappingProxyType({})

    def __init__(self, ledger: Ledger, how: ImportOptions, *, numbered: bool) -> None:
        self._ledger, self._how, self._numbered = ledger, how, numbered
        self._expected, self._parts = how.expected_head, 0

    def append(self, changes: Sequence[Change]) -> Receipt:
        message = self._how.message
        receipt = self._ledger.append(
            changes,
            author=self._how.author,
            message=f"{message}, part {self._parts + 1}" if self._numbered else message,
            texts=self.texts,
            expected_head=self._expected,
        )
        self._expected, self._parts = None, self._parts + 1
        return receipt

    def transaction(self) -> AbstractContextManager[Transaction]:
        return self._ledger.database.reading()


class _RehearsalTarget:
    """Writes what is taken back."""

    texts: Mapping[Key, str] = MappingProxyType({})

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    def append(self, changes: Sequence[Change]) -> Receipt:
        return self._rehearsal.append(changes, self.texts)

    def transaction(self) -> AbstractContextManager[Transaction]:
        return nullcontext(self._rehearsal.write)


class _ImportRun:
    """One import at work."""

    def __init__(
        self,
        ledger: Ledger,
        files: Sequence[RecordFile],
        texts: Mapping[str, str],
        how: ImportOptions,
        spool: Spool,
        report: RejectionReport,
    ) -> None:
        self._ledger, self._files, self._texts, self._how = ledger, files, texts, how
        self._spool, self._report = spool, report
        self._by_path = {file.path: file for file in files}
        self._done = ImportResult()
        self._rows = 0
        self._at_once = not how.skip

    def run_import(self) -> ImportResult:
        self._read_files()
        self._raise_on_faults()
        self._check_texts()
        if self._how.dry_run or (self._has_several_lots and not self._how.skip):
            self._rehearse_lots()
        if not self._how.dry_run:
            self._write_spool(
                _RegistryTarget(self._ledger, self._how, numbered=self._has_several_lots)
            )
        self._done.rejected, self._done.sentences = self._report.rows, self._report.sentences
        return self._done

    @property
    def _has_several_lots(self) -> bool:
        return self._spool.is_larger_than(self._how.lot)

    def _raise_on_faults(self) -> None:
        if self._report.rows and not self._how.skip:
            raise ImportRejected(self._report.sentences)

    def _read_files(self) -> None:
        before = rows = 0
        self._how.watch.begin("reading", sum(file.size for file in self._files))
        for file in self._files:
            self._spool.start_file(file.path)
            at = 0

            def told(position: int) -> None:
                nonlocal at
                at = position

            for line in file.read_lines(told):
                rows += 1
                self._store_line(file, line)
                self._how.watch.at(before + at, rows=rows, rejected=self._report.rows)
            before += file.size

    def _store_line(self, file: RecordFile, line: Line | RefusedLine) -> None:
        if not isinstance(line, Line):
            self._report.add_refused_line(file, line)
            if line.key is not None:
                self._spool.add_rejected(line.key, line.number)
        elif first := self._spool.add_line(line):
            self._report.add_duplicate(file, line.number, line.raw, first)

    def _check_texts(self) -> None:
        with self._ledger.reading() as reader:
            lookup = reader.lookup()
            for id, text in self._texts.items():
                source = self._spool.find_record(("sources", id)) or lookup.get("sources", id)
                if source is None:
                    raise ImportRejected([f"--text {id}: there is no such source"])
                if fault := text_fault(source, text):
                    raise ImportRejected([f"--text {id}: {fault}"])

    def _rehearse_lots(self) -> None:
        # Of one lot, all faults come together; of several, one lot's would hide those of the next.
        self._at_once = not self._how.skip and not self._has_several_lots
        with self._ledger.rehearsing() as rehearsal:
            self._write_spool(_RehearsalTarget(rehearsal), what="checking")
        self._raise_on_faults()
        if not self._how.dry_run:
            self._at_once = True
            self._done = ImportResult()
            self._spool.resume_all()

    def _write_spool(self, target: _TextTarget, *, what: str = "writing") -> None:
        self._rows, self._done.read = 0, self._spool.count
        self._how.watch.begin(what, self._spool.count)
        # A text goes with the records that it belongs to; of many lots, only the last can tell.
        target.texts = {} if self._has_several_lots else self._text_by_source
        hearers = Hearers(rejected=self._record_rejections, written=self._record_lot)
        try:
            write_lots(self._spool, target, self._how.lot, hearers)
            if self._texts and (self._has_several_lots or not self._rows):
                target.texts = self._text_by_source
                self._record_lot(0, target.append(()))
        except (RulesBroken, WouldBreak) as error:
            raise ImportRejected([f"would break {each}" for each in error.problems]) from error

    @property
    def _text_by_source(self) -> Mapping[Key, str]:
        return {("sources", id): text for id, text in self._texts.items()}

    def _record_rejections(self, rejected: Sequence[tuple[SpoolEntry, Sequence[Problem]]]) -> None:
        for entry, problems in rejected:
            self._report.add_rejected_entry(self._by_path[entry.path], entry, problems)
        if self._at_once:
            self._raise_on_faults()

    def _record_lot(self, count: int, receipt: Receipt) -> None:
        done = self._done
        done.written += len(receipt.written)
        if receipt.written:
            done.heads.append(receipt.head)
        done.warnings += receipt.warnings[: _WARNINGS - len(done.warnings)]
        self._rows += count
        self._how.watch.at(self._rows, rows=self._rows, rejected=self._report.rows)
