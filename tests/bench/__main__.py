"""`python -m tests.bench`: measure, print, and write `docs/bench.md` and `docs/bench.svg`.

Parts, each of which can be run alone with `--only`: *pages*, *growth*, *answers*, *posting*,
*importing*, *flatness*, *deadlock*. A part that is run replaces its section in the report and
leaves the others.
`--quick` tries all of them with next to no data, on the terminal only.
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

from tests.bench import answers, flatness, importing, machine, pages, posting
from tests.bench.cores import SERVERS, on
from tests.bench.databases import World, prepare
from tests.bench.load import require_wrk
from tests.bench.report import Section, figure, table, update
from tests.bench.votes import REAL, Assembly, assembly, made
from tests.postgres import postgres_server
from tests.worlds import PROJECT

PARTS = ("pages", "growth", "answers", "posting", "importing", "flatness", "deadlock")
_ASKED = {"pages", "growth", "answers", "posting"}
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
    asked = _parser().parse_args()
    if asked.quick:
        asked = _parser().parse_args([*_QUICK, *sys.argv[1:]])
    unknown = {*asked.only} - {*PARTS}
    if unknown:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if _ASKED & {*asked.only}:
        require_wrk()
    with tempfile.TemporaryDirectory(prefix="sqn-bench-") as folder, ExitStack() as after:
        Bench(asked, asked.folder or Path(folder), after).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", type=_words, default=PARTS, help="parts, separated by commas")
    parser.add_argument("--quick", action="store_true", help="see whether it works")
    parser.add_argument("--sizes", type=_numbers, default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--postgresql", action="store_true", help="PostgreSQL, too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each try")
    parser.add_argument("--flat-sizes", type=_numbers, default=[10**n for n in range(3, 8)])
    parser.add_argument("--import-size", type=int, help="votes; all without it")
    parser.add_argument("--folder", type=Path, help="keep databases here, and use them again")
    parser.add_argument("--to", type=Path, help="where the report goes; docs/ unless --quick")
    return parser


def _words(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[int]:
    return [int(each.replace("_", "")) for each in text.split(",")]


@dataclass
class Bench:
    """A run: what was asked for, and where its databases are."""

    asked: Any
    folder: Path
    after: ExitStack

    def run(self) -> None:
        """Run each part; what a part found is printed and written before the next one starts."""
        for each in filter(None, (self.folder, self._to)):
            each.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            if part in self.asked.only:
                print(f"... {part}", flush=True)
                for section in getattr(self, part)():
                    print(section, flush=True)
                    self._write([section])

    def pages(self) -> Iterator[Section]:
        """Measure the page of 50, size by size."""
        rows: list[list[Any]] = []
        found: dict[tuple[str, int], dict[str, float]] = {}
        for world in self._worlds:
            rates, some = pages.measure(world, self.folder, **self._effort)
            found[world.engine, world.size] = rates
            rows += some
            print(table(pages.HEADER, some), flush=True)
        yield pages.section(rows)
        yield pages.goals(found)
        self._draw(found["sqlite", max(self.asked.sizes)])

    def growth(self) -> Iterator[Section]:
        """Measure the page of 50 at all sizes in turn."""
        worlds = [each for each in self._worlds if each.engine == "sqlite"]
        yield pages.growth(worlds, self.folder, **self._effort)

    def answers(self) -> Iterator[Section]:
        """Measure large questions, size by size."""
        yield answers.section([
            row for world in self._worlds
            for row in answers.measure(world, self.folder, rounds=self.asked.rounds,
                                       seconds=self.asked.seconds / 4)
        ])  # fmt: skip

    def posting(self) -> Iterator[Section]:
        """Measure writes, at the smallest and the largest size."""
        worlds = [each for each in self._worlds if each.engine == "sqlite"]
        chosen = [worlds[0], *worlds[1:][-1:]]
        yield posting.section([
            row for world in chosen for row in posting.measure(world, self.folder, **self._effort)
        ])  # fmt: skip

    def importing(self) -> Iterator[Section]:
        """Measure the import of all votes."""
        rounds = min(3, self.asked.rounds)
        yield importing.run(self.folder, self._known, self.asked.import_size, rounds,
                            postgresql=self.asked.postgresql)  # fmt: skip

    def flatness(self) -> Iterator[Section]:
        """Measure growth at the level of the ledger."""
        yield from flatness.run(
            self.folder, self.asked.flat_sizes, [0.0, 0.5], flatness.SORTS,
            rounds=self.asked.rounds, seconds=0.02 if self.asked.quick else 0.3,
        )  # fmt: skip

    def deadlock(self) -> Iterator[Section]:
        """Run the bench of deadlocks, which prints its own table."""
        effort = ["--rounds=1", "--seconds=0.05"] if self.asked.quick else []
        subprocess.run([sys.executable, "-m", "tests.bench.deadlock", *effort], check=True)
        return iter(())

    @cached_property
    def _known(self) -> Assembly:
        return made(calls=1000, states=20) if self.asked.quick else assembly()

    @cached_property
    def _worlds(self) -> Sequence[World]:
        worlds = [prepare(self.folder, self._known, size) for size in self.asked.sizes]
        if self.asked.postgresql:
            with on(SERVERS):
                url = self.after.enter_context(postgres_server(durable=True))
            worlds += [prepare(self.folder, self._known, n, url) for n in self.asked.sizes]
        return worlds

    @property
    def _effort(self) -> dict[str, Any]:
        return {"rounds": self.asked.rounds, "seconds": self.asked.seconds}

    @property
    def _to(self) -> Path | None:
        return self.asked.to or (None if self.asked.quick else PROJECT / "docs")

    def _draw(self, rates: dict[str, float]) -> None:
        if self._to is not None:
            title = f"A page of 50 out of {max(self.asked.sizes):,}; bare Flask = 1"
            bars = [(name, rates[name] / rates[pages.BARE]) for name in _DRAWN]
            figure(self._to / "bench.svg", title, sorted(bars, key=lambda bar: -bar[1]))

    def _write(self, sections: Sequence[Section]) -> None:
        if self._to is not None:
            real = REAL.is_dir() and not self.asked.quick
            votes = "recorded UN General Assembly votes" if real else "made votes"
            head = f"{HEAD}\n{machine.described()} Data: {votes}.\n\n![](bench.svg)\n"
            update(self._to / "bench.md", head, sections)


if __name__ == "__main__":
    main()
