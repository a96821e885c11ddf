"""Change one thing in the ledger or the analysis at a time: does a test fail?

`make mutants` copies the project, and runs the tests on SQLite once to learn which of them run
which line. Then it changes a line of the copy as cosmic-ray does, runs the tests of that line,
and takes the change back. The lines are a sample by a seed, within a limit of time. It prints each
survivor: a change that no test noticed is either the same in effect, or a test that is missing.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome
from coverage import CoverageData

PROJECT = Path(__file__).parents[1]
MUTATED = ("api/ledger", "api/analysis")
_SLOW = ("browser", "bench", "clients", "packaging")
"""Folders of tests that start browsers, compilers or installers."""

_SAME_IN_EFFECT = ("RemoveDecorator", "BitOr")
"""Mostly caches, and types in annotations, which nothing runs."""

_MOST_TESTS, _PATIENCE = 80, 120
"""How many tests of a line are run, and for how many seconds at most."""

_PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def main() -> None:
    """Print the survivors of a sample of mutants."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=60, help="how many lines to change")
    parser.add_argument("--minutes", type=float, default=30, help="when to stop changing lines")
    parser.add_argument("--seed", type=int, default=1, help="which sample of lines")
    parser.add_argument("--only", default="", help="a part of the paths to change")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _copy_project(Path(folder))
        os.chdir(folder)
        os.environ["PYTHONPATH"] = folder
        lines = _find_tests_of_lines()
        sample = _choose_mutations(given.only, random.Random(given.seed))
        end = time.monotonic() + given.minutes * 60
        _run_mutations(sample, lines, given.count, end)


def _copy_project(folder: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)


def _find_tests_of_lines() -> dict[tuple[str, int], set[str]]:
    """Run the tests once, and return which of them run each line of the mutated packages."""
    ignored = [f"--ignore=tests/{each}" for each in _SLOW]
    covered = ["--cov", "--cov-context=test", "--cov-report=", "--cov-fail-under=0", "-n", "2"]
    chosen = ["-k", "not postgresql", *ignored]
    subprocess.run([*_PYTEST, *covered, *chosen], check=True)
    data = CoverageData()
    data.read()
    found: dict[tuple[str, int], set[str]] = {}
    for file in data.measured_files():
        name = str(Path(file).relative_to(Path.cwd()))
        if name.startswith(MUTATED):
            for line, contexts in data.contexts_by_lineno(file).items():
                found[name, line] = {each.partition("|")[0] for each in contexts if each}
    return found


def _choose_mutations(only: str, chance: random.Random) -> Iterator[MutationSpec]:
    """Yield mutations in an order by chance, one a line."""
    files = [each for part in MUTATED for each in sorted(Path(part).rglob("*.py"))]
    work = WorkDB(":memory:", WorkDB.Mode.create)
    init([each for each in files if only in str(each)], work, {})
    items = sorted(
        (each.mutations[0] for each in work.work_items),
        key=lambda each: (str(each.module_path), each.start_pos, each.operator_name),
    )
    chance.shuffle(items)
    seen: set[tuple[Path, int]] = set()
    for each in items:
        place = each.module_path, each.start_pos[0]
        if place not in seen and not any(name in each.operator_name for name in _SAME_IN_EFFECT):
            seen.add(place)
            yield each


def _run_mutations(
    sample: Iterable[MutationSpec], lines: dict[tuple[str, int], set[str]], count: int, end: float
) -> None:
    tried, survived = 0, 0
    for mutation in sample:
        if tried == count or time.monotonic() > end:
            break
        tests = _choose_tests(mutation, lines)
        if not tests:
            continue
        tried += 1
        Path("tests.txt").write_text("\n".join(tests), encoding="utf-8")
        command = " ".join([*_PYTEST, "-x", "@tests.txt"])
        result = mutate_and_test([mutation], command, _PATIENCE)
        if result.test_outcome is TestOutcome.SURVIVED:
            survived += 1
            print(f"\n{mutation.definition_name}, unnoticed by {len(tests)} tests", result.diff,
                  sep="\n", flush=True)  # fmt: skip
    print(f"\n{tried} changes tried, {survived} unnoticed")


def _choose_tests(mutation: MutationSpec, lines: dict[tuple[str, int], set[str]]) -> list[str]:
    """Return tests that run the line, or any line of its file if it runs on import alone."""
    name = str(mutation.module_path)
    tests = lines.get((name, mutation.start_pos[0])) or {
        test for (file, _), each in lines.items() if file == name for test in each
    }
    own = f"tests/{name.split('/')[1]}"
    return sorted(tests, key=lambda test: (not test.startswith(own), test))[:_MOST_TESTS]


if __name__ == "__main__":
    main()
