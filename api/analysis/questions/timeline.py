"""What happened, in the order of the world's time.

Uncertain dates are placed by their bounds: by the earliest possible day, then by the latest. A
beginning that is unknown counts from the day of attestation, and says so in `dated_by`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from api import clock
from api.analysis.declarations import Row, about, answer, list_columns
from api.analysis.engine.scene import DEFAULT_VOICES, Scene
from api.analysis.engine.stances import noun_of
from api.analysis.loading import load_all, load_scene
from api.analysis.questions import lines, queries
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.conflicts import CONFLICTS
from api.ledger import Asked
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.proposals import PROPOSALS
from api.statements import STATEMENTS
from api.vocabulary import END_REASON, TIMELINE_KIND
from api.web import reading
from api.web.contract import parameters

Records = Iterable[Record]


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """What a timeline shows, and which page of it."""

    narrowed: Mapping[str, Any]
    since: str | None
    until: str | None
    kinds: tuple[str, ...]
    limit: int
    behind: int
    voices: tuple[str, ...] = DEFAULT_VOICES

    def takes_event(self, event: Event) -> bool:
        """Whether an event is of a kind asked for, and possibly lies in the time asked for."""
        if event.kind not in self.kinds:
            return False
        if event.dated_by is None:
            return self.since is None and self.until is None
        late_enough = self.since is None or (event.latest or clock.OPEN) >= self.since
        return late_enough and (self.until is None or (event.earliest or "") <= self.until)


class TimelineQuerySchema(queries.AnalysisQuerySchema):
    """The question for a timeline; it shows all days unless one is given."""

    narrowing = ("issue", "holder", "attested_on")
    issue = queries.ids_parameter("issue", "Only positions and preconditions on it", "issues")
    holder = queries.ids_parameter("holder", "Only positions and preconditions of these", "actors")
    attested_on = queries.attested_parameter()
    kind = parameters.ListParameter("Only events of these kinds.", codes=TIMELINE_KIND)
    voices = lines.make_voices_parameter()
    limit = parameters.LimitParameter("How many events at most.")
    after = parameters.NumberParameter("Only what follows this many events; taken from `next`.")

    from_ = parameters.DateParameter("Only what possibly happened then or later", name="from")
    to = parameters.DateParameter("Only what possibly happened then or earlier")

    def read_clocks(self, data: dict[str, Any]) -> Asked:
        return super().read_clocks({"valid_at": "any", **data})

    def read_parameters(self, data: dict[str, Any]) -> TimelineQuery:
        since, until = queries.read_period(data)
        kinds = tuple(data.get("kind", TIMELINE_KIND.values))
        limit, behind = data.get("limit", parameters.DEFAULT_LIMIT), data.get("after", 0)
        voices = lines.read_voices(data)
        return TimelineQuery(self.read_narrowing(data), since, until, kinds, limit, behind, voices)


@answer
class Event(lines.RecordLine):
    """Something that happened."""

    kind: str = about(codes=TIMELINE_KIND)
    on: str | None = about("when, as it is recorded", form="edtf")
    earliest: str | None = about("the earliest day on which it possibly was", form="day")
    latest: str | None = about("the latest day on which it possibly was", form="day")
    dated_by: str | None = about("the field that gave the day")
    noun: str = about("the kind of record")
    id: str = about("the record")
    actor: str | None = about("who spoke, holds or proposed it", noun="actors")
    end_reason: str | None = about("why it ended", codes=END_REASON)


@answer
class Timeline:
    """A page of a timeline."""

    data: Sequence[Event] = about("the events, earliest first; undated ones last")
    next: str | None = about("the address of the next page; null at the end")


def answer_timeline(asked: QuestionInput) -> Timeline:
    """Answer what happened, page by page."""
    query = cast("TimelineQuery", asked.of)
    scene = load_scene(asked.reader, asked.id, query.narrowed, both=True)
    # A proposal is on no issue and of no holder: it belongs to the whole timeline.
    named = {"conflict": [asked.id]}
    proposals = () if query.narrowed else load_all(asked.reader, PROPOSALS, named)
    statements = _load_evidence(asked.reader, scene, proposals)
    events = order_events(scene, statements, proposals, query.voices)
    found = [each for each in events if query.takes_event(each)]
    page = found[query.behind :][: query.limit]
    shown = query.behind + len(page)
    is_last = len(found) <= shown
    return Timeline(page, None if is_last else reading.rewrite_address(**asked.clocks, after=shown))


def _load_evidence(reader: Reader, scene: Scene, proposals: Sequence[Record]) -> list[Record]:
    named = {
        id
        for each in (*scene.positions, *scene.preconditions, *proposals)
        for part in (each, *each.get("components", ()))
        for field in ("evidence", "end_evidence")
        for id in part.get(field) or ()
    }
    lookup = reader.open_lookup()
    lookup.prefetch((STATEMENTS.name, id) for id in named)
    return [found for id in sorted(named) if (found := lookup.get(STATEMENTS.name, id))]


def order_events(
    scene: Scene, statements: Records, proposals: Records, voices: Sequence[str] = DEFAULT_VOICES
) -> list[Event]:
    """Order all that happened in a conflict; undated events come last."""
    return sorted(_list_events(scene, statements, proposals, voices), key=_place_event)


def _place_event(event: Event) -> tuple[str, str, int, str]:
    kind = {"statement": 0, "proposal": 1}.get(event.kind, 2)
    return event.earliest or clock.OPEN, event.latest or clock.OPEN, kind, event.id


def _list_events(
    scene: Scene, statements: Records, proposals: Records, voices: Sequence[str]
) -> Iterator[Event]:
    writer = lines.make_line_writer(scene, voices, over_time=True)
    for each in statements:
        said, dates = writer.say.describe_statement(each), ("stated_on", "attested_on")
        line = {**lines.NO_LINE, "sentence": said}
        yield _make_event("statement", "statements", each, each["speaker"], line, dates)
    for each in proposals:
        said = f"{', '.join(map(scene.name_actor, each['proposers']))}: “{each['title']}”"
        line = {**lines.NO_LINE, "sentence": said}
        yield _make_event("proposal", "proposals", each, each["proposers"][0], line, ("made_on",))
    for each in chain(scene.positions, scene.preconditions):
        yield from _list_holding(writer, noun_of(each), each)


def _list_holding(writer: lines.LineWriter, noun: str, record: Record) -> Iterator[Event]:
    """List the beginning, deadline and end of what is held."""
    holder, singular = record["holder"], noun.removesuffix("s")
    line, dates = writer.describe_line(record), ("valid_from", "attested_on")
    kind = "response" if record.get("responds_to") else f"{singular}_opened"
    yield _make_event(kind, noun, record, holder, line, dates)
    if line["deadline"]:
        ahead = {**line, "sentence": f"Deadline of: {line['sentence']}"}
        yield _make_event("deadline", noun, record, holder, ahead, ("deadline",))
    if record["valid_to"]:
        ended = {**line, "sentence": f"No longer: {line['sentence']}"}
        yield _make_event(f"{singular}_closed", noun, record, holder, ended, ("valid_to",))


def _make_event(
    kind: str, noun: str, record: Record, actor: str | None, line: Row, dates: Iterable[str]
) -> Event:
    dated_by = next((each for each in dates if record[each]), None)
    bounds = clock.parse_edtf(record[dated_by]) if dated_by else None
    return Event(
        **line,
        kind=kind,
        on=record[dated_by] if dated_by else None,
        earliest=bounds.earliest if bounds and bounds.earliest != clock.UNKNOWN else None,
        latest=bounds.latest if bounds and bounds.latest != clock.OPEN else None,
        dated_by=dated_by,
        noun=noun,
        id=record["id"],
        actor=actor,
        end_reason=record["end_reason"] if kind.endswith("closed") else None,
    )


QUESTION = AnalysisQuestion(
    name="timeline",
    about=CONFLICTS,
    summary="Follow what happened, event by event",
    text=(
        "Statements in evidence, positions with their ends and reasons, preconditions with their "
        "deadlines, proposals and responses; each says whose account it is, and `state` whether "
        "it counted then in the `voices` asked for. Uncertain dates are placed by their bounds, "
        "`earliest` then `latest`; `dated_by` names the field that gave the day. Shows all days "
        "unless `valid_at` is given. Follow `next` for more. Narrowed by `issue`, `holder` or "
        "`attested_on`, it tells of positions, preconditions and what shows them."
    ),
    query=TimelineQuerySchema,
    answer_type=Timeline,
    make_answer=answer_timeline,
    columns=list_columns(Event),
    make_rows=lambda timeline: map(vars, timeline.data),
)
