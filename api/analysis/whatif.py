"""A deadlock with other records than there are: what would change, and nothing is stored.

A hypothetical position is its holder's latest, because it is attested on the day of the question.
Members are compared by what they want, so that the answer names exactly what differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from api.analysis.choices import Choices
from api.analysis.deadlock import deadlock
from api.analysis.diff import collisions_apart, concessions_apart
from api.analysis.scene import Scene
from api.errors import Found, Problem, RulesBroken
from api.ledger.noun import Noun, Record

Answer = dict[str, Any]

_SUPPOSED = "supposed-"
"""How the ids of supposed records begin."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is left out, as (noun, id), and what is added, as an author would write it."""

    left_out: Sequence[tuple[str, str]] = ()
    added: Mapping[str, Sequence[Record]] = field(default_factory=dict[str, Sequence[Record]])


def what_if(
    scene: Scene,
    choices: Choices,
    supposed: Supposed,
    nouns: Mapping[str, Noun],
    *,
    day: str,
    seconds: float,
) -> Answer:
    """Answer for the recorded state, for the supposed one, and how they differ.

    Raises RulesBroken when what is supposed names what is not there.
    """
    other = _supposing(scene, supposed, nouns, day)
    kept = choices
    if choices.axioms is not None:  # what is supposed holds, whichever recorded rules are in use
        added = (each["id"] for each in other.axioms if each["id"].startswith(_SUPPOSED))
        kept = replace(choices, axioms=(*choices.axioms, *added))
    recorded = deadlock(scene, choices, seconds=seconds)
    hypothetical = deadlock(other, kept, seconds=seconds)
    return {
        "recorded": recorded,
        "supposed": hypothetical,
        "difference": {
            "verdict": [recorded["verdict"], hypothetical["verdict"]],
            "collisions_appeared": collisions_apart(hypothetical, recorded),
            "collisions_dissolved": collisions_apart(recorded, hypothetical),
            "concessions_appeared": concessions_apart(hypothetical, recorded),
            "concessions_dissolved": concessions_apart(recorded, hypothetical),
        },
    }


def _supposing(scene: Scene, supposed: Supposed, nouns: Mapping[str, Noun], day: str) -> Scene:
    faults: list[Found] = []
    there = {
        "positions": scene.positions, "preconditions": scene.preconditions, "axioms": scene.axioms
    }  # fmt: skip
    changed: dict[str, list[Record]] = {}
    for index, (noun, id) in enumerate(supposed.left_out):
        if not any(each["id"] == id for each in there[noun]):
            detail = f"no {noun}/{id} of {scene.conflict['id']} is in force at the moment asked for"
            faults.append(Found(noun, id, Problem(f"/leave_out/{index}", detail)))
    for noun, records in there.items():
        kept = [each for each in records if (noun, each["id"]) not in supposed.left_out]
        for index, draft in enumerate(supposed.added.get(noun, ())):
            faults += _missing(scene, nouns[noun], draft, f"/{noun}/{index}")
            kept.append(_as_served(scene, nouns[noun], draft, index, day))
        changed[noun] = kept
    if faults:
        raise RulesBroken(faults)
    return replace(scene, **changed)


def _missing(scene: Scene, noun: Noun, draft: Record, place: str) -> list[Found]:
    """Find what a draft names that is not there, or is of another conflict."""
    return [
        Found(noun.name, "", Problem(place + pointer, f"there is no {reference.to}/{id} here"))
        for reference in noun.references
        for pointer, id in reference.walk(draft)
        if not _is_here(scene, reference.to, id)
    ]


def _is_here(scene: Scene, noun: str, id: str) -> bool:
    record = scene.lookup.get(noun, id)
    own = scene.conflict["id"]
    return record is not None and (noun == "actors" or record.get("conflict", own) == own)


def _as_served(scene: Scene, noun: Noun, draft: Record, index: int, day: str) -> Record:
    facts = {
        "id": f"{_SUPPOSED}{noun.singular}-{index + 1}",
        "conflict": scene.conflict["id"],
        "attested_on": day,
        "last_attested_on": day,
        "voice": "own",
        "rank": "normal",
        "negated": False,
    }
    return {**noun.fields, **facts, **draft}
