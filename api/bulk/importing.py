"""The importer: read files of records one line at a time, and write them in lots.

Each line is checked by the same schemas and rules as a POST. An existing record is amended; a line
that changes nothing writes nothing, so importing a file twice is harmless. A retracted record is
rejected, not revived. An import takes three steps:

1. Read every valid line into the spool, every other one into the report (`files`, `lines`).
2. Rehearse, if there are several lots and a fault is to stop the import: lay all lots over a
   snapshot (`Overlay`). So a fault in the last lot is known before the first is committed, and
   other writers wait for no more than one lot. (What they write meanwhile can still cause a fault.)
3. Write the lots, each as one changeset, whole or not at all (`lots`).

If everything fits into one lot, there is one changeset and no rehearsal.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from api.bulk.files import RecordFile, find_files
from api.bulk.lines import Line, RefusedLine
from api.bulk.lots import LotWriter, RegistryTarget, RehearsalTarget, Target
from api.bulk.rejections import RejectionReport
from api.bulk.spool import Spool, SpoolEntry
from api.errors import Problem, RecordProblem, RulesBroken, SineQuaNonError, WouldBreak
from api.ledger import Ledger, Receipt
from api.ledger.rules import text_hash
from api.ledger.upkeep.rebuild import NOBODY, ProgressWatch
from api.ledger.versions.lookup import Key
from api.ledger.versions.texts import plain_text
from api.sources.rules import find_text_fault

_WARNINGS = 1_000
"""How many warnings are kept."""


class ImportRejected(SineQuaNonError):
    """Files hold faults, and nothing was written; the message has a sentence for each fault."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of an import.

    With `skip`, rejected rows go to the `report` and the rest is written; without it, any fault
    stops the import. `lot` is the number of records a changeset; None writes one changeset.
    """

    author: str
    message: str
    expected_head: int | None = None
    dry_run: bool = False
    skip: bool = False
    lot: int | None = None
    report: Path | None = None
    noun: str | None = None
    watch: ProgressWatch = NOBODY


@dataclass(slots=True)
class ImportResult:
    """The outcome of an import: what it read, wrote, created and rejected, and its warnings.

    `texts` counts the texts that were not attached before.
    """

    read: int = 0
    written: int = 0
    created: int = 0
    texts: int = 0
    heads: list[int] = field(default_factory=list[int])
    warnings: list[RecordProblem] = field(default_factory=list[RecordProblem])
    rejected: int = 0
    sentences: Sequence[str] = ()

    @classmethod
    def from_receipt(cls, read: int, receipt: Receipt, texts: int = 0) -> Self:
        """Return the outcome of an import of one changeset."""
        written, warnings = len(receipt.written), [*receipt.warnings]
        return cls(read, written, receipt.created, texts, [receipt.head], warnings)


def import_files(
    ledger: Ledger, paths: Iterable[Path], texts: Mapping[str, Path], options: ImportOptions
) -> ImportResult:
    """Import files of records and attach sources' texts.

    `texts` maps a source's id to a file of UTF-8 text. Raises ImportRejected with all faults unless
    they are to be skipped, and Invalid for a path that is no file of records. A folder may contain
    the report of an earlier import.
    """
    files = find_files(paths, output=options.report, noun=options.noun)
    contents = {("sources", id): plain_text(file.read_bytes()) for id, file in texts.items()}
    opened = nullcontext() if options.report is None else options.report.open("wb")
    with closing(Spool()) as spool, opened as report:
        return _ImportRun(ledger, files, contents, options, spool, report).run_import()


class _ImportRun:
    """One import while it runs."""

    def __init__(
        self, ledger: Ledger, files: Sequence[RecordFile], texts: Mapping[Key, str],
        options: ImportOptions, spool: Spool, report: BinaryIO | None,
    ) -> None:  # fmt: skip
        self._ledger, self._files, self._texts, self._options = ledger, files, texts, options
        self._spool, self._report = spool, RejectionReport(report)
        self._result, self._rows = ImportResult(), 0
        self._new_texts, self._stops_at_once = set[str](), not options.skip

    def run_import(self) -> ImportResult:
        self._read_files()
        self._raise_on_faults()
        self._check_texts()
        if self._options.dry_run or (self._has_several_lots and not self._options.skip):
            self._rehearse_lots()
        if not self._options.dry_run:
            self._write_lots()
        self._result.rejected, self._result.sentences = self._report.rows, self._report.sentences
        self._result.texts = len(self._new_texts)
        return self._result

    def _write_lots(self) -> None:
        given, numbered = self._options, self._has_several_lots
        target = RegistryTarget(
            self._ledger, given.author, given.message, given.expected_head, numbered=numbered
        )
        try:
            self._write_spool(target)
        except Exception as error:
            if heads := self._result.heads:
                error.add_note(f"Changesets {heads[0]} to {heads[-1]} are written; "
                               "the same import, run again, goes on from there.")  # fmt: skip
            raise

    @property
    def _has_several_lots(self) -> bool:
        return self._spool.is_larger_than(self._options.lot)

    def _raise_on_faults(self) -> None:
        if self._report.rows and not self._options.skip:
            raise ImportRejected(self._report.sentences)

    def _read_files(self) -> None:
        bytes_before = rows = 0
        self._options.watch.begin_part("reading", sum(file.size for file in self._files))
        for file in self._files:
            self._spool.start_file(file)
            for position, line in file.read_lines(self._ledger.find_record):
                rows += 1
                self._store_line(file, line)
                done = bytes_before + position
                self._options.watch.report_progress(done, rows=rows, rejected=self._report.rows)
            bytes_before += file.size

    def _store_line(self, file: RecordFile, line: Line | RefusedLine) -> None:
        if not isinstance(line, Line):
            self._report.add_refused_line(file, line)
            if line.key is not None:
                self._spool.add_rejected(line.key, line.number)
        elif first := self._spool.add_line(line):
            self._report.add_duplicate(file, line, first)

    def _check_texts(self) -> None:
        with self._ledger.open_reader() as reader:
            lookup = reader.open_lookup()
            for key, text in self._texts.items():
                entry = self._spool.find_entry(key)
                source = (entry and entry.record) or lookup.get(*key)
                fault = find_text_fault(source, text) if source else "there is no such source"
                if fault:
                    raise ImportRejected([f"--text {key[1]}: {fault}"])
                self._new_texts.update([text] if lookup.text(text_hash(text)) is None else [])

    def _rehearse_lots(self) -> None:
        # The faults of one lot come together. Of several lots, the first with faults would hide
        # those of the next, so only the end of the rehearsal stops the import.
        self._stops_at_once = not self._options.skip and not self._has_several_lots
        with self._ledger.open_overlay() as overlay:
            self._write_spool(RehearsalTarget(overlay), what="checking")
        self._raise_on_faults()
        if not self._options.dry_run:
            self._stops_at_once, self._result = True, ImportResult()
            self._spool.resume_all()

    def _write_spool(self, target: Target, *, what: str = "writing") -> None:
        self._rows, self._result.read = 0, self._spool.count
        self._options.watch.begin_part(what, self._spool.count)
        # A text is attached with its records; with several lots, after the last of them.
        target.texts = {} if self._has_several_lots else self._texts
        writer = LotWriter(self._spool, target, self._record_rejections, self._record_lot)
        try:
            writer.write_all(self._options.lot)
            if self._texts and (self._has_several_lots or not self._rows):
                target.texts = self._texts
                self._record_lot(0, target.append(()))
        except (RulesBroken, WouldBreak) as error:
            sentences = sorted(f"would break {each}" for each in error.problems)
            raise ImportRejected(sentences) from error

    def _record_rejections(self, rejected: Sequence[tuple[SpoolEntry, Sequence[Problem]]]) -> None:
        for entry, problems in rejected:
            self._report.add_rejected_entry(entry, problems)
        if self._stops_at_once:
            self._raise_on_faults()

    def _record_lot(self, count: int, receipt: Receipt) -> None:
        result = self._result
        result.written += len(receipt.written)
        result.created += receipt.created
        if receipt.written:
            result.heads.append(receipt.head)
        result.warnings += receipt.warnings[: _WARNINGS - len(result.warnings)]
        self._rows += count
        self._options.watch.report_progress(self._rows, rows=self._rows, rejected=self._report.rows)
