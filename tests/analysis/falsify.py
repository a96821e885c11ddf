"""Falsifies answers: one thing of an answer becomes another, as a careless or false hand would."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Answer = dict[str, Any]
Change = Callable[[], object]


def list_changes(answer: Answer, chance: random.Random) -> Iterator[tuple[str, Change]]:
    """Yield every kind of change that an answer has room for, with a name."""
    claimed = (x for m in answer["members"] for w in m["claim"]["alternatives"] for x in w)
    atoms = sorted({x.removeprefix("!") for x in claimed}) or ["q"]
    for name in ("collisions", "concessions"):
        yield from _change_sets(answer, name, atoms, chance)
    yield from _change_whole(answer, atoms, chance)
    yield from _change_clusters(answer, chance)
    yield from _change_claims(answer, atoms, chance)
    yield from _change_verdict(answer)
    parts = (part for entry in answer["concessions"] for member in entry["members"]
             for part in (member["weaken"] or {}).values())  # fmt: skip
    for part in parts:
        yield from _change_literals("weaken", part, atoms, chance)
    plans = [answer.get("plan"), *(each.get("plan") for each in answer["concessions"])]
    for plan in filter(None, plans):
        yield from _change_plan(plan, atoms, chance)


def _change_sets(
    answer: Answer, name: str, atoms: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    for entry in answer[name]:
        more = {"move": "yields", "weaken": None} if name == "concessions" else {}
        other = chance.choice(answer["members"]) | more
        yield from _change_list(f"{name} members", entry["members"], other, chance)
        yield from _change_certificate(name, entry["certificate"], atoms, atoms, chance)
    if answer[name]:
        yield f"{name} without one", _pop(answer[name], chance)
        yield f"{name} with one twice", _repeat(answer[name], chance)


def _change_certificate(
    name: str, of: Answer, atoms: list[str], told: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    for model in of["models"]:
        yield from _change_literals(f"{name} model", model, atoms, chance)
    for proof in of["proofs"]:
        for line in proof:
            yield from _change_literals(f"{name} proof line", line, told, chance)
        if proof:
            yield f"{name} proof without a line", _pop(proof, chance)


def _change_whole(
    answer: Answer, atoms: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    members = answer["members"]
    numbers = [str(n) for n in range(len(members))]
    yield from _change_certificate("whole", answer["certificate"], atoms, numbers, chance)
    for name in ("axioms", "measures", "readings", "goals"):
        for entry in (each for each in answer["collisions"] if each[name]):
            yield f"collision without one of {name}", _pop(entry[name], chance)
    for entry in answer["compatible"] if members else ():
        fit = {x: chance.choice(members)[x] for x in ("noun", "id", "holder", "literal")}
        yield from _change_list("compatible", entry["members"], fit, chance)


def _change_clusters(answer: Answer, chance: random.Random) -> Iterator[tuple[str, Change]]:
    for entry in answer["clusters"]:
        yield "cluster's goals", _set(entry, "goals", not entry["goals"])
        for way in entry["ways_out"]:
            other = chance.choice(answer["members"]) | {"move": "yields", "weaken": None}
            yield from _change_list("way out", way["members"], other, chance)


def _change_claims(
    answer: Answer, atoms: list[str], chance: random.Random
) -> Iterator[tuple[str, Change]]:
    placed = (m for each in answer["collisions"] for m in each["members"])
    for claim in (each["claim"] for each in (*answer["members"], *placed)):
        for way in claim["alternatives"]:
            yield from _change_literals("claim", way, atoms, chance)
        if claim["consequents"]:
            yield from _change_literals("consequent", claim["consequents"], atoms, chance)
            for name in ("necessary", "sufficient"):
                yield f"claim {name}", _set(claim, name, not claim[name])
    for rule in answer["rules"]:
        yield from _change_literals("rule", rule["propositions"], atoms, chance)
        yield "rule in use", _set(rule, "in_use", not rule["in_use"])
    for goal in answer["goals"]:
        yield "goal", _set(goal, "literal", chance.choice(atoms))


def _change_verdict(answer: Answer) -> Iterator[tuple[str, Change]]:
    for verdict in ("blocked", "disputed", "incomplete", "no_recorded_obstacle"):
        if verdict != answer["verdict"]:
            yield "verdict", _set(answer, "verdict", verdict)
    if answer["stuck"]:
        yield "nothing stuck", _set(answer, "stuck", [])
    yield "complete", _set(answer, "complete", not answer["complete"])


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


def falsify(answer: Answer, chance: random.Random) -> tuple[str, Answer] | None:
    """Return a copy that differs in one thing, and what that is."""
    made = copy.deepcopy(answer)
    changes = [*list_changes(made, chance)]
    kinds = sorted({name for name, _ in changes})
    kind = chance.choice(kinds)
    name, change = chance.choice([each for each in changes if each[0] == kind])
    change()
    return None if made == answer else (name, made)
