"""The queries of analysis: both clocks, and what each question leaves to the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma

from api import clock
from api.analysis.choices import DEFAULT_VOICES, Choices
from api.ledger import Asked
from api.ledger.noun import Filter, Kind
from api.positions import POSITIONS
from api.vocabulary import RESPONSE, TIMELINE_KIND, VOICE
from api.web.contract.fields import ID_LENGTH, LITERAL, SLUG
from api.web.contract.parameters import (
    DEFAULT_LIMIT,
    ChoiceParameter,
    DateParameter,
    DayParameter,
    FilterValues,
    KnownAtParameter,
    LimitParameter,
    ListParameter,
    NumberParameter,
    StrictParameter,
    ValidAtParameter,
)
from api.web.contract.schemas import StrictSchema
from api.web.formats import ENVELOPE, Format, read_format
from api.web.queries import read_filters

MOST_GOALS, MOST_SETS = 50, 200
FEWEST_ACTORS, MOST_ACTORS = 2, 20
GENERAL_ASSEMBLY = "un-general-assembly"


@dataclass(frozen=True, slots=True)
class Asking:
    """What was asked: when, what `of` the parsed parameters is left to the caller, which format.

    `moment_name` is the parameter by which the registry's clock was asked for.
    """

    asked: Asked
    of: Any = None
    format: Format = ENVELOPE
    moment_name: str = "known_at"


class AnalysisQuerySchema(StrictSchema):
    """Both clocks; subclasses add what else is asked, and read it in `parsed`."""

    known_at = KnownAtParameter()
    valid_at = ValidAtParameter()

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> Asking:
        """Give the parsed question."""
        chosen = read_format(data)
        return Asking(
            asked=self.asked(data),
            of=self.parsed(data),
            format=chosen,
            moment_name=self.moment_name(data),
        )

    def asked(self, data: dict[str, Any]) -> Asked:
        """Give the clocks as asked for."""
        known = cast("Asked", data.get("known_at") or Asked())
        return Asked(known.number, known.instant, data.get("valid_at"))

    def moment_name(self, data: Mapping[str, Any]) -> str:
        """Name the parameter by which the registry's clock was asked for."""
        del data
        return "known_at"

    def parsed(self, data: dict[str, Any]) -> Any:
        """Give what else was asked."""
        raise NotImplementedError


def _ids(name: str, about: str, noun: str) -> FilterValues:
    return FilterValues(Filter(name, Kind.EQUAL, about, name, noun=noun))


def _attested() -> DateParameter:
    return DateParameter("Only what is attested then; 2019/2021 is an interval")


class NarrowedQuerySchema(AnalysisQuerySchema):
    """A question that can be narrowed to some of the positions that it draws on.

    It shows what is left. What concludes from what is not there, as a deadlock and a difference do,
    is of a whole conflict; nor is a matrix narrowed to a time, which would empty its cells.
    """

    narrowing: tuple[str, ...] = ()
    """The parameters that narrow it, which are filters of positions."""

    def narrowed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give the filters as `api.ledger.filters` takes them."""
        return dict(read_filters(POSITIONS, {n: data[n] for n in self.narrowing if n in data}))


class DeadlockQuerySchema(AnalysisQuerySchema):
    """The question for a deadlock."""

    goal = ListParameter(
        "What is to be reached: ids of `propositions`, `!` before one for its opposite (%21 in a "
        "URL written by hand). Repeat it, or separate several by commas. Without any, all demands "
        "are held against each other.",
        each={"pattern": LITERAL, "maxLength": ID_LENGTH + 1},
        most=MOST_GOALS,
        repeatable=True,
    )
    goals = ChoiceParameter(
        "Whether the goals must hold, or may be given up like any demand.", ["hard", "soft"], "hard"
    )
    voices = ListParameter(
        "In whose voice a record must speak to count; several, separated by commas. "
        f"Default: {','.join(DEFAULT_VOICES)}.",
        codes=VOICE,
    )
    holders = ChoiceParameter(
        "Whose records count: everybody's, or the parties'.", ["all", "parties"], "all"
    )
    attested_since = DayParameter("Only records attested then or later.")
    demands = ChoiceParameter(
        "How a demand under preconditions counts: through these alone (conditional), or also as a "
        "demand of its own (standing).",
        ["conditional", "standing"],
        "conditional",
    )
    offers = ChoiceParameter(
        "How an offer is read: if and, as diplomats hear it, only if (both), or if (literal).",
        ["both", "literal"],
        "both",
    )
    axioms = ListParameter(
        "Which analysts' rules are in use: `all`, `none`, or the ids of some, separated by commas. "
        "Default: all.",
        each={"pattern": SLUG, "maxLength": ID_LENGTH},
    )
    measures = ChoiceParameter("Whether measures on one scale are compared.", ["on", "off"], "on")
    limit = LimitParameter(
        "How many collisions, and how many concessions, at most.", most=MOST_SETS
    )

    def parsed(self, data: dict[str, Any]) -> Any:
        return self.choices(data)

    def choices(self, data: dict[str, Any]) -> Choices:
        """Give the caller's choices."""
        return Choices(
            goals=tuple(dict.fromkeys(data.get("goal", ()))),
            soft_goals=data.get("goals") == "soft",
            voices=tuple(data.get("voices", DEFAULT_VOICES)),
            parties_only=data.get("holders") == "parties",
            attested_since=data.get("attested_since"),
            standing_demands=data.get("demands") == "standing",
            literal_offers=data.get("offers") == "literal",
            axioms=_axioms(data.get("axioms", ("all",))),
            measures=data.get("measures", "on") == "on",
            limit=data.get("limit", DEFAULT_LIMIT),
        )


