"""What a verdict rests on, and what else to know of the records that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Self

from api import clock
from api.analysis.deadlock import answer
from api.analysis.engine.clauses import Encoding
from api.analysis.engine.days import format_day
from api.analysis.engine.model import Condition, Member, atom_of
from api.analysis.engine.rules import find_incomparable
from api.analysis.engine.sat import OutOfTimeError, Sat
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, count_things
from api.analysis.engine.solver import Solution, leans_on_goals
from api.analysis.engine.stances import Stance, day_of, list_stances
from api.analysis.engine.translation import Translation
from api.analysis.engine.verdict import Verdict
from api.evidence.rules import list_sources
from api.ledger.noun import Record

_OUTWEIGHED = frozenset({"superseded", "outranked", "not_preferred", "denied", "disputed"})
"""Why a position does not count although nothing but another record speaks against it."""

_EXCLUDED = frozenset({"attested_earlier", "not_party", "by_request"})
"""Why a record does not count although only the caller's choice speaks against it."""

_MOST_TRIED = 100
"""How many positions that do not count are tried at most for what they would change."""


_MOST_INCOMPARABLE = 10
"""How many pairs of measures are noted at most."""


class RecordsById:
    """The positions and preconditions of a scene by noun and id."""

    def __init__(self, scene: Scene) -> None:
        self._found = {
            (noun, each["id"]): each
            for noun, records in (("positions", scene.positions),
                                  ("preconditions", scene.preconditions))
            for each in records
        }  # fmt: skip

    def list_shown(self, member: Member) -> list[Record]:
        """List the records that show a member; none for a goal."""
        found = (self._found.get((member.noun, id)) for id in member.records)
        return [each for each in found if each is not None]

    def find(self, noun: str, id: str) -> Record | None:
        """Return a record."""
        return self._found.get((noun, id))


def state_basis(
    scene: Scene, asked: Translation, found: Solution, verdict: Verdict, *, end: float
) -> answer.Basis:
    """State what a verdict rests on; what decided it is looked for until the instant `end`."""
    by_id = RecordsById(scene)
    records = {
        (each.noun, shown["id"]): shown
        for each in asked.problem.members for shown in by_id.list_shown(each)
    }  # fmt: skip
    days = sorted(
        each["last_attested_on"] for each in records.values()
        if each["last_attested_on"] != clock.OPEN
    )  # fmt: skip
    sources = sorted({id for each in records.values() for id in list_sources(each)})
    hindering = [
        each for each in found.collisions
        if not asked.problem.goals or leans_on_goals(asked.problem, each)
    ]  # fmt: skip
    if hindering:
        shared = [n for n in hindering[0].members if all(n in each.members for each in hindering)]
        decided = [id for each in shared for id in asked.problem.members[each].records]
    else:
        decided = _find_deciding(asked, found, by_id, end)
    excluded = {(e.noun, e.id) for e in asked.left_out if e.reason in _EXCLUDED}
    rules = sorted({asked.problem.rules[index].id for each in hindering for index in each.rules})
    return answer.Basis(
        records=len(records),
        sources=sources,
        first_attested_on=days[0] if days else None,
        last_attested_on=days[-1] if days else None,
        unanswered=verdict.unanswered,
        decided_by=decided,
        rules=rules,
        sentence=" ".join(
            _tell_basis(len(records), len(sources), days, verdict.unanswered, excluded)
        ),
    )


def _tell_basis(
    records: int, sources: int, days: Sequence[str], unanswered: int, excluded: Collection[object]
) -> Iterator[str]:
    if excluded:
        verb = "was" if len(excluded) == 1 else "were"
        yield f"{count_things(len(excluded), 'record').capitalize()} {verb} left out on request."
    if not records:
        yield "No record counts here."
        return
    said = f"This rests on {count_things(records, 'record')} from {count_things(sources, 'source')}"
    if days:
        said += f", the latest of {format_day(days[-1])}"
    if days and days[0] != days[-1]:
        said += f", the oldest of {format_day(days[0])}"
    yield f"{said}."
    if unanswered:
        verb = "awaits" if unanswered == 1 else "await"
        yield f"Of what is asked of others, {count_things(unanswered, 'thing')} {verb} an answer."


def _find_deciding(
    asked: Translation, found: Solution, by_id: RecordsById, end: float
) -> list[str]:
    """Find the records that took the place of one which would be an obstacle."""
    decided: dict[str, None] = {}
    try:
        with _Trial(asked, found, end) as trial:
            for stance in _list_outweighed(asked, by_id):
                for member in trial.find_displacing(stance):
                    decided |= dict.fromkeys(member.records)
    except OutOfTimeError:
        pass  # what decided is then not all told, and nothing else is wrong
    return list(decided)


