"""The engine's answers to random conflicts as records agree with the laws (oracle.py).

`python -m tests.analysis.brute --records 12000` tries more of them.
"""

from __future__ import annotations

import random

import pytest

from tests.analysis.oracle_check import list_differences
from tests.analysis.quarrels import Quarrel
from tests.analysis.random_quarrels import Call, Plan, make_random_plan, minimise

SEED = 20230331


@pytest.mark.parametrize("block", range(3))
def test_records_agree_with_the_laws(block: int):
    chance = random.Random(SEED + block)
    for number in range(20):
        plan = make_random_plan(chance)
        assert list_differences(plan) == [], (block, number, str(plan))


def test_a_wrong_answer_is_noticed(monkeypatch: pytest.MonkeyPatch):
    true = Quarrel.deadlock

    def turn_verdict(quarrel: Quarrel, *goals: str, **choices: object) -> dict[str, object]:
        return {**true(quarrel, *goals, **choices), "verdict": "no_recorded_obstacle"}

    monkeypatch.setattr(Quarrel, "deadlock", turn_verdict)
    wanted = Call("position", ("ardo", "reject", "truce"), (("id", "p1"),))
    other = Call("position", ("belm", "warn", "talks"), (("id", "p2"),))
    calls = (Call("propositions", ("truce",)), Call("propositions", ("talks",)), wanted, other)
    less = minimise(Plan(calls, ("truce",)), list_differences)
    assert less.calls == (calls[0], wanted)
