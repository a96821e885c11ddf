"""How each question is answered: read the scene, ask the pure part, page what is long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

from api import clock
from api.actors import ACTORS
from api.analysis.deadlock.comparison import apart
from api.analysis.deadlock.working import deadlock
from api.analysis.engine.choices import Choices
from api.analysis.engine.model import atom
from api.analysis.loading import MOST, load_scene, positions_of
from api.analysis.questions.agreement import RollCall, agreement
from api.analysis.questions.diff import diff
from api.analysis.questions.dossier import Held, dossier
from api.analysis.questions.matrix import matrix
from api.analysis.questions.queries import (
    AgreementQuery,
    Asking,
    DiffQuery,
    DossierQuery,
    MatrixQuery,
    TimelineQuery,
)
from api.analysis.questions.responses import responses
from api.analysis.questions.timeline import timeline
from api.conflicts import CONFLICTS
from api.errors import Gone, Invalid
from api.ledger import Asked
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.prepared import chunks
from api.ledger.reader import Reader
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals import PROPOSALS
from api.propositions import PROPOSITIONS
from api.statements import STATEMENTS

Answer = dict[str, Any]

MOST_ROLL_CALLS = 100_000

_VOTES = {"attestation": ["recorded_vote"]}


@dataclass(frozen=True, slots=True)
class Given:
    """What an answer is made from: a snapshot, the record asked about, and what was asked.

    `reading` opens the registry at another moment, `seconds` is the time for solving.
    """

    reader: Reader
    id: str
    asking: Asking
    reading: Callable[[Asked], AbstractContextManager[Reader]]
    seconds: float

    @property
    def of(self) -> Any:
        """What the query left to the caller."""
        return self.asking.of


def answer_deadlock(given: Given) -> Answer:
    """Answer what stands in the way."""
    scene = load_scene(given.reader, given.id)
    return deadlock(scene, cast("Choices", given.of), seconds=given.seconds).answer


def answer_matrix(given: Given) -> Answer:
    """Answer who stands where."""
    asked = cast("MatrixQuery", given.of)
    scene = load_scene(given.reader, given.id, asked.narrowed)
    holders, issues = (asked.narrowed.get(name, ()) for name in ("holder", "issue"))
    return matrix(scene, by_issue=asked.by_issue, holders=holders, issues=issues)


def answer_timeline(given: Given) -> Answer:
    """Answer what happened, page by page."""
    asked = cast("TimelineQuery", given.of)
    scene = load_scene(given.reader, given.id, asked.narrowed, both=True)
    of_conflict = {"conflict": [given.id]}
    # A proposal is on no issue and of no holder: it belongs to the whole timeline.
    proposals = [] if asked.narrowed else given.reader.every(PROPOSALS, of_conflict, most=MOST)
    told = {
        id
        for each in (*scene.positions, *scene.preconditions, *proposals)
        for part in (each, *each.get("components", ()))
        for id in part.get("evidence", ())
    }
    lookup = given.reader.lookup()
    lookup.prefetch((STATEMENTS.name, id) for id in told)
    statements = [s for id in sorted(told) if (s := lookup.get(STATEMENTS.name, id))]
    found = [each for each in timeline(scene, statements, proposals) if asked.takes(each)]
    page = found[asked.behind :][: asked.limit]
    more = len(found) > asked.behind + len(page)
    return {"data": page, "next": asked.behind + len(page) if more else None}


def answer_responses(given: Given) -> Answer:
    """Answer who answered a proposal, and who did not."""
    proposal = parse(given.reader.record(PROPOSALS, given.id).body)
    about = {atom(each) for part in proposal["components"] for each in part["propositions"]}
    # Not the whole conflict, which may be a forum with a thousand proposals.
    found = {
        each["id"]: each
        for narrowed in ({"responds_to": [proposal["id"]]}, {"proposition": sorted(about)})
        for each in given.reader.every(POSITIONS, narrowed, most=MOST)
    }
    scene = load_scene(given.reader, proposal["conflict"], positions=[*found.values()])
    return responses(scene, proposal, given.of)


def answer_dossier(given: Given) -> Answer:
    """Answer what one actor holds."""
    actor = parse(given.reader.record(ACTORS, given.id).body)
    moment, asked = given.reader.moment, cast("DossierQuery", given.of)
    held_by: Mapping[str, Any] = {"holder": [given.id], **asked.narrowed}
    held, ever = _held(given.reader, held_by), cast("Held", ())
    if asked.since is not None:
        with given.reading(Asked(number=moment.known_at, valid_at="any")) as always:
            ever = _held(always, held_by)
    lookup = given.reader.lookup()
    return dossier(actor, held, ever, lookup, day=moment.valid_at, since=asked.since)


def _held(reader: Reader, given: Mapping[str, Any]) -> Held:
    preconditions = reader.every(PRECONDITIONS, given, most=MOST)
    return [
        *((POSITIONS.name, each) for each in positions_of(reader, given)),
        *((PRECONDITIONS.name, each) for each in preconditions),
    ]


def answer_diff(given: Given) -> Answer:
    """Answer what changed between two moments, of which the other clock is the same."""
    asked = cast("DiffQuery", given.of)
    with _earlier(given, asked) as reader:
        if _place(reader, asked) > _place(given.reader, asked):
            raise Invalid("lies after `to`: a difference is told forwards", parameter="from")
        before, after = load_scene(reader, given.id), load_scene(given.reader, given.id)
        was = deadlock(before, asked.choices, seconds=0.4 * given.seconds)
        now = deadlock(after, asked.choices, seconds=0.4 * given.seconds)
        changes = diff(before, after, lambda noun, id: _ended(given.reader, noun, id))
    found = apart(was, now, seconds=0.2 * given.seconds)
    return {
        "clock": asked.turned,
        "changes": changes,
        "collisions": {
            "appeared": found.appeared["collisions"],
            "dissolved": found.dissolved["collisions"],
        },
        "verdict": [was.answer["verdict"], now.answer["verdict"]],
        "complete": not found.cut,
        "cut": found.cut,
    }


def _earlier(given: Given, asked: DiffQuery) -> AbstractContextManager[Reader]:
    moment = given.reader.moment
    if asked.turned == "valid":
        return given.reading(asked.before._replace(number=moment.known_at, instant=None))
    before = asked.before._replace(valid_at=moment.valid_at or "any")
    return opened(given.reading, before, "from")


def _place(reader: Reader, asked: DiffQuery) -> tuple[str, int]:
    """Give a moment's place on the clock that is turned."""
    moment = reader.moment
    return ("", moment.known_at) if asked.turned == "recorded" else (moment.valid_at or "", 0)


