"""`python -m tests.bench.deadlock`: how deadlocks grow, beside bare python-sat.

A synthetic conflict of 40 actors: they take positions on groups of propositions, some of them
contested, and make some propositions conditions of others. It is measured at five sizes and three
degrees of contention, in CPU time.

*whole* is from records to sentences. *search* is our search on the clauses alone: it returns the
best concessions first and stops at a limit; clusters are part of it. *order* is circles, their
ways out, and the plans of all these concessions. *certified* is how long the certificates take; a
`!` says that the time was over before. *rest* is what both cost, as a part of the search. *bare* is
python-sat on the same clauses in turn, for as many results as ours found: LBX enumerates
concessions, in no order, and OptUx collisions. The table says what each found. A ratio is given
only where both found the same number; elsewhere the work is not the same. Both run in turn, and the
medians are compared.
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

from api.analysis.deadlock.presentation import Presentation
from api.analysis.deadlock.summary import WorkedCase
from api.analysis.engine.certificates import certify_solution
from api.analysis.engine.clauses import Encoding
from api.analysis.engine.model import SolverInput
from api.analysis.engine.order import find_order
from api.analysis.engine.plan import plan_concessions
from api.analysis.engine.scene import Choices
from api.analysis.engine.solver import solve_input
from api.analysis.engine.translation import Case, translate_scene
from api.analysis.engine.verdict import reach_verdict
from tests.analysis.quarrels import Quarrel

ACTORS = 40
TIMES = ("before", "unknown", "simultaneous")


def make_conflict(records: int, contested: float, seed: int) -> Quarrel:
    """Return a conflict of so many records, two thirds of them positions."""
    chance = random.Random(seed)
    made = Quarrel()
    actors = [f"actor-{n}" for n in range(ACTORS)]
    for actor in actors:
        made.put("actors", actor, name=actor, kind="state")
    made.put("conflicts", "quarrel",
             parties=[{"actor": a, "status": "party"} for a in actors[: ACTORS // 2]])  # fmt: skip
    groups = [[f"p{n}-{i}" for i in range(6)] for n in range(max(4, records // 12))]
    for group in groups:
        made.propositions(*group)
    goal = {p: chance.random() < 0.7 for group in groups for p in group}
    for n in range(records * 2 // 3):
        proposition = chance.choice(chance.choice(groups))
        against = chance.random() < contested
        force = "demand" if goal[proposition] != against else "reject"
        made.position(chance.choice(actors), force, proposition, id=f"position-{n}",
                      on=f"2024-01-{1 + n % 28:02}")  # fmt: skip
    for n in range(records // 3):
        consequent, *antecedents = chance.sample(chance.choice(groups), chance.choice([2, 3]))
        signed = [a if goal[a] != (chance.random() < contested) else f"!{a}" for a in antecedents]
        made.condition(chance.choice(actors), consequent, " ".join(signed), id=f"condition-{n}",
                       modality=chance.choice(["necessary", "sufficient"]),
                       timing=TIMES[n % len(TIMES)])  # fmt: skip
    for n, group in enumerate(groups[: records // 40]):
        one, other = chance.sample(group, 2)
        made.axiom(f"rule-{n}", "implies", f"{one if goal[one] else '!' + one} "
                   f"{other if goal[other] else '!' + other}")  # fmt: skip
    return made


def count_with_pysat(
    problem: SolverInput, collisions: int, concessions: int, seconds: float
) -> tuple[int, int]:
    """Count how many of so many collisions and concessions python-sat finds in the time."""
    encoding = Encoding(problem)
    formula: Any = WCNF()
    formula.extend(list(encoding.write_clauses()))
    formula.extend([[each] for each in (*encoding.rules, *encoding.goals)])
    for selector in encoding.members:
        formula.append([selector], weight=1)
    end = time.monotonic() + seconds
    with LBX(formula, use_cld=True, solver_name="g4") as search:
        conceded = _count_up_to(_enumerate_corrections(search), concessions, end)
    with OptUx(formula, solver="g4", unsorted=True) as search:
        collided = _count_up_to(search.enumerate(), collisions, end)
    return collided, conceded


def _enumerate_corrections(search: Any) -> Iterator[list[int]]:
    for each in search.enumerate():
        search.block(each)
        yield each


def _count_up_to(found: Iterator[list[int]], most: int, end: float) -> int:
    """Count results until there are `most`, or the time is up."""
    count = 0
    while count < most and time.monotonic() < end and next(found, None) is not None:
        count += 1
    return count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    print("contested records members | whole ms  search ms  order ms  certified ms  rest  bare ms  "
          "search/bare | collisions concessions: ours   bare | ours cut")  # fmt: skip
    for contested in (0.01, 0.03, 0.15):
        for records in (100, 200, 400, 600, 800):
            measure_conflict(contested, records, asked.rounds, asked.seconds)


def measure_conflict(contested: float, records: int, rounds: int, seconds: float) -> None:
    """Time both searches on one conflict in turn, and print the row."""
    scene = make_conflict(records, contested, seed=7).scene()
    choices = Choices(limit=200)
    whole, search, order, certifying, plain = [], [], [], [], []
    certified = None
    ours = theirs = (0, 0)
    for _ in range(rounds):
        start = time.process_time()
        asked = translate_scene(scene, choices)
        before = time.process_time()
        found = solve_input(asked.problem, limit=choices.limit, seconds=seconds)
        after = time.process_time()
        ours = len(found.collisions), len(found.concessions)
        circles = find_order(asked.problem, seconds=seconds)
        plans = plan_concessions(asked.problem, found, circles, seconds=seconds)
        planned = time.process_time()
        moves = [sorted((each and each.stages) or ()) for each in plans]
        certified = certify_solution(asked.problem, found, moves, seconds=seconds / 4)
        shown = time.process_time()
        end = time.monotonic() + seconds
        verdict = reach_verdict(scene, choices, asked.problem, found, circles, plans, end=end)
        worked = WorkedCase(Case(), asked, found, circles, plans, verdict)
        told = Presentation(scene, choices, worked)
        told.present_deadlock({Case(): verdict.code}, are_all=True, end=end)
        whole.append(time.process_time() - start)
        certifying.append(shown - planned)
        search.append(after - before)
        order.append(planned - after)
        start = time.process_time()
        theirs = count_with_pysat(asked.problem, *ours, seconds)
        plain.append(time.process_time() - start)
    took, base = statistics.median(search), statistics.median(plain)
    beside = (statistics.median(order) + statistics.median(certifying)) / took
    ratio = f"{took / base:.2f}" if ours == theirs else "-"
    print(
        f"{contested:9} {records:7} {len(asked.problem.members):7} | "
        f"{1000 * statistics.median(whole):8.1f} {1000 * took:10.1f} "
        f"{1000 * statistics.median(order):9.1f} {1000 * statistics.median(certifying):12.1f}"
        f"{' ' if certified else '!'} {beside:5.2f} {1000 * base:8.1f} "
        f"{ratio:>12} | {ours!s:>28} {theirs!s:>10} | {'+'.join(found.cut) or '-'}",
        flush=True,
    )


if __name__ == "__main__":
    main()
