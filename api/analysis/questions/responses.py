"""Who answered a proposal, component by component, and who did not.

Asked are its addressees and the parties of its conflict; whoever else answered is listed, too.
What is part of an actor answers for it. An answer about one proposition is an answer to the
components in which that stands, and whoever wants what a component negates is against it.

Silences differ: an actor may have answered the proposal but not this component, or not at all as
far as is recorded. What an actor holds on the same propositions without its being recorded as an
answer is named beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from api.analysis.engine.model import atom
from api.analysis.engine.scene import Scene
from api.analysis.engine.stances import Standing, held_by, held_through, sign, standing
from api.ledger.noun import Record

Answer = dict[str, Any]
Held = Mapping[str, Sequence[Record]]
"""Positions by everybody who holds them, themselves or through what is part of them."""


def responses(scene: Scene, proposal: Record, wanted: Sequence[str] | None) -> Answer:
    """Give each actor's answer to each component; `wanted` names forces and silences to keep."""
    answers, others = defaultdict[str, list[Record]](list), defaultdict[str, list[Record]](list)
    answering: list[str] = []
    for record in scene.positions:
        if record["rank"] == "deprecated":
            continue
        responds_to = record["responds_to"] or {"proposal": None}
        is_answer = responds_to.get("proposal") == proposal["id"]
        for actor in sorted(held_through(scene, record)):
            (answers if is_answer else others)[actor].append(record)
        answering += held_by(record) if is_answer else ()
    found = [
        _response(scene, component, actor, answers, others)
        for component in proposal["components"]
        for actor in _asked(scene, proposal, answering)
    ]
    return {
        "proposal": proposal["id"],
        "title": proposal["title"],
        "responses": [each for each in found if wanted is None or each["response"] in wanted],
    }


def _asked(scene: Scene, proposal: Record, answering: Sequence[str]) -> list[str]:
    """Name those asked, and whoever else answered for themselves."""
    listed = [each["actor"] for each in scene.conflict["parties"] if each["status"] == "party"]
    proposers = proposal["proposers"]
    asked = [each for each in (*proposal["addressees"], *listed) if each not in proposers]
    others = [each for each in answering if set(asked).isdisjoint(scene.wholes(each))]
    return list(dict.fromkeys([*asked, *others]))


def _response(scene: Scene, component: Record, actor: str, answers: Held, others: Held) -> Answer:
    own = answers.get(actor, ())
    here = [each for each in own if _answers(each, component)]
    stands = _standing(here, component)
    shown = stands.shown
    silence = "not_addressed" if own else "none_recorded"
    return {
        "component": component["id"],
        "label": component.get("label"),
        "actor": actor,
        "actor_label": scene.actor(actor),
        "response": shown["force"] if shown else silence,
        "sign": stands.signed(shown) if shown else None,
        "voice": shown["voice"] if shown else None,
        "whole": bool(shown) and shown["proposition"] is None,
        "under": shown["under"] if shown else [],
        "attested_on": shown["last_attested_on"] if shown else None,
        "disagreement": stands.is_disputed,
        "positions": [each["id"] for each in here],
        "elsewhere": [
            each["id"]
            for each in others.get(actor, ())
            if each["proposition"] in _abouts(component)
        ],
    }


def _standing(answers: Sequence[Record], component: Record) -> Standing:
    """Weigh answers; on one day, that to a part of the proposal outweighs that to the whole."""
    stands = standing(answers)
    parts = [each for each in stands.newest if each["proposition"] is not None]
    return Standing(stands.best, parts or stands.newest, partial(_toward, component))


def _toward(component: Record, record: Record) -> int:
    """Tell whether an answer is for a component (1), against it (-1), or neither (0)."""
    is_negated = f"!{record['proposition']}" in component["propositions"]
    return -sign(record) if is_negated else sign(record)


def _answers(record: Record, component: Record) -> bool:
    """Whether an answer is to this component, or to the proposal as a whole."""
    if record["responds_to"].get("component") not in (None, component["id"]):
        return False
    return record["proposition"] is None or record["proposition"] in _abouts(component)


def _abouts(component: Record) -> set[str]:
    return {atom(each) for each in component["propositions"]}