def _axioms(given: Sequence[str]) -> tuple[str, ...] | None:
    if len(given) > 1 and {"all", "none"} & set(given):
        raise ma.ValidationError({"axioms": ["takes all, none, or ids; not both"]})
    if list(given) == ["all"]:
        return None
    return () if list(given) == ["none"] else tuple(given)


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """What a matrix shows: positions that fit `narrowed`, by issue or by proposition."""

    by_issue: bool
    narrowed: dict[str, Any]


class MatrixQuerySchema(NarrowedQuerySchema):
    """The question for a matrix."""

    narrowing = ("issue", "holder", "proposition")
    by = ChoiceParameter("What the columns are.", ["proposition", "issue"], "proposition")
    issue = _ids("issue", "Only positions on this issue", "issues")
    holder = _ids("holder", "Only what these hold", "actors")
    proposition = _ids("proposition", "Only positions on this", "propositions")

    def parsed(self, data: dict[str, Any]) -> MatrixQuery:
        return MatrixQuery(data.get("by") == "issue", self.narrowed(data))


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """What a timeline shows, and which page of it."""

    narrowed: dict[str, Any]
    since: str | None
    until: str | None
    kinds: tuple[str, ...]
    limit: int
    behind: int

    def takes(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is of a kind asked for, and possibly lies in the time asked for."""
        if event["kind"] not in self.kinds:
            return False
        if event["dated_by"] is None:
            return self.since is None and self.until is None
        late_enough = self.since is None or (event["latest"] or clock.OPEN) >= self.since
        return late_enough and (self.until is None or (event["earliest"] or "") <= self.until)


class TimelineQuerySchema(NarrowedQuerySchema):
    """The question for a timeline; it shows all days unless one is given."""

    narrowing = ("issue", "holder", "attested_on")
    issue = _ids("issue", "Only positions and preconditions on this issue", "issues")
    holder = _ids("holder", "Only positions and preconditions of these", "actors")
    attested_on = _attested()
    kind = ListParameter("Only events of these kinds.", codes=TIMELINE_KIND)
    limit = LimitParameter("How many events at most.")
    after = NumberParameter("Only what comes behind this many events; taken from `next`.")

    from_ = DateParameter("Only what possibly happened then or later", name="from")
    to = DateParameter("Only what possibly happened then or earlier")

    def asked(self, data: dict[str, Any]) -> Asked:
        return super().asked({"valid_at": "any", **data})

    def parsed(self, data: dict[str, Any]) -> TimelineQuery:
        since, until = (cast("clock.Bounds | None", data.get(n)) for n in ("from_", "to"))
        return TimelineQuery(
            narrowed=self.narrowed(data),
            since=since and since.earliest,
            until=until and until.latest,
            kinds=tuple(data.get("kind", TIMELINE_KIND.values)),
            limit=data.get("limit", DEFAULT_LIMIT),
            behind=data.get("after", 0),
        )


class ResponsesQuerySchema(AnalysisQuerySchema):
    """The question for the responses to a proposal."""

    response = ListParameter(
        "Only these forces or silences, separated by commas: `none_recorded` lists who has not "
        "answered.",
        codes=RESPONSE,
    )

    def parsed(self, data: dict[str, Any]) -> tuple[str, ...] | None:
        return data.get("response")


@dataclass(frozen=True, slots=True)
class DossierQuery:
    """What a dossier shows, and since when it tells of changes."""

    narrowed: dict[str, Any]
    since: str | None


class DossierQuerySchema(NarrowedQuerySchema):
    """The question for a dossier."""

    narrowing = ("conflict", "issue", "attested_on")
    conflict = _ids("conflict", "Only what belongs to this conflict", "conflicts")
    issue = _ids("issue", "Only what is on this issue", "issues")
    attested_on = _attested()
    since = DayParameter("Also what began and what ended since then.")

    def parsed(self, data: dict[str, Any]) -> DossierQuery:
        return DossierQuery(self.narrowed(data), data.get("since"))


class MomentParameter(StrictParameter):
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
    turned = ChoiceParameter(
        "Which clock is turned: the world's (valid), or the registry's (recorded).",
        ["valid", "recorded"],
        "valid",
        name="clock",
    )

    def moment_name(self, data: Mapping[str, Any]) -> str:
        return "to" if data.get("turned") == "recorded" else "known_at"

    def asked(self, data: dict[str, Any]) -> Asked:
        return self._at(data, "to")

    def parsed(self, data: dict[str, Any]) -> Any:
        return DiffQuery(self._at(data, "from_"), data.get("turned", "valid"), self.choices(data))

    def _at(self, data: dict[str, Any], which: str) -> Asked:
        turned = "known_at" if data.get("turned") == "recorded" else "valid_at"
        if turned in data:
            raise ma.ValidationError({turned: ["is turned by from and to; leave it out"]})
        reader = KnownAtParameter() if turned == "known_at" else DayParameter("")
        try:
            moment = reader.parse_value(data[which])
        except ma.ValidationError as error:
            raise ma.ValidationError({which.strip("_"): error.messages}) from error  # pyright: ignore[reportUnknownMemberType]
        return super().asked({**data, turned: moment})


@dataclass(frozen=True, slots=True)
class AgreementQuery:
    """Whose votes are compared, which ones, and by what."""

    actors: tuple[str, ...]
    conflict: str
    by: str
    since: str | None
    until: str | None
    keep_unanimous: bool


class AgreementQuerySchema(AnalysisQuerySchema):
    """The question for agreement; votes of all days count, whatever `valid_at`."""

    actors = _ids("actors", "Who is compared with whom, two or more", "actors")
    conflict = _ids("conflict", "The forum, by default the UN General Assembly", "conflicts")
    by = ChoiceParameter("What the scores are grouped by.", ["session", "year", "issue"], "session")
    from_ = DateParameter("Only roll calls then or later", name="from")
    to = DateParameter("Only roll calls then or earlier")
    unanimous = ChoiceParameter(
        "Whether roll calls without a dissenting voice are dropped, as published scores do.",
        ["drop", "keep"],
        "drop",
    )

    def asked(self, data: dict[str, Any]) -> Asked:
        return super().asked({**data, "valid_at": "any"})

    def parsed(self, data: dict[str, Any]) -> AgreementQuery:
        actors = tuple(dict.fromkeys(data.get("actors", ())))
        if not FEWEST_ACTORS <= len(actors) <= MOST_ACTORS:
            detail = f"names {FEWEST_ACTORS} to {MOST_ACTORS} actors, separated by commas"
            raise ma.ValidationError({"actors": [detail]})
        conflicts = data.get("conflict", [GENERAL_ASSEMBLY])
        if len(conflicts) > 1:
            raise ma.ValidationError({"conflict": ["takes one forum"]})
        since, until = (cast("clock.Bounds | None", data.get(n)) for n in ("from_", "to"))
        return AgreementQuery(
            actors=actors,
            conflict=conflicts[0],
            by=data.get("by", "session"),
            since=since and since.earliest,
            until=until and until.latest,
            keep_unanimous=data.get("unanimous") == "keep",
        )
