"""How the records of a conflict are read, from the laws alone: whose word counts, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations, product
from typing import Any

from tests.analysis.oracle_worlds import Claim, Member, Rule, Worlds, negate

Record = dict[str, Any]
Said = frozenset[tuple[str, str]]
"""Records by id, each with the holder for whom it is taken."""

VOICE = {"own": 2, "authorised": 2, "narrated": 1, "relayed": 0, "anonymous": 0}
FOR = ("propose", "demand", "commit", "intend", "accept", "concede", "accept_conditionally")
ANSWERS = (*FOR, "reject", "defer", "abstain", "leave_open", "deny")
METRES = {"m": 1, "km": 1000}


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
            yield Word(record, holder, ("condition", " ".join(sorted(record["consequents"]))), side)


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


class Standing:
    """Which words of each holder on each thing count, where some records are dropped."""

    def __init__(self, book: Book, dropped: Said, kept: Said) -> None:
        self.book, self.dropped, self.kept = book, dropped, kept
        self.denied = find_denied(book)
        self.replaced = {
            (old["id"], holder)
            for new, old, holder in list_replacements(book)
            if VOICE[new["voice"]] >= VOICE[old["voice"]] and book.is_heard(new)
        }
        self.reading = Reading(kept, dropped)
        self.disputes: list[tuple[Said, Said]] = []

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
            sets = list_rejected(self.book, word, self.reading.words)
            if word.side == "against" and not sets:
                self.leave_out(word, "superseded")
                self.reading.words.remove(word)
        return self.reading

    def weigh(self, words: Sequence[Word]) -> None:
        """Keep those of one holder on one thing that count, and tell why others do not."""
        counting = [each for each in words if not self.is_out(each)]
        for rest, reason in (
            ([w for w in counting if w.record["rank"] == "preferred"], "not_preferred"),
            ([], "outranked"),
        ):
            if reason == "outranked":
                rest = [each for each in counting if not self.is_outranked(each, counting)]
            if rest:
                for each in counting:
                    if each not in rest:
                        self.leave_out(each, reason)
                counting = rest
        self.reading.words.extend(self.follow(counting))

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
        if word.of_package:
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


def gather_members(book: Book, words: Iterable[Word]) -> Iterator[Member]:
    """Join equal claims of one holder into one member, shown by all their records."""
    shown: dict[tuple[str, str, Claim, str | None], list[str]] = {}
    words = [*words]
    for word in words:
        noun = "preconditions" if word.thing[0] == "condition" else "positions"
        for claim, timing in list_claims(book, word, words):
            records = shown.setdefault((noun, word.holder, claim, timing), [])
            if word.id not in records:
                records.append(word.id)
    for (noun, holder, claim, timing), records in shown.items():
        yield Member(noun, holder, claim, timing, tuple(records))


def list_claims(
    book: Book, word: Word, words: Sequence[Word]
) -> Iterator[tuple[Claim, str | None]]:
    """Give what follows from a word that counts."""
    kind, about = word.thing
    if kind == "condition":
        yield from read_condition(word.record)
    elif word.is_conditional:
        return
    elif kind == "proposition" and word.side != "open":
        literal = about if word.side == "for" else f"!{about}"
        yield Claim("holds", ((literal,),)), None
    elif kind == "proposal" and word.side != "open":
        proposal = book.find("proposals", about)
        yield from (
            [(Claim("none_of", list_rejected(book, word, words)), None)]
            if word.side == "against" else read_acceptance(proposal)
        )  # fmt: skip


def read_condition(record: Record) -> Iterator[tuple[Claim, str | None]]:
    modality = record["modality"]
    if record["antecedents_kind"] != "stated" or modality == "unknown":
        return
    necessary = modality != "sufficient"
    sufficient = modality != "necessary" or bool(record["exhaustive"])
    alternatives = tuple(tuple(each) for each in record["antecedents"])
    timing = record["timing"] if record["timing"] != "unknown" else None
    claim = Claim("condition", alternatives, tuple(record["consequents"]), necessary, sufficient)
    yield claim, timing


def read_acceptance(proposal: Record) -> Iterator[tuple[Claim, str | None]]:
    """Give what the acceptance of a whole wants beside its common literals."""
    if options := list_options(proposal):
        yield Claim("any_of", tuple(options)), None
    parts = {each["id"]: tuple(each["propositions"]) for each in proposal["components"]}
    for each in proposal["components"]:
        if each.get("if"):
            ifs = (tuple(each["if"]),)
            yield Claim("condition", ifs, parts[each["id"]], True, True), None
        if each.get("after"):
            earlier = (tuple(literal for id in each["after"] for literal in parts[id]),)
            yield Claim("condition", earlier, parts[each["id"]], True, False), "before"


def list_rejected(book: Book, word: Word, words: Sequence[Word]) -> tuple[tuple[str, ...], ...]:
    """Give what the rejection of a whole rejects: with each option, that and all the rest.

    A set is taken back if its holder accepts all of it later, in a voice that is not lower.
    """
    proposal = book.find("proposals", word.thing[1])
    due = list_common(proposal)
    for each in proposal["components"]:
        due += [*each["propositions"], *each["if"]] if each.get("if") else []
    later = {
        ("" if each.side == "for" else "!") + each.thing[1]
        for each in words
        if each.thing[0] == "proposition" and each.holder == word.holder and each.side != "open"
        and each.voice >= word.voice and each.time > word.time and not each.is_conditional
    }  # fmt: skip
    sets = (tuple(dict.fromkeys([*due, *each])) for each in list_options(proposal) or [()])
    return tuple(each for each in sets if not later.issuperset(each))


def list_rules(book: Book, worlds: Worlds, in_use: Sequence[str] | None) -> list[Rule]:
    """Give the analysts' rules in use, and what the measures of one scale imply."""
    axioms = [a for a in book.list_noun("axioms") if in_use is None or a["id"] in in_use]
    return [*(read_axiom(worlds, each) for each in axioms), *compare_measures(book, worlds)]


