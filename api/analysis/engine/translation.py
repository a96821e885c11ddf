"""Translates a scene and the caller's choices into one problem of logic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.analysis.engine.members import gather_members
from api.analysis.engine.model import HardRule, Holds, Member, Omission, SolverInput, atom_of
from api.analysis.engine.rules import compare_measures, find_picked_readings, read_axioms
from api.analysis.engine.scene import Choices, Scene
from api.errors import Invalid


@dataclass(frozen=True, slots=True)
class Translation:
    """A question in logic, with what was left out of it and every rule that could be in it."""

    problem: SolverInput
    left_out: Sequence[Omission]
    rules: Sequence[tuple[HardRule, bool]]
    """Each with whether it is in use."""


def _choose_axioms(scene: Scene, choices: Choices, axioms: list[HardRule]) -> list[HardRule]:
    unknown = set(choices.axioms or ()) - {each.id for each in axioms}
    if unknown:
        detail = f"{scene.conflict['id']} has no axiom {', '.join(sorted(unknown))}"
        raise Invalid(detail, parameter="axioms")
    return [each for each in axioms if choices.axioms is None or each.id in choices.axioms]


def translate_scene(scene: Scene, choices: Choices) -> Translation:
    """Translate a scene into logic; raises Invalid for unknown goals and axioms."""
    axioms = list(read_axioms(scene.axioms))
    used = _choose_axioms(scene, choices, axioms)
    picked = find_picked_readings(used, scene)
    for goal in choices.goals:
        _refuse_unfit_goal(goal, scene, picked)
    members, left_out = gather_members(scene, choices, picked)
    if choices.soft_goals:
        members += tuple(Member("goals", (), None, Holds(g), "goes_unmet") for g in choices.goals)
    claimed = (each for member in members for each in member.claim.literals)
    ruled = (each for rule in used for each in rule.propositions)
    spoken_of = {atom_of(each) for each in (*claimed, *ruled, *choices.goals)}
    measured = (scene.find_proposition(each) for each in sorted(spoken_of))
    rules = [(each, each in used) for each in axioms]
    # Those that are switched off are listed, too, unless they are too many to compare.
    rules += [(r, choices.measures) for r in compare_measures(measured, listed=choices.measures)]
    hard = () if choices.soft_goals else choices.goals
    problem = SolverInput(members, tuple(rule for rule, is_used in rules if is_used), hard)
    return Translation(problem, left_out, rules)


def _refuse_unfit_goal(goal: str, scene: Scene, picked: frozenset[str]) -> None:
    """Refuse a goal that is not of the conflict, or of which it is open what it means."""
    id = atom_of(goal)
    proposition = scene.find_proposition(id)
    if proposition.get("conflict") != scene.conflict["id"]:
        raise Invalid(f"{id} is no proposition of {scene.conflict['id']}", parameter="goal")
    if proposition["readings"] and id not in picked:
        readings = ", ".join(proposition["readings"])
        detail = f"{id} has several readings; name one of them: {readings}"
        raise Invalid(detail, parameter="goal")
