"""Judges an answer of a deadlock by trying every world and every set of members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations, product
from typing import Any

World = dict[str, bool]


def is_true_answer(answer: dict[str, Any]) -> bool:
    """Whether collisions and concessions are what the answer's own claims, rules and goals imply."""
    rules = {(r["kind"], r["id"]): r for r in answer["rules"] if r["in_use"]}
    texts = [x for m in answer["members"] for x in _list_literals(m["claim"])]
    texts += [x for r in rules.values() for x in r["propositions"]]
    goals = _list_goals(answer, rules.values())
    atoms = sorted({x.removeprefix("!") for x in [*texts, *goals]})
    worlds = [dict(zip(atoms, values, strict=True))
              for values in product((True, False), repeat=len(atoms))]  # fmt: skip

    def where(true_in: Callable[[World], bool]) -> int:
        return sum(1 << bit for bit, world in enumerate(worlds) if true_in(world))

    members = [where(lambda w, m=m: _says(m["claim"], w)) for m in answer["members"]]
    laws = {key: where(lambda w, r=r: _obeys(r, w)) for key, r in rules.items()}
    aims = {goal: where(lambda w, g=goal: _is_true(g, w)) for goal in goals}
    full = (1 << len(worlds)) - 1
    hard = _meet([full, *laws.values(), *aims.values()])
    bare = [{k: v for k, v in m.items()} for m in answer["members"]]
    find = lambda some: frozenset(  # noqa: E731
        bare.index({k: v for k, v in m.items() if k not in ("move", "weaken")}) for m in some
    )
    collisions = [find(each["members"]) for each in answer["collisions"]]
    concessions = [find(each["members"]) for each in answer["concessions"]]
    fits = lambda some: bool(_meet([hard, *(members[i] for i in some)]))  # noqa: E731
    for found, told in zip(collisions, answer["collisions"], strict=True):
        if fits(found) or not all(fits(found - {i}) for i in found):
            return False
        named = [laws.get((kind, id), 0) for kind in ("axiom", "measure", "reading")
                 for id in told[f"{kind}s"]]  # fmt: skip
        named += [aims[goal] for goal in told["goals"] if goal in aims]
        base = [full, *(members[i] for i in found)]
        if _meet([*base, *named]):
            return False
        if any(not _meet([*base, *named[:n], *named[n + 1 :]]) for n in range(len(named))):
            return False
    everyone = frozenset(range(len(members)))
    for each in concessions:
        kept = everyone - each
        if not fits(kept) or any(fits(kept | {i}) for i in each):
            return False
    if {"collisions", "concessions", "time"} & {*answer["cut"]}:
        return True
    holding = {frozenset(i for i in everyone if members[i] >> bit & 1)
               for bit in range(len(worlds)) if hard >> bit & 1}  # fmt: skip
    largest = {one for one in holding if not any(one < other for other in holding)}
    if {everyone - each for each in largest} - {frozenset()} != set(concessions):
        return False
    minimal: set[frozenset[int]] = set()
    for size in range(len(members) + 1):
        for some in map(frozenset, combinations(everyone, size)):
            if not any(some <= each for each in largest) and not any(m <= some for m in minimal):
                minimal.add(some)
    return minimal == set(collisions)


def _list_literals(claim: Any) -> list[str]:
    return [*claim["consequents"], *(x for each in claim["alternatives"] for x in each)]


def _list_goals(answer: Any, rules: Iterable[Any]) -> list[str]:
    if answer["parameters"]["goals"] == "soft":
        return []
    meant = {r["propositions"][0]: r["propositions"][1] for r in rules
             if r["kind"] == "reading" and r["relation"] == "equivalent"}  # fmt: skip
    goals = [each["literal"] for each in answer["goals"]]
    return [meant.get(g, g) if g[0] != "!" else _negate(meant.get(g[1:], g[1:])) for g in goals]


def _negate(literal: str) -> str:
    return literal[1:] if literal.startswith("!") else f"!{literal}"


def _meet(some: Iterable[int]) -> int:
    found = -1
    for each in some:
        found &= each
    return found


def _is_true(literal: str, world: World) -> bool:
    return world[literal.removeprefix("!")] != literal.startswith("!")


def _says(claim: Any, world: World) -> bool:
    met = any(all(_is_true(x, world) for x in each) for each in claim["alternatives"])
    if claim["kind"] != "condition":
        return met != (claim["kind"] == "none_of")
    held = [_is_true(x, world) for x in claim["consequents"]]
    return not (claim["necessary"] and any(held) and not met) and not (
        claim["sufficient"] and met and not all(held)
    )


def _obeys(rule: Any, world: World) -> bool:
    values = [_is_true(x, world) for x in rule["propositions"]]
    return {
        "excludes": sum(values) <= 1,
        "not_all": not all(values),
        "at_least_one": any(values),
        "fact": values[0],
        "implies": not values[0] or all(values[1:]),
        "reads_as": not values[0] or any(values[1:]),
        "equivalent": len(set(values)) == 1,
    }[rule["relation"]]
