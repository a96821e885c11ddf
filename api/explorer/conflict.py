"""The pages of a conflict: a head that they share, with the goal, and a section each.

They open on the last day for which anything is attested, and say so. `conflict_deadlock` builds the
first section, `conflict_sections` the others. Too large a one says so instead.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from api import clock
from api.analysis.engine.model import atom_of
from api.analysis.engine.scene import Choices, Scene
from api.analysis.engine.sentences import Sentences
from api.analysis.engine.stances import list_holders
from api.analysis.loading import MOST, load_held, load_whole_scene
from api.analysis.questions.deadlock import DeadlockQuerySchema
from api.analysis.questions.queries import ParsedQuestion
from api.axioms import AXIOMS
from api.errors import TooLarge
from api.evidence.rules import list_sources
from api.explorer.addresses import current_page
from api.explorer.conflict_deadlock import build_deadlock
from api.explorer.conflict_sections import SECTIONS
from api.explorer.pages import Context
from api.explorer.query_string import NO_GOAL, OpenParameter, PageQuery
from api.explorer.words import _
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.propositions import PROPOSITIONS
from api.web.contract import parameters
from api.web.contract.fields import ID_LENGTH, SLUG

DEADLOCK_PARAMETERS = (
    "goals", "voices", "holders", "attested_since", "demands", "offers", "axioms", "measures",
    "without", "limit",
)  # fmt: skip
"""Parameters that the pages pass on to the deadlock; the goal goes with them."""

_MAX_TICKS = 100
_MAX_GOALS, _MAX_STEPS = 200, 5
_MANY, _QUICK_LIMIT = 150, 6
"""Of more records than that, so few sets are looked for at first that the page comes at once."""


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
            data.get("open"), data.get("since"), super().read_parameters(data),
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
    try:
        held = load_held(reader.at_day(None), {"conflict": [record["id"]]})
    except TooLarge:
        return reader, None
    said = {each[name] for each in held for name in ("attested_on", "last_attested_on")}
    bounds = (day for each in held for day in bound_validity(each).values())
    days = sorted({*said, *bounds} - {clock.OPEN, clock.UNKNOWN})
    last = max((each for each in said if each <= clock.today()), default=None)
    if last and "valid_at" not in current_page().parameters:
        reader = reader.at_day(last)
    return reader, Coverage(len({id for each in held for id in list_sources(each)}), last, days)


def build_conflict_page(
    reader: Reader, record: Record, asking: ParsedQuestion, name: str, coverage: Coverage | None
) -> Context:
    """Show a section of a conflict, or that it has too many records for one page."""
    here, day, path = current_page(), reader.moment.valid_at, f"/conflicts/{record['id']}"
    days = coverage.days if coverage and day else ()
    page: Context = {
        "conflict": record, "query": asking.of, "coverage": coverage, "too_large": None,
        "section": name, "title": SECTIONS[name][0], "deadlock_names": DEADLOCK_PARAMETERS,
        "tabs": [(replace(here, path=f"{path}/{end}".rstrip("/")).link_here(after=None, open=None),
                  label, end) for end, (label, _) in SECTIONS.items()],
        "front": replace(here, path=path),
        "number_day": lambda: date.fromisoformat(day or "").toordinal(),
        "before": max((each for each in days if each < (day or "")), default=None),
        "following": min((each for each in days if each > (day or "")), default=None),
    }  # fmt: skip
    try:
        scene = load_whole_scene(reader, record["id"])
        choices = complete_choices(scene, asking.of.choices, has_limit=asking.of.has_limit)
        query = replace(asking.of, choices=choices)
        page |= {"query": query, "goals": list_goals(reader, scene, query.choices.goals)}
        build = SECTIONS[name][1]
        if build is None:
            return {**page, **build_deadlock(scene, query.choices)}
        return {**page, **build(reader, scene, replace(asking, of=query), page)}
    except TooLarge as error:
        return {**page, "too_large": error}


def complete_choices(scene: Scene, asked: Choices, *, has_limit: bool = False) -> Choices:
    """Choose a goal where none is asked for, and a lower limit where much is in force."""
    given = asked.goals or _choose_goals(scene)
    choices = replace(asked, goals=() if given == (NO_GOAL,) else given)
    many = len(scene.positions) + len(scene.preconditions) > _MANY
    return replace(choices, limit=_QUICK_LIMIT) if many and not has_limit else choices


def _choose_goals(scene: Scene) -> tuple[str, ...]:
    """Choose the goal on which most parties set conditions, of two holders at least; else none."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for each in scene.preconditions:
        if each["rank"] != "deprecated" and each["antecedents_kind"] == "stated":
            for consequent in each["consequents"]:
                holders[consequent].update(list_holders(each))
    # A condition of what a goal implies by a rule is a condition of the goal, too.
    rules = [each["propositions"] for each in scene.axioms if each["kind"] == "implies"]
    for goal, *implied in rules * min(len(rules), _MAX_STEPS):
        holders[goal].update(*(holders[each] for each in implied))
    rated = [(sum(map(scene.is_party, some)), len(some), goal) for goal, some in holders.items()]
    return (max(rated)[2],) if any(number > 1 for _, number, _ in rated) else ()


def list_goals(reader: Reader, scene: Scene, chosen: Sequence[str]) -> list[Context]:
    """List the goals to choose from; those that have conditions come first."""
    page = reader.read_page(PROPOSITIONS, {"conflict": [scene.conflict["id"]]}, limit=_MAX_GOALS)
    rest = {each["id"]: each["text"] for each in page.records}
    named = [c for each in scene.preconditions for c in each["consequents"] if atom_of(c) == c]
    say = Sentences(scene.lookup)
    first = {id: rest.pop(id, None) or say.name_literal(id)
             for id in dict.fromkeys([*chosen, *named])}  # fmt: skip
    groups = ((_("Goals with conditions"), first), (_("Other propositions"), rest))
    return [{"label": label, "goals": options} for label, options in groups if options]


def names_every_axiom(reader: Reader, id: str, query: ConflictPageQuery) -> bool:
    """Whether the query switches on every rule, which is the default.

    A form sends the rules one by one. The address is redirected to the one without them, which
    stays right when a rule is added later.
    """
    if not query.choices.axioms:
        return False
    rules = reader.read_all(AXIOMS, {"conflict": [id]}, most=MOST)
    return {each["id"] for each in rules} == {*query.choices.axioms}
