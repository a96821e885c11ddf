"""The basis of a verdict, and notes on the records that count."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from api import clock
from api.analysis.deadlock import answer
from api.analysis.deadlock.summary import WorkedCase
from api.analysis.engine.clauses import Trial
from api.analysis.engine.days import format_day, has_passed
from api.analysis.engine.model import Member, SolverInput, atom_of
from api.analysis.engine.precedence import find_upstream
from api.analysis.engine.rules import find_incomparable
from api.analysis.engine.sat import OutOfTimeError
from api.analysis.engine.scene import Scene
from api.analysis.engine.sentences import Sentences, count_things
from api.analysis.engine.solution import Solution, hinders_goals
from api.analysis.engine.stances import Stance, day_of, list_stances
from api.analysis.engine.translation import Translation
from api.evidence.rules import list_sources

_OUTWEIGHED = frozenset({"superseded", "outranked", "not_preferred", "denied", "disputed"})
"""Why a position does not count although nothing but another record speaks against it."""

_EXCLUDED = frozenset({"attested_earlier", "not_party", "by_request"})
"""Why a record does not count although only the caller's choice speaks against it."""

_MOST_TRIED = 100
"""How many positions that do not count are tried at most for what they would change."""

_MOST_INCOMPARABLE = 10
"""How many pairs of measures are noted at most."""


def state_basis(scene: Scene, worked: WorkedCase, *, end: float) -> answer.Basis:
    """State what a verdict rests on; what decided it is looked for until the instant `end`."""
    asked, found, verdict = worked.asked, worked.found, worked.verdict
    records = {
        (each.noun, shown["id"]): shown
        for each in asked.problem.members for shown in scene.find_records(each.noun, each.records)
    }  # fmt: skip
    days = sorted(
        each["last_attested_on"] for each in records.values()
        if each["last_attested_on"] != clock.OPEN
    )  # fmt: skip
    sources = sorted({id for each in records.values() for id in list_sources(each)})
    hindering = [each for each in found.collisions if hinders_goals(asked.problem, each)]
    if obstacles := [*(each.members for each in hindering), *_list_barring_circles(worked)]:
        shared = [n for n in obstacles[0] if all(n in each for each in obstacles)]
        decided = [id for each in shared for id in asked.problem.members[each].records]
    else:
        decided = _find_deciding(scene, asked, found, end)
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


def _list_barring_circles(worked: WorkedCase) -> Iterator[Sequence[int]]:
    """Yield the members of each circle for which something that is needed cannot begin."""
    members, order = worked.asked.problem.members, worked.order
    awaited = find_upstream(order, members, worked.verdict.stuck)
    for cycle in order.cycles:
        if not cycle.has_way_round and awaited.intersection(step.then for step in cycle.steps):
            why = [step.why for step in cycle.steps]
            yield [n for n, each in enumerate(members) if each in why]


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
    said += f", the latest of {format_day(days[-1])}" if days else ""
    said += f", the oldest of {format_day(days[0])}" if len({*days}) > 1 else ""
    yield f"{said}."
    if unanswered:
        verb = "awaits" if unanswered == 1 else "await"
        yield f"Of what is asked of others, {count_things(unanswered, 'thing')} {verb} an answer."


def _find_deciding(scene: Scene, asked: Translation, found: Solution, end: float) -> list[str]:
    """Find the records that took the place of one which would be an obstacle."""
    quarrelling = {each for collision in found.collisions for each in collision.members}
    peaceful = [n for n, _ in enumerate(asked.problem.members) if n not in quarrelling]
    decided: dict[str, None] = {}
    # Where the time is over, what decided is not all told, and nothing else is wrong.
    trial = Trial(asked.problem, end)
    with suppress(OutOfTimeError):
        for stance in _list_outweighed(scene, asked):
            for member in _find_displacing(trial, peaceful, stance):
                decided |= dict.fromkeys(member.records)
    return list(decided)


