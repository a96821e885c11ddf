"""The questions of analysis: what each reads, answers, and is called.

A `Question` holds all in which they differ, as data and functions; `routes` serves them alike, as
JSON and as flat rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

from api.actors.routes import RESOURCE as ACTORS
from api.analysis import rows
from api.analysis.choices import Choices
from api.analysis.deadlock import deadlock
from api.analysis.diff import collisions_apart, diff
from api.analysis.dossier import Held, dossier
from api.analysis.examples import example
from api.analysis.loading import MOST, load_scene
from api.analysis.matrix import matrix
from api.analysis.queries import (
    AnalysisQuerySchema,
    Asking,
    DeadlockQuerySchema,
    DiffQuery,
    DiffQuerySchema,
    DossierQuerySchema,
    MatrixQuery,
    MatrixQuerySchema,
    ResponsesQuerySchema,
    TimelineQuery,
    TimelineQuerySchema,
)
from api.analysis.responses import responses
from api.analysis.schemas import (
    DeadlockSchema,
    DiffSchema,
    DossierSchema,
    MatrixSchema,
    ResponsesSchema,
    TimelineSchema,
)
from api.analysis.timeline import EVENT, timeline
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.errors import Gone, NotFound
from api.ledger import Asked
from api.ledger.canonical import parse
from api.ledger.noun import Noun, Record
from api.ledger.reader import Reader
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.proposals.routes import RESOURCE as PROPOSALS
from api.statements import STATEMENTS
from api.vocabulary import PARTY_STATUS, ROW_KIND, CodeList
from api.web.resource import Resource
from api.web.schemas import StrictSchema

Answer = dict[str, Any]


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


@dataclass(frozen=True)
class Question:
    """One question about a record of `about`: its address there, its answer, its words.

    `kinds` are the values of the column `kind` by which its flat rows may be chosen.
    """

    name: str
    about: Resource
    summary: str
    text: str
    query: type[AnalysisQuerySchema]
    schema: type[StrictSchema]
    answer: Callable[[Given], Answer]
    columns: Sequence[str]
    rows: Callable[[Mapping[str, Any]], list[Answer]]
    example: Answer | None = None
    kinds: CodeList | None = None

    @property
    def title(self) -> str:
        """Its name as part of an operationId."""
        return self.about.noun.singular.title() + self.name.title()

    @property
    def url(self) -> str:
        """Its address."""
        return f"/v1/{self.about.noun.name}/<slug:id>/{self.name}"


def _deadlock(given: Given) -> Answer:
    scene = load_scene(given.reader, given.id)
    return deadlock(scene, cast("Choices", given.of), seconds=given.seconds)


def _matrix(given: Given) -> Answer:
    asked = cast("MatrixQuery", given.of)
    scene = load_scene(given.reader, given.id, asked.narrowed)
    return matrix(scene, by_issue=asked.by_issue)


def _timeline(given: Given) -> Answer:
    asked = cast("TimelineQuery", given.of)
    scene = load_scene(given.reader, given.id, asked.narrowed, both=True)
    told = {id for each in (*scene.positions, *scene.preconditions) for id in each["evidence"]}
    scene_lookup = given.reader.lookup()
    scene_lookup.prefetch((STATEMENTS.name, id) for id in told)
    statements = [s for id in sorted(told) if (s := scene_lookup.get(STATEMENTS.name, id))]
    proposals = [] if asked.narrowed else given.reader.every(
        PROPOSALS.noun, {"conflict": [given.id]}, most=MOST
    )  # fmt: skip
    found = [each for each in timeline(scene, statements, proposals) if asked.takes(each)]
    page = found[asked.behind :][: asked.limit]
    more = len(found) > asked.behind + len(page)
    return {"data": page, "next": asked.behind + len(page) if more else None}


def _responses(given: Given) -> Answer:
    proposal = parse(given.reader.record(PROPOSALS.noun, given.id).body)
    return responses(load_scene(given.reader, proposal["conflict"]), proposal, given.of)


def _dossier(given: Given) -> Answer:
    actor = parse(given.reader.record(ACTORS.noun, given.id).body)
    moment, since = given.reader.moment, cast("str | None", given.of)
    held, ever = _held(given.reader, given.id), cast("Held", ())
    if since is not None:
        with given.reading(Asked(number=moment.known_at, valid_at="any")) as always:
            ever = _held(always, given.id)
    lookup = given.reader.lookup()
    for noun in (POSITIONS, PRECONDITIONS):
        lookup.prefetch_referenced((name, r) for name, r in (*held, *ever) if name == noun.name)
    return dossier(actor, held, ever, lookup, day=moment.valid_at, since=since)


def _held(reader: Reader, actor: str) -> Held:
    found: dict[tuple[str, str], Record] = {}
    asked: tuple[tuple[Noun, str], ...] = (
        (POSITIONS, "holder"), (POSITIONS, "co_holder"), (PRECONDITIONS, "holder")
    )  # fmt: skip
    for noun, filter in asked:
        for record in reader.every(noun, {filter: [actor]}, most=MOST):
            found[noun.name, record["id"]] = record
    return [(noun, record) for (noun, _), record in found.items()]


def _diff(given: Given) -> Answer:
    asked = cast("DiffQuery", given.of)
    with given.reading(asked.before) as earlier:
        before, after = load_scene(earlier, given.id), load_scene(given.reader, given.id)
        was = deadlock(before, asked.choices, seconds=given.seconds / 2)
        now = deadlock(after, asked.choices, seconds=given.seconds / 2)
        changes = diff(before, after, lambda noun, id: _ended(given.reader, noun, id))
    cut = list(dict.fromkeys([*was["cut"], *now["cut"]]))
    return {
        "clock": asked.clock,
        "changes": changes,
        "collisions": {
            "appeared": collisions_apart(now, was),
            "dissolved": collisions_apart(was, now),
        },
        "verdict": [was["verdict"], now["verdict"]],
        "complete": not cut,
        "cut": cut,
    }


def _ended(reader: Reader, noun: str, id: str) -> tuple[str, Record | None]:
    """Tell how a record went that is no longer in force."""
    try:
        made = {each.name: each for each in (POSITIONS, PRECONDITIONS)}[noun]
        return "closed", parse(reader.record(made, id).body)
    except Gone:
        return "retracted", None
    except NotFound:  # the second moment lies before the record was known
        return "closed", None


def _statuses() -> str:
    return ", ".join(f"`{each}`" for each in PARTY_STATUS.values)


QUESTIONS = (
    Question(
        name="deadlock",
        about=CONFLICTS,
        summary="What stands in the way, and what would open it",
        text=(
            "Given what each side has said, as known on a day: which smallest sets of demands "
            "collide (`collisions`), which smallest sets would have to give way (`concessions`), "
            "what the goals would need to which nobody has answered (`open_asks`), and who waits "
            "for whom (`cycles`). Members are what holders want, once each; axioms are analysts' "
            "rules, which you can switch off.\n\n"
            "**How to read it.** `blocked` by a collision whose `goals` are empty means that those "
            "demands collide whatever the goal. Of a concession, a member that `yields` takes "
            "something back; one that `goes_unmet` merely is not granted: an outsider who stops "
            "asking opens nothing, so such sets come last. `weaken` names the least to let go of "
            "a precondition. Nothing is claimed beyond the records: `left_out` tells of each "
            "record in force why it does not count, and the best verdict is "
            "`no_recorded_obstacle`.\n\n"
            "**Worked example.** The example is the real answer for the seed: what stands in the "
            "way of peace, as one article of 31 March 2023 shows it. Russia's condition for the "
            "end of the conflict and Ukraine's for peace collide by two rules: accepting the "
            "annexation and full withdrawal exclude each other, and peace implies the end. Leave "
            "out one with `axioms=annexation-excludes-withdrawal`, and that collision is gone. "
            "docs/deadlock.md tells the whole semantics."
        ),
        query=DeadlockQuerySchema,
        schema=DeadlockSchema,
        answer=_deadlock,
        columns=rows.DEADLOCK,
        rows=rows.of_deadlock,
        kinds=ROW_KIND,
        example=example(lambda scene: deadlock(scene, Choices(goals=("peace",)), seconds=10)),
    ),
    Question(
        name="matrix",
        about=CONFLICTS,
        summary="Who stands where",
        text=(
            "Holders against propositions or issues: each cell lists the positions in force, one "
            "for each proposition, with force, sign, whether it is conditional, voice, evidence, "
            "and whether records of one day disagree. An empty cell is `none_recorded`, never "
            "neutral. Rows begin with those who have a standing in the conflict "
            f"({_statuses()}); answers to whole proposals are `packages`."
        ),
        query=MatrixQuerySchema,
        schema=MatrixSchema,
        answer=_matrix,
        columns=rows.MATRIX,
        rows=rows.of_matrix,
    ),
    Question(
        name="timeline",
        about=CONFLICTS,
        summary="What happened, in the order of the world's time",
        text=(
            "Statements, positions with their ends and reasons, preconditions, proposals and "
            "responses. Uncertain dates are placed by their bounds, `earliest` then `latest`; "
            "`dated_by` names the field that gave the day. Shows all days unless `valid_at` is "
            "given. Follow `next` for more."
        ),
        query=TimelineQuerySchema,
        schema=TimelineSchema,
        answer=_timeline,
        columns=EVENT,
        rows=lambda answer: answer["data"],
    ),
    Question(
        name="diff",
        about=CONFLICTS,
        summary="What changed between two moments",
        text=(
            "Positions and preconditions opened, closed (and why), amended or retracted, and "
            "collisions that appeared or dissolved. `clock=valid` compares two days of the world, "
            "`clock=recorded` what the registry said at two of its moments: our corrections. Goals "
            "and readings are chosen as for the deadlock."
        ),
        query=DiffQuerySchema,
        schema=DiffSchema,
        answer=_diff,
        columns=rows.DIFF,
        rows=rows.of_diff,
    ),
    Question(
        name="responses",
        about=PROPOSALS,
        summary="Who answered a proposal, and who did not",
        text=(
            "Component by component, actor by actor: addressees, parties, and whoever else "
            "answered. Answers to the whole proposal count for each component (`whole`). Silences "
            "differ: `not_addressed` answered the proposal but not this component, `none_recorded` "
            "has no recorded answer at all. `elsewhere` names what an actor holds on the same "
            "propositions without its being recorded as an answer."
        ),
        query=ResponsesQuerySchema,
        schema=ResponsesSchema,
        answer=_responses,
        columns=rows.RESPONSES,
        rows=rows.of_responses,
    ),
    Question(
        name="dossier",
        about=ACTORS,
        summary="Everything that one actor holds",
        text=(
            "Positions and preconditions in force, in any conflict, grouped by issue; with `since` "
            "also what began and what ended since that day, in order."
        ),
        query=DossierQuerySchema,
        schema=DossierSchema,
        answer=_dossier,
        columns=rows.DOSSIER,
        rows=rows.of_dossier,
    ),
)
