"""Falsifies answers: one thing of an answer becomes another, as a careless or false hand would."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

Answer = dict[str, Any]
Change = Callable[[], object]


def list_changes(answer: Answer, chance: random.Random) -> Iterator[tuple[str, Change]]:
    """Yield every kind of change that an answer has room for, with a name."""
    members = answer["members"]
    atoms = sorted(
        {x.removeprefix("!") for m in members for w in m["claim"]["alternatives"] for x in w}
    )
    for name in ("collisions", "concessions"):
        for entry in answer[name]:
            more = {"move": "yields", "weaken": None} if name == "concessions" else {}
            other = chance.choice(members) | more
            yield from _change_list(f"{name} members", entry["members"], other, chance)
            for model in entry["certificate"]["models"]:
                yield from _change_literals(f"{name} model", model, atoms, chance)
            for proof in entry["certificate"]["proofs"]:
                for line in proof:
                    yield from _change_literals(f"{name} proof line", line, atoms, chance)
                if proof:
                    yield f"{name} proof without a line", _pop(proof, chance)
        if answer[name]:
            yield f"{name} without one", _pop(answer[name], chance)
            yield f"{name} with one twice", _repeat(answer[name], chance)
    for name in ("axioms", "measures", "readings", "goals"):
        for entry in answer["collisions"]:
            if entry[name]:
                yield f"collision without one of {name}", _pop(entry[name], chance)
    for model in answer["certificate"]["models"]:
        yield from _change_literals("common model", model, atoms, chance)
    for proof in answer["certificate"]["proofs"]:
        numbers = [str(n) for n in range(len(members))]
        for line in proof:
            yield from _change_literals("whole proof line", line, numbers, chance)
        if proof:
            yield "whole proof without a line", _pop(proof, chance)
    for entry in answer["compatible"] if members else ():
        fit = {x: chance.choice(members)[x] for x in ("noun", "id", "holder", "literal")}
        yield from _change_list("compatible", entry["members"], fit, chance)
    for entry in answer["clusters"]:
        yield "cluster's goals", _set(entry, "goals", not entry["goals"])
        for way in entry["ways_out"]:
            yield from _change_list(
                "way out",
                way["members"],
                chance.choice(members) | {"move": "yields", "weaken": None},
                chance,
            )
    for place in [*members, *(m for c in answer["collisions"] for m in c["members"])]:
        for way in place["claim"]["alternatives"]:
            yield from _change_literals("claim", way, atoms, chance)
        if place["claim"]["consequents"]:
            yield from _change_literals("consequent", place["claim"]["consequents"], atoms, chance)
            for name in ("necessary", "sufficient"):
                yield f"claim {name}", _set(place["claim"], name, not place["claim"][name])
    for rule in answer["rules"]:
        yield from _change_literals("rule", rule["propositions"], atoms, chance)
        yield "rule in use", _set(rule, "in_use", not rule["in_use"])
        for measure in rule["compared"]:
            yield "measure", _set(measure, "value", measure["value"] + chance.choice([-3, 3]))
    for goal in answer["goals"]:
        yield "goal", _set(goal, "literal", chance.choice(atoms))
    for verdict in {"blocked", "no_recorded_obstacle", "incomplete", "disputed"} - {
        answer["verdict"]
    }:
        yield "verdict", _set(answer, "verdict", verdict)
    yield "complete", _set(answer, "complete", not answer["complete"])
    for entry in answer["concessions"]:
        yield "goes_unmet", _set(entry, "goes_unmet", entry["goes_unmet"] + 1)
        for member in entry["members"]:
            if member["weaken"]:
                for part in member["weaken"].values():
                    yield from _change_literals("weaken", part, atoms, chance)
    plans = [answer.get("plan"), *(each.get("plan") for each in answer["concessions"])]
    for plan in filter(None, plans):
        yield from _change_plan(plan, atoms, chance)


def _change_plan(
    plan: Answer, atoms: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    stages = plan["stages"]
    yield "plan possible", _set(plan, "possible", not plan["possible"])
    yield "plan ordered", _set(plan, "ordered", not plan["ordered"])
    for place, stage in enumerate(stages):
        for move in stage["moves"]:
            for other in (place - 1, place + 1):
                yield "stage moved", _move(plan, stage, move, other)
            yield "move of another", _set(move, "literal", chance.choice(atoms))
            if move["waits_for"]:
                yield from _change_list(
                    "waits_for", move["waits_for"], chance.choice(atoms), chance
                )
        yield "move dropped", _pop(stage["moves"], chance)


def _move(plan: Answer, stage: Answer, move: Answer, other: int) -> Change:
    def change() -> None:
        stage["moves"].remove(move)
        if 0 <= other < len(plan["stages"]):
            plan["stages"][other]["moves"].append(move)
        else:
            plan["stages"].insert(max(other, 0), {**stage, "moves": [move]})
        plan["stages"][:] = [each for each in plan["stages"] if each["moves"]]

    return change


def _set(of: Answer, name: str, value: object) -> Change:
    return lambda: of.__setitem__(name, value)


def _pop(of: list[Any], chance: random.Random) -> Change:
    return lambda: of.pop(chance.randrange(len(of)))


def _repeat(of: list[Any], chance: random.Random) -> Change:
    return lambda: of.append(copy.deepcopy(chance.choice(of)))


def _change_list(
    name: str, of: list[Any], other: object, chance: random.Random
) -> Iterator[tuple[str, Change]]:
    yield f"{name}: added", lambda: of.append(other)
    if of:
        place = chance.randrange(len(of))
        yield f"{name}: dropped", lambda: of.pop(place)
        yield f"{name}: swapped", lambda: of.__setitem__(place, other)


def _change_literals(
    name: str, of: list[str], atoms: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    yield f"{name}: added", lambda: of.append(chance.choice(["", "!"]) + chance.choice(atoms))
    if of:
        place = chance.randrange(len(of))
        flipped = of[place][1:] if of[place].startswith("!") else f"!{of[place]}"
        yield f"{name}: flipped", lambda: of.__setitem__(place, flipped)
        yield f"{name}: dropped", lambda: of.pop(place)
        yield f"{name}: swapped", lambda: of.__setitem__(place, chance.choice(atoms))


def seal(answer: Answer) -> Answer:
    """Give an answer the digest of what it says now."""
    told = [answer[each] for each in ("members", "rules", "goals", "parameters")]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return answer | {"digest": sha256(text.encode()).hexdigest()}


def falsify(answer: Answer, chance: random.Random) -> tuple[str, Answer] | None:
    """Return a copy that differs in one thing, and what that is."""
    made = copy.deepcopy(answer)
    changes = [*list_changes(made, chance)]
    kinds = sorted({name for name, _ in changes})
    kind = chance.choice(kinds)
    name, change = chance.choice([each for each in changes if each[0] == kind])
    change()
    return None if made == answer else (name, made)
