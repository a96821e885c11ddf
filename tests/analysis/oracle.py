"""The laws of a true answer, by trying every world, every set of members and every staging.

It is written from the laws (docs/deadlock.md) alone and shares no code with the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import product
from typing import Any

from tests.analysis.oracle_records import (
    ANSWERS,
    Book,
    Reading,
    Record,
    list_ambiguous,
    list_holders,
    list_meanings,
    list_readings,
    list_rules,
    list_used,
    want_readings,
)
from tests.analysis.oracle_worlds import (
    Claim,
    Member,
    Order,
    Rule,
    Worlds,
    find_clusters,
    find_collisions,
    find_hitting_sets,
    meet,
    negate,
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
    collisions: list[frozenset[int]] = field(default_factory=list[frozenset[int]])
    leaning: list[bool] = field(default_factory=list[bool])
    concessions: list[frozenset[int]] = field(default_factory=list[frozenset[int]])
    stuck: bool = False

    def __post_init__(self) -> None:
        self.granted = [each.claim.find(self.worlds) for each in self.members]
        self.ruled = reduce(int.__and__, (each.granted for each in self.rules), self.worlds.all)
        self.hard = self.ruled & self.worlds.find_all(self.goals)
        self.collisions = find_collisions(self.granted, self.hard)
        self.leaning = [bool(meet(self.granted, each, self.ruled)) for each in self.collisions]
        if frozenset() not in self.collisions:
            self.concessions = find_hitting_sets(self.collisions)
        self.stuck = self.is_stuck()

    @property
    def readings(self) -> frozenset[str]:
        return frozenset(each.id for each in self.rules if " means " in each.id)

    @property
    def is_blocked(self) -> bool:
        return self.stuck or (any(self.leaning) if self.goals else bool(self.collisions))

    def is_stuck(self) -> bool:
        """Tell whether something that is needed can never begin by the order of moves."""
        if any(self.leaning) or (self.collisions and not self.goals):
            return False  # it is blocked in any case
        ways = self.concessions or [frozenset[int]()]
        return self.waits_for_itself() or not any(map(self.can_begin_after, ways))

    def waits_for_itself(self) -> bool:
        """Tell whether the order alone bars the goals, or without goals anything."""
        order = Order(self.worlds, self.members, self.rules)
        return order.is_timed() and any(
            order.can_begin(each, self.ruled, False)
            and not (order.can_begin if self.goals else order.is_open)(each, self.ruled)
            for each in self.list_needed()
        )

    def list_needed(self) -> list[list[str]]:
        return [[*self.goals]] if self.goals else [[each] for each in self.worlds.list_all()]

    @property
    def is_open(self) -> bool:
        """Tell whether the laws leave the verdict open.

        That is so where the rules contradict themselves, or logic helps the order to bar.
        """
        order = Order(self.worlds, self.members, self.rules)
        barred = order.is_timed() and not all(
            order.can_begin(each, self.ruled) for each in self.list_needed()
        )
        return not self.ruled or (barred and not self.is_blocked)

    def can_begin_after(self, conceded: frozenset[int]) -> bool:
        kept = [n for n in range(len(self.members)) if n not in conceded]
        order = Order(self.worlds, [self.members[n] for n in kept], self.rules)
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
            for means in list_meanings(
                worlds, {id: ambiguous[id] for id in ambiguous if id in used}
            ):
                self.cases.append(Answer(reading, members, [*rules, *means], self.goals, worlds))

    @property
    def verdict(self) -> str:
        blocked = {each.is_blocked for each in self.cases}
        if len(blocked) > 1:
            return "disputed"
        return "blocked" if True in blocked else "no_recorded_obstacle"


@dataclass(frozen=True)
class Need:
    """A literal that the goals need, and whether the laws leave that open."""

    literal: str
    sure: bool
    followed: bool


class Asks:
    """What the goals need without a recorded answer: what must be asked, and what may be."""

    def __init__(self, oracle: Oracle, answer: Answer) -> None:
        self.book, self.met, self.answer = oracle.book, oracle.met, answer
        self.facts = {each.fact for each in answer.rules if each.fact}
        known = reduce(int.__and__, (each.granted for each in answer.rules), answer.worlds.all)
        self.known = known
        settled = answer.worlds.find_all(self.list_settled())
        past = [each for each in answer.worlds.list_all() if answer.worlds.follows(settled, each)]
        self.past = {*(past if settled else ()), *Order(answer.worlds, [], answer.rules).facts}
        self.bites: set[str] = set()
        self.needs: set[str] = set()
        self.sure: set[str] = set()
        self.possible: set[str] = set()
        self.walk()

    def walk(self) -> None:
        """Go back from the goals to all that they need."""
        waiting = [Need(each, True, True) for each in self.answer.goals]
        seen: set[Need] = set()
        while waiting:
            need = waiting.pop()
            if need in seen:
                continue
            seen.add(need)
            (self.sure if need.sure else self.possible).add(need.literal)
            if need.followed:
                waiting += self.list_needs(need)

    def list_needs(self, need: Need) -> Iterator[Need]:
        sure = need.sure and need.literal not in self.list_settled() | self.list_known()
        for member in self.answer.members:
            claim = member.claim
            if not claim.necessary or need.literal not in claim.consequents:
                continue
            one = len(claim.alternatives) == 1
            there = self.list_known() | self.list_settled()
            open = any(there.issuperset(way) for way in claim.alternatives)
            if any(self.past.issuperset(way) for way in claim.alternatives):
                self.bites.add("6 a fact, or what ended as met, closes an ask")
                continue
            self.needs |= {each for some in claim.alternatives for each in some}
            for literal in {each for some in claim.alternatives for each in some}:
                certain = sure and member.noun == "preconditions" and not open
                yield Need(literal, certain, one)
        for rule in self.answer.rules:
            for one, other in rule.implies:
                if one == need.literal:
                    unsure = rule.kind != "axiom" or not self.list_actors(other)
                    yield Need(other, sure and not unsure, True)
                if negate(other) == need.literal:
                    yield Need(negate(one), False, True)

    def list_known(self) -> set[str]:
        """List the facts and what ended as met, and what follows from them by the rules."""
        worlds = self.answer.worlds
        known = self.known & worlds.find_all(self.list_settled())
        return {each for each in worlds.list_all() if worlds.follows(known, each)}

    def list_settled(self) -> set[str]:
        """List what is a fact, or ended as met."""
        found = set(filter(None, self.facts))
        for record in self.met:
            if record.get("antecedents"):
                found |= {each for some in record["antecedents"] for each in some}
            elif record.get("proposition"):
                found.add(("!" if record["negated"] else "") + record["proposition"])
        return found

    def list_asks(self) -> tuple[set[tuple[str, str | None]], set[tuple[str, str | None]]]:
        """Return what must be asked of whom, and what may be."""
        must: set[tuple[str, str | None]] = set()
        may: set[tuple[str, str | None]] = set()
        closed = self.list_settled() | self.past | set(self.answer.goals)
        maybe = self.list_known() | {negate(each) for each in self.list_known()}
        maybe |= {
            other for rule in self.answer.rules if rule.kind == "reading"
            for one, other in rule.implies if one in self.answer.goals
        }  # fmt: skip
        self.bites |= {"7 the goal itself"} if self.needs & {*self.answer.goals} else set()
        for literal in (self.sure | self.possible) - closed:
            for actor in self.list_actors(literal) or [None]:
                answered = self.find_answer(actor, literal)
                if answered != "yes":
                    may.add((literal, actor))
                    if literal in self.sure and literal not in maybe and answered == "no":
                        must.add((literal, actor))
        return must, may

    def list_actors(self, literal: str) -> list[str]:
        return self.book.find("propositions", literal.removeprefix("!"))["by"]

    def find_answer(self, actor: str | None, literal: str) -> str:
        """Tell whether an actor answered: `yes`, `no`, or `maybe` where the laws leave it open."""
        records = (*self.book.list_noun("positions"), *self.book.list_noun("preconditions"))
        if actor is None:
            return "maybe" if any(self.is_about(each, literal) for each in records) else "no"
        sure, possible = self.list_relatives(actor)
        said = "no"
        for record in records:
            holders = {*list_holders(record)}
            if not self.is_about(record, literal):
                continue
            certain = record["rank"] != "deprecated"
            if holders & sure and certain and ("force" in record or actor in holders):
                law = "own answer" if actor in holders else "answer of a bloc or part"
                self.bites.add(f"7 {law}")
                return "yes"
            if holders & self.list_members(actor) and certain and self.refuses(record, literal):
                self.bites.add("7 dissent of a member")
                return "yes"
            if holders & (sure | possible):
                said = "maybe"
        within, wanted = self.find_wanted({actor}), self.answer.worlds.find(literal)
        if not within & wanted:
            self.bites.add("7 own members exclude it")
            return "yes" if within and self.answer.hard & wanted else "maybe"
        return said if self.find_wanted(sure) & wanted else "maybe"

    def find_wanted(self, holders: set[str]) -> int:
        """Return the worlds in which all that these want holds, with rules and goals."""
        pairs = zip(self.answer.members, self.answer.granted, strict=True)
        own = (granted for member, granted in pairs if member.holder in holders)
        return reduce(int.__and__, own, self.answer.hard)

    def list_relatives(self, actor: str) -> tuple[set[str], set[str]]:
        """Return who answers for an actor, and who may: its parts, its blocs, its members."""
        actors = self.book.list_noun("actors")
        parts = {each["id"] for each in actors if each["part_of"] == actor}
        blocs = {a["id"] for a in actors if actor in [m["actor"] for m in a["members"]]}
        return {actor} | parts | blocs, self.list_members(actor)

    def list_members(self, actor: str) -> set[str]:
        return {each["actor"] for each in self.book.find("actors", actor)["members"]}

    def is_about(self, record: Record, literal: str) -> bool:
        about = literal.removeprefix("!")
        if "consequents" in record:
            return about in [each.removeprefix("!") for each in record["consequents"]]
        if record["force"] not in ANSWERS:
            return False
        if record["proposition"]:
            return record["proposition"] == about
        proposal = self.book.find("proposals", record["responds_to"]["proposal"])
        literals = [each for part in proposal["components"] for each in part["propositions"]]
        return about in [each.removeprefix("!") for each in literals]

    def refuses(self, record: Record, literal: str) -> bool:
        """Tell whether a position wants the opposite of a literal."""
        if record.get("force") != "reject" or not record["proposition"]:
            return False
        said = ("" if record["negated"] else "!") + record["proposition"]
        return said == negate(literal)


def name_members(members: Iterable[Member]) -> tuple[tuple[Any, ...], ...]:
    """Name members as the answer does."""
    return tuple(sorted(
        (each.noun, tuple(sorted(each.records)), each.holder or "", each.literal or "")
        for each in members
    ))  # fmt: skip
