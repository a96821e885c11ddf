"""What each record of a conflict says of one thing, for one holder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

VOICE = {"own": 2, "authorised": 2, "narrated": 1, "relayed": 0, "anonymous": 0}
FOR = ("propose", "demand", "commit", "intend", "accept", "concede", "accept_conditionally")
ANSWERS = (*FOR, "reject", "defer", "abstain", "leave_open", "deny")


@dataclass(frozen=True)
class Word:
    """What one record of one holder says of one thing: `for`, `against`, or `open`."""

    record: Record
    holder: str
    thing: tuple[str, str]
    side: str
    of_package: bool = False
    negated: bool = False

    @property
    def id(self) -> str:
        return self.record["id"]

    @property
    def voice(self) -> int:
        return VOICE[self.record["voice"]]

    @property
    def day(self) -> str:
        return self.record["stated_on"] or self.record["last_attested_on"]

    @property
    def time(self) -> tuple[str, bool]:
        """On one day, the answer to a component outweighs the answer to the whole."""
        return self.day, not self.of_package

    @property
    def is_conditional(self) -> bool:
        return bool(self.record.get("under")) or self.record.get("force") == "accept_conditionally"

    def contradicts(self, other: Word) -> bool:
        sides = {self.side, other.side}
        if "open" not in sides:
            return len(sides) == 2
        mine, theirs = (self, other) if self.side == "open" else (other, self)
        return theirs.side == ("for" if mine.negated else "against")


class Book:
    """The records of a conflict, and what the caller chose."""

    def __init__(self, records: dict[tuple[str, str], Record], voices: Sequence[str]) -> None:
        self.records = records
        self.voices = voices

    def list_noun(self, noun: str) -> list[Record]:
        return [record for (kind, _), record in self.records.items() if kind == noun]

    def find(self, noun: str, id: str) -> Record:
        return self.records[noun, id]

    def is_heard(self, record: Record) -> bool:
        return record["voice"] in self.voices and record["rank"] != "deprecated"


def list_holders(record: Record) -> list[str]:
    return [record["holder"], *record["co_holders"]]


def list_words(book: Book) -> Iterator[Word]:
    """Give what each holder's records say of propositions, whole proposals and conditions."""
    for record in book.list_noun("positions"):
        side = {"reject": "against", "leave_open": "open"}.get(record["force"], "for")
        answered = record["responds_to"] or {}
        for holder in list_holders(record):
            if record["force"] not in (*FOR, "reject", "leave_open"):
                continue
            if record["proposition"]:
                turned = {"for": "against", "against": "for", "open": "open"}
                said = turned[side] if record["negated"] else side
                thing = ("proposition", record["proposition"])
                yield Word(record, holder, thing, said, negated=record["negated"])
            elif "proposal" in answered:
                yield Word(record, holder, ("proposal", answered["proposal"]), side)
    for record in book.list_noun("preconditions"):
        side = "against" if record["antecedents_kind"] == "none" else "for"
        for holder in list_holders(record):
            yield from (Word(record, holder, ("condition", e), side) for e in record["consequents"])


def list_package_words(book: Book, word: Word) -> Iterator[Word]:
    """Give what the acceptance of a whole proposal says of each common literal."""
    for literal in list_common(book.find("proposals", word.thing[1])):
        side = "against" if literal.startswith("!") else "for"
        thing = ("proposition", literal.removeprefix("!"))
        yield Word(word.record, word.holder, thing, side, of_package=True)


def list_common(proposal: Record) -> list[str]:
    return list(dict.fromkeys(
        literal for each in proposal["components"]
        if not each.get("option") and not each.get("if") for literal in each["propositions"]
    ))  # fmt: skip


def list_options(proposal: Record) -> list[tuple[str, ...]]:
    options: dict[str, list[str]] = {}
    for each in proposal["components"]:
        if each.get("option"):
            options.setdefault(each["option"], []).extend(each["propositions"])
    return [tuple(each) for each in options.values()]


def find_denied(book: Book) -> set[tuple[str, str]]:
    """Find the records, by holder, that a voice not lower than theirs denies."""
    found: set[tuple[str, str]] = set()
    for record in book.list_noun("positions"):
        denied = (record["responds_to"] or {}).get("position")
        if record["force"] == "deny" and denied and book.is_heard(record):
            said = book.find("positions", denied)
            own = VOICE[said["voice"]] == 2
            if VOICE[record["voice"]] >= VOICE[said["voice"]] and not own:
                found |= {(denied, each) for each in list_holders(record)}
    return found


def list_replacements(book: Book) -> Iterator[tuple[Record, Record, str]]:
    """Give each record that names another in `replaces`, that one, and the holder of both."""
    for noun in ("positions", "preconditions"):
        for record in book.list_noun(noun):
            if record["replaces"] and record["rank"] != "deprecated":
                old = book.find(noun, record["replaces"])
                for holder in list_holders(record):
                    if holder in list_holders(old):
                        yield record, old, holder


def list_met(records: Iterable[Record]) -> frozenset[str]:
    """List what came about where a demand or a condition ended as met."""
    found: set[str] = set()
    for record in records:
        if "force" in record:
            found.add(("!" if record["negated"] else "") + record["proposition"])
        else:
            found |= {each for some in record["antecedents"] for each in some}
    return frozenset(found)
