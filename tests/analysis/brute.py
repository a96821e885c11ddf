"""`python -m tests.analysis.brute`: random problems against trying everything, as many as you like.

The smaller run of CI is tests/analysis/test_laws.py. With `--records` it tries random conflicts
as records against the laws (tests/analysis/oracle.py), and prints those whose answers differ,
without the records that do not matter; its smaller run is tests/analysis/test_records_agree.py.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter

from api.analysis.engine.solver import solve_input
from tests.analysis.brute_order import order_faults, random_order
from tests.analysis.oracle_bites import count_bites
from tests.analysis.oracle_check import have_kind, list_differences
from tests.analysis.problems import faults, random_problem
from tests.analysis.random_plans import minimise
from tests.analysis.random_quarrels import make_random_plan


def try_records(chance: random.Random, count: int, shown: int = 10) -> int:
    """Hold random conflicts against the laws; print the differing ones and how often laws bit."""
    bites: Counter[str] = Counter()
    wrong = 0
    for number in range(count):
        plan = make_random_plan(chance)
        bites.update(count_bites(plan))
        if differences := list_differences(plan):
            wrong += 1
            if wrong <= shown:
                less = minimise(plan, lambda each: have_kind(each, differences))
                print(f"conflict {number}:", *list_differences(less), sep="\n  ")
                print(less, flush=True)
    for law, times in sorted(bites.items(), key=lambda each: (int(each[0].split()[0]), each[0])):
        print(f"{times:6} {law}")
    print(f"{count} conflicts as records: {wrong} differ")
    return wrong


def main() -> None:
    """Try as many problems as asked, and say what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=20230331)
    parser.add_argument("--records", type=int, help="how many conflicts as records, and no others")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    if asked.records:
        sys.exit(try_records(chance, asked.records) > 0)
    sizes: Counter[str] = Counter()
    wrong = 0
    for number in range(asked.instances):
        problem = random_problem(chance)
        found = solve_input(problem, limit=10_000, seconds=60)
        if said := faults(problem, found):
            wrong += 1
            print(f"instance {number} of seed {asked.seed}: {', '.join(said)}\n  {problem}")
        # Five propositions take a hundred times as long as three.
        size = 5 if number % 50 == 0 else chance.choice([3, 3, 4])
        ordered = random_order(chance, size)
        if said := order_faults(ordered):
            wrong += 1
            print(f"order {number} of seed {asked.seed}: {', '.join(said)}\n  {ordered}")
        sizes["collisions"] += len(found.collisions)
        sizes["concessions"] += len(found.concessions)
        sizes["blocked"] += bool(found.collisions)
    print(f"{asked.instances} instances of seed {asked.seed}: {wrong} wrong; {dict(sizes)}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