def read_axiom(worlds: Worlds, axiom: Record) -> Rule:
    kind, literals = axiom["kind"], axiom["propositions"]
    first, *rest = literals
    if kind == "fact":
        return Rule("axiom", axiom["id"], worlds.find(first), fact=first)
    if kind == "at_least_one":
        return Rule("axiom", axiom["id"], worlds.find_any([[each] for each in literals]))
    granted = worlds.all
    if kind in ("excludes", "not_all"):
        together = combinations(literals, 2) if kind == "excludes" else [literals]
        for each in together:
            granted &= ~worlds.find_all(each)
        return Rule("axiom", axiom["id"], granted)
    pairs = permutations(literals, 2) if kind == "equivalent" else ((first, each) for each in rest)
    return make_implication(worlds, axiom["id"], tuple(pairs), "axiom")


def make_implication(
    worlds: Worlds, id: str, pairs: tuple[tuple[str, str], ...], kind: str
) -> Rule:
    granted = worlds.all
    for one, other in pairs:
        granted &= worlds.all & ~worlds.find(one) | worlds.find(other)
    return Rule(kind, id, granted, pairs)


def compare_measures(book: Book, worlds: Worlds) -> Iterator[Rule]:
    """Give for each two measures of one scale whether they imply or exclude each other."""
    measured = [each for each in book.list_noun("propositions") if each["measure"]]
    for one, other in permutations(measured, 2):
        mine, theirs = one["measure"], other["measure"]
        units = {mine["unit"], theirs["unit"]}
        if mine["scale"] == theirs["scale"] and (len(units) == 1 or units <= METRES.keys()):
            low, high = find_range(mine)
            least, most = find_range(theirs)
            if least <= low and high <= most:
                pair = (one["id"], other["id"])
                yield make_implication(worlds, " implies ".join(pair), (pair,), "measure")
            if high < least:
                both = worlds.find_all([one["id"], other["id"]])
                yield Rule("measure", name_exclusion(one, other), worlds.all & ~both)


def name_exclusion(one: Record, other: Record) -> str:
    return " excludes ".join(sorted((one["id"], other["id"])))


def find_range(measure: Record) -> tuple[float, float]:
    value = measure["value"] * METRES.get(measure["unit"], 1)
    ranges = {"eq": (value, value), "le": (float("-inf"), value), "ge": (value, float("inf"))}
    return ranges[measure["op"]]


def list_used(
    book: Book, members: Sequence[Member], rules: Sequence[Rule], goals: Sequence[str]
) -> set[str]:
    """List the propositions that somebody does more with than merely want them."""
    used = {each.removeprefix("!") for each in goals}
    for rule in rules:
        if rule.kind == "axiom":
            literals = book.find("axioms", rule.id)["propositions"]
            used |= {each.removeprefix("!") for each in literals}
    for member in members:
        wants = member.claim.kind == "any_of" or (member.literal or "!")[0] != "!"
        used |= set[str]() if wants else member.claim.list_propositions()
    return used


def list_meanings(worlds: Worlds, ambiguous: dict[str, list[str]]) -> list[list[Rule]]:
    """Give for each case the rules by which ambiguous propositions mean one of their readings."""
    ways = [
        [make_implication(worlds, f"{id} means {one}", ((id, one), (one, id)), "reading")
         for one in meanings]
        for id, meanings in ambiguous.items()
    ]  # fmt: skip
    return [list(each) for each in product(*ways)]


def list_ambiguous(book: Book, rules: Sequence[Rule]) -> dict[str, list[str]]:
    """List the readings of the propositions of which no rule in use picks one."""
    axioms = [book.find("axioms", rule.id) for rule in rules if rule.kind == "axiom"]
    return {
        each["id"]: each["readings"]
        for each in book.list_noun("propositions")
        if each["readings"] and not any(picks(a, each["id"], each["readings"]) for a in axioms)
    }


def want_readings(member: Member, ambiguous: dict[str, list[str]]) -> Member:
    """Let whoever merely wants something ambiguous want one of its readings."""
    claim = member.claim
    if claim.kind not in ("holds", "any_of"):
        return member
    sets = [
        chosen for some in claim.alternatives
        for chosen in product(*(ambiguous.get(literal, [literal]) for literal in some))
    ]  # fmt: skip
    kind = "any_of" if len(sets) > 1 else claim.kind
    return replace(member, claim=replace(claim, kind=kind, alternatives=tuple(sets)))


def picks(axiom: Record, id: str, meanings: Sequence[str]) -> bool:
    """Tell whether a rule says which reading a proposition means."""
    literals = axiom["propositions"]
    if axiom["kind"] == "implies":
        return literals[0] == id and bool({*literals[1:]} & {*meanings})
    return axiom["kind"] == "equivalent" and id in literals and bool({*literals} & {*meanings})
