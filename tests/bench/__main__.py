"""`python -m tests.bench`: measure, print, and write `docs/bench.md` and `docs/bench.svg`.

The parts are *pages*, *growth*, *answers*, *posting*, *importing*, *flatness* and *deadlock*;
`--only` chooses some of them. A part replaces its own sections of the report and leaves the others.
`--quick` tries every part with next to no data and prints the tables only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.bench import answers, flatness, importing, pages, posting
from tests.bench.cores import SERVERS, run_on_cores
from tests.bench.databases import DatabasePair, prepare_databases
from tests.bench.load import require_wrk
from tests.bench.machine import describe_machine
from tests.bench.report import Section, draw_figure, format_table, update_report
from tests.bench.votes import REAL, Assembly, load_assembly, make_assembly
from tests.postgres import postgres_server
from tests.worlds import PROJECT

PARTS = ("pages", "growth", "answers", "posting", "importing", "flatness", "deadlock")
_NEED_WRK = {"pages", "growth", "answers", "posting"}
_DRAWN = (pages.RAW, pages.CACHED, pages.CACHED_FIRST, pages.BARE, pages.FIRST, *pages.TUNED,
          pages.DATASETTE, pages.FASTAPI, pages.DRF)  # fmt: skip
_QUICK = ["--sizes=1000", "--rounds=1", "--seconds=1", "--flat-sizes=1000,10000",
          "--import-size=1000"]  # fmt: skip

HEAD = """\
# Bench

