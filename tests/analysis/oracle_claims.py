"""What follows from records that count, and from rules, measures and readings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations, product

from tests.analysis.oracle_words import Book, Record, Word, list_common, list_options
from tests.analysis.oracle_worlds import Claim, Member, Rule, Worlds, negate

METRES = {"m": 1, "km": 1000}


def list_claims(
    book: Book, word: Word, words: Sequence[Word]
) -> Iterator[tuple[Claim, str | None]]:
    """Give what follows from a word that counts."""
    kind, about = word.thing
    if kind == "condition":
        kept = {e.thing for e in words if (e.id, e.holder) == (word.id, word.holder)}
        left = [e for e in word.record["consequents"] if (kind, e) in kept]
        yield from read_condition({**word.record, "consequents": left})
    elif word.is_conditional:
        return
    elif kind == "proposition" and word.side != "open":
        literal = about if word.side == "for" else f"!{about}"
        yield Claim("holds", ((literal,),)), None
    elif kind == "proposal" and word.side != "open":
        if word.side == "against":
            yield Claim("none_of", list_rejected(book, word, words)), None
            return
        if options := list_wanted_options(book, word, words):
            yield Claim("any_of", options), None
        yield from read_order(book.find("proposals", about))


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


def read_order(proposal: Record) -> Iterator[tuple[Claim, str | None]]:
    """Give on which conditions the parts of an accepted whole are due, and after which others."""
    parts = {each["id"]: tuple(each["propositions"]) for each in proposal["components"]}
    for each in proposal["components"]:
        if each.get("if"):
            ifs = (tuple(each["if"]),)
            yield Claim("condition", ifs, parts[each["id"]], necessary=True, sufficient=True), None
        if each.get("after"):
            earlier = (tuple(literal for id in each["after"] for literal in parts[id]),)
            yield Claim("condition", earlier, parts[each["id"]], necessary=True), "before"


def list_rejected(book: Book, word: Word, words: Sequence[Word]) -> tuple[tuple[str, ...], ...]:
    """Give what the rejection of a whole rejects: with each option, that and all the rest.

    A set is taken back if its holder accepts all of it later, or in a higher voice.
    """
    proposal = book.find("proposals", word.thing[1])
    due = list_common(proposal)
    for each in proposal["components"]:
        due += [*each["propositions"], *each["if"]] if each.get("if") else []
    later = find_later(word, words)
    sets = (tuple(dict.fromkeys([*due, *each])) for each in list_options(proposal) or [()])
    return tuple(each for each in sets if not later.issuperset(each))


def find_later(word: Word, words: Sequence[Word]) -> set[str]:
    """Find the literals that a holder wants by a higher voice, or since then by no lower one.

    On one day, the answer to a component outweighs the answer to the whole.
    """
    return {
        ("" if each.side == "for" else "!") + each.thing[1]
        for each in words
        if each.thing[0] == "proposition" and each.holder == word.holder and each.side != "open"
        and not each.is_conditional and not each.of_package
        and (each.voice > word.voice or (each.voice == word.voice and each.day >= word.day))
    }  # fmt: skip


def list_wanted_options(
    book: Book, word: Word, words: Sequence[Word]
) -> tuple[tuple[str, ...], ...]:
    """List the options that whoever accepted a whole did not refuse later."""
    options = list_options(book.find("proposals", word.thing[1]))
    refused = {negate(each) for each in find_later(word, words)}
    return tuple(each for each in options if not refused.intersection(each))


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
        if each["readings"]
        and not any(picks_reading(a, each["id"], each["readings"]) for a in axioms)
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


def picks_reading(axiom: Record, id: str, meanings: Sequence[str]) -> bool:
    """Tell whether a rule says which reading a proposition means."""
    literals = axiom["propositions"]
    if axiom["kind"] == "implies":
        return literals[0] == id and bool({*literals[1:]} & {*meanings})
    return axiom["kind"] == "equivalent" and id in literals and bool({*literals} & {*meanings})
