"""`python -m tests.analysis.brute`: random problems against trying everything, as many as you like.

The smaller run of CI is tests/analysis/test_laws.py.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter

from api.analysis.engine.solver import solve_input
from tests.analysis.brute_order import order_faults, random_order
from tests.analysis.problems import faults, random_problem


def main() -> None:
    """Try as many problems as asked, and say what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=20230331)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
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
