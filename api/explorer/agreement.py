"""The page of agreement: how often the chosen states vote alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from api.actors import ACTORS
from api.analysis.questions import agreement
from api.charts.agreement import tell_apart
from api.conflicts import CONFLICTS
from api.explorer.pages import Context
from api.ledger.reading.reader import Reader
from api.search.suggestions import suggest_records
from api.web.contract.parameters import ListParameter

_MAX_FORUMS = 50
_COUNTS = ("both_voted", "same", "partly", "opposite")
_FEWEST_ROLL_CALLS = 10
"""Points under so many roll calls are hidden unless they are asked for."""

_LEAST_ALIKE = 0.62
"""The least score of the suggestion that stands for a typed name, as of a slip in five letters."""


class AgreementPageSchema(agreement.AgreementQuerySchema):
    """The query of the page: by year, and without points of few roll calls."""

    def read_parameters(self, data: dict[str, Any]) -> agreement.AgreementQuery:
        return super().read_parameters({"by": "year", "least": _FEWEST_ROLL_CALLS, **data})


class AgreementFormSchema(agreement.AgreementQuerySchema):
    """The query of the page while nobody is compared; a name may fit no actor there."""

    actors = ListParameter("Who is to be compared.")

    def read_parameters(self, data: dict[str, Any]) -> Any:
        """Return nothing: there is no question yet."""


def choose_schema(actors: Sequence[str]) -> type[agreement.AgreementQuerySchema]:
    """Choose the schema of the page: below two actors there is only the form."""
    is_asked = len(actors) >= agreement.FEWEST_ACTORS
    return AgreementPageSchema if is_asked else AgreementFormSchema


def find_actors(reader: Reader, typed: Sequence[str]) -> list[str]:
    """Return the ids of actors given by id or by name; what fits no actor stays as it is."""
    if len(typed) > agreement.MOST_ACTORS:
        return [*typed]  # The parser refuses so many.
    lookup, found = reader.open_lookup(), list[str]()
    suggest = partial(suggest_records, nouns=[ACTORS.name], limit=1, least=_LEAST_ALIKE)
    for each in filter(None, map(str.strip, typed)):
        named = [] if lookup.get(ACTORS.name, each) else suggest(reader, each)
        found.append(named[0]["id"] if named else each)
    return list(dict.fromkeys(found))


def build_agreement_page(
    reader: Reader, asked: agreement.AgreementQuery | None, forum: str, actors: Sequence[str]
) -> Context:
    """Show the scores of the chosen states; without two of them, only the form."""
    forums = reader.read_page(CONFLICTS, {"kind": ["forum"]}, limit=_MAX_FORUMS)
    lookup = reader.open_lookup()
    return {
        "names": {id: lookup.find_label(ACTORS.name, id) for id in actors},
        "forums": forums.records,
        "asked": asked,
        "forum": forum,
        "scored": _group_scores(reader, asked) if asked else None,
    }


def _group_scores(reader: Reader, asked: agreement.AgreementQuery) -> Context:
    """Group the rows by pair for the tables; the totals have the hidden points, too."""
    rows = tell_apart(agreement.answer_agreement(reader, replace(asked, least=0)).data)
    points = defaultdict[str, dict[str, agreement.AgreementRow]](dict)
    for each in rows:
        if each.both_voted >= max(asked.least, 1):
            pair = f"{each.actor_label} \N{EN DASH} {each.other_label}"
            points[pair][each.group_label or "no issue"] = each
    return {
        "groups": sorted(set[str]().union(*points.values()), key=lambda group: group.zfill(6)),
        "pairs": _sum_pairs(rows),
        "points": points,
        "hidden": sum(0 < each.both_voted < asked.least for each in rows),
    }


def _sum_pairs(rows: Sequence[agreement.AgreementRow]) -> list[Context]:
    """Add up the counts of each pair over all groups; the best score comes first."""
    found: dict[tuple[str, str], Context] = {}
    for row in rows:
        new = {"one": row.actor_label, "other": row.other_label, **dict.fromkeys(_COUNTS, 0)}
        pair = found.setdefault((row.actor, row.other), new)
        for name in _COUNTS:
            pair[name] += getattr(row, name)
    for pair in found.values():
        counted = pair["both_voted"]
        pair["score"] = (pair["same"] + pair["partly"] / 2) / counted if counted else None
    return sorted(found.values(), key=lambda pair: (pair["score"] is None, -(pair["score"] or 0)))