def _list_outweighed(scene: Scene, asked: Translation) -> Iterator[Stance]:
    """Yield the stances that do not count because another record of the holder does."""
    entries = [each for each in asked.left_out if each.reason in _OUTWEIGHED]
    for entry in (each for each in entries[:_MOST_TRIED] if each.noun == "positions"):
        for record in scene.find_records("positions", [entry.id]):
            for stance in list_stances(record):
                if stance.holder == entry.holder and stance.sign and stance.literal is not None:
                    yield stance


def _find_displacing(trial: Trial, peaceful: Sequence[int], stance: Stance) -> list[Member]:
    """List what a holder wants instead of a stance that would be an obstacle; else nothing.

    The stance is tried beside the members that quarrel with nobody.
    """
    literal, encoding = stance.literal or "", trial.encoding
    if atom_of(literal) not in encoding.numbers:
        return []
    members = encoding.problem.members
    own = [
        n for n in peaceful
        if members[n].holder == stance.holder
        and atom_of(literal) in map(atom_of, members[n].claim.literals)
    ]  # fmt: skip
    others = [encoding.members[n] for n in peaceful if n not in own]
    is_obstacle = trial.is_satisfiable(others) and not trial.is_satisfiable(
        [*others, encoding.number_literal(literal)]
    )
    return [members[n] for n in own] if is_obstacle else []


def list_notes(scene: Scene, problem: SolverInput, say: Sentences) -> list[answer.Note]:
    """List what else to know of the records that count."""
    members = problem.members
    shown = [
        (each.noun, record) for each in members
        for record in scene.find_records(each.noun, each.records)
    ]  # fmt: skip
    # A source's doubts are told once, with the first record that it shows.
    first = {doubt: each for each in shown[::-1] for doubt in say.list_doubts(each[1])}
    doubts = [
        answer.Note(
            "doubt", noun, record["id"], say.write(f"{say.describe_record(noun, record)}: {doubt}")
        )
        for doubt, (noun, record) in first.items()
    ]
    return [
        *_note_deadlines(scene, members, say),
        *_note_older(scene, members, say),
        *_note_incomparable(scene, problem, say),
        *doubts,
    ]


def _note_deadlines(
    scene: Scene, members: Iterable[Member], say: Sentences
) -> Iterator[answer.Note]:
    for member in (each for each in members if each.noun == "preconditions"):
        for each in scene.find_records(member.noun, member.records):
            if has_passed(each["deadline"], scene.day):
                holder, said = say.name_actor(member.holder), format_day(each["deadline"])
                sentence = (
                    f"The deadline that {holder} set, {said}, has passed; "
                    "its condition still counts."
                )
                yield answer.Note("deadline_passed", "preconditions", each["id"], sentence)


def _note_older(scene: Scene, members: Sequence[Member], say: Sentences) -> Iterator[answer.Note]:
    """Note conditions of one holder for the same thing; all but the latest are older."""
    rivals: defaultdict[tuple[str | None, frozenset[str]], list[Member]] = defaultdict(list)
    for each in members:
        if each.noun == "preconditions":
            rivals[each.holder, frozenset(each.claim.consequents)].append(each)
    for same in (each for each in rivals.values() if len(each) > 1):
        dated = {each: max(map(day_of, scene.find_records(each.noun, each.records)), default="")
                 for each in same}  # fmt: skip
        latest = max(dated.values())
        for each in (each for each in same if dated[each] < latest):
            holder = say.name_actor(each.holder)
            sentence = f"{holder} set another condition for the same thing later; both count."
            yield answer.Note("older_condition", "preconditions", each.records[0], sentence)


def _note_incomparable(scene: Scene, problem: SolverInput, say: Sentences) -> Iterator[answer.Note]:
    """Note measures on one scale that no unit makes comparable, the first few of them."""
    claimed = (each for member in problem.members for each in member.claim.literals)
    ruled = (each for rule in problem.rules for each in rule.propositions)
    atoms = sorted({atom_of(each) for each in (*claimed, *ruled, *problem.goals)})
    found = find_incomparable(map(scene.find_proposition, atoms))
    for one, other, reason in islice(found, _MOST_INCOMPARABLE):
        named = f"{say.name_literal(one)} and {say.name_literal(other)}"
        sentence = f"{named} are not compared: {reason}."
        yield answer.Note("not_comparable", "propositions", one, sentence)