One run of `make bench`: compare ratios, absolute figures drift. wrk asks all servers in turn over
16 connections; figures are medians, databases compacted.
"""


def main() -> None:
    """Run the parts that are asked for."""
    asked = _build_parser().parse_args()
    if asked.quick:
        asked = _build_parser().parse_args([*_QUICK, *sys.argv[1:]])
    unknown = {*asked.only} - {*PARTS}
    if unknown:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if _NEED_WRK & {*asked.only}:
        require_wrk()
    with tempfile.TemporaryDirectory(prefix="sqn-bench-") as folder, ExitStack() as after:
        BenchRun(asked, asked.folder or Path(folder), after).run_parts()


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=_split_words, default=PARTS, help="parts, by commas")
    parser.add_argument("--quick", action="store_true", help="see whether it works")
    parser.add_argument("--sizes", type=_parse_sizes, default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--postgresql", action="store_true", help="PostgreSQL, too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each try")
    parser.add_argument("--flat-sizes", type=_parse_sizes, default=[10**n for n in range(3, 8)])
    parser.add_argument("--import-size", type=int, help="votes; all without it")
    parser.add_argument("--folder", type=Path, help="keep databases here, and use them again")
    parser.add_argument("--to", type=Path, help="where the report goes; docs/ unless --quick")
    return parser


def _split_words(text: str) -> list[str]:
    return text.split(",")


def _parse_sizes(text: str) -> list[int]:
    return [int(each.replace("_", "")) for each in text.split(",")]


@dataclass
class BenchRun:
    """One run of the bench, with its options and the folder of its databases."""

    asked: Any
    folder: Path
    after: ExitStack

    def run_parts(self) -> None:
        """Run each part, and print and write its tables before the next part starts."""
        for each in filter(None, (self.folder, self._report_folder)):
            each.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            if part in self.asked.only:
                print(f"... {part}", flush=True)
                for section in getattr(self, f"measure_{part}")():
                    print(section, flush=True)
                    self._write_report([section])

    def measure_pages(self) -> Iterator[Section]:
        """Measure the page of 50, size by size."""
        rows: list[list[Any]] = []
        found: dict[tuple[str, int], dict[str, float]] = {}
        for pair in self._database_pairs:
            rates, some = pages.measure_pages(pair, self.folder, **self._repetition)
            found[pair.engine, pair.size] = rates
            rows += some
            print(format_table(pages.HEADER, some), flush=True)
        yield pages.build_section(rows)
        yield pages.build_goals(found)
        self._draw_figure(found["sqlite", max(self.asked.sizes)])

    def measure_growth(self) -> Iterator[Section]:
        """Measure the page of 50 at all sizes in turn."""
        pairs = [each for each in self._database_pairs if each.engine == "sqlite"]
        yield pages.measure_growth(pairs, self.folder, **self._repetition)

    def measure_answers(self) -> Iterator[Section]:
        """Measure large questions, size by size."""
        yield answers.build_section([
            row for pair in self._database_pairs
            for row in answers.measure_questions(pair, self.folder, rounds=self.asked.rounds,
                                                 seconds=self.asked.seconds / 4)
        ])  # fmt: skip

    def measure_posting(self) -> Iterator[Section]:
        """Measure writes, at the smallest and the largest size."""
        pairs = [each for each in self._database_pairs if each.engine == "sqlite"]
        chosen = [pairs[0], *pairs[1:][-1:]]
        yield posting.build_section([
            row for pair in chosen
            for row in posting.measure_posting(pair, self.folder, **self._repetition)
        ])  # fmt: skip

    def measure_importing(self) -> Iterator[Section]:
        """Measure the import of all votes."""
        rounds = min(3, self.asked.rounds)
        yield importing.measure_import(self.folder, self._assembly, self.asked.import_size, rounds,
                                       postgresql=self.asked.postgresql)  # fmt: skip

    def measure_flatness(self) -> Iterator[Section]:
        """Measure pages inside the ledger, without HTTP, as it grows."""
        yield from flatness.measure_flatness(
            self.folder, self.asked.flat_sizes, [0.0, 0.5], flatness.SORTS,
            rounds=self.asked.rounds, seconds=0.02 if self.asked.quick else 0.3,
        )  # fmt: skip

    def measure_deadlock(self) -> Iterator[Section]:
        """Run the bench of deadlocks, which prints its own table."""
        effort = ["--rounds=1", "--seconds=0.05"] if self.asked.quick else []
        subprocess.run([sys.executable, "-m", "tests.bench.deadlock", *effort], check=True)
        return iter(())

    @cached_property
    def _assembly(self) -> Assembly:
        return make_assembly(calls=1000, states=20) if self.asked.quick else load_assembly()

    @cached_property
    def _database_pairs(self) -> Sequence[DatabasePair]:
        pairs = [prepare_databases(self.folder, self._assembly, size) for size in self.asked.sizes]
        if self.asked.postgresql:
            with run_on_cores(SERVERS):
                url = self.after.enter_context(postgres_server(durable=True))
            pairs += [
                prepare_databases(self.folder, self._assembly, n, url) for n in self.asked.sizes
            ]
        return pairs

    @property
    def _repetition(self) -> dict[str, Any]:
        return {"rounds": self.asked.rounds, "seconds": self.asked.seconds}

    @property
    def _report_folder(self) -> Path | None:
        return self.asked.to or (None if self.asked.quick else PROJECT / "docs")

    def _draw_figure(self, rates: dict[str, float]) -> None:
        if self._report_folder is not None:
            title = f"A page of 50 out of {max(self.asked.sizes):,}; bare Flask = 1"
            bars = [(name, rates[name] / rates[pages.BARE]) for name in _DRAWN]
            bars.sort(key=lambda bar: -bar[1])
            draw_figure(self._report_folder / "bench.svg", title, bars)

    def _write_report(self, sections: Sequence[Section]) -> None:
        if self._report_folder is not None:
            real = REAL.is_dir() and not self.asked.quick
            votes = "recorded UN General Assembly votes" if real else "made votes"
            head = f"{HEAD}\n{describe_machine()} Data: {votes}.\n\n![](bench.svg)\n"
            update_report(self._report_folder / "bench.md", head, sections)


if __name__ == "__main__":
    main()
