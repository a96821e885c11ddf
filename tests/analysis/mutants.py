"""`python -m tests.analysis.mutants`: break each law once; does the test that stands for it notice?

Each mutant changes one place of a copy of the project. `make mutants` changes lines by chance.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    """A law, a file of api/analysis, the text there, what it becomes, and the test that fails."""

    law: str
    file: str
    text: str
    instead: str
    test: str


MUTANTS = (
    Mutant("1 voice before date", "engine/stances.py", "return rank_voice(self.record), day_of",
           "return 0, day_of", "true_answers.py::test_a_later_word_in_a_lower_voice"),
    Mutant("2 disputed is not clear", "engine/selection.py", "len(sides) > 1", "len(sides) > 2",
           "true_answers.py::test_a_careless_record_of_the_same_day"),
    Mutant("2 verdicts of cases", "engine/verdict.py",
           'not (goals or soft):\n                return "blocked"',
           'not (goals or soft):\n                return "no_recorded_obstacle"',
           "true_answers.py::test_a_dispute_on_which_the_verdict_does_not_hang"),
    Mutant("3 the same voices", "engine/weighing.py",
           'hears(place):\n            return "outranked"',
           'hears(place):\n            return "held"',
           "voices.py::test_a_later_report_does_not_replace"),
    Mutant("4 a denial answers", "engine/stances.py", '"abstain", "deny"}', '"abstain"}',
           "true_answers.py::test_a_denial_answers_what_was_asked"),
    Mutant("5 excludes is pairwise", "engine/rules.py", "tuple(combinations(opposites, 2))",
           "(tuple(opposites),)", "true_answers.py::test_excludes_is_pairwise"),
    Mutant("5 exhaustive", "engine/model.py", 'bool(record["exhaustive"])', "False",
           "true_answers.py::test_a_necessary_condition_that_names_all"),
    Mutant("5 options", "engine/members.py", 'yield model.Claim("any_of", options',
           'model.Claim("any_of", options',
           "true_answers.py::test_whoever_accepts_a_package"),
    Mutant("5 readings", "engine/rules.py", '_write_clauses("equivalent", pair))', "())",
           "checking.py::test_answers_are_accepted"),
    Mutant("6 facts", "engine/asks.py", "return facts.union(", "return frozenset[str]().union(",
           "true_answers.py::test_a_fact_closes_what_was_asked"),
    Mutant("7 own conditions answer", "engine/asks.py", "bool(own) and not",
           "not own and", "true_answers.py::test_what_a_holder_wants_answers"),
    Mutant("7 answers of blocs", "engine/asks.py", "return found.union(", "return found or set(",
           "true_answers.py::test_a_bloc_answers_for_its_members"),
    Mutant("8 units", "engine/rules.py", " * unit.factor", "",
           "semantics.py::test_measures_in_other_units_are_converted"),
    Mutant("9 deadlines", "engine/days.py", "if deadline is None or day is None:", "if True:",
           "true_answers.py::test_a_deadline_that_has_passed"),
    Mutant("10 older conditions", "deadlock/basis.py", "if dated[each] < latest", "if not latest",
           "true_answers.py::test_an_older_condition_counts"),
    Mutant("10 conditions end in part", "engine/members.py",
           "tuple(sorted(each.consequent for each in stances))", "claim.consequents",
           "true_answers.py::test_a_later_word_ends_older_conditions"),
    Mutant("10 lines tell the end", "engine/weighing.py", "if opposite is None or", "if True or",
           "voices.py::test_a_later_word_that_there_is_no_condition"),
    Mutant("11 joint conditions", "engine/stances.py",
           "product(list_holders(record), record", 'product(record["holder"].split(), record',
           "true_answers.py::test_a_joint_condition"),
    Mutant("12 before is strict", "engine/staging.py", 'i - 1 if timing == "before"',
           'i if timing == "before"', "order.py::test_each_move_comes_as_soon"),
    Mutant("12 a fact waits for nothing", "engine/precedence.py", "if facts.isdisjoint(pair)}", "}",
           "order.py::test_what_is_a_fact_keeps_nobody_waiting"),
    Mutant("13 at once against first", "engine/precedence.py", "yield then, first", "pass",
           "order.py::test_the_same_first_for_one"),
    Mutant("13 milder ways out", "engine/order.py", "soft[some] = 1", "soft[kept] = 1",
           "order.py::test_a_circle_may_need_two_changes"),
    Mutant("13 untimed conditions count", "engine/order.py", "if each.is_necessary)",
           "if each.timing)", "true_answers.py::test_an_order_that_takes_giving_up"),
    Mutant("14 nobody moves early", "engine/part_plan.py", "member.timing, selector)",
           "None, selector)", "order.py::test_each_move_comes_as_soon"),
    Mutant("14 nobody waits for nothing", "engine/part_plan.py", "while any(stage > 1",
           "while False and any(stage > 1", "negotiations.py::test_the_answers_are_those"),
    Mutant("15 quarrels apart", "engine/solver.py", "unite(each.members for each in collisions if",
           "unite(each.members for each in () if", "true_answers.py::test_a_chain_of_collisions"),
    Mutant("16 the goal first", "engine/solver.py", "not leans_on_goals(self._problem, each),",
           "0,", "true_answers.py::test_independent_quarrels"),
    Mutant("17 what it rests on", "deadlock/basis.py", "    if excluded:", "    if not excluded:",
           "true_answers.py::test_no_obstacle_says_that_the_caller"),
    Mutant("18 age shows", "deadlock/members.py", "first and first != last", "not first",
           "true_answers.py::test_a_collision_tells_since_when"),
    Mutant("19 doubts travel", "deadlock/basis.py", "        *doubts,\n", "",
           "true_answers.py::test_a_doubt_travels"),
    Mutant("certificates", "checker.py", "demand(is_next,", "demand(True,", "checking.py::false"),
)  # fmt: skip


def main() -> None:
    """Print each mutant, and whether it survived."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder, "project")
        ignored = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "data")
        shutil.copytree(PROJECT, copied, ignore=ignored)
        survivors = [*filter(None, (_try_mutant(copied, each) for each in MUTANTS))]
    print(f"{len(MUTANTS)} mutants, {len(survivors)} survived", *survivors, sep="\n")
    sys.exit(bool(survivors))


def _try_mutant(copied: Path, mutant: Mutant) -> str | None:
    """Return the law that a mutant breaks, unless its test fails."""
    file, (where, _, name) = copied / "api/analysis" / mutant.file, mutant.test.partition("::")
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace(mutant.text, mutant.instead, 1), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "-k", name,
               f"tests/analysis/test_{where}"]  # fmt: skip
    found = {**os.environ, "PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1"}
    end = subprocess.run(
        command, cwd=copied, env=found, capture_output=True, check=False
    ).returncode
    file.write_text(before, encoding="utf-8")
    is_killed = mutant.text in before and end == pytest.ExitCode.TESTS_FAILED
    print(f"{'killed' if is_killed else 'SURVIVED'} {mutant.law}", flush=True)
    return None if is_killed else mutant.law


if __name__ == "__main__":
    main()
