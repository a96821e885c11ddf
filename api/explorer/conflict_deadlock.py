"""The deadlock of a conflict as a page tells it: first the answer, then what it is made of.

The answer is the verdict, two claims that face each other, and the smallest move that would end
what keeps them apart. Every claim and rule has an address without it: a hypothesis to share.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter

from api.analysis.deadlock.answer import Deadlock, DemandMember
from api.analysis.deadlock.summary import NOT_ALL
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences, join_words
from api.analysis.serving import solving_seconds
from api.charts.deadlock import name_quarrel
from api.evidence.rows import choose_quote
from api.explorer import words
from api.explorer.addresses import current_page
from api.explorer.pages import Context
from api.explorer.words import _
from api.ledger.noun import Record
from api.ledger.versions.lookup import Key

_MOST_WAYS = 2


def build_deadlock(scene: Scene, choices: Choices) -> Context:
    """Work the deadlock out, and add the quotes, the authors of rules and the switches."""
    answer = work_out_deadlock(scene, choices, seconds=solving_seconds()).answer
    held = {"positions": scene.positions, "preconditions": scene.preconditions}
    records = {(noun, each["id"]): each for noun, some in held.items() for each in some}
    say = Sentences(scene.lookup)

    def name_literals(ids: Iterable[str]) -> str:
        return " and that ".join(map(say.name_literal, ids))

    def list_doubts(noun: str, id: str) -> list[str]:
        record = records.get((noun, id))
        return say.write_doubts(record) if record else []

    shown: Context = {
        **vars(answer),
        "state": _name_state(answer),
        "headline": _shorten_sentence(answer),
        "facing": [_face(scene, say, each) for each in _choose_facing(scene, answer)],
        "smallest": _tell_smallest(answer),
        "quarrels": [*_list_quarrels(answer)],
        "shown": {"/".join(key): choose_quote(each["quotes"]) for key, each in records.items()},
        "list_doubts": list_doubts,
        "records": records,
        "decided_by": _list_decided(answer, records),
        "left_out": [*_group_left_out(answer, records)],
        "tell": say.describe_record,
        "account": say.describe_account,
        "sources": [(id, scene.lookup.find_label("sources", id)) for id in answer.basis.sources],
        "axioms": [*_number_axioms(scene, answer)],
        "actor": scene.name_actor,
        "actors": say.name_actors,
        "literals": name_literals,
        "switches": _Switches(choices, answer),
        "supposed": [(noun, id, say.describe_record(noun, each)) for noun, id in choices.without
                     if (each := scene.lookup.get(noun, id))],
    }  # fmt: skip
    return {"deadlock": shown, "out_of_time": "time" in answer.cut}


def _list_decided(answer: Deadlock, records: Mapping[Key, Record]) -> list[Key]:
    """List the records that decide; of two nouns with one id that of a member."""
    noun_of = {id: noun for noun, id in records}
    noun_of |= {id: each.noun for each in answer.members for id in each.records}
    return [(noun_of[id], id) for id in answer.basis.decided_by if id in noun_of]


def _group_left_out(
    answer: Deadlock, records: Mapping[Key, Record]
) -> Iterator[tuple[str, Mapping[Key, Sequence[str]]]]:
    """Yield each reason, with its records; each with the literals, if only these are left out."""
    told: dict[str, tuple[str, dict[Key, list[str | None]]]] = {}
    for each in sorted(answer.left_out, key=attrgetter("reason")):
        if (key := (each.noun, each.id)) in records:
            _, parts = told.setdefault(each.reason, (each.sentence, {}))
            parts.setdefault(key, []).append(each.literal)
    for sentence, parts in told.values():
        yield (
            sentence,
            {key: () if None in some else [*filter(None, some)] for key, some in parts.items()},
        )


class _Switches:
    """The addresses of the page with a claim or a rule switched off, or on again."""

    def __init__(self, choices: Choices, answer: Deadlock) -> None:
        self._link = partial(current_page().link_here, open=None)
        self._without = ["/".join(each) for each in choices.without]
        self._rules = {each.id: each.in_use for each in answer.rules if each.kind == "axiom"}

    def turn_claim(self, noun: str, ids: Sequence[str]) -> str:
        keys, off = [f"{noun}/{id}" for id in ids], self._without
        kept = [e for e in off if e not in keys] + [e for e in keys if e not in off]
        return self._link(without=",".join(kept) or None)

    def turn_rule(self, id: str) -> str:
        turned = {**self._rules, id: not self._rules[id]}
        used = ",".join(each for each, is_used in turned.items() if is_used)
        return self._link(axioms=None if all(turned.values()) else used or "none")


def _name_state(answer: Deadlock) -> str:
    is_blocked = answer.verdict == "incomplete" and any(each.goals for each in answer.clusters)
    return words.BLOCKED_AT_LEAST if is_blocked else words.VERDICTS[answer.verdict]


def _shorten_sentence(answer: Deadlock) -> str:
    """Return the verdict's sentence without the cases and the basis, which follow on the page."""
    told = answer.sentence
    if answer.verdict == "incomplete" and answer.collisions:
        told = f"At least {told[0].lower()}{told[1:]}".replace(NOT_ALL, "")
    for each in (answer.basis, *answer.cases):
        told = told.replace(each.sentence, "")
    return " ".join(told.split())