def _list_outweighed(asked: Translation, by_id: RecordsById) -> Iterator[Stance]:
    """Yield the stances that do not count because another record of the holder does."""
    entries = [each for each in asked.left_out if each.reason in _OUTWEIGHED]
    for entry in entries[:_MOST_TRIED]:
        record = by_id.find("positions", entry.id) if entry.noun == "positions" else None
        for stance in list_stances(record) if record else ():
            if stance.holder == entry.holder and stance.sign and stance.literal is not None:
                yield stance


class _Trial:
    """The members that quarrel with nobody; tries what a stance beside them would change."""

    def __init__(self, asked: Translation, found: Solution, end: float) -> None:
        self._members, self._encoding = asked.problem.members, Encoding(asked.problem)
        self._sat = Sat(self._encoding.write_clauses(), end)
        quarrelling = {each for collision in found.collisions for each in collision.members}
        self._peaceful = [n for n, _ in enumerate(self._members) if n not in quarrelling]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sat.__exit__()

    def find_displacing(self, stance: Stance) -> list[Member]:
        """List what a holder wants instead of a stance that would be an obstacle; else nothing."""
        literal, encoding = stance.literal or "", self._encoding
        if not encoding.has_literal(literal):
            return []
        own = [
            n for n in self._peaceful
            if self._members[n].holder == stance.holder
            and atom_of(literal) in map(atom_of, self._members[n].claim.literals)
        ]  # fmt: skip
        others = [encoding.members[n] for n in self._peaceful if n not in own]
        given = [*encoding.rules, *encoding.goals, *others]
        if not self._sat.is_satisfiable(given):
            return []
        is_obstacle = not self._sat.is_satisfiable([*given, encoding.number_literal(literal)])
        return [self._members[n] for n in own] if is_obstacle else []


def list_notes(scene: Scene, members: Sequence[Member], say: Sentences) -> list[answer.Note]:
    """List what else to know of the records that count."""
    by_id = RecordsById(scene)
    shown = [(each.noun, record) for each in members for record in by_id.list_shown(each)]
    conditions = [record for noun, record in shown if noun == "preconditions"]
    # A source's doubts are told once, with the first record that it shows.
    first = {doubt: each for each in shown[::-1] for doubt in say.list_doubts(each[1])}
    doubts = [
        answer.Note("doubt", noun, record["id"], f"{say.describe_record(noun, record)}: {doubt}")
        for doubt, (noun, record) in first.items()
    ]
    return [
        *_note_deadlines(scene, conditions, say),
        *_note_older(members, by_id, say),
        *_note_incomparable(scene, members, say),
        *doubts,
    ]


def _note_deadlines(
    scene: Scene, conditions: Iterable[Record], say: Sentences
) -> Iterator[answer.Note]:
    for each in conditions:
        if each["deadline"] and scene.day and clock.parse_edtf(each["deadline"]).latest < scene.day:
            holder, said = say.name_actor(each["holder"]), format_day(each["deadline"])
            sentence = (
                f"The deadline that {holder} set, {said}, has passed; its condition still counts."
            )
            yield answer.Note("deadline_passed", "preconditions", each["id"], sentence)


def _note_older(
    members: Sequence[Member], by_id: RecordsById, say: Sentences
) -> Iterator[answer.Note]:
    """Note conditions of one holder for the same thing; all but the latest are older."""
    rivals: defaultdict[tuple[str | None, frozenset[str]], list[Member]] = defaultdict(list)
    for each in members:
        if each.noun == "preconditions" and isinstance(each.claim, Condition):
            rivals[each.holder, frozenset(each.claim.consequents)].append(each)
    for same in (each for each in rivals.values() if len(each) > 1):
        dated = {each: max(map(day_of, by_id.list_shown(each)), default="") for each in same}
        latest = max(dated.values())
        for each in (each for each in same if dated[each] < latest):
            holder = say.name_actor(each.holder)
            sentence = f"{holder} set another condition for the same thing later; both count."
            yield answer.Note("older_condition", "preconditions", each.records[0], sentence)


def _note_incomparable(
    scene: Scene, members: Iterable[Member], say: Sentences
) -> Iterator[answer.Note]:
    """Note measures on one scale that no unit makes comparable, the first few of them."""
    atoms = sorted({atom_of(each) for member in members for each in member.claim.literals})
    found = find_incomparable(map(scene.find_proposition, atoms))
    for each in islice(found, _MOST_INCOMPARABLE):
        one, other = map(say.name_literal, each.propositions)
        sentence = f"{one} and {other} are not compared: {each.reason}."
        yield answer.Note("not_comparable", "propositions", each.propositions[0], sentence)