@contextmanager
def opened(
    reading: Callable[[Asked], AbstractContextManager[Reader]], asked: Asked, name: str
) -> Generator[Reader]:
    """Open the registry at a moment; a wrong one is blamed on the parameter that gave it."""
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(reading(asked))
        except Invalid as error:
            raise Invalid(str(error), parameter=name) from error
        yield reader


@dataclass(frozen=True)
class _Forum:
    """A forum as known at a changeset; the reader by which it is read does not tell it apart."""

    hash: bytes
    conflict: str
    reader: Reader = field(compare=False, repr=False)


@lru_cache(maxsize=8)
def _roll_calls(forum: _Forum) -> Mapping[str, tuple[RollCall, str, Sequence[str]]]:
    """Map what was voted on to its roll call, its session and its issues."""
    of_forum = {"conflict": [forum.conflict]}
    propositions = forum.reader.every(PROPOSITIONS, of_forum, most=MOST_ROLL_CALLS)
    issues = {each["id"]: each["issues"] for each in propositions}
    varied = _varied(forum.reader, issues)
    found: dict[str, tuple[RollCall, str, Sequence[str]]] = {}
    for proposal in forum.reader.every(PROPOSALS, of_forum, most=MOST_ROLL_CALLS):
        day = clock.parse_edtf(proposal["made_on"]).earliest if proposal["made_on"] else ""
        for component in proposal["components"]:
            for id in component["propositions"]:
                session = (component.get("phase") or "").removeprefix("session ")
                found[id] = RollCall(day, (), id not in varied), session, issues.get(id, ())
    return found


def _varied(reader: Reader, propositions: Iterable[str]) -> set[str]:
    """Give those on which not all votes are the same; asked by proposition, an index tells."""
    return {
        id
        for some in chunks(propositions)
        for id in reader.varied(POSITIONS, {**_VOTES, "proposition": some}, "proposition", "force")
    }


def answer_agreement(reader: Reader, asked: AgreementQuery) -> Answer:
    """Answer how much actors agree, by their recorded votes."""
    reader.record(CONFLICTS, asked.conflict)
    for actor in asked.actors:
        reader.record(ACTORS, actor)
    chosen: dict[str, RollCall] = {}
    for id, (roll_call, session, issues) in _roll_calls(
        _Forum(reader.moment.hash, asked.conflict, reader)
    ).items():
        if (asked.since or "") <= roll_call.day <= (asked.until or clock.OPEN):
            groups = {"session": [session], "year": [roll_call.day[:4]], "issue": issues or [""]}
            chosen[id] = replace(roll_call, groups=groups[asked.by])
    votes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    # Not by conflict: the index of holders tells all of this, and `chosen` knows the conflict.
    given = {**_VOTES, "holder": list(asked.actors)}
    for proposition, holder, force in reader.values(
        POSITIONS, given, "proposition", "holder", "force"
    ):
        votes[proposition][holder] = force
    rows = agreement(asked.actors, votes, chosen, keep_unanimous=asked.keep_unanimous)
    lookup = reader.lookup()
    for row in rows:
        row |= {f"{name}_label": lookup.label("actors", row[name]) for name in ("actor", "other")}
        group = row["group"] or None
        row |= {"group": group, "group_label": lookup.label("issues", group)
                if asked.by == "issue" else group}  # fmt: skip
    if asked.by != "issue":
        rows.sort(key=lambda row: (row["actor"], row["other"], (row["group"] or "").zfill(6)))
    return {"by": asked.by, "data": rows}


def _ended(reader: Reader, noun: str, id: str) -> tuple[str, Record | None]:
    """Tell how a record went that is no longer in force."""
    made = {each.name: each for each in (POSITIONS, PRECONDITIONS)}[noun]
    try:
        return "closed", parse(reader.record(made, id).body)
    except Gone:
        return "retracted", None
