"""How often each law decides something in the random conflicts."""

from __future__ import annotations

from collections.abc import Iterator

from tests.analysis.oracle import Answer, Oracle
from tests.analysis.oracle_asks import Asks
from tests.analysis.oracle_words import list_replacements, list_words
from tests.analysis.oracle_worlds import Member, Order, find_clusters
from tests.analysis.random_plans import Plan


def count_bites(plan: Plan) -> set[str]:
    """List the laws that bear on a random conflict."""
    quarrel = plan.write()
    oracle = Oracle(quarrel.records, quarrel.met, plan.goals, **dict(plan.choices))
    return list_bites(oracle) | {f"17 {oracle.verdict}"}


def list_bites(oracle: Oracle) -> set[str]:
    """List the laws, by number, that bear on the answer to a conflict."""
    found = {*list_voice_bites(oracle), *list_record_bites(oracle)}
    for case in oracle.cases:
        asks = Asks(oracle, case)
        if asks.list_asks()[0]:
            found.add("7 something is asked")
        found |= asks.bites
        found |= {*list_logic_bites(case), *list_rule_bites(oracle, case), *list_order_bites(case)}
    return found


def list_voice_bites(oracle: Oracle) -> Iterator[str]:
    for case in oracle.cases:
        for why in case.reading.reasons.values():
            yield from (f"{4 if reason == 'denied' else 1} {reason}" for reason in why)
    words = list(list_words(oracle.book))
    for one in words:
        for other in words:
            if (one.holder, one.thing, one.voice) == (other.holder, other.thing, other.voice):
                said = one.record["last_attested_on"] < other.record["last_attested_on"]
                if one.contradicts(other) and one.day > other.day and said:
                    yield "1 the day it was said"
                if one.side == "open" and one.contradicts(other) and one.day > other.day:
                    yield "4 leave_open supersedes"
    lower = any(new["voice"] != old["voice"] for new, old, _ in list_replacements(oracle.book))
    yield from ["1 replaces in another voice"] if lower else []
    if any(case.reading.dropped for case in oracle.cases):
        yield f"2 dispute, {oracle.verdict}"
    if any(case.readings for case in oracle.cases):
        yield f"5 readings, {oracle.verdict}"


def list_record_bites(oracle: Oracle) -> Iterator[str]:
    for record in oracle.book.list_noun("preconditions"):
        yield from ["5 exhaustive"] if record["exhaustive"] else []
        yield from ["11 joint condition"] if record["co_holders"] else []
        yield from ["2 condition none"] if record["antecedents_kind"] == "none" else []
    for record in oracle.book.list_noun("positions"):
        yield from ["11 joint position"] if record["co_holders"] else []
        yield from ["11 under"] if record["under"] else []


def list_logic_bites(case: Answer) -> Iterator[str]:
    """Tell which claims collide, and how the collisions hang together."""
    for collision in case.collisions:
        for member in (case.members[n] for n in collision):
            yield f"5 {name_claim(member)} collides"
    if len(find_clusters(case.collisions)) > 1:
        yield "15 several quarrels"
    if len({*case.leaning}) > 1:
        yield "16 with and without the goal"


def name_claim(member: Member) -> str:
    package = "package's " if member.noun == "positions" else ""
    return package + member.claim.kind if member.claim.kind != "holds" else "position"


def list_rule_bites(oracle: Oracle, case: Answer) -> Iterator[str]:
    """Tell which kinds of rules some collision would dissolve without."""
    for rule in case.rules:
        others = case.worlds.all
        for each in case.rules:
            others &= each.granted if each is not rule else others
        others &= case.worlds.find_all(case.goals)
        for collision in case.collisions:
            within = others
            for n in collision:
                within &= case.granted[n]
            if within:
                kind = rule.kind
                if kind == "axiom":
                    axiom = oracle.book.find("axioms", rule.id)
                    kind = f"{axiom['kind']} of {len(axiom['propositions'])}"
                yield f"{ {'measure': 8}.get(kind, 5) } {kind} decides a collision"


def list_order_bites(case: Answer) -> Iterator[str]:
    order = Order(case.worlds, case.members, case.rules, case.met)
    if order.is_timed():
        timings = {each.timing for each in case.members if each.timing}
        yield from (f"12 {each}" for each in timings)
        yield from ["12 facts satisfy a timing"] if order.facts else []
        if case.stuck:
            yield "13 stuck after every concession" if case.collisions else "12 stuck"
