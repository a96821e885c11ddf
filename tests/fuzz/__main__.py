"""Try the parsers at length, guided by coverage, and print what came of it: `make parsers`.

For each parser: 100,000 inputs by atheris; the branches of the parser that they reached; and how
the CPU time grows when hostile inputs are doubled up to their bound.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage

from tests.fuzz.parsers import PARSER, Parser
from tests.fuzz.timing import MOST_RATIO, measure_doubling
from tests.worlds import PROJECT

_LEAST_PAST, _LEAST_BRANCHES = 0.2, 0.95
_OTHERS = 1_000


@dataclass(frozen=True)
class Outcome:
    """What came of trying a parser: the counts of `guided`, and its output where it crashed."""

    inputs: int
    past: int
    asked: int
    crash: str
    branches: tuple[int, int]
    """Reached, and all."""
    missing: list[str]
    growth: list[tuple[str, float, float]]

    def list_faults(self, runs: int) -> Iterator[str]:
        """Yield what is not as it must be."""
        reached, all_of_them = self.branches
        if self.crash:
            yield f"crashed: {self.crash}"
        if self.inputs < runs:
            yield f"got {self.inputs:,} inputs only"
        if self.past < _LEAST_PAST * self.inputs:
            yield f"{self.past:,} inputs got past the first check"
        if reached < _LEAST_BRANCHES * all_of_them:
            yield f"branches not reached: {', '.join(self.missing)}"
        yield from (f"{kind}: {ratio:.2f}" for kind, ratio, _ in self.growth if ratio > MOST_RATIO)


def main() -> int:
    """Try the parsers that the arguments name, or all."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("names", nargs="*", metavar="PARSER", help=", ".join(PARSER))
    options.add_argument("--runs", type=int, default=100_000, help="inputs for each parser")
    asked = options.parse_args()
    print("| parser | inputs | past the first check | requests | branches | most for twice |")
    print("| --- | --- | --- | --- | --- | --- |")
    faults: list[str] = []
    for name in asked.names or PARSER:
        found = _try_parser(PARSER[name], asked.runs)
        kind, ratio, seconds = max(found.growth, key=lambda each: each[1])
        longest = max(each[2] for each in found.growth)
        print(
            f"| {name} | {found.inputs:,} | {found.past:,} | {found.asked:,} | "
            f"{found.branches[0]} of {found.branches[1]} | "
            f"{ratio:.2f} ({kind}, {seconds:.3f} s; longest {longest:.3f} s) |",
            flush=True,
        )
        faults += [f"{name}: {each}" for each in found.list_faults(asked.runs)]
    print(*faults, sep="\n")
    return bool(faults)


def _try_parser(parser: Parser, runs: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="sqn-parsers-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        command = [
            sys.executable, "-m", "tests.fuzz.guided", parser.name, name, f"-runs={runs}",
            "-max_len=400", "-len_control=0", "-seed=17", "-timeout=120", "-verbosity=0",
            f"-artifact_prefix={name}/", "-rss_limit_mb=4096",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        crash = done.stderr[-3_000:] if done.returncode else ""
        counts = folder / "counts"
        counted = json.loads(counts.read_text()) if counts.exists() else {}
        reached, all_of_them, missing = _measure_branches(parser, folder)
    return Outcome(
        inputs=counted.get("inputs", 0),
        past=counted.get("past", 0),
        asked=counted.get("asked", 0),
        crash=crash,
        branches=(reached, all_of_them),
        missing=missing,
        growth=[*measure_doubling(parser)],
    )


def _measure_branches(parser: Parser, folder: Path) -> tuple[int, int, list[str]]:
    """Parse what libFuzzer kept again; return how many branches that reaches, of how many.

    It keeps what leads to new code, so no branch that only skips some: others are parsed, too.
    """
    files = [str(module.__file__) for module in parser.functions]
    measured = coverage.Coverage(branch=True, include=files, data_file=None, config_file=False)
    parser.forget()
    with measured.collect():
        kept = [each.read_bytes() for each in sorted((folder / "corpus").iterdir())]
        others = random.Random(17)
        for each in [*kept, *(others.randbytes(60) for _ in range(_OTHERS))]:
            parser.parse(parser.make_input(each))
    report = folder / "report.json"
    measured.json_report(outfile=str(report))
    told = {
        str((PROJECT / n).resolve()): e for n, e in json.loads(report.read_text())["files"].items()
    }
    reached = all_of_them = 0
    missing: list[str] = []
    for module, names in parser.functions.items():
        functions = told[str(Path(str(module.__file__)).resolve())]["functions"]
        for each in names:
            summary = functions[each]["summary"]
            reached += summary["covered_branches"]
            all_of_them += summary["num_branches"]
            missing += [f"{each} {a}→{b}" for a, b in functions[each]["missing_branches"]]
    return reached, all_of_them, missing


if __name__ == "__main__":
    sys.exit(main())
