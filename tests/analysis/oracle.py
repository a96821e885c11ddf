"""The laws of a true answer, by trying every world, every set of members and every staging.

It is written from the laws (docs/deadlock.md) alone and shares no code with the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from tests.analysis.oracle_claims import (
    list_ambiguous,
    list_meanings,
    list_rules,
    list_used,
    want_readings,
)
from tests.analysis.oracle_records import Reading, list_readings
from tests.analysis.oracle_words import Book, Record, list_met
from tests.analysis.oracle_worlds import (
    Member,
    Order,
    Rule,
    Worlds,
    find_collisions,
    find_hitting_sets,
    meet,
)

DEFAULT_VOICES = ("own", "authorised", "narrated")


@dataclass
class Answer:
    """What is true where each contradiction and each ambiguous word is taken in one way."""

    reading: Reading
    members: list[Member]
    rules: list[Rule]
    goals: Sequence[str]
    worlds: Worlds
    met: frozenset[str]
    collisions: list[frozenset[int]] = field(default_factory=list[frozenset[int]])
    leaning: list[bool] = field(default_factory=list[bool])
    concessions: list[frozenset[int]] = field(default_factory=list[frozenset[int]])
    stuck: bool = False

    def __post_init__(self) -> None:
        self.granted = [each.claim.find(self.worlds) for each in self.members]
        self.ruled = reduce(int.__and__, (each.granted for each in self.rules), self.worlds.all)
        self.hard = self.ruled & self.worlds.find_all(self.goals)
        self.collisions = find_collisions(self.granted, self.hard)
        # Where the rules contradict themselves, no goal can be reached either.
        self.leaning = [bool(meet(self.granted, each, self.ruled)) for each in self.collisions]
        self.is_hopeless = frozenset() in self.collisions
        if not self.is_hopeless:
            self.concessions = find_hitting_sets(self.collisions)
        self.stuck = self.is_stuck()

    @property
    def readings(self) -> frozenset[str]:
        return frozenset(each.id for each in self.rules if " means " in each.id)

    @property
    def is_blocked(self) -> bool:
        in_the_way = any(self.leaning) or self.is_hopeless if self.goals else self.collisions
        return self.stuck or bool(in_the_way)

    def is_stuck(self) -> bool:
        """Tell whether something that is needed can never begin by the order of moves."""
        if self.is_hopeless or any(self.leaning) or (self.collisions and not self.goals):
            return False  # it is blocked in any case
        ways = self.concessions or [frozenset[int]()]
        return self.waits_for_itself() or not any(map(self.can_begin_after, ways))

    def waits_for_itself(self) -> bool:
        """Tell whether the order alone bars the goals, or without goals anything."""
        order = Order(self.worlds, self.members, self.rules, self.met)
        return order.is_timed() and any(
            order.can_begin(each, self.ruled, timed=False)
            and not (order.can_begin(each, self.ruled) if self.goals else order.is_open(each))
            for each in self.list_needed()
        )

    def list_needed(self) -> list[list[str]]:
        return [[*self.goals]] if self.goals else [[each] for each in self.worlds.list_all()]

    @property
    def is_open(self) -> bool:
        """Tell whether the laws leave the verdict open.

        That is so where logic helps the order to bar, and where an order waits for what ended as
        met.
        """
        order = Order(self.worlds, self.members, self.rules, self.met)
        barred = order.is_timed() and not all(
            order.can_begin(each, self.ruled) for each in self.list_needed()
        )
        waits = order.is_timed() and bool(self.met)
        return waits or (barred and not self.is_blocked)

    def can_begin_after(self, conceded: frozenset[int]) -> bool:
        kept = [n for n in range(len(self.members)) if n not in conceded]
        order = Order(self.worlds, [self.members[n] for n in kept], self.rules, self.met)
        if not order.is_timed():
            return True
        within = meet(self.granted, kept, self.hard)
        if self.goals:
            return order.can_begin(self.goals, within)
        wanted = [self.members[n].literal for n in kept]
        return order.can_begin([each for each in wanted if each], within)


@dataclass
class Oracle:
    """All cases of a conflict."""

    records: dict[tuple[str, str], Record]
    met: Sequence[Record]
    goals: Sequence[str]
    voices: Sequence[str] = DEFAULT_VOICES
    axioms: Sequence[str] | None = None
    cases: list[Answer] = field(default_factory=list[Answer])

    def __post_init__(self) -> None:
        self.book = Book(self.records, self.voices)
        worlds = Worlds([each["id"] for each in self.book.list_noun("propositions")])
        rules = list_rules(self.book, worlds, self.axioms)
        for reading in list_readings(self.book):
            ambiguous = list_ambiguous(self.book, rules)
            used = list_used(self.book, reading.members, rules, self.goals)
            wanted = {id: means for id, means in ambiguous.items() if id not in used}
            members = [want_readings(each, wanted) for each in reading.members]
            split = {id: means for id, means in ambiguous.items() if id in used}
            for means in list_meanings(worlds, split):
                known = [*rules, *means]
                met = list_met(self.met)
                self.cases.append(Answer(reading, members, known, self.goals, worlds, met))

    @property
    def verdict(self) -> str:
        blocked = {each.is_blocked for each in self.cases}
        if len(blocked) > 1:
            return "disputed"
        return "blocked" if True in blocked else "no_recorded_obstacle"


def name_members(members: Iterable[Member]) -> tuple[tuple[Any, ...], ...]:
    """Name members as the answer does."""
    return tuple(sorted(
        (each.noun, tuple(sorted(each.records)), each.holder or "", each.literal or "")
        for each in members
    ))  # fmt: skip
