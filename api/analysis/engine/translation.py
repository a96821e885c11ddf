"""Translates a scene and the caller's choices into one problem of logic, case by case.

Where a holder's records contradict each other with equal weight, and where words have several
readings, nobody knows what is held. The answer is then worked out for each `Case`. Where something
ambiguous is merely wanted, no case is needed: one of its readings is wanted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, product

from api.analysis.engine.members import gather_members
from api.analysis.engine.model import (
    Claim,
    Dispute,
    HardRule,
    Member,
    Omission,
    SolverInput,
    Struck,
    atom_of,
    negate_literal,
)
from api.analysis.engine.rules import (
    compare_measures,
    find_picked_readings,
    make_meaning_rule,
    make_reading_rules,
    read_axioms,
)
from api.analysis.engine.scene import Choices, Scene
from api.errors import Invalid
from api.ledger.noun import Record

MOST_CASES = 16


@dataclass(frozen=True, slots=True)
class Case:
    """What is assumed: which records do not count, and what ambiguous propositions mean.

    `counting` are those of the disputed records that count.
    """

    struck: Struck = frozenset()
    readings: tuple[tuple[str, str], ...] = ()
    counting: Struck = frozenset()


@dataclass(frozen=True, slots=True)
class Translation:
    """A question in logic, with what was left out of it and every rule that could be in it."""

    problem: SolverInput
    left_out: Sequence[Omission]
    rules: Sequence[tuple[HardRule, bool]]
    """Each with whether it is in use."""

    disputes: Sequence[Dispute]
    readings: Sequence[HardRule]
    """What ambiguous propositions may mean, where the answer may hang on that."""


def list_cases(scene: Scene, choices: Choices) -> tuple[list[tuple[Case, Translation]], bool]:
    """List the cases of a question in logic, and whether these are all; one if nothing is open."""
    found = list(islice(_list_every_case(scene, choices), MOST_CASES + 1))
    return found[:MOST_CASES], len(found) <= MOST_CASES


def _list_every_case(scene: Scene, choices: Choices) -> Iterator[tuple[Case, Translation]]:
    for assumed, found in _decide_disputes(scene, choices, Case(), translate_scene(scene, choices)):
        # Which words are open depends on the records that count.
        meanings = ([(rule.id, each) for each in rule.propositions[1:]] for rule in found.readings)
        for means in product(*meanings):
            case = replace(assumed, readings=means)
            yield case, translate_scene(scene, choices, case) if means else found


def _decide_disputes(
    scene: Scene, choices: Choices, case: Case, found: Translation
) -> Iterator[tuple[Case, Translation]]:
    """Yield each way to decide the disputes of a case, and those that it brings up."""
    for sides in product(*map(_list_sides, found.disputes)):
        struck = case.struck.union(*(gone for _, gone in sides))
        if struck == case.struck:  # no dispute, or one record that contradicts itself
            yield case, found
            return
        counting = case.counting.union(*(kept for kept, _ in sides)) - struck
        decided = Case(struck, counting=counting)
        asked = translate_scene(scene, choices, decided)
        yield from _decide_disputes(scene, choices, decided, asked)


def _list_sides(dispute: Dispute) -> list[tuple[Struck, Struck]]:
    """List what counts and what is struck for each alternative of a dispute, in order."""
    sides = [
        frozenset((dispute.noun, dispute.holder, id) for id in each)
        for each in dispute.alternatives
    ]
    everything = frozenset[tuple[str, str, str]]().union(*sides)
    return [(each, everything - each) for each in sides]


def translate_scene(scene: Scene, choices: Choices, case: Case = Case()) -> Translation:
    """Translate a scene into logic; raises Invalid for unknown goals and axioms."""
    axioms = list(read_axioms(scene.axioms))
    used = _choose_axioms(scene, choices, axioms)
    for goal in choices.goals:
        _refuse_unfit_goal(goal, scene)
    goals = tuple(_read_goal(each, dict(case.readings)) for each in choices.goals)
    gathered = gather_members(scene, choices, case.struck)
    picked = find_picked_readings(used, scene)
    strict = picked.union(_list_used(gathered.members, used, choices.goals))
    members = tuple(_accept_one_reading(each, scene, strict) for each in gathered.members)
    if choices.soft_goals:
        soft = (Claim("holds", ((each,),)) for each in goals)
        members += tuple(Member("goals", (), None, each, "goes_unmet") for each in soft)
    spoken_of = _list_propositions(scene, SolverInput(members, tuple(used), goals))
    decided = picked.union(proposition for proposition, _ in case.readings)
    readings = list(make_reading_rules(spoken_of, decided))
    means = [make_meaning_rule(*each) for each in case.readings]
    rules = [(each, each in used) for each in axioms]
    # Those that are switched off are listed, too, unless they are too many to compare.
    compared = compare_measures(spoken_of, is_strict=choices.measures)
    rules += [(each, choices.measures) for each in compared]
    rules += [(each, True) for each in (*readings, *means)]
    hard = () if choices.soft_goals else goals
    problem = SolverInput(members, tuple(rule for rule, is_used in rules if is_used), hard)
    open_readings = [] if case.readings else readings
    return Translation(problem, gathered.left_out, rules, gathered.disputes, open_readings)


def _list_used(
    members: Iterable[Member], rules: Iterable[HardRule], goals: Iterable[str]
) -> set[str]:
    """List the propositions that are more than merely wanted: refused, tied, ruled on, a goal."""
    claims = [each.claim for each in members]
    tied = (x for each in claims if not each.wants_one for x in each.literals)
    refused = (x for each in claims for x in each.literals if x.startswith("!"))
    ruled = (x for each in rules for x in each.propositions)
    return {atom_of(each) for each in chain(tied, refused, ruled, goals)}


def _accept_one_reading(member: Member, scene: Scene, strict: frozenset[str]) -> Member:
    """Let whoever wants what is ambiguous want one of its readings, whichever that is.

    `strict` are the propositions whose meaning is decided case by case.
    """
    claim = member.claim
    if not claim.wants_one:
        return member
    spread = [
        product(*(_list_meanings(each, scene, strict) or (each,) for each in literals))
        for literals in claim.alternatives
    ]
    alternatives = tuple(chain.from_iterable(spread))
    if alternatives == claim.alternatives:
        return member
    about = claim.about or claim.literals[0]
    return replace(member, claim=Claim("any_of", alternatives, about=about))


def _list_meanings(literal: str, scene: Scene, strict: frozenset[str]) -> tuple[str, ...]:
    """List the readings of a proposition that is ambiguous and not strict; else nothing."""
    if literal in strict:
        return ()
    return tuple(scene.find_proposition(literal).get("readings") or ())


def _choose_axioms(scene: Scene, choices: Choices, axioms: list[HardRule]) -> list[HardRule]:
    unknown = set(choices.axioms or ()) - {each.id for each in axioms}
    if unknown:
        detail = f"{scene.conflict['id']} has no axiom {', '.join(sorted(unknown))}"
        raise Invalid(detail, parameter="axioms")
    return [each for each in axioms if choices.axioms is None or each.id in choices.axioms]


def _refuse_unfit_goal(goal: str, scene: Scene) -> None:
    """Refuse a goal that is not of the conflict."""
    id = atom_of(goal)
    if scene.find_proposition(id).get("conflict") != scene.conflict["id"]:
        raise Invalid(f"{id} is no proposition of {scene.conflict['id']}", parameter="goal")


def _read_goal(goal: str, readings: dict[str, str]) -> str:
    """Return a goal, or the reading that it has in a case."""
    reading = readings.get(atom_of(goal))
    if reading is None:
        return goal
    return reading if goal == atom_of(goal) else negate_literal(reading)


def _list_propositions(scene: Scene, problem: SolverInput) -> list[Record]:
    """List the propositions that a problem speaks of, readings included, in order of their ids."""
    found = {*chain.from_iterable(chain.from_iterable(problem.list_atoms()))}
    found |= {each for id in found for each in scene.find_proposition(id).get("readings") or ()}
    return [scene.find_proposition(each) for each in sorted(found)]
