"""The pages of proposals: all of them, and who answered which part of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from api.analysis.answers import answer_responses
from api.analysis.queries import Asking, ResponsesQuerySchema
from api.analysis.sentences import Sentences
from api.analysis.serving import given
from api.explorer.query_string import OpenParameter
from api.ledger.canonical import parse
from api.ledger.noun import Record
from api.ledger.reader import Reader
from api.proposals import PROPOSALS
from api.web import reading
from api.web.queries import ListQuery

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProposalPageQuery:
    """How a proposal is looked at."""

    open_record: tuple[str, str] | None


class ProposalPageSchema(ResponsesQuerySchema):
    """The query of the page: that of the responses, and what lies open."""

    open = OpenParameter()

    def parsed(self, data: dict[str, Any]) -> Any:
        return ProposalPageQuery(data.get("open"))


def build_proposals_page(reader: Reader, query: ListQuery) -> Answer:
    """List proposals, the newest first."""
    found = reading.found_by(reader, PROPOSALS, query)
    records = [parse(each) for each in found.bodies]
    lookup = reader.lookup()
    lookup.prefetch_referenced((PROPOSALS.name, each) for each in records)
    return {
        "proposals": [
            {**each, "conflict_label": lookup.label("conflicts", each["conflict"]),
             "names": [lookup.label("actors", id) for id in each["proposers"]]}
            for each in records
        ],
        "cursor": query.cursor(reader.moment, found.after) if found.after else None,
    }  # fmt: skip


def build_proposal_page(reader: Reader, record: Record, asking: Asking) -> Answer:
    """Lay out components against actors, with answers and silences."""
    asked = given(reader, record["id"], replace(asking, of=None))
    responses = answer_responses(asked)["responses"]
    actors = {each["actor"]: each["actor_label"] for each in responses}
    lookup = reader.lookup()
    lookup.prefetch_referenced([(PROPOSALS.name, record)])
    say = Sentences(lookup)
    return {
        "proposal": record,
        "conflict_label": lookup.label("conflicts", record["conflict"]),
        "names": {
            name: [(id, say.actor(id)) for id in record[name]]
            for name in ("proposers", "addressees")
        },
        "spokesperson": lookup.label("actors", record["spokesperson"]),
        "actors": actors,
        "parts": [
            {"label": None, **each,
             "texts": [say.literal(literal) for literal in each["propositions"]],
             "cells": [r for r in responses if r["component"] == each["id"]]}
            for each in record["components"]
        ],
        "revises": (record["revises"], lookup.label("proposals", record["revises"])),
    }  # fmt: skip
