"""`python -m tests.bench.deadlock`: how deadlocks grow, beside bare python-sat.

A synthetic conflict of 40 actors, who take positions on the propositions of its many corners, some
of them contested, and make some of them conditions of others. It is asked at five sizes and three
degrees of contention.

*whole* is from records to sentences; *search* is ours over the clauses alone, which gives the best
concessions first and stops at a limit. *bare* is what python-sat brings, asked on the same clauses
in the same run for as many of each as ours found: LBX enumerates concessions, in no order, OptUx
collisions. The table tells what each found; a ratio is given only where both are the same number,
for elsewhere the work is not the same. Both are repeated in turn, and the medians are compared.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from pysat.examples.lbx import LBX
from pysat.examples.optux import OptUx
from pysat.formula import WCNF

from api.analysis.choices import Choices
from api.analysis.clauses import Encoding
from api.analysis.model import Problem
from api.analysis.precedence import order
from api.analysis.solver import solve
from api.analysis.telling import tell
from api.analysis.translation import translate
from api.analysis.verdict import judge
from tests.analysis.quarrels import Quarrel

ACTORS = 40


def conflict(records: int, contested: float, seed: int) -> Quarrel:
    """Make a conflict of so many records, two thirds of them positions."""
    chance = random.Random(seed)
    made = Quarrel()
    actors = [f"actor-{n}" for n in range(ACTORS)]
    for actor in actors:
        made.put("actors", actor, name=actor, kind="state")
    made.put("conflicts", "quarrel",
             parties=[{"actor": a, "status": "party"} for a in actors[: ACTORS // 2]])  # fmt: skip
    corners = [[f"p{n}-{i}" for i in range(6)] for n in range(max(4, records // 12))]
    for corner in corners:
        made.propositions(*corner)
    goal = {p: chance.random() < 0.7 for corner in corners for p in corner}
    for n in range(records * 2 // 3):
        proposition = chance.choice(chance.choice(corners))
        against = chance.random() < contested
        force = "demand" if goal[proposition] != against else "reject"
        made.position(chance.choice(actors), force, proposition, id=f"position-{n}",
                      on=f"2024-01-{1 + n % 28:02}")  # fmt: skip
    for n in range(records // 3):
        consequent, *antecedents = chance.sample(chance.choice(corners), chance.choice([2, 3]))
        signed = [a if goal[a] != (chance.random() < contested) else f"!{a}" for a in antecedents]
        made.condition(chance.choice(actors), consequent, " ".join(signed), id=f"condition-{n}",
                       modality=chance.choice(["necessary", "sufficient"]))  # fmt: skip
    for n, corner in enumerate(corners[: records // 40]):
        one, other = chance.sample(corner, 2)
        made.axiom(f"rule-{n}", "implies", f"{one if goal[one] else '!' + one} "
                   f"{other if goal[other] else '!' + other}")  # fmt: skip
    return made


def bare(problem: Problem, collisions: int, concessions: int, seconds: float) -> tuple[int, int]:
    """Count what python-sat's own tools find of so many collisions and concessions in some time."""
    encoding = Encoding(problem)
    formula: Any = WCNF()
    formula.extend(list(encoding.clauses()))
    formula.extend([[each] for each in (*encoding.rules, *encoding.goals)])
    for selector in encoding.members:
        formula.append([selector], weight=1)
    end = time.monotonic() + seconds
    with LBX(formula, use_cld=True, solver_name="g4") as search:
        conceded = _count(_corrections(search), concessions, end)
    with OptUx(formula, solver="g4", unsorted=True) as search:
        collided = _count(search.enumerate(), collisions, end)
    return collided, conceded


def _corrections(search: Any) -> Iterator[list[int]]:
    for each in search.enumerate():
        search.block(each)
        yield each


def _count(found: Iterator[list[int]], most: int, end: float) -> int:
    """Draw as many as are asked for, within the time."""
    count = 0
    while count < most and time.monotonic() < end and next(found, None) is not None:
        count += 1
    return count


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    print("contested records members | whole ms  search ms  bare ms  search/bare | "
          "collisions concessions: ours   bare | ours cut")  # fmt: skip
    for contested in (0.01, 0.03, 0.15):
        for records in (100, 200, 400, 600, 800):
            measure(contested, records, asked.rounds, asked.seconds)


def measure(contested: float, records: int, rounds: int, seconds: float) -> None:
    """Time one conflict in turn and print its row."""
    scene = conflict(records, contested, seed=7).scene()
    choices = Choices(limit=200)
    whole, search, plain = [], [], []
    ours = theirs = (0, 0)
    for _ in range(rounds):
        start = time.perf_counter()
        asked = translate(scene, choices)
        before = time.perf_counter()
        found = solve(asked.problem, limit=choices.limit, seconds=seconds)
        after = time.perf_counter()
        ours = len(found.collisions), len(found.concessions)
        circles = order(asked.problem, {}, seconds=seconds)
        verdict = judge(scene, choices, asked.problem, found, circles)
        tell(scene, choices, asked, found, circles, verdict)
        whole.append(time.perf_counter() - start)
        search.append(after - before)
        start = time.perf_counter()
        theirs = bare(asked.problem, *ours, seconds)
        plain.append(time.perf_counter() - start)
    took, base = statistics.median(search), statistics.median(plain)
    ratio = f"{took / base:.2f}" if ours == theirs else "-"
    print(
        f"{contested:9} {records:7} {len(asked.problem.members):7} | "
        f"{1000 * statistics.median(whole):8.1f} {1000 * took:10.1f} {1000 * base:8.1f} "
        f"{ratio:>12} | {ours!s:>28} {theirs!s:>10} | {'+'.join(found.cut) or '-'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
