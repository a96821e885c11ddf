"""The page of a conflict: its deadlock, matrix, graph of conditions, timeline and changes.

All sections but the timeline and the changes share one reading of the records. A section that
would be too large says so in its place, and the rest of the page is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from api.analysis.deadlock.answer import Deadlock, LeftOut
from api.analysis.deadlock.working import work_out_deadlock
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.loading import MOST, load_whole_scene
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.diff import Diff, DiffQuery, answer_diff
from api.analysis.questions.matrix import MatrixQuery, lay_out_matrix, load_proposals
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.timeline import Event, TimelineQuery, answer_timeline
from api.analysis.serving import make_input, solving_seconds
from api.axioms import AXIOMS
from api.errors import Invalid, TooMany
from api.evidence.rows import choose_quote
from api.explorer import graph
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.ledger import Asked
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.propositions import PROPOSITIONS
from api.vocabulary import LEFT_OUT, TIMELINE_KIND
from api.web.contract.parameters import ChoiceParameter, DayParameter
from api.web.requests import current_ledger

T = TypeVar("T")

DEADLOCK_PARAMETERS = (
    "goal", "goals", "voices", "holders", "attested_since", "demands", "offers", "axioms",
    "measures", "limit",
)  # fmt: skip
"""Parameters of the page that it passes on to the deadlock."""

_MAX_GOALS, _MAX_EVENTS = 200, 100


@dataclass(frozen=True, slots=True)
class ConflictPageQuery(PageQuery):
    """The parsed query of a conflict's page, besides the clocks."""

    choices: Choices
    by_issue: bool


class ConflictPageSchema(DeadlockQuerySchema):
    """The query of a conflict's page: that of the deadlock, and of the other sections."""

    by = ChoiceParameter("What the columns of the matrix are.", ["issue", "proposition"], "issue")
    since = DayParameter("Also show what changed since this day.")
    open = OpenParameter()

    def read_parameters(self, data: dict[str, Any]) -> ConflictPageQuery:
        opened, since = data.get("open"), data.get("since")
        by_issue = data.get("by") != "proposition"
        return ConflictPageQuery(opened, since, self.read_choices(data), by_issue)


def build_conflict_page(reader: Reader, record: Record, asking: ParsedQuestion) -> Context:
    """Show a conflict, or that it has too many records for one page."""
    asked = cast("ConflictPageQuery", asking.of)
    page: Context = {"conflict": record, "query": asked, "too_many": None,
                     "deadlock_names": DEADLOCK_PARAMETERS}  # fmt: skip
    try:
        scene = load_whole_scene(reader, record["id"])
    except TooMany as error:
        return {**page, "too_many": error, "deadlock": None}
    return {**page, **_build_sections(reader, scene, asking)}


def _build_sections(reader: Reader, scene: Scene, asking: ParsedQuestion) -> Context:
    asked, id = cast("ConflictPageQuery", asking.of), scene.conflict["id"]
    found, voices = _build_deadlock(scene, asked.choices), asked.choices.voices
    changes = _build_changes(reader, id, asking) if asked.since else None
    cut = [*found["cut"], *(changes.cut if changes else ())]
    return {
        "goals": _list_goals(reader, scene, asked.choices.goals),
        "deadlock": found,
        "matrix": _build_or_none(
            lambda: lay_out_matrix(
                scene, MatrixQuery(asked.by_issue, voices=voices), load_proposals(reader, scene)
            )
        ),
        "graph": _build_graph(scene),
        "timeline": _build_or_none(lambda: _build_timeline(reader, id, voices)),
        "changes": changes,
        "out_of_time": "time" in cut,
    }


def names_every_axiom(reader: Reader, id: str, query: ConflictPageQuery) -> bool:
    """Whether the query switches on every rule, which is the default.

    A form sends the rules one by one. The address is redirected to the one without them, which
    stays right when a rule is added later.
    """
    if not query.choices.axioms:
        return False
    rules = reader.read_all(AXIOMS, {"conflict": [id]}, most=MOST)
    return {each["id"] for each in rules} == {*query.choices.axioms}


def _build_or_none(make: Callable[[], T]) -> T | None:
    """Build a section, or return None where it is too large for the page."""
    try:
        return make()
    except Invalid as error:
        if error.parameter:
            raise
        return None


