"""What changed between two moments: in the world, or in what the registry says of it.

On the world's clock a record is opened or closed: it was not in force and is, or was and is not.
On the registry's it may also be amended or retracted: our corrections, no changes of mind.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma

from api.analysis.deadlock.answer import Collision
from api.analysis.deadlock.comparison import compare_deadlocks
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.declarations import Row, about, answer, fill, list_columns
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.loading import HELD, load_whole_scene
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.question import AnalysisQuestion, QuestionInput, open_at
from api.conflicts import CONFLICTS
from api.errors import Gone, Invalid
from api.ledger import Asked
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.vocabulary import DIFFERENCE, END_REASON, VERDICT
from api.web.contract import parameters

_OURS = frozenset({"revision", "changeset", "recorded_at", "recorded_by", "links", "warnings"})
"""Fields that differ without being amended."""


class MomentParameter(parameters.StrictParameter):
    """A day, or a moment of the registry."""

    def __init__(self, about: str, *, name: str | None = None) -> None:
        shape = {"type": "string", "pattern": r"^(\d{1,15}|\d{4}-\d{2}-\d{2}([Tt].+)?)$"}
        super().__init__(about, shape=shape, name=name, required=True)

    def parse_value(self, text: str, /) -> str:
        return text


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """Two moments, as their clocks were asked for, and what their deadlocks are asked."""

    before: Asked
    turned: str
    choices: Choices


class DiffQuerySchema(DeadlockQuerySchema):
    """The question for a difference; collisions are told apart for the given goals."""

    from_ = MomentParameter(
        "The first moment: a day on the world's clock; on the registry's the number of a changeset "
        "or an RFC 3339 instant.",
        name="from",
    )
    to = MomentParameter("The second moment, no earlier, on the same clock.")
    turned = parameters.ChoiceParameter(
        "Which clock is turned: the world's (valid), or the registry's (recorded).",
        ["valid", "recorded"],
        "valid",
        name="clock",
    )

    def moment_name(self, data: Mapping[str, Any]) -> str:
        return "to" if data.get("turned") == "recorded" else "known_at"

    def read_clocks(self, data: dict[str, Any]) -> Asked:
        return self._read_moment(data, "to")

    def read_parameters(self, data: dict[str, Any]) -> Any:
        before, turned = self._read_moment(data, "from_"), data.get("turned", "valid")
        return DiffQuery(before, turned, super().read_parameters(data))

    def _read_moment(self, data: dict[str, Any], which: str) -> Asked:
        is_recorded = data.get("turned") == "recorded"
        turned = "known_at" if is_recorded else "valid_at"
        if turned in data:
            raise ma.ValidationError({turned: ["is turned by from and to; leave it out"]})
        reader = parameters.KnownAtParameter() if is_recorded else parameters.DayParameter("")
        try:
            moment = reader.parse_value(data[which])
        except ma.ValidationError as error:
            raise ma.ValidationError({which.strip("_"): error.messages}) from error  # pyright: ignore[reportUnknownMemberType]
        return super().read_clocks({**data, turned: moment})


@answer
class DifferingRecord:
    """A record that differs between two moments."""

    change: str = about(codes=DIFFERENCE)
    noun: str = about("`positions` or `preconditions`")
    id: str = about("the record")
    holder: str = about("whose it is", noun="actors")
    valid_from: str | None = about("since when it holds", form="edtf")
    valid_to: str | None = about("the first day on which it no longer holds", form="edtf")
    dated_by: str = about("where its beginning comes from: `valid_from`, or merely `attested_on`")
    end_reason: str | None = about("why it ended", codes=END_REASON)
    amended: Sequence[str] = about("what was amended", each="a field")
    revision: int = about("its revision at the second moment; if it is gone, the last known")
    sentence: str = about("it in plain English")


@answer
class CollisionsApart:
    """Collisions that only one of the two moments has."""

    appeared: Sequence[Collision] = about("only at the second moment")
    dissolved: Sequence[Collision] = about("only at the first moment")


@answer
class Diff:
    """What changed between two moments."""

    clock: str = about("`valid` or `recorded`")
    changes: Sequence[DifferingRecord] = about("the positions and preconditions that differ")
    collisions: CollisionsApart = about("the collisions that differ")
    verdict: Sequence[str] = about("at the first moment, then at the second", codes=VERDICT,
                                   unique=False)  # fmt: skip
    complete: bool = about("whether both deadlocks were found whole")
    cut: Sequence[str] = about("what is not all there, as in a deadlock", each="a field")


def answer_diff(asked: QuestionInput) -> Diff:
    """Answer what changed between two moments, of which the other clock is the same."""
    query = cast("DiffQuery", asked.of)
    with _open_earlier(asked, query) as reader:
        moments = reader.moment, asked.reader.moment
        first, second = ((each.known_at, each.valid_at or "") for each in moments)
        if first > second:
            raise Invalid("lies after `to`: a difference is told forwards", parameter="from")
        before, after = load_whole_scene(reader, asked.id), load_whole_scene(asked.reader, asked.id)
        was = work_out_deadlock(before, query.choices, seconds=0.4 * asked.seconds)
        now = work_out_deadlock(after, query.choices, seconds=0.4 * asked.seconds)
        changes = [*_list_changes(before, after, asked.reader)]
    found = compare_deadlocks(was, now, seconds=0.2 * asked.seconds)
    cut = [*dict.fromkeys([*was.answer.cut, *now.answer.cut, *found.cut])]
    return Diff(
        clock=query.turned,
        changes=changes,
        collisions=CollisionsApart(found.collisions_appeared, found.collisions_dissolved),
        verdict=[was.answer.verdict, now.answer.verdict],
        complete=not cut,
        cut=cut,
    )


def _open_earlier(asked: QuestionInput, query: DiffQuery) -> AbstractContextManager[Reader]:
    moment = asked.reader.moment
    if query.turned == "valid":
        return asked.open_reader(query.before._replace(number=moment.known_at, instant=None))
    before = query.before._replace(valid_at=moment.valid_at or "any")
    return open_at(asked.open_reader, before, "from")


def _list_changes(before: Scene, after: Scene, reader: Reader) -> Iterator[DifferingRecord]:
    """Yield the positions and preconditions that differ; the reader is of the second moment."""
    say_before, say_after = Sentences(before.lookup), Sentences(after.lookup)
    for noun in HELD:
        was, now = ({r["id"]: r for r in getattr(scene, noun.name)} for scene in (before, after))
        for id, record in now.items():
            if (old := was.get(id)) is None:
                yield _make_change("opened", noun.name, record, say_after)
            elif amended := [n for n in record if n not in _OURS and old.get(n) != record[n]]:
                yield _make_change("amended", noun.name, record, say_after, amended)
        for id, record in was.items():
            if id not in now:
                how, newest = _find_end(reader, noun, id)
                yield _make_change(how, noun.name, newest or record, say_before)


def _find_end(reader: Reader, noun: Noun, id: str) -> tuple[str, Record | None]:
    """Find out how a record ended that is no longer in force, and what it was in the end."""
    try:
        return "closed", reader.read_record(noun, id).record
    except Gone:
        return "retracted", None


def _make_change(
    change: str, noun: str, record: Record, say: Sentences, amended: Sequence[str] = ()
) -> DifferingRecord:
    dated_by = "valid_from" if record["valid_from"] else "attested_on"
    return fill(DifferingRecord, record, change=change, noun=noun, dated_by=dated_by,
                amended=amended, sentence=say.describe_record(noun, record))  # fmt: skip


def _make_rows(diff: Diff) -> Iterator[Row]:
    """Make a row for each change, and one for each collision that appeared or dissolved."""
    yield from ({**vars(diff), **vars(each)} for each in diff.changes)
    for how, collisions in vars(diff.collisions).items():
        row = {**vars(diff), "change": f"collision_{how}"}
        yield from ({**row, "sentence": each.sentence} for each in collisions)


QUESTION = AnalysisQuestion(
    name="diff",
    about=CONFLICTS,
    summary="Compare two moments",
    text=(
        "Positions and preconditions opened, closed (and why), amended or retracted, and "
        "collisions that appeared or dissolved. `clock=valid` compares two days of the world, "
        "`clock=recorded` what the registry said at two of its moments: our corrections. Goals "
        "and readings are chosen as for the deadlock."
    ),
    query=DiffQuerySchema,
    answer_type=Diff,
    make_answer=answer_diff,
    columns=(*list_columns(DifferingRecord), "complete", "cut"),
    make_rows=_make_rows,
    tried={"goal": ["peace"], "from": "2023-03-30", "to": "2023-03-31"},
)
