"""What the goals need of whom without a recorded answer, from the laws alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from tests.analysis.oracle import Answer, Oracle
from tests.analysis.oracle_words import ANSWERS, Record, list_holders
from tests.analysis.oracle_worlds import Order, negate


@dataclass(frozen=True)
class Need:
    """A literal that the goals need, and whether the laws leave that open."""

    literal: str
    sure: bool = True
    followed: bool = True


class Asks:
    """What the goals need without a recorded answer: what must be asked, and what may be."""

    def __init__(self, oracle: Oracle, answer: Answer) -> None:
        self.book, self.answer = oracle.book, answer
        self.facts = {each.fact for each in answer.rules if each.fact}
        known = reduce(int.__and__, (each.granted for each in answer.rules), answer.worlds.all)
        self.known = known
        self.past = Order(answer.worlds, [], answer.rules, ()).facts | answer.met
        self.bites: set[str] = set()
        self.needs: set[str] = set()
        self.sure: set[str] = set()
        self.possible: set[str] = set()
        self.walk()

    def walk(self) -> None:
        """Go back from the goals to all that they need."""
        waiting = [Need(each) for each in self.answer.goals]
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
            is_met = any(there.issuperset(way) for way in claim.alternatives)
            if any(self.past.issuperset(way) for way in claim.alternatives):
                self.bites.add("6 a fact, or what ended as met, closes an ask")
                continue
            self.needs |= {each for some in claim.alternatives for each in some}
            for literal in {each for some in claim.alternatives for each in some}:
                certain = sure and member.noun == "preconditions" and not is_met
                yield Need(literal, sure=certain, followed=one)
        for rule in self.answer.rules:
            for one, other in rule.implies:
                if one == need.literal:
                    unsure = rule.kind != "axiom" or not self.list_actors(other)
                    yield Need(other, sure=sure and not unsure)
                if negate(other) == need.literal:
                    yield Need(negate(one), sure=False)

    def list_known(self) -> set[str]:
        """List the facts and what ended as met, and what follows from them by the rules."""
        worlds = self.answer.worlds
        known = self.known & worlds.find_all(self.list_settled())
        return {each for each in worlds.list_all() if worlds.follows(known, each)}

    def list_settled(self) -> set[str]:
        """List what is a fact, or ended as met."""
        return {*filter(None, self.facts), *self.answer.met}

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
            possible = self.find_wanted(sure) and self.answer.hard & wanted
            return "yes" if possible else "maybe"
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
