"""What can be true together, by trying every world of at most six propositions.

A set of worlds is one integer: its bit `n` tells whether the world of number `n` belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations, product

Sets = Sequence[Sequence[str]]


def negate(literal: str) -> str:
    return literal[1:] if literal.startswith("!") else f"!{literal}"


class Worlds:
    """Every way in which the propositions can be true or false."""

    def __init__(self, propositions: Sequence[str]) -> None:
        self.propositions = propositions
        self.count = 2 ** len(propositions)
        self.all = 2**self.count - 1
        self.where = {
            each: sum(1 << world for world in range(self.count) if world >> place & 1)
            for place, each in enumerate(propositions)
        }

    def find(self, literal: str) -> int:
        """Return the worlds in which a literal is true."""
        where = self.where[literal.removeprefix("!")]
        return self.all & ~where if literal.startswith("!") else where

    def find_all(self, literals: Iterable[str]) -> int:
        return reduce(int.__and__, map(self.find, literals), self.all)

    def find_any(self, alternatives: Iterable[Iterable[str]]) -> int:
        return reduce(int.__or__, map(self.find_all, alternatives), 0)

    def list_all(self) -> list[str]:
        return [*self.propositions, *map(negate, self.propositions)]

    def follows(self, worlds: int, literal: str) -> bool:
        return not worlds & ~self.find(literal)

    def list_literals(self, worlds: int) -> Iterator[frozenset[str]]:
        """Give the true literals of each world of a set."""
        for world in range(self.count):
            if worlds >> world & 1:
                yield frozenset(
                    each if world >> place & 1 else f"!{each}"
                    for place, each in enumerate(self.propositions)
                )


@dataclass(frozen=True)
class Claim:
    """What a member wants: `holds`, `any_of` and `none_of` of sets, or a `condition`."""

    kind: str
    alternatives: tuple[tuple[str, ...], ...]
    consequents: tuple[str, ...] = ()
    necessary: bool = False
    sufficient: bool = False

    def find(self, worlds: Worlds) -> int:
        """Return the worlds in which it is granted."""
        met = worlds.find_any(self.alternatives)
        if self.kind == "none_of":
            return worlds.all & ~met
        if self.kind != "condition":
            return met
        granted = worlds.all
        for consequent in map(worlds.find, self.consequents):
            granted &= (worlds.all & ~consequent | met) if self.necessary else worlds.all
            granted &= (worlds.all & ~met | consequent) if self.sufficient else worlds.all
        return granted

    def list_propositions(self) -> set[str]:
        literals = {*self.consequents, *(each for some in self.alternatives for each in some)}
        return {each.removeprefix("!") for each in literals}


@dataclass(frozen=True)
class Member:
    """Something that one holder wants, with the records that show it."""

    noun: str
    holder: str | None
    claim: Claim
    timing: str | None
    records: tuple[str, ...]

    @property
    def literal(self) -> str | None:
        return self.claim.alternatives[0][0] if self.claim.kind == "holds" else None


@dataclass(frozen=True)
class Rule:
    """A rule that no holder demands; `implies` are pairs of literals, the implied one second."""

    kind: str
    id: str
    granted: int
    implies: tuple[tuple[str, str], ...] = ()
    fact: str | None = None


def find_collisions(granted: Sequence[int], hard: int) -> list[frozenset[int]]:
    """Find the minimal sets of members that cannot all hold, by trying all."""
    found: list[frozenset[int]] = []
    for size in range(len(granted) + 1):
        for chosen in map(frozenset, combinations(range(len(granted)), size)):
            if not any(each <= chosen for each in found) and not meet(granted, chosen, hard):
                found.append(chosen)
    return found


def meet(granted: Sequence[int], members: Iterable[int], hard: int) -> int:
    """Return the worlds in which all these members and what is hard hold."""
    return reduce(int.__and__, (granted[each] for each in members), hard)


def find_hitting_sets(sets: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """Find the minimal sets that share a member with every one of these, by trying all."""
    everyone = sorted(frozenset[int]().union(*sets))
    found: list[frozenset[int]] = []
    for size in range(len(everyone) + 1):
        for chosen in map(frozenset, combinations(everyone, size)):
            if all(chosen & each for each in sets) and not any(each <= chosen for each in found):
                found.append(chosen)
    return found


def find_clusters(sets: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """Find the groups of sets, by their places, that hang together by shared members."""
    groups = [frozenset({place}) for place in range(len(sets))]
    for member in frozenset[int]().union(*sets):
        joined = [each for each in groups if any(member in sets[place] for place in each)]
        groups = [each for each in groups if each not in joined]
        groups.append(frozenset[int]().union(*joined))
    return groups


class Order:
    """Which moves can come about, each no sooner than its conditions, by trying every staging."""

    def __init__(
        self, worlds: Worlds, members: Sequence[Member], rules: Sequence[Rule], met: Iterable[str]
    ) -> None:
        self.worlds = worlds
        past = {*met, *(rule.fact for rule in rules if rule.fact)}
        self.conditions = [each for each in members if each.claim.necessary]
        self.implies = [pair for rule in rules for pair in rule.implies]
        ruled = reduce(int.__and__, (r.granted for r in rules if not r.fact), worlds.all)
        known = ruled & worlds.find_all(past)
        followed = {
            each for each in worlds.list_all()
            if worlds.follows(known, each) and not worlds.follows(ruled, each)
        }  # fmt: skip
        self.facts = frozenset(past | followed if known else past)

    def is_timed(self) -> bool:
        return any(each.timing for each in self.conditions)

    def can_begin(self, targets: Iterable[str], within: int, *, timed: bool = True) -> bool:
        """Tell whether some moves, all true in one of these worlds, lead to the targets."""
        targets = frozenset(targets) - self.facts
        tried: set[frozenset[str]] = set()
        for true in self.worlds.list_literals(within):
            if targets <= true:
                others = sorted(true - targets - self.facts)
                for size in range(len(others) + 1):
                    for added in combinations(others, size):
                        moves = targets | frozenset(added)
                        if moves not in tried and self.can_stage(moves, timed=timed):
                            return True
                        tried.add(moves)
        return False

    def is_open(self, targets: Iterable[str]) -> bool:
        """Tell whether the order alone, whatever is true together, lets the targets begin."""
        targets = frozenset(targets) - self.facts
        others = [each for each in self.worlds.list_all() if each not in targets | self.facts]
        return any(
            self.can_stage(targets | frozenset(added))
            for size in range(len(others) + 1)
            for added in combinations(others, size)
        )

    def can_stage(self, moves: frozenset[str], *, timed: bool = True) -> bool:
        """Tell whether these moves, and no others, can come about in some order."""
        there = moves | self.facts
        weak: list[tuple[str, str]] = []
        for one, other in self.implies:
            if one in moves:
                if other not in there:
                    return False
                weak.append((other, one))
        choices: list[list[tuple[str, str | None, frozenset[str]]]] = []
        for each in self.conditions:
            ways = [frozenset(some) for some in each.claim.alternatives if there.issuperset(some)]
            choices += [
                [(consequent, each.timing, way - self.facts) for way in ways]
                for consequent in moves.intersection(each.claim.consequents)
            ]
        if not timed:
            return all(choices)
        return any(has_order(moves, weak, chosen) for chosen in product(*choices))


def has_order(
    moves: frozenset[str],
    weak: Sequence[tuple[str, str]],
    chosen: Sequence[tuple[str, str | None, frozenset[str]]],
) -> bool:
    """Tell whether stages satisfy the order: no circle has a strict step in it."""
    no_later, before = set(weak), set[tuple[str, str]]()
    for consequent, timing, way in chosen:
        for antecedent in way:
            if timing == "before":
                before.add((antecedent, consequent))
            elif timing == "simultaneous":
                no_later |= {(antecedent, consequent), (consequent, antecedent)}
            elif timing == "no later":
                no_later.add((antecedent, consequent))
    reached = no_later | before
    for middle in moves:
        starts = [a for a, b in reached if b == middle]
        ends = [b for a, b in reached if a == middle]
        reached |= set(product(starts, ends))
    return not any(a == b or (b, a) in reached for a, b in before)
