"""The pages of a conflict: a head that they share, and a section each.

They open on the last day for which anything is attested, and say so. `conflict_deadlock` builds the
first section; the others begin with their answer in a sentence. Too large a one says so instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api import clock
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.stances import list_holders
from api.analysis.loading import MOST, load_all, load_whole_scene
from api.analysis.questions.cells import Cell
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.diff import DiffQuery, answer_diff
from api.analysis.questions.layout import MatrixQuery, lay_out_matrix
from api.analysis.questions.matrix import load_proposals
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.timeline import Event, TimelineQuery, answer_timeline
from api.analysis.serving import make_input
from api.axioms import AXIOMS
from api.errors import Invalid, TooMany
from api.evidence.rules import list_sources
from api.explorer.addresses import current_page
from api.explorer.conflict_deadlock import build_deadlock, complete_choices, list_goals
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.explorer.words import _
from api.ledger import Asked
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.vocabulary import TIMELINE_KIND
from api.web.contract import parameters
from api.web.contract.fields import ID_LENGTH, SLUG

_COLUMNS, _ROWS, _EVENTS, _ALL = 6, 15, 40, 1_000_000


def build_matrix(reader: Reader, scene: Scene, asking: ParsedQuestion, _: Context) -> Context:
    """Show the actors across and the issues down, the contested ones first."""
    asked = asking.of
    query = MatrixQuery(asked.by_issue, voices=asked.choices.voices)
    try:
        made = lay_out_matrix(scene, query, load_proposals(reader, scene))
    except Invalid:
        return {"matrix": None}
    rows = [each for each in made.rows if each.packages or any(map(_is_filled, each.cells))]
    shown = [each for each in rows if each.holder in asked.actors]
    # The parties first, then those of whom most is recorded.
    rated = sorted(rows, key=lambda e: (e.status != "party", -sum(map(_is_filled, e.cells))))
    shown = shown or rated[:_COLUMNS]
    lines = [(column, [each.cells[n] for each in shown], _is_contested(e.cells[n] for e in rows))
             for n, column in enumerate(made.columns)]  # fmt: skip
    lines = [each for each in lines if any(map(_is_filled, each[1]))]
    lines.sort(key=lambda each: (not each[2], -sum(map(_is_filled, each[1]))))
    after = asked.after + _ROWS
    return {"matrix": made, "rows": rows, "shown": shown, "lines_of": lines[asked.after : after],
            "next": after if len(lines) > after else None, "count": len(lines),
            "contested": [column for column, _, is_contested in lines if is_contested]}  # fmt: skip


def _is_filled(cell: Cell) -> bool:
    return bool(cell.positions or cell.conditions or cell.proposed_in)


def _is_contested(cells: Iterable[Cell]) -> bool:
    """Whether some holder is for a proposition and another against the same."""
    sides = {(line.proposition, line.sign)
             for cell in cells for line in cell.positions if line.state == "held"}  # fmt: skip
    return any((proposition, -sign) in sides for proposition, sign in sides if sign)


def build_conditions(_reader: Reader, scene: Scene, *_: object) -> Context:
    """Show who asks what of whom, those first of whom most is asked."""
    say = Sentences(scene.lookup)
    counted = [each for each in scene.preconditions if each["rank"] != "deprecated"]
    asked = Counter(who for each in counted for who in each["obligors"]).most_common()
    told = [(each, say.describe_precondition(each), say.describe_account(each),
             say.list_doubts(each)) for each in counted]  # fmt: skip
    groups = [(scene.name_actor(who), [each for each in told if who in each[0]["obligors"]])
              for who, _ in asked]  # fmt: skip
    groups += [(None, [each for each in told if not each[0]["obligors"]])]
    holders = {who for each in counted for who in list_holders(each)}
    return {"groups": [each for each in groups if each[1]], "count": len(counted),
            "holders": len(holders)}  # fmt: skip


def build_timeline(reader: Reader, scene: Scene, asking: ParsedQuestion, _: Context) -> Context:
    """Group the events of all days by date, newest first, without mere statements."""
    kinds = tuple(each for each in TIMELINE_KIND.values if each != "statement")
    query = TimelineQuery({}, None, None, kinds, _ALL, 0, asking.of.choices.voices)
    always = replace(reader, moment=reader.moment._replace(valid_at=None))
    asked = make_input(always, scene.conflict["id"], ParsedQuestion(asking.asked, query))
    try:
        found = answer_timeline(asked).data[::-1]
    except Invalid:
        return {"days": None}
    after = asking.of.after + _EVENTS
    days: dict[tuple[str | None, str | None], list[Event]] = {}
    for event in found[asking.of.after : after]:
        days.setdefault((event.earliest, event.latest), []).append(event)
    return {"days": days, "happened": found, "next": after if len(found) > after else None}


def build_changes(reader: Reader, scene: Scene, asking: ParsedQuestion, page: Context) -> Context:
    """Show what changed since a day, by default the one before on which something happened."""
    since = asking.of.since or page["before"]
    if since is None or reader.moment.valid_at is None:
        return {"changes": None, "since": since}
    query = DiffQuery(Asked(valid_at=since), "valid", asking.of.choices)
    asked = make_input(reader, scene.conflict["id"], replace(asking, of=query))
    changes = answer_diff(asked)
    return {"changes": changes, "since": since, "out_of_time": "time" in changes.cut}


def build_sources(_reader: Reader, scene: Scene, *_: object) -> Context:
    """List the sources of what is in force, those behind most records first."""
    behind: dict[str, list[str]] = {}
    for each in (*scene.positions, *scene.preconditions):
        for id in list_sources(each):
            behind.setdefault(id, []).append(each["last_attested_on"])
    listed: list[Any] = [(id, scene.lookup.get("sources", id) or {}, len(days), max(days))
                         for id, days in behind.items()]  # fmt: skip
    return {"listed": sorted(listed, key=lambda each: -each[2])}


DEADLOCK_PARAMETERS = (
    "goals", "voices", "holders", "attested_since", "demands", "offers", "axioms", "measures",
    "without", "limit",
)  # fmt: skip
"""Parameters that the pages pass on to the deadlock; the goal goes with them."""

_MAX_TICKS = 100

SECTIONS = {
    "": (_("Deadlock"), None),
    "matrix": (_("Who stands where"), build_matrix),
    "conditions": (_("Conditions"), build_conditions),
    "timeline": (_("Timeline"), build_timeline),
    "changes": (_("Changes"), build_changes),
    "sources": (_("Sources"), build_sources),
}
"""The pages by the end of their address, each with its name and what builds it."""


@dataclass(frozen=True, slots=True)
class ConflictPageQuery(PageQuery):
    """The parsed query of a conflict's pages, besides the clocks."""

    choices: Choices
    by_issue: bool
    actors: Sequence[str]
    after: int
    has_limit: bool


