"""Judges an answer of a deadlock by trying every world and every set of members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations, product
from typing import Any

World = dict[str, bool]


def is_true_answer(answer: dict[str, Any]) -> bool:
    """Whether collisions and concessions are what the answer's own claims and rules imply."""
    judge = _Judge(answer)
    is_right = judge.are_collisions() and judge.are_concessions()
    if not is_right or {"collisions", "concessions", "time"} & {*answer["cut"]}:
        return is_right
    return judge.are_all()


class _Judge:
    """An answer's own claims, rules and goals, each as the worlds in which it is true, in bits."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        rules = {(r["kind"], r["id"]): r for r in answer["rules"] if r["in_use"]}
        texts = [x for m in answer["members"] for x in _list_literals(m["claim"])]
        texts += [x for r in rules.values() for x in r["propositions"]]
        goals = _list_goals(answer, rules.values())
        atoms = sorted({x.removeprefix("!") for x in [*texts, *goals]})
        self.worlds = [dict(zip(atoms, values, strict=True))
                       for values in product((True, False), repeat=len(atoms))]  # fmt: skip
        self.members = [self.where(lambda w, m=m: _says(m["claim"], w)) for m in answer["members"]]
        self.laws = {key: self.where(lambda w, r=r: _obeys(r, w)) for key, r in rules.items()}
        self.aims = {goal: self.where(lambda w, g=goal: _is_true(g, w)) for goal in goals}
        self.full = (1 << len(self.worlds)) - 1
        self.hard = _meet([self.full, *self.laws.values(), *self.aims.values()])
        self.collisions = [*map(self.find, answer["collisions"])]
        self.concessions = [*map(self.find, answer["concessions"])]

    def where(self, true_in: Callable[[World], bool]) -> int:
        return sum(1 << bit for bit, world in enumerate(self.worlds) if true_in(world))

    def find(self, entry: Any) -> frozenset[int]:
        told = self.answer["members"]
        bare = ({k: v for k, v in m.items() if k not in ("move", "weaken")}
                for m in entry["members"])  # fmt: skip
        return frozenset(map(told.index, bare))

    def fits(self, some: Iterable[int]) -> bool:
        return bool(_meet([self.hard, *(self.members[i] for i in some)]))

    def are_collisions(self) -> bool:
        pairs = zip(self.collisions, self.answer["collisions"], strict=True)
        return all(self._is_collision(*each) for each in pairs)

    def _is_collision(self, found: frozenset[int], told: Any) -> bool:
        if self.fits(found) or not all(self.fits(found - {i}) for i in found):
            return False
        named = [self.laws.get((kind, id), 0) for kind in ("axiom", "measure", "reading")
                 for id in told[f"{kind}s"]]  # fmt: skip
        named += [self.aims[goal] for goal in told["goals"] if goal in self.aims]
        base = [self.full, *(self.members[i] for i in found)]
        fewer = (_meet([*base, *named[:n], *named[n + 1 :]]) for n in range(len(named)))
        return not _meet([*base, *named]) and all(fewer)

    def are_concessions(self) -> bool:
        everyone = frozenset(range(len(self.members)))
        return all(
            self.fits(everyone - each) and not any(self.fits((everyone - each) | {i}) for i in each)
            for each in self.concessions
        )

    def are_all(self) -> bool:
        everyone = frozenset(range(len(self.members)))
        holding = {frozenset(i for i in everyone if self.members[i] >> bit & 1)
                   for bit in range(len(self.worlds)) if self.hard >> bit & 1}  # fmt: skip
        largest = {one for one in holding if not any(one < other for other in holding)}
        if {everyone - each for each in largest} - {frozenset()} != set(self.concessions):
            return False
        minimal: set[frozenset[int]] = set()
        for size in range(len(everyone) + 1):
            for some in map(frozenset, combinations(everyone, size)):
                is_new = not any(m <= some for m in minimal)
                if is_new and not any(some <= each for each in largest):
                    minimal.add(some)
        return minimal == set(self.collisions)


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
