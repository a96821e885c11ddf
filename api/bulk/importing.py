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

from api.bulk.files import File, found
from api.bulk.lines import Line, Refused
from api.bulk.lots import Hearers, write_lots
from api.bulk.report import Report
from api.bulk.spool import Entry, Spool
from api.errors import Problem, RecordProblem, RulesBroken, SineQuaNonError, WouldBreak
from api.ledger import Change, Ledger, Receipt, Rehearsal
from api.ledger.lookup import Key
from api.ledger.texts import plain_text
from api.ledger.transactions import Transaction
from api.ledger.watching import NOBODY, Watch
from api.sources.rules import text_fault

LOT = 5_000
"""How many records are written as one changeset, where nobody says."""
_WARNINGS = 1_000
"""How many warnings are kept."""


class Rejected(SineQuaNonError):
    """Files hold faults; nothing was written. `faults` has a sentence for each, with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class How:
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
class Done:
    """What came of an import: the changesets that it wrote, and what to look at."""

    read: int = 0
    written: int = 0
    heads: list[int] = field(default_factory=list[int])
    warnings: list[RecordProblem] = field(default_factory=list[RecordProblem])
    rejected: int = 0
    sentences: Sequence[str] = ()


def import_files(
    ledger: Ledger, paths: Iterable[Path], texts: Mapping[str, Path], how: How
) -> Done:
    """Import files and attach sources' texts.

    `texts` maps a source's id to a file of UTF-8 text. Raises Rejected with the faults found unless
    they are to be skipped, and Invalid for what is no file of records. The report of an earlier
    import may lie in a folder of them.
    """
    files, read = found(paths, but=how.report), _read_texts(texts)
    with closing(Spool()) as spool, Report(how.report) as report:
        return _Import(ledger, files, read, how, spool, report).run()


def _read_texts(texts: Mapping[str, Path]) -> dict[str, str]:
    return {id: plain_text(path.read_bytes()) for id, path in texts.items()}


class _Writer(Protocol):
    """A target that takes texts along; see `api.bulk.lots.Target`."""

    texts: Mapping[Key, str]

    def append(self, changes: Sequence[Change]) -> Receipt: ...

    def transaction(self) -> AbstractContextManager[Transaction]: ...


class _Registry:
    """Writes for good."""

    texts: Mapping[Key, str] = MappingProxyType({})

    def __init__(self, ledger: Ledger, how: How, *, numbered: bool) -> None:
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


class _Rehearsed:
    """Writes what is taken back."""

    texts: Mapping[Key, str] = MappingProxyType({})

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    def append(self, changes: Sequence[Change]) -> Receipt:
        return self._rehearsal.append(changes, self.texts)

    def transaction(self) -> AbstractContextManager[Transaction]:
        return nullcontext(self._rehearsal.write)


class _Import:
    """One import at work."""

    def __init__(
        self,
        ledger: Ledger,
        files: Sequence[File],
        texts: Mapping[str, str],
        how: How,
        spool: Spool,
        report: Report,
    ) -> None:
        self._ledger, self._files, self._texts, self._how = ledger, files, texts, how
        self._spool, self._report = spool, report
        self._by_path = {file.path: file for file in files}
        self._done = Done()
        self._rows = 0
        self._at_once = not how.skip

    def run(self) -> Done:
        self._read()
        self._stop_at_faults()
        self._check_hashes()
        if self._how.dry_run or (self._is_large and not self._how.skip):
            self._rehearse()
        if not self._how.dry_run:
            self._write(_Registry(self._ledger, self._how, numbered=self._is_large))
        self._done.rejected, self._done.sentences = self._report.rows, self._report.sentences
        return self._done

    @property
    def _is_large(self) -> bool:
        return self._spool.is_larger_than(self._how.lot)

    def _stop_at_faults(self) -> None:
        if self._report.rows and not self._how.skip:
            raise Rejected(self._report.sentences)

    def _read(self) -> None:
        before = rows = 0
        self._how.watch.begin("reading", sum(file.size for file in self._files))
        for file in self._files:
            self._spool.open_file(file.path)
            at = 0

            def told(position: int) -> None:
                nonlocal at
                at = position

            for line in file.read(told):
                rows += 1
                self._take(file, line)
                self._how.watch.at(before + at, rows=rows, rejected=self._report.rows)
            before += file.size

    def _take(self, file: File, line: Line | Refused) -> None:
        if not isinstance(line, Line):
            self._report.refused(file, line)
            if line.key is not None:
                self._spool.add_rejected(line.key, line.number)
        elif first := self._spool.add(line):
            self._report.repeated(file, line.number, line.raw, first)

    def _check_hashes(self) -> None:
        with self._ledger.reading() as reader:
            lookup = reader.lookup()
            for id, text in self._texts.items():
                source = self._spool.record(("sources", id)) or lookup.get("sources", id)
                if source is None:
                    raise Rejected([f"--text {id}: there is no such source"])
                if fault := text_fault(source, text):
                    raise Rejected([f"--text {id}: {fault}"])

    def _rehearse(self) -> None:
        # Of one lot, all faults come together; of several, one lot's would hide those of the next.
        self._at_once = not self._how.skip and not self._is_large
        with self._ledger.rehearsing() as rehearsal:
            self._write(_Rehearsed(rehearsal), what="checking")
        self._stop_at_faults()
        if not self._how.dry_run:
            self._at_once = True
            self._done = Done()
            self._spool.again()

    def _write(self, target: _Writer, *, what: str = "writing") -> None:
        self._rows, self._done.read = 0, self._spool.count
        self._how.watch.begin(what, self._spool.count)
        # A text goes with the records that it belongs to; of many lots, only the last can tell.
        target.texts = {} if self._is_large else self._holders
        hearers = Hearers(rejected=self._rejected, written=self._written)
        try:
            write_lots(self._spool, target, self._how.lot, hearers)
            if self._texts and (self._is_large or not self._rows):
                target.texts = self._holders
                self._written(0, target.append(()))
        except (RulesBroken, WouldBreak) as error:
            raise Rejected([f"would break {each}" for each in error.problems]) from error

    @property
    def _holders(self) -> Mapping[Key, str]:
        return {("sources", id): text for id, text in self._texts.items()}

    def _rejected(self, rejected: Sequence[tuple[Entry, Sequence[Problem]]]) -> None:
        for entry, problems in rejected:
            self._report.rejected(self._by_path[entry.path], entry, problems)
        if self._at_once:
            self._stop_at_faults()

    def _written(self, count: int, receipt: Receipt) -> None:
        done = self._done
        done.written += len(receipt.written)
        if receipt.written:
            done.heads.append(receipt.head)
        done.warnings += receipt.warnings[: _WARNINGS - len(done.warnings)]
        self._rows += count
        self._how.watch.at(self._rows, rows=self._rows, rejected=self._report.rows)
