"""The engine's answers to random conflicts as records agree with the laws (oracle.py).

`python -m tests.analysis.brute --records 12000` tries more of them.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.analysis.oracle_check import list_differences
from tests.analysis.quarrels import Quarrel
from tests.analysis.random_plans import Call, Plan, minimise
from tests.analysis.random_quarrels import make_random_plan

SEED = 20230331


@pytest.mark.parametrize("block", range(3))
def test_records_agree_with_the_laws(block: int):
    chance = random.Random(SEED + block)
    for number in range(20):
        plan = make_random_plan(chance)
        assert list_differences(plan) == [], (block, number, str(plan))


def test_a_wrong_answer_is_noticed_and_told_briefly():
    def answer_wrongly(quarrel: Quarrel, *goals: str, **choices: Any) -> dict[str, Any]:
        return {**quarrel.deadlock(*goals, **choices), "verdict": "no_recorded_obstacle"}

    calls = (
        Call("propositions", ("truce",)),
        Call("propositions", ("talks",)),
        Call("position", ("ardo", "reject", "truce"), (("id", "p1"),)),
        Call("position", ("belm", "warn", "talks"), (("id", "p2"),)),
    )
    plan = Plan(calls, ("truce",))
    less = minimise(plan, lambda each: list_differences(each, answer_wrongly))
    assert less.calls == (calls[0], calls[2])
    assert list_differences(less) == []
