"""Everything that one actor holds, issue by issue, and what changed since a day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from api import clock
from api.actors import ACTORS
from api.analysis.declarations import Row, about, answer, fill
from api.analysis.engine.scene import DEFAULT_VOICES, Labels
from api.analysis.engine.stances import noun_of
from api.analysis.engine.weighing import Weighing
from api.analysis.loading import load_denials, load_held, prefetch_sources, refuse_many_stances
from api.analysis.questions import lines
from api.analysis.questions.queries import AnalysisQuerySchema, attested_parameter, ids_parameter
from api.analysis.questions.question import AnalysisQuestion, QuestionInput
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.vocabulary import END_REASON, FORCE
from api.web.contract.parameters import DayParameter

Records = Sequence[Record]


@dataclass(frozen=True, slots=True)
class DossierQuery:
    """What a dossier shows, and since when it tells of changes."""

    narrowed: Mapping[str, Any]
    since: str | None
    voices: tuple[str, ...] = DEFAULT_VOICES


class DossierQuerySchema(AnalysisQuerySchema):
    """The question for a dossier."""

    narrowing = ("conflict", "issue", "attested_on")
    conflict = ids_parameter("conflict", "Only what belongs to this conflict", "conflicts")
    issue = ids_parameter("issue", "Only what is on this issue", "issues")
    attested_on = attested_parameter()
    voices = lines.make_voices_parameter()
    since = DayParameter("Also what began and what ended since then.")

    def read_parameters(self, data: dict[str, Any]) -> DossierQuery:
        return DossierQuery(self.read_narrowing(data), data.get("since"), lines.read_voices(data))


@answer
class Held(lines.RecordLine):
    """A position or precondition in short."""

    noun: str = about("`positions` or `preconditions`")
    id: str = about("the record")
    conflict: str | None = about("its conflict", noun="conflicts")
    force: str | None = about("of a position", codes=FORCE)
    proposition: str | None = about("of a position, what it is about", noun="propositions")
    valid_from: str | None = about("since when it holds", form="edtf")
    valid_to: str | None = about("the first day on which it no longer holds", form="edtf")


@answer
class HeldOnIssue:
    """What an actor holds on one issue."""

    issue: str | None = about("the issue; null for none", noun="issues")
    issue_label: str | None = about("what it is called")
    conflict: str | None = about("the conflict of the issue", noun="conflicts")
    positions: Sequence[Held] = about("its positions")
    preconditions: Sequence[Held] = about("its preconditions")


@answer
class Shift(Held):
    """Something that began or ended."""

    change: str = about("`opened` or `closed`")
    on: str = about("when, at the earliest if it opened, at the latest if it closed", form="day")
    dated_by: str = about("the field that gave the day")
    end_reason: str | None = about("why it ended", codes=END_REASON)


@answer
class Dossier:
    """Everything that one actor holds."""

    actor: str = about("the actor", noun="actors")
    actor_label: str = about("what it is called")
    since: str | None = about("the day since which changes are listed", form="day")
    issues: Sequence[HeldOnIssue] = about("what it holds, issue by issue")
    changes: Sequence[Shift] = about("what began and ended since then, in order")


def answer_dossier(asked: QuestionInput) -> Dossier:
    """Answer what one actor holds."""
    actor = asked.reader.read_record(ACTORS, asked.id).record
    query = cast("DossierQuery", asked.of)
    filters: Mapping[str, Any] = {"holder": [asked.id], **query.narrowed}
    held = load_held(asked.reader, filters)
    ever = [] if query.since is None else load_held(asked.reader.at_day(None), filters)
    refuse_many_stances(held)
    refuse_many_stances(ever)
    return compile_dossier(asked.reader, actor, held, ever, query)


def compile_dossier(
    reader: Reader, actor: Record, held: Records, ever: Records, query: DossierQuery
) -> Dossier:
    """Group what an actor holds; of all it ever held, name what changed since a day."""
    lookup, day = reader.open_lookup(), reader.moment.valid_at
    prefetch_sources(lookup, (*held, *ever))
    write = _make_writer(reader, lookup, held, query.voices)
    groups = _group_by_issue(actor["id"], held, write)
    write = _make_writer(reader, lookup, ever, query.voices, over_time=True)
    changes = _list_shifts(actor["id"], write, ever, query.since or "", day or clock.OPEN)
    return Dossier(
        actor=actor["id"],
        actor_label=actor["name"],
        since=query.since,
        issues=[_make_issue(lookup, issue, entries) for issue, entries in groups.items()],
        changes=sorted(changes, key=lambda each: (each.on, each.id)),
    )


def _make_writer(
    reader: Reader, lookup: Labels, held: Records, voices: Sequence[str], *, over_time: bool = False
) -> lines.LineWriter:
    positions = [each for each in held if noun_of(each) == POSITIONS.name]
    records = (*held, *load_denials(reader, positions))
    weighing = Weighing(records, voices, over_time=over_time)
    return lines.LineWriter(lookup, weighing, reader.moment.valid_at)


def _group_by_issue(
    actor: str, held: Records, write: lines.LineWriter
) -> Mapping[str | None, list[Held]]:
    groups: defaultdict[str | None, list[Held]] = defaultdict(list)
    for record in held:
        line = {**record, **write.describe_line(record, actor)}
        for issue in record["issues"] or [None]:
            groups[issue].append(fill(Held, line, noun=noun_of(record)))
    return groups


def _make_issue(lookup: Labels, issue: str | None, entries: Sequence[Held]) -> HeldOnIssue:
    conflict = (lookup.get("issues", issue) or {}).get("conflict") if issue else None
    positions = [each for each in entries if each.noun == POSITIONS.name]
    preconditions = [each for each in entries if each.noun == PRECONDITIONS.name]
    label = lookup.find_label("issues", issue)
    return HeldOnIssue(issue, label, conflict, positions, preconditions)


def _list_shifts(
    actor: str, write: lines.LineWriter, ever: Records, since: str, until: str
) -> Iterator[Shift]:
    """List what began and what ended since a day, up to the day asked for."""
    for record in ever:
        start, end = bound_validity(record).values()
        began, ended = since <= start <= until, record["valid_to"] and since <= end <= until
        line = write.describe_line(record, actor) if began or ended else {}
        shown = {**record, **line, "noun": noun_of(record)}
        if began:
            shown["dated_by"] = "valid_from" if record["valid_from"] else "attested_on"
            yield fill(Shift, shown, change="opened", on=start, end_reason=None)
        if ended:
            yield fill(Shift, shown, change="closed", on=end, dated_by="valid_to")


_COLUMNS = tuple(dict.fromkeys((
    "actor", "group", "issue", "issue_label", "conflict", "noun", "id", "force", "proposition",
    "voice", "valid_from", "valid_to", "last_attested_on", "on", "dated_by", "end_reason",
    "sentence", *lines.LINE_COLUMNS)))  # fmt: skip


def _make_rows(dossier: Dossier) -> Iterator[Row]:
    """Make a row for each record and issue, and one for each change."""
    for group in dossier.issues:
        place = {**vars(dossier), **vars(group), "group": "held"}
        yield from ({**place, **vars(each)} for each in (*group.positions, *group.preconditions))
    for each in dossier.changes:
        yield {**vars(dossier), **vars(each), "group": each.change}


QUESTION = AnalysisQuestion(
    name="dossier",
    about=ACTORS,
    summary="Read all that one actor holds",
    text=(
        "Positions and preconditions in force, in any conflict, grouped by issue; with `since` "
        "also what began and what ended since that day, in order. Each line says whose account it "
        "is; `state` tells what counts in the `voices` asked for from what others say. It takes at "
        "most 5,000 positions: narrow it by `conflict`, `issue` or `attested_on`."
    ),
    query=DossierQuerySchema,
    answer_type=Dossier,
    make_answer=answer_dossier,
    columns=_COLUMNS,
    make_rows=_make_rows,
    group="actors",
)
