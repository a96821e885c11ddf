"""The pages of a conflict: a head that they share, and a section each.

They open on the last day for which anything is attested, and say so. `conflict_deadlock` and
`conflict_sections` build the sections; one that would be too large says so in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api import clock
from api.analysis.engine.scene import Choices, Scene
from api.analysis.loading import MOST, load_all, load_whole_scene
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.queries import ParsedQuestion
from api.axioms import AXIOMS
from api.errors import TooMany
from api.evidence.rules import list_sources
from api.explorer import conflict_sections as sections
from api.explorer.addresses import current_page
from api.explorer.conflict_deadlock import build_deadlock, choose_goals, list_goals
from api.explorer.pages import Context
from api.explorer.query_string import NO_GOAL, OpenParameter, PageQuery
from api.explorer.words import _
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.web.contract import parameters
from api.web.contract.fields import ID_LENGTH, SLUG

DEADLOCK_PARAMETERS = (
    "goals", "voices", "holders", "attested_since", "demands", "offers", "axioms", "measures",
    "without", "limit",
)  # fmt: skip
"""Parameters that the pages pass on to the deadlock; the goal goes with them."""

_MANY, _QUICK_LIMIT = 150, 6
"""Of more records than that, so few sets are looked for at first that the page comes at once."""

_MAX_TICKS = 100

SECTIONS = {
    "": (_("Deadlock"), None),
    "matrix": (_("Who stands where"), sections.build_matrix),
    "conditions": (_("Conditions"), sections.build_conditions),
    "timeline": (_("Timeline"), sections.build_timeline),
    "changes": (_("Changes"), sections.build_changes),
    "sources": (_("Sources"), sections.build_sources),
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
    query = replace(asking.of, choices=_complete_choices(scene, asking.of))
    page |= {"query": query, "goals": list_goals(reader, scene, query.choices.goals)}
    build = SECTIONS[name][1]
    if build is None:
        return {**page, **build_deadlock(scene, query.choices)}
    return {**page, **build(reader, scene, replace(asking, of=query), page)}


def _complete_choices(scene: Scene, asked: ConflictPageQuery) -> Choices:
    """Choose a goal where none is asked for, and a lower limit where much is in force."""
    given = asked.choices.goals or choose_goals(scene)
    choices = replace(asked.choices, goals=() if given == (NO_GOAL,) else given)
    many = len(scene.positions) + len(scene.preconditions) > _MANY
    return replace(choices, limit=_QUICK_LIMIT) if many and not asked.has_limit else choices


def names_every_axiom(reader: Reader, id: str, query: ConflictPageQuery) -> bool:
    """Whether the query switches on every rule, which is the default.

    A form sends the rules one by one. The address is redirected to the one without them, which
    stays right when a rule is added later.
    """
    if not query.choices.axioms:
        return False
    rules = reader.read_all(AXIOMS, {"conflict": [id]}, most=MOST)
    return {each["id"] for each in rules} == {*query.choices.axioms}
