"""How much states agree, by their recorded votes.

The score of two actors is Voeten's: over the roll calls in which both voted, the mean of
1 - |a - b| / 2 with yes = 1, abstain = 2, no = 3; so agreement counts 1, an abstention against a
vote ½, opposite votes 0. Roll calls in which everybody who voted said the same tell nothing and are
dropped, unless they are to be kept. An absence is no vote: it is counted apart, never folded in.

Source: Erik Voeten, *Data and Analyses of Voting in the UN General Assembly*, in: Reinalda (ed.),
Routledge Handbook of International Organization (2013). The published scores are by session
(year = session + 1945); by calendar year they differ, because sessions run into the next year.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import marshmallow as ma

from api import clock
from api.actors import ACTORS
from api.analysis.declarations import about, answer
from api.analysis.questions.queries import AnalysisQuerySchema, ids_parameter, read_period
from api.analysis.questions.question import AnalysisQuestion
from api.analysis.questions.votes import RollCalls, Votes, load_roll_calls, load_votes
from api.conflicts import CONFLICTS
from api.ledger import Asked
from api.ledger.reading.reader import Reader
from api.web.contract.parameters import ChoiceParameter, DateParameter, NumberParameter

FEWEST_ACTORS, MOST_ACTORS = 2, 20
GENERAL_ASSEMBLY = "un-general-assembly"

_PLACES = {"accept": 1, "abstain": 2, "reject": 3}
_COUNTS = ("same", "partly", "opposite", "unanimous_dropped", "one_absent", "both_absent")
"""How two actors may have voted on a roll call, by the fields of a row that count it."""


@dataclass(frozen=True, slots=True)
class AgreementQuery:
    """Whose votes are compared, which ones, and by what."""

    actors: tuple[str, ...]
    conflict: str
    by: str
    since: str | None
    until: str | None
    keep_unanimous: bool
    least: int = 0


class AgreementQuerySchema(AnalysisQuerySchema):
    """The question for agreement; votes of all days count, whatever `valid_at`."""

    actors = ids_parameter("actors", "Who is compared with whom, two or more", "actors")
    conflict = ids_parameter("conflict", "Forum, by default the UN General Assembly", "conflicts")
    by = ChoiceParameter("What the scores are grouped by.", ["session", "year", "issue"], "session")
    from_ = DateParameter("Only roll calls then or later", name="from")
    to = DateParameter("Only roll calls then or earlier")
    unanimous = ChoiceParameter(
        "Whether roll calls without a dissenting voice are dropped, as published scores do.",
        ["drop", "keep"],
        "drop",
    )
    least = NumberParameter("Only scores that rest on at least so many roll calls.")

    def read_clocks(self, data: dict[str, Any]) -> Asked:
        return super().read_clocks({**data, "valid_at": "any"})

    def read_parameters(self, data: dict[str, Any]) -> AgreementQuery:
        actors = tuple(dict.fromkeys(data.get("actors", ())))
        if not FEWEST_ACTORS <= len(actors) <= MOST_ACTORS:
            detail = f"names {FEWEST_ACTORS} to {MOST_ACTORS} actors, separated by commas"
            raise ma.ValidationError({"actors": [detail]})
        conflicts = data.get("conflict", [GENERAL_ASSEMBLY])
        if len(conflicts) > 1:
            raise ma.ValidationError({"conflict": ["takes one forum"]})
        since, until = read_period(data)
        by, keep = data.get("by", "session"), data.get("unanimous") == "keep"
        least = data.get("least", 0)
        return AgreementQuery(actors, conflicts[0], by, since, until, keep, least)


@answer
class AgreementRow:
    """How much two actors agree in one group of roll calls, with the counts behind it."""

    actor: str = about("the one", noun="actors")
    other: str = about("the other", noun="actors")
    group: str | None = about("the session, the year, or the issue; null for no issue")
    score: float | None = about("0: always opposite, 1: always the same; null: no common vote")
    both_voted: int = about("roll calls in which both voted and that count")
    same: int = about("of these, the same vote")
    partly: int = about("of these, an abstention against a vote")
    opposite: int = about("of these, yes against no")
    unanimous_dropped: int = about("roll calls of both that nobody dissented in")
    one_absent: int = about("roll calls in which only one of them voted")
    both_absent: int = about("roll calls in which neither voted")
    actor_label: str = about("what it is called")
    other_label: str = about("what it is called")
    group_label: str | None = about("what it is called")


@answer
class Agreement:
    """How much actors agree."""

    by: str = about("`session`, `year` or `issue`")
    data: Sequence[AgreementRow] = about("pair by pair, group by group")


def answer_agreement(reader: Reader, query: AgreementQuery) -> Agreement:
    """Answer how much actors agree, by their recorded votes."""
    reader.read_record(CONFLICTS, query.conflict)
    for actor in query.actors:
        reader.read_record(ACTORS, actor)
    since, until = query.since or "", query.until or clock.OPEN
    known = load_roll_calls(reader, query.conflict)
    chosen = {id: call for id, call in known.items() if since <= call.day <= until}
    counts = count_votes(query, load_votes(reader, query.actors, chosen), chosen)
    return Agreement(query.by, _list_rows(query, counts, reader.open_lookup().find_label))


PairCounts = Mapping[tuple[str, str, str], Counter[str]]
"""How often two actors voted how, by both of them and the group."""


def count_votes(query: AgreementQuery, votes: Votes, chosen: RollCalls) -> PairCounts:
    """Count how each two actors voted in each group; `votes` maps roll calls to forces by actor."""
    counts: defaultdict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for id, roll_call in chosen.items():
        cast, groups = votes.get(id, {}), roll_call.list_groups(query.by)
        is_dropped = roll_call.is_unanimous and not query.keep_unanimous
        for one, other in combinations(query.actors, 2):
            what = _compare_votes(cast.get(one), cast.get(other))
            if is_dropped and what in ("same", "partly", "opposite"):
                what = "unanimous_dropped"
            for group in groups:
                counts[one, other, group][what] += 1
    return counts


def _compare_votes(one: str | None, other: str | None) -> str:
    if one is None or other is None:
        return "both_absent" if one is other else "one_absent"
    return ("same", "partly", "opposite")[abs(_PLACES[one] - _PLACES[other])]


def _list_rows(
    query: AgreementQuery, counts: PairCounts, label: Callable[[str, str | None], str | None]
) -> list[AgreementRow]:
    """List the rows: of issues in the order of the actors asked for, of others sorted by actor."""
    place = {pair: index for index, pair in enumerate(combinations(query.actors, 2))}
    by_issue = query.by == "issue"
    keys = sorted(counts, key=lambda key: (place[key[:2]], key[2]))
    if not by_issue:
        keys.sort(key=lambda key: (*key[:2], key[2].zfill(6)))
    labels = {actor: label("actors", actor) or actor for actor in query.actors}
    rows: list[AgreementRow] = []
    for one, other, group in keys:
        named, counted = group or None, counts[one, other, group]
        both = counted["same"] + counted["partly"] + counted["opposite"]
        if both < query.least:
            continue
        score = (counted["same"] + counted["partly"] / 2) / both if both else None
        counted = {name: counted[name] for name in _COUNTS}
        group_label = label("issues", named) if by_issue else named
        rows.append(
            AgreementRow(
                one, other, named, score, both, **counted, actor_label=labels[one],
                other_label=labels[other], group_label=group_label,
            )
        )  # fmt: skip
    return rows


COLUMNS = ("actor", "actor_label", "other", "other_label", "group", "group_label", "score",
           "both_voted", "same", "partly", "opposite", "unanimous_dropped", "one_absent",
           "both_absent")  # fmt: skip

QUESTION = AnalysisQuestion(
    name="agreement",
    about=None,
    summary="Measure how much states agree in votes",
    text=(
        "Pair by pair and group by group: the mean of 1 - |a - b| / 2 over the roll calls in "
        "which both voted, with yes = 1, abstain = 2, no = 3 (Voeten 2013). Roll calls in "
        "which nobody dissented are dropped, unless `unanimous=keep`; absences are counted "
        "beside the score, never in it. Published scores are by session (year = session + "
        "1945); by calendar year they differ. The votes of the UN General Assembly come by "
        "`sinequanon import unga-votes`."
    ),
    query=AgreementQuerySchema,
    answer_type=Agreement,
    make_answer=lambda asked: answer_agreement(asked.reader, asked.of),
    columns=COLUMNS,
    make_rows=lambda agreement: map(vars, agreement.data),
    group="actors",
    tried={"actors": ["russia", "ukraine"], "conflict": ["war-in-ukraine"]},
)
