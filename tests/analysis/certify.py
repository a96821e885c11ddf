"""`python -m tests.analysis.certify`: random conflicts, whose answers the checker accepts.

Each answer is falsified, too, and what is falsified is never accepted. The smaller run of CI is
tests/analysis/test_checking.py.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson

from api.analysis.checker import Checker
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices
from tests.analysis.falsify import falsify
from tests.analysis.judge import list_untruths
from tests.analysis.quarrels import Quarrel

ATOMS = ("a", "b", "c", "d", "e", "f")
FORCES = ("demand", "commit", "propose", "accept", "reject", "reject")
RELATIONS = ("excludes", "implies", "equivalent", "not_all", "at_least_one", "fact")


def make_conflict(chance: random.Random) -> Quarrel:
    """Make a conflict of a few records of all kinds over a few propositions."""
    made = Quarrel()
    made.propositions(*ATOMS, by=["ardo"])
    sizes = [("le", 3), ("ge", 5), ("eq", 4), ("le", 6)]
    for number, (op, value) in enumerate(sizes):
        made.propositions(f"m{number}", measure={"scale": "men", "op": op, "value": value})
    made.propositions("w", readings=["e", "f"])
    atoms = [*ATOMS, *ATOMS, "m0", "m1", "m2", "m3", "w"]

    def literals(least: int, most: int) -> list[str]:
        some = sorted({*chance.choices(atoms, k=chance.randint(least, most))})
        chance.shuffle(some)
        return [each if chance.random() < 0.6 else f"!{each}" for each in some]

    for number in range(chance.randint(0, 2)):
        made.proposal(
            f"plan-{number}", *(" ".join(literals(1, 2)) for _ in range(chance.randint(1, 3)))
        )
        if chance.random() < 0.5:
            for each in made.get("proposals", f"plan-{number}")["components"][1:]:
                each["option"] = chance.choice([None, "x"])
    for number in range(chance.randint(2, 9)):
        about: dict[str, Any] = {"id": f"r{number}", "on": f"2024-01-{chance.randint(1, 9):02}"}
        plans = [id for noun, id in made.records if noun == "proposals"]
        proposition: str | None = chance.choice(atoms)
        force = chance.choice(FORCES)
        if plans and chance.random() < 0.3:
            proposition, force = None, chance.choice(["accept", "reject"])
            about["responds_to"] = {"proposal": chance.choice(plans), "component": None}
        made.position(chance.choice(["ardo", "belm", "cors"]), force, proposition, **about)
    _add_conditions(made, literals, chance)
    for number in range(chance.randint(0, 3)):
        relation = chance.choice(RELATIONS)
        some = literals(1, 1) if relation == "fact" else literals(2, 3)
        if len(some) > 1 or relation == "fact":
            made.axiom(f"x{number}", relation, " ".join(some))
    return made


def _add_conditions(
    made: Quarrel, literals: Callable[[int, int], list[str]], chance: random.Random
) -> None:
    for number in range(chance.randint(0, 5)):
        modality = chance.choice(["necessary", "necessary", "sufficient", "offer"])
        timing = chance.choice([None, "before", "before", "simultaneous"])
        ways = [" ".join(literals(1, 2)) for _ in range(chance.randint(1, 2))]
        made.condition(chance.choice(["ardo", "belm"]), " ".join(literals(1, 2)), *ways,
                       id=f"s{number}", modality=modality, timing=timing)  # fmt: skip


def make_question(chance: random.Random) -> tuple[Quarrel, Choices]:
    """Make a conflict, and choices for a question about it."""
    goals = tuple(
        dict.fromkeys(chance.choices(["a", "b", "!c", "w", "m0"], k=chance.randint(0, 2)))
    )
    choices = Choices(goals=goals, soft_goals=chance.random() < 0.2,
                      limit=chance.choice([2, 200, 200, 200]))  # fmt: skip
    return make_conflict(chance), choices


def answer_conflict(made: Quarrel, choices: Choices) -> dict[str, Any]:
    """Return the answer to a question, as it is served."""
    worked = work_out_deadlock(made.scene(), choices, seconds=60)
    answer: dict[str, Any] = json.loads(orjson.dumps(worked.answer))
    return answer


def main() -> None:
    """Check as many answers as asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--instances", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=20230331)
    parser.add_argument("--judge", action="store_true", help="try everything of each, too")
    asked = parser.parse_args()
    wrong = 0
    counts: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for number in range(asked.instances):
        chance = random.Random(f"{asked.seed}-{number}")
        answer = answer_conflict(*make_question(chance))
        faults = Checker(answer).check()
        counts += {name: len(answer[name]) for name in ("collisions", "concessions", "cycles")}
        counts[answer["verdict"]] += 1
        if faults or (asked.judge and (faults := list_untruths(answer))):
            wrong += 1
            print(f"instance {number} of seed {asked.seed}: {faults[:5]}")
            continue
        if (false := falsify(answer, chance)) is None:
            continue
        name, made = false
        counts["falsified"] += 1
        if not Checker(made).check():
            untrue = list_untruths(made)
            accepted[f"{name}: {', '.join(untrue) or 'true'}"] += 1
            wrong += bool(untrue)
    print(f"{asked.instances} instances of seed {asked.seed}: {wrong} wrong; {dict(counts)}")
    print(f"falsified and accepted: {accepted.total()}; {dict(accepted)}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
