"""The laws of collisions and concessions, on random problems, against trying everything."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from api.analysis.engine.clauses import Trial, list_wants
from api.analysis.engine.scene import Choices
from api.analysis.engine.solver import solve_input
from api.analysis.engine.translation import translate_scene
from tests.analysis.mutants import MUTANTS
from tests.analysis.problems import Meaning, by_force, cost, faults, random_problem
from tests.bench.deadlock import count_with_pysat, make_conflict
from tests.worlds import PROJECT

SEED = 20230331


@pytest.mark.parametrize("block", range(10))
def test_the_solver_agrees_with_trying_everything(block: int):
    chance = random.Random(SEED + block)
    for number in range(40):
        problem = random_problem(chance)
        found = solve_input(problem, limit=10_000, seconds=30)
        assert faults(problem, found) == [], (block, number, problem)


def test_collisions_and_concessions_are_each_others_minimal_hitting_sets():
    chance = random.Random(SEED)
    for _ in range(60):
        problem = random_problem(chance)
        found = solve_input(problem, limit=10_000, seconds=30)
        collisions = {frozenset(each.members) for each in found.collisions}
        concessions = {frozenset(each.members) for each in found.concessions}
        if frozenset() not in collisions:
            assert hitting(collisions) == (concessions or {frozenset()})
            assert hitting(concessions) == (collisions or {frozenset()})


def hitting(sets: set[frozenset[int]]) -> set[frozenset[int]]:
    """Find the minimal hitting sets by trying all."""
    everyone = sorted(set().union(*sets)) if sets else []
    found: set[frozenset[int]] = set()
    for size in range(len(everyone) + 1):
        for chosen in map(frozenset, combinations(everyone, size)):
            if all(chosen & each for each in sets) and not any(f <= chosen for f in found):
                found.add(chosen)
    return found


def test_a_set_that_is_tried_is_found_to_be_what_trying_everything_says():
    chance = random.Random(SEED)
    end = float("inf")
    for _ in range(40):
        problem = random_problem(chance)
        whose = {(each.holder, each.claim) for each in problem.members}
        collisions, concessions = by_force(Meaning(problem))
        if len(whose) < len(problem.members):
            continue
        if not collisions:
            concessions = {frozenset[int]()}  # nobody has to give way
        trial = Trial(problem, end)
        for tried in (c for n in range(4) for c in combinations(range(len(whose)), n)):
            assert trial.is_collision(list_wants(problem, tried)) == (
                frozenset(tried) in collisions
            )
            assert trial.is_concession(list_wants(problem, tried)) == (
                frozenset(tried) in concessions
            )
        assert not trial.is_collision(frozenset({("nobody", problem.members[0].claim)}))


def test_what_is_cut_is_a_beginning_of_what_there_is():
    chance = random.Random(SEED)
    tried = 0
    while tried < 25:
        problem = random_problem(chance)
        collisions, concessions = by_force(Meaning(problem))
        if len(concessions) < 3 or frozenset() in collisions:
            continue
        tried += 1
        whole = solve_input(problem, limit=10_000, seconds=30)
        some = solve_input(problem, limit=2, seconds=30)
        assert "concessions" in some.cut
        # Those of one cost may come in any order, but none that costs more.
        costs = [cost(problem, each.members) for each in whole.concessions]
        assert [cost(problem, each.members) for each in some.concessions] == costs[:2]
        assert {each.members for each in some.concessions} < {c.members for c in whole.concessions}
        assert set(some.collisions) <= set(whole.collisions)
        if len(whole.collisions) > 2:
            assert "collisions" in some.cut


def test_the_benchmark_asks_both_for_the_same_work():
    scene = make_conflict(60, contested=0.1, seed=7).scene()
    problem = translate_scene(scene, Choices()).problem
    found = solve_input(problem, limit=10_000, seconds=30)
    ours = len(found.collisions), len(found.concessions)
    assert min(ours) > 2
    assert count_with_pysat(problem, *ours, 30) == ours
    assert count_with_pysat(problem, 10_000, 10_000, 30) == ours
    assert count_with_pysat(problem, 1, 2, 30) == (1, 2)


def test_the_same_problem_gets_the_same_answer():
    chance = random.Random(SEED)
    for _ in range(20):
        problem = random_problem(chance)
        assert solve_input(problem, limit=3, seconds=30) == solve_input(
            problem, limit=3, seconds=30
        )


def test_each_mutant_finds_the_code_that_it_changes():
    for each in MUTANTS:
        code = (PROJECT / "api/analysis" / each.file).read_text(encoding="utf-8")
        assert code.count(each.text) == 1, each.law
