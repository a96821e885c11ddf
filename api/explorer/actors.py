"""The pages of actors: all of them, and the dossier of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from api.actors import ACTORS
from api.analysis.answers import answer_dossier
from api.analysis.queries import Asking, DossierQuerySchema
from api.analysis.serving import given
from api.explorer.asking import OpenParameter
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.reader import Reader
from api.vocabulary import ACTOR_KIND
from api.web.queries import ListQuery

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """How an actor is looked at."""

    since: str | None
    opened: tuple[str, str] | None


_MOST_OF_ISSUE = 50
"""How many positions on one issue the page of an actor shows; a state has voted on thousands."""


class ActorPageSchema(DossierQuerySchema):
    """The query of the page: that of a dossier, and what lies open."""

    open = OpenParameter()

    def parsed(self, data: dict[str, Any]) -> Any:
        return Look(data.get("since"), data.get("open"))


def actors(reader: Reader, query: ListQuery) -> Answer:
    """List actors by what sort they are."""
    found = reader.page(ACTORS, query.given, sort="id", limit=query.limit, after=query.after)
    records = [parse(each) for each in found.bodies]
    kinds = [kind for kind in ACTOR_KIND.values if kind != "audience"]
    groups = [(kind, [each for each in records if each["kind"] == kind]) for kind in kinds]
    cursor = query.cursor(reader.moment, found.after) if found.after else None
    return {"groups": [group for group in groups if group[1]], "cursor": cursor}


def actor(reader: Reader, record: Record, asking: Asking) -> Answer:
    """Tell all that an actor holds, issue by issue, and who it is."""
    asked = cast("Look", asking.of)
    lookup = reader.lookup()
    lookup.prefetch_referenced([(ACTORS.name, record)])
    told = answer_dossier(given(reader, record["id"], replace(asking, of=asked.since)))
    for group in told["issues"]:
        group["conflict_label"] = lookup.label("conflicts", group["conflict"])
    return {
        "actor": record,
        "look": asked,
        "dossier": told,
        "most": _MOST_OF_ISSUE,
        "part_of": (record["part_of"], lookup.label("actors", record["part_of"])),
        "offices": [{"from": None, "to": None, **each, "body": lookup.label("actors", each["of"])}
                    for each in record["offices"]],
        "members": [(each["actor"], lookup.label("actors", each["actor"]))
                    for each in record["members"]],
        "label_by": lookup.label("actors", record["label_by"]),
    }  # fmt: skip