def _choose_facing(scene: Scene, answer: Deadlock) -> list[DemandMember]:
    """Choose two claims of different holders: those that collide, wait for each other, or ask."""
    if any(each.goals for each in answer.clusters):
        found = answer.collisions[answer.clusters[0].collisions[0] - 1].members
    elif answer.cycles:
        found = [each for each in answer.members if each.id in answer.cycles[0].preconditions]
    else:
        goals = {each.literal for each in answer.goals}
        found = sorted(answer.members, key=lambda e: e.last_attested_on or "", reverse=True)
        found.sort(key=lambda each: goals.isdisjoint(each.claim.consequents))
    held = [each for each in found if each.holder]
    held.sort(key=lambda e: (e.noun != "preconditions", not _list_asked(scene, e)))
    first = {each.holder: each for each in reversed(held)}
    return sorted(held, key=lambda each: first[each.holder] is not each)[:2]


def _list_asked(scene: Scene, member: DemandMember) -> list[str]:
    """List the names of those of whom a member asks something."""
    found: list[Record] = [*scene.find_records(member.noun, member.records), {}]
    record = found[0]
    asked = record.get("obligors") or ()
    if record.get("force") in ("demand", "propose"):
        by = scene.find_proposition(record["proposition"] or "").get("by")
        asked = record.get("targets") or by or ()
    return [scene.name_actor(each) for each in asked if each != member.holder]


def _face(scene: Scene, say: Sentences, member: DemandMember) -> Context:
    """Tell who asks what, of whom and for what, without the name of the holder before it."""
    name, claim = scene.name_actor(member.holder or ""), member.claim
    told = member.sentence.removeprefix(name).lstrip(": ")
    if claim.kind == "condition" and claim.alternatives:
        told = say.join_alternatives(claim.alternatives)
    asks, told = _name_asked(scene, member, told)
    return {
        "member": member, "who": name, "asks": asks, "told": told,
        "then": _("only then:") if claim.necessary else _("then:"),
        "for": join_words(map(say.name_literal, claim.consequents)),
    }  # fmt: skip


def _name_asked(scene: Scene, member: DemandMember, told: str) -> tuple[str, str]:
    """Say of whom a member asks something, and return what, without the verb said already."""
    whom = join_words(_list_asked(scene, member))
    if not whom:
        return "", told
    asks = _("proposes to %(whom)s") if told.startswith("proposes ") else _("asks of %(whom)s")
    return asks % {"whom": whom}, told.removeprefix("proposes ").removeprefix("demands ")


def _tell_smallest(answer: Deadlock) -> Context:
    """Tell the smallest ways out of the first quarrel, or of the first circle."""
    hindering = [each for each in answer.clusters if each.goals]
    ways = hindering[0].ways_out if hindering else ()
    told = [each.sentence.partition(" if ")[2].partition(". Even so")[0] for each in ways]
    if not hindering and answer.cycles:
        told = [e.sentence.removeprefix("It can begin if ") for e in answer.cycles[0].ways_out]
    return {
        "ways": [each.rstrip(".") for each in told[:_MOST_WAYS]],
        "further": max(len(told) - _MOST_WAYS, 0),
        "quarrels": len(hindering),
        "hindered": any(". Even so" in each.sentence for each in ways[:_MOST_WAYS]),
    }


def _list_quarrels(answer: Deadlock) -> Iterator[Context]:
    for index, each in enumerate(answer.clusters):
        collisions = [(number, answer.collisions[number - 1]) for number in each.collisions]
        holders = [member.holder for _, one in collisions for member in one.members]
        name = name_quarrel(index)
        ways = [(f"{name}{number}", way) for number, way in enumerate(each.ways_out, 1)]
        yield {**vars(each), "name": name, "collisions": collisions, "named_ways": ways,
               "holders": dict.fromkeys(filter(None, holders))}  # fmt: skip


def _number_axioms(scene: Scene, answer: Deadlock) -> Iterator[Context]:
    authored = {each["id"]: each for each in scene.axioms}
    axioms = (each for each in answer.rules if each.kind == "axiom")
    for number, each in enumerate(axioms, 1):
        yield {**authored[each.id], **vars(each), "number": number}