class ConflictPageSchema(DeadlockQuerySchema):
    """The query of a conflict's pages: that of the deadlock, and of the other sections."""

    by = parameters.ChoiceParameter("The rows of the matrix.", ["issue", "proposition"], "issue")
    actors = parameters.ListParameter(
        "Its columns.", each={"pattern": SLUG, "maxLength": ID_LENGTH}
    )
    after = parameters.NumberParameter("Only what follows this many rows or events.")
    since = parameters.DayParameter("What changed since this day.")
    open = OpenParameter()

    def read_parameters(self, data: dict[str, Any]) -> ConflictPageQuery:
        return ConflictPageQuery(
            data.get("open"), data.get("since"), self.read_choices(data),
            data.get("by") != "proposition", data.get("actors", ()), data.get("after", 0),
            "limit" in data,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is recorded of a conflict on all days, and when something happened."""

    sources: int
    last_word: str | None
    days: Sequence[str]

    def list_ticks(self) -> list[int]:
        """Return the days as numbers from 1 January of year 1, thinned out where they are many."""
        ticks = [date.fromisoformat(each).toordinal() for each in self.days]
        return ticks[:: len(ticks) // _MAX_TICKS + 1]


def open_on_last_day(reader: Reader, record: Record) -> tuple[Reader, Coverage | None]:
    """Return the reader at the day asked for, or else at the last attested one.

    The coverage is None where too much is recorded for a page.
    """
    always = replace(reader, moment=reader.moment._replace(valid_at=None))
    try:
        held = [each for noun in (POSITIONS, PRECONDITIONS)
                for each in load_all(always, noun, {"conflict": [record["id"]]})]  # fmt: skip
    except TooMany:
        return reader, None
    said = {each[name] for each in held for name in ("attested_on", "last_attested_on")}
    bounds = (day for each in held for day in bound_validity(each).values())
    days = sorted({*said, *bounds} - {clock.OPEN, clock.UNKNOWN})
    last = max((each for each in said if each <= clock.today()), default=None)
    if last and "valid_at" not in current_page().parameters:
        reader = replace(reader, moment=reader.moment._replace(valid_at=last))
    return reader, Coverage(len({id for each in held for id in list_sources(each)}), last, days)


def build_conflict_page(
    reader: Reader, record: Record, asking: ParsedQuestion, name: str, coverage: Coverage | None
) -> Context:
    """Show a section of a conflict, or that it has too many records for one page."""
    here, day, path = current_page(), reader.moment.valid_at, f"/conflicts/{record['id']}"
    days = coverage.days if coverage and day else ()
    page: Context = {
        "conflict": record, "query": asking.of, "coverage": coverage, "too_many": None,
        "section": name, "title": SECTIONS[name][0], "deadlock_names": DEADLOCK_PARAMETERS,
        "tabs": [(replace(here, path=f"{path}/{end}".rstrip("/")).link_here(after=None, open=None),
                  label, end) for end, (label, _) in SECTIONS.items()],
        "number_day": lambda: date.fromisoformat(day or "").toordinal(),
        "before": max((each for each in days if each < (day or "")), default=None),
        "following": min((each for each in days if each > (day or "")), default=None),
    }  # fmt: skip
    try:
        scene = load_whole_scene(reader, record["id"])
    except TooMany as error:
        return {**page, "too_many": error}
    choices = complete_choices(scene, asking.of.choices, has_limit=asking.of.has_limit)
    query = replace(asking.of, choices=choices)
    page |= {"query": query, "goals": list_goals(reader, scene, query.choices.goals)}
    build = SECTIONS[name][1]
    if build is None:
        return {**page, **build_deadlock(scene, query.choices)}
    return {**page, **build(reader, scene, replace(asking, of=query), page)}


def names_every_axiom(reader: Reader, id: str, query: ConflictPageQuery) -> bool:
    """Whether the query switches on every rule, which is the default.

    A form sends the rules one by one. The address is redirected to the one without them, which
    stays right when a rule is added later.
    """
    if not query.choices.axioms:
        return False
    rules = reader.read_all(AXIOMS, {"conflict": [id]}, most=MOST)
    return {each["id"] for each in rules} == {*query.choices.axioms}
