"""Who answered a proposal, component by component, and who did not.

Asked are its addressees and the parties of its conflict; whoever else answered is listed, too.
Silences differ: an actor may have answered the proposal but not this component, or not at all as
far as is recorded. What an actor holds on the same propositions without its being recorded as an
answer is named beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.analysis.matrix import held_by, sign
from api.analysis.model import atom
from api.analysis.scene import Scene
from api.ledger.noun import Record

Answer = dict[str, Any]


def responses(scene: Scene, proposal: Record, wanted: Sequence[str] | None) -> Answer:
    """Give each actor's answer to each component; `wanted` names forces and silences to keep."""
    answers = [
        each
        for each in scene.positions
        if each["responds_to"]
        and each["responds_to"].get("proposal") == proposal["id"]
        and each["rank"] != "deprecated"
    ]
    found = [
        _response(scene, component, actor, answers)
        for component in proposal["components"]
        for actor in _asked(scene, proposal, answers)
    ]
    return {
        "proposal": proposal["id"],
        "title": proposal["title"],
        "responses": [each for each in found if wanted is None or each["response"] in wanted],
    }


def _asked(scene: Scene, proposal: Record, answers: Sequence[Record]) -> list[str]:
    answering = [holder for each in answers for holder in held_by(each)]
    listed = [each["actor"] for each in scene.conflict["parties"] if each["status"] == "party"]
    asked = [each for each in (*proposal["addressees"], *listed)
             if each not in proposal["proposers"]]  # fmt: skip
    return list(dict.fromkeys([*asked, *answering]))


def _response(scene: Scene, component: Record, actor: str, answers: Sequence[Record]) -> Answer:
    own = [each for each in answers if actor in held_by(each)]
    here = [each for each in own if _answers(each, component)]
    latest = max(here, key=lambda each: each["last_attested_on"], default=None)
    about = {atom(each) for each in component["propositions"]}
    elsewhere = [
        each["id"]
        for each in scene.positions
        if actor in held_by(each) and each["proposition"] in about and each not in own
    ]
    silence = "not_addressed" if own else "none_recorded"
    return {
        "component": component["id"],
        "label": component.get("label"),
        "actor": actor,
        "actor_label": scene.actor(actor),
        "response": latest["force"] if latest else silence,
        "sign": sign(latest) if latest else 0,
        "whole": bool(latest) and latest["responds_to"].get("component") is None,
        "under": latest["under"] if latest else [],
        "attested_on": latest["last_attested_on"] if latest else None,
        "positions": [each["id"] for each in here],
        "elsewhere": elsewhere,
    }


def _answers(record: Record, component: Record) -> bool:
    """Whether an answer is to this component, or to the proposal as a whole."""
    return record["responds_to"].get("component") in (None, component["id"])