def _number_axioms(scene: Scene, answer: Deadlock) -> Iterator[Context]:
    authored = {each["id"]: each for each in scene.axioms}
    axioms = (each for each in answer.rules if each.kind == "axiom")
    for number, each in enumerate(axioms, 1):
        yield {**authored[each.id], **vars(each), "number": number}


def _build_deadlock(scene: Scene, choices: Choices) -> Context:
    """Compute the deadlock, and add each record's quote and the authors of the rules."""
    answer = work_out_deadlock(scene, choices, seconds=solving_seconds()).answer
    held = {"positions": scene.positions, "preconditions": scene.preconditions}
    records = {(noun, each["id"]): each for noun, some in held.items() for each in some}
    say = Sentences(scene.lookup)
    return {
        **vars(answer),
        "shown": {f"{noun}/{id}": choose_quote(each["quotes"])
                  for (noun, id), each in records.items()},
        "axioms": [*_number_axioms(scene, answer)],
        "measures": [each for each in answer.rules if each.kind == "measure"],
        "reasons": [*_group_left_out(answer.left_out, records, say)],
        "actor": scene.name_actor,
        "literal": say.name_literal,
    }  # fmt: skip


def _group_left_out(
    entries: Sequence[LeftOut], records: Mapping[tuple[str, str], Record], say: Sentences
) -> Iterator[Context]:
    """Group the records that do not count by their reason."""
    for reason, means in LEFT_OUT.values.items():
        keys = [(e.noun, e.id) for e in entries if e.reason == reason]
        known = [(*key, records[key]) for key in dict.fromkeys(keys) if key in records]
        if known:
            told = [(f"{say.describe_record(noun, each)}, {say.describe_account(each)}",
                     f"/{noun}/{id}") for noun, id, each in known]  # fmt: skip
            yield {"means": means, "records": told}


def _list_goals(reader: Reader, scene: Scene, chosen: Sequence[str]) -> list[Context]:
    """List the goals to choose from; those that have conditions come first."""
    page = reader.read_page(PROPOSITIONS, {"conflict": [scene.conflict["id"]]}, limit=_MAX_GOALS)
    known = {each["id"]: each["text"] for each in map(parse_bytes, page.whole_bodies)}
    named = [c for each in scene.preconditions for c in each["consequents"]]
    first = [each for each in dict.fromkeys([*chosen, *named]) if atom_of(each) == each]
    opposites = [each for each in chosen if atom_of(each) != each]
    texts = {id: known.get(id) or scene.find_proposition(id).get("text") or id for id in first}
    texts |= {each: Sentences(scene.lookup).name_literal(each) for each in opposites}
    rest = {id: text for id, text in known.items() if id not in texts}
    groups = (("Goals with conditions", texts), ("Other propositions", rest))
    return [{"label": label, "goals": options} for label, options in groups if options]


def _build_graph(scene: Scene) -> Context:
    say = Sentences(scene.lookup)

    def describe_literal(literal: str) -> str:
        text = scene.find_proposition(atom_of(literal)).get("text") or atom_of(literal)
        return text if atom_of(literal) == literal else f"not: {text}"

    counted = [each for each in scene.preconditions if each["rank"] != "deprecated"]
    return {
        "picture": graph.draw_graph(
            counted, describe_literal, scene.name_actor, say.describe_precondition
        ),
        "sentences": [(say.describe_precondition(each), each) for each in counted],
    }


def _build_timeline(reader: Reader, id: str, voices: tuple[str, ...]) -> Context:
    """Group the events of all days by date, without mere statements."""
    kinds = tuple(each for each in TIMELINE_KIND.values if each != "statement")
    query = TimelineQuery({}, None, None, kinds, _MAX_EVENTS, 0, voices)
    asked = Asked(number=reader.moment.known_at, valid_at="any")
    with current_ledger().open_reader(asked) as always:
        answer = answer_timeline(make_input(always, id, ParsedQuestion(asked, query)))
    days: dict[tuple[str | None, str | None], list[Event]] = {}
    for event in answer.data:
        days.setdefault((event.earliest, event.latest), []).append(event)
    return {"days": days, "next": len(answer.data) if answer.next else None}


def _build_changes(reader: Reader, id: str, asking: ParsedQuestion) -> Diff:
    asked = cast("ConflictPageQuery", asking.of)
    query = DiffQuery(Asked(valid_at=asked.since), "valid", asked.choices)
    return answer_diff(make_input(reader, id, replace(asking, of=query)))
