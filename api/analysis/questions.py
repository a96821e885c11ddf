"""The questions of analysis, as data: what each asks, answers, and is called.

`answers` makes the answers, `routes` serves them alike, in all of their formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.actors.routes import RESOURCE as ACTORS
from api.analysis import rows
from api.analysis.agreement import COLUMNS as AGREEMENT
from api.analysis.answers import (
    Given,
    answer_agreement,
    answer_deadlock,
    answer_diff,
    answer_dossier,
    answer_matrix,
    answer_responses,
    answer_timeline,
)
from api.analysis.examples import seed_deadlock
from api.analysis.queries import (
    AgreementQuerySchema,
    AnalysisQuerySchema,
    DeadlockQuerySchema,
    DiffQuerySchema,
    DossierQuerySchema,
    MatrixQuerySchema,
    ResponsesQuerySchema,
    TimelineQuerySchema,
)
from api.analysis.schemas import (
    AgreementSchema,
    DeadlockSchema,
    DiffSchema,
    DossierSchema,
    MatrixSchema,
    ResponsesSchema,
    TimelineSchema,
)
from api.analysis.timeline import EVENT
from api.conflicts.routes import RESOURCE as CONFLICTS
from api.proposals.routes import RESOURCE as PROPOSALS
from api.vocabulary import PARTY_STATUS, ROW_KIND, CodeList
from api.web.contract.schemas import StrictSchema
from api.web.resource import Resource

Answer = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One question: its address, its answer, its words; most ask about a record of `about`.

    `kinds` are the values of the column `kind` by which its flat rows may be chosen; `example`
    makes one for the documentation, when that is asked for. `group` is where the documentation
    lists it. What `solves` is answered in turn.
    """

    name: str
    about: Resource | None
    summary: str
    text: str
    query: type[AnalysisQuerySchema]
    schema: type[StrictSchema]
    answer: Callable[[Given], Answer]
    columns: Sequence[str]
    rows: Callable[[Mapping[str, Any]], list[Answer]]
    example: Callable[[], Answer] | None = None
    tried: Mapping[str, Any] = field(default_factory=dict[str, Any])
    kinds: CodeList | None = None
    group: str = "deadlock"
    solves: bool = False

    @property
    def title(self) -> str:
        """Its name as part of an operationId."""
        return (self.about.noun.singular.title() if self.about else "") + self.name.title()

    @property
    def url(self) -> str:
        """Its address."""
        return (
            f"/v1/{self.about.noun.name}/<slug:id>/{self.name}"
            if self.about
            else f"/v1/{self.name}"
        )


def _statuses() -> str:
    return ", ".join(f"`{each}`" for each in PARTY_STATUS.values)


QUESTIONS = (
    Question(
        name="deadlock",
        about=CONFLICTS,
        summary="Find what stands in the way",
        text=(
            "Given what each side has said, as known on a day: which smallest sets of demands "
            "collide (`collisions`), which smallest sets would have to give way (`concessions`), "
            "what the goals would need and nobody has answered (`open_asks`), and who waits "
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
            "either out (`axioms=` names those in use), and that collision is gone. "
        ),
        query=DeadlockQuerySchema,
        schema=DeadlockSchema,
        answer=answer_deadlock,
        columns=rows.DEADLOCK,
        rows=rows.of_deadlock,
        kinds=ROW_KIND,
        example=seed_deadlock,
        tried={"goal": ["peace"]},
        solves=True,
    ),
    Question(
        name="matrix",
        about=CONFLICTS,
        summary="Compare who stands where",
        text=(
            "Holders against propositions or issues: each cell lists the positions in force, one "
            "for each proposition, with force, sign, whether it is conditional, voice, evidence, "
            "and whether records of one day disagree. An empty cell is `none_recorded`, never "
            "neutral. Rows begin with those who have a standing in the conflict "
            f"({_statuses()}); answers to whole proposals are `packages`."
        ),
        query=MatrixQuerySchema,
        schema=MatrixSchema,
        answer=answer_matrix,
        columns=rows.MATRIX,
        rows=rows.of_matrix,
    ),
    Question(
        name="timeline",
        about=CONFLICTS,
        summary="Follow what happened, event by event",
        text=(
            "Statements in evidence, positions with their ends and reasons, preconditions, "
            "proposals and responses. Uncertain dates are placed by their bounds, `earliest` then "
            "`latest`; `dated_by` names the field that gave the day. Shows all days unless "
            "`valid_at` is given. Follow `next` for more. Narrowed by `issue`, `holder` or "
            "`attested_on`, it tells of positions, preconditions and what shows them."
        ),
        query=TimelineQuerySchema,
        schema=TimelineSchema,
        answer=answer_timeline,
        columns=EVENT,
        rows=lambda answer: answer["data"],
    ),
    Question(
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
        schema=DiffSchema,
        answer=answer_diff,
        columns=rows.DIFF,
        rows=rows.of_diff,
        tried={"goal": ["peace"], "from": "2023-03-30", "to": "2023-03-31"},
        solves=True,
    ),
    Question(
        name="responses",
        about=PROPOSALS,
        summary="See who answered a proposal",
        text=(
            "Component by component, actor by actor: addressees, parties, and whoever else "
            "answered. Answers to the whole proposal count for each component (`whole`). Silences "
            "differ: `not_addressed` answered the proposal but not this component, `none_recorded` "
            "has no recorded answer at all. `sign` is seen from the component: whoever commits "
            "itself to what it negates is against it. `elsewhere` names what an actor holds on the "
            "same propositions without its being recorded as an answer."
        ),
        query=ResponsesQuerySchema,
        schema=ResponsesSchema,
        answer=answer_responses,
        columns=rows.RESPONSES,
        rows=rows.of_responses,
        group="proposals",
    ),
    Question(
        name="dossier",
        about=ACTORS,
        summary="Read all that one actor holds",
        text=(
            "Positions and preconditions in force, in any conflict, grouped by issue; with `since` "
            "also what began and what ended since that day, in order. It takes at most 5,000 "
            "positions: narrow it by `conflict`, `issue` or `attested_on`."
        ),
        query=DossierQuerySchema,
        schema=DossierSchema,
        answer=answer_dossier,
        columns=rows.DOSSIER,
        rows=rows.of_dossier,
        group="actors",
    ),
    Question(
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
        schema=AgreementSchema,
        answer=lambda given: answer_agreement(given.reader, given.of),
        columns=AGREEMENT,
        rows=lambda answer: answer["data"],
        group="actors",
        tried={"actors": ["russia", "ukraine"], "conflict": ["war-in-ukraine"]},
    ),
)
