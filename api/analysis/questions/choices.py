"""The caller's choices for a deadlock, which all read who have one worked out."""

from collections.abc import Sequence
from typing import Any

import marshmallow as ma

from api.analysis.engine.scene import DEFAULT_VOICES, Choices
from api.analysis.questions.queries import AnalysisQuerySchema
from api.vocabulary import VOICE
from api.web.contract import parameters
from api.web.contract.fields import ID_LENGTH, LITERAL, SLUG

MOST_GOALS, MOST_SETS = 50, 200


class DeadlockQuerySchema(AnalysisQuerySchema):
    """The question for a deadlock."""

    goal = parameters.ListParameter(
        "What is to be reached: ids of `propositions`, `!` before one for its opposite (%21 in a "
        "URL written by hand). Repeat it, or separate several by commas. Without any, all demands "
        "are held against each other.",
        each={"pattern": LITERAL, "maxLength": ID_LENGTH + 1},
        most=MOST_GOALS,
        repeatable=True,
    )
    goals = parameters.ChoiceParameter(
        "Whether the goals must hold, or may be given up like any demand.", ["hard", "soft"], "hard"
    )
    voices = parameters.ListParameter(
        "In whose voice a record must speak to count; several, separated by commas. "
        f"Default: {','.join(DEFAULT_VOICES)}.",
        codes=VOICE,
    )
    holders = parameters.ChoiceParameter(
        "Whose records count: everybody's, or the parties'.", ["all", "parties"], "all"
    )
    attested_since = parameters.DayParameter("Only records attested then or later.")
    demands = parameters.ChoiceParameter(
        "How a demand under preconditions counts: through these alone (conditional), or also as a "
        "demand of its own (standing).",
        ["conditional", "standing"],
        "conditional",
    )
    offers = parameters.ChoiceParameter(
        "How an offer is read: if and, as diplomats hear it, only if (both), or if (literal).",
        ["both", "literal"],
        "both",
    )
    axioms = parameters.ListParameter(
        "Which analysts' rules are in use: `all`, `none`, or the ids of some, separated by commas. "
        "Default: all.",
        each={"pattern": SLUG, "maxLength": ID_LENGTH},
    )
    measures = parameters.ChoiceParameter("Compare measures on one scale.", ["on", "off"], "on")
    without = parameters.ListParameter(
        "What if these were not there? Positions and preconditions to leave out, such as "
        "`positions/russia-rejects-truce`. What is not in force then changes nothing.",
        each={"pattern": "(positions|preconditions)/[a-z0-9]+(-[a-z0-9]+)*",
              "maxLength": ID_LENGTH + len("preconditions/")},
    )  # fmt: skip
    limit = parameters.LimitParameter("How many sets of each kind at most.", most=MOST_SETS)

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return Choices(
            goals=tuple(dict.fromkeys(data.get("goal", ()))),
            soft_goals=data.get("goals") == "soft",
            voices=tuple(data.get("voices", DEFAULT_VOICES)),
            parties_only=data.get("holders") == "parties",
            attested_since=data.get("attested_since"),
            standing_demands=data.get("demands") == "standing",
            literal_offers=data.get("offers") == "literal",
            axioms=_read_axioms(data.get("axioms", ("all",))),
            measures=data.get("measures", "on") == "on",
            limit=data.get("limit", parameters.DEFAULT_LIMIT),
            without=tuple(read_record_key(each) for each in data.get("without", ())),
        )


def read_record_key(key: str) -> tuple[str, str]:
    """Return noun and id of a key such as `positions/russia-rejects-truce`."""
    noun, _, id = key.partition("/")
    return noun, id


def _read_axioms(given: Sequence[str]) -> tuple[str, ...] | None:
    if len(given) > 1 and {"all", "none"} & set(given):
        raise ma.ValidationError({"axioms": ["takes all, none, or ids; not both"]})
    if list(given) == ["all"]:
        return None
    return () if list(given) == ["none"] else tuple(given)
