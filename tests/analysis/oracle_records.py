"""Whose word counts, from the laws alone: voice, day, replacement, denial and dispute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from tests.analysis.oracle_claims import (
    list_claims,
    list_rejected,
    list_wanted_options,
    read_condition,
)
from tests.analysis.oracle_words import (
    VOICE,
    Book,
    Word,
    find_denied,
    list_package_words,
    list_replacements,
    list_words,
)
from tests.analysis.oracle_worlds import Claim, Member

Said = frozenset[tuple[str, str]]
"""Records by id, each with the holder for whom it is taken."""


@dataclass
class Reading:
    """How the records are read where each contradiction is taken in one way."""

    kept: Said
    dropped: Said
    words: list[Word] = field(default_factory=list[Word])
    reasons: dict[tuple[str, str, str | None], set[str]] = field(
        default_factory=dict[tuple[str, str, str | None], set[str]]
    )
    members: list[Member] = field(default_factory=list[Member])
    partly: set[tuple[str, str, str | None]] = field(
        default_factory=set[tuple[str, str, str | None]]
    )


class Standing:
    """Which words of each holder on each thing count, where some records are dropped."""

    def __init__(self, book: Book, dropped: Said, kept: Said) -> None:
        self.book, self.dropped, self.kept = book, dropped, kept
        self.denied = find_denied(book)
        self.replaced = {
            (old["id"], holder)
            for new, old, holder in list_replacements(book)
            if VOICE[new["voice"]] >= VOICE[old["voice"]]
            and book.is_heard(new)
            and (new["id"], holder) not in self.denied
        }
        self.reading = Reading(kept, dropped)
        self.disputes: list[tuple[Said, Said]] = []
        self.partly = self.reading.partly

    def read(self) -> Reading:
        words = list(list_words(self.book))
        for kinds in (("proposal", "condition"), ("proposition",)):
            chosen = [each for each in words if each.thing[0] in kinds]
            for key in sorted({(each.holder, each.thing) for each in chosen}):
                self.weigh([each for each in chosen if (each.holder, each.thing) == key])
            for word in self.reading.words:
                if word.thing[0] == "proposal" and word.side == "for" and kinds[0] == "proposal":
                    words.extend(list_package_words(self.book, word))
        for word in [each for each in self.reading.words if each.thing[0] == "proposal"]:
            words = self.reading.words
            if word.side == "against" and not list_rejected(self.book, word, words):
                self.leave_out(word, "superseded")
                self.reading.words.remove(word)
            elif word.side == "for" and not list_wanted_options(self.book, word, words):
                self.partly.add((word.id, word.holder, None))
        return self.reading

    def weigh(self, words: Sequence[Word]) -> None:
        """Keep those of one holder on one thing that count, and tell why others do not."""
        counting = [each for each in words if not self.is_out(each)]
        preferred = [each for each in counting if each.record["rank"] == "preferred"]
        counting = self.choose(counting, preferred or counting, "not_preferred")
        highest = [each for each in counting if not self.is_outranked(each, counting)]
        self.reading.words.extend(self.follow(self.choose(counting, highest, "outranked")))

    def choose(self, words: Sequence[Word], chosen: Sequence[Word], reason: str) -> Sequence[Word]:
        for each in words:
            if each not in chosen:
                self.leave_out(each, reason)
        return chosen

    def is_outranked(self, word: Word, others: Sequence[Word]) -> bool:
        """Of conditions only those are that a higher voice contradicts; others count together."""
        higher = [each for each in others if each.voice > word.voice]
        if word.thing[0] == "condition":
            return any(word.contradicts(each) for each in higher)
        return bool(higher)

    def is_out(self, word: Word) -> bool:
        said = (word.id, word.holder)
        if not self.book.is_heard(word.record) and said not in self.kept:
            return True
        found = {
            "denied": said in self.denied,
            "superseded": said in self.replaced,
            "disputed": said in self.dropped,
        }
        for reason, is_so in found.items():
            if is_so:
                self.leave_out(word, reason)
        return any(found.values())

    def follow(self, words: Sequence[Word]) -> list[Word]:
        """Follow a holder's words day by day: what a later one contradicts is superseded.

        What was in dispute on an earlier day is superseded by any later word.
        """
        held: list[Word] = []
        latest: list[Word] = []
        for time in sorted({each.time for each in words}):
            latest = [each for each in words if each.time == time]
            held, before = [], held
            for each in before:
                if any(each.contradicts(new) for new in (*latest, *before)):
                    self.leave_out(each, "superseded")
                else:
                    held.append(each)
            held += latest
        camps: tuple[list[Word], list[Word]] = ([], [])
        for each in latest:
            camps[each.side == "against" or (each.side == "open" and each.negated)].append(each)
        one, other = (
            frozenset((w.id, w.holder) for w in mine if any(w.contradicts(each) for each in theirs))
            for mine, theirs in (camps, camps[::-1])
        )
        if one:
            self.disputes.append((one, other))
        return held

    def leave_out(self, word: Word, reason: str) -> None:
        literal = None
        if word.thing[0] == "condition":
            literal = word.thing[1]
        elif word.of_package:
            literal = word.thing[1] if word.side == "for" else f"!{word.thing[1]}"
        self.reading.reasons.setdefault((word.id, word.holder, literal), set()).add(reason)


def find_lower_disputes(book: Book) -> Iterator[tuple[Said, Said]]:
    """Give each own word that a lower voice of its holder claims to replace by the opposite."""
    words = list(list_words(book))
    for new, old, holder in list_replacements(book):
        if VOICE[new["voice"]] < VOICE[old["voice"]] and book.is_heard(old):
            pairs = [
                (a, b) for a in words for b in words
                if a.id == new["id"] and b.id == old["id"] and a.thing == b.thing
                and a.holder == b.holder == holder and disagree(a, b)
            ]  # fmt: skip
            if pairs:
                yield frozenset({(old["id"], holder)}), frozenset({(new["id"], holder)})


def disagree(one: Word, other: Word) -> bool:
    """Tell whether two words cannot both be what the holder says now."""
    if one.thing[0] == "condition" and one.side == other.side == "for":
        return {*read_condition(one.record)} != {*read_condition(other.record)}
    return one.contradicts(other)


def list_readings(book: Book) -> list[Reading]:
    """Read the records once for each way to take those that contradict each other."""
    first = Standing(book, frozenset(), frozenset())
    first.read()
    standing = {(each.id, each.holder) for each in first.reading.words}
    lower = [
        (old, new) for old, new in find_lower_disputes(book)
        if old <= standing
        and new <= {(e.id, e.holder) for e in Standing(book, old, new).read().words}
    ]  # fmt: skip
    disputes = list(dict.fromkeys([*first.disputes, *lower]))
    found: list[Reading] = []
    for chosen in product((0, 1), repeat=len(disputes)):
        kept = frozenset[tuple[str, str]]().union(
            *(pair[n] for n, pair in zip(chosen, disputes, strict=True))
        )
        dropped = frozenset[tuple[str, str]]().union(
            *(pair[1 - n] for n, pair in zip(chosen, disputes, strict=True))
        )
        reading = Standing(book, dropped, kept).read()
        reading.members = list(gather_members(book, reading.words))
        found.append(reading)
    return found


def gather_members(book: Book, words: Sequence[Word]) -> Iterator[Member]:
    """Join equal claims of one holder into one member, shown by all their records."""
    shown: dict[tuple[str, str, Claim, str | None], list[str]] = {}
    for word in words:
        noun = "preconditions" if word.thing[0] == "condition" else "positions"
        for claim, timing in list_claims(book, word, words):
            records = shown.setdefault((noun, word.holder, claim, timing), [])
            if word.id not in records:
                records.append(word.id)
    for (noun, holder, claim, timing), records in shown.items():
        yield Member(noun, holder, claim, timing, tuple(records))
