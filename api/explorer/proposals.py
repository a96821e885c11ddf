"""The page of one proposal, with the answers to its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.analysis.engine.sentences import Sentences, join_words
from api.analysis.questions.queries import ParsedQuestion
from api.analysis.questions.responses import (
    ResponseRow,
    ResponsesQuery,
    ResponsesQuerySchema,
    answer_responses,
)
from api.analysis.serving import make_input
from api.conflicts import CONFLICTS
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.explorer.votes import count_votes, list_subjects, list_voters
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import AsOfLookup
from api.proposals import PROPOSALS


class ProposalPageSchema(ResponsesQuerySchema):
    """The query of a proposal's page."""

    open = OpenParameter()

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return PageQuery(data.get("open"), None)


def build_proposal_page(reader: Reader, entry: Context, asking: ParsedQuestion) -> Context:
    """Show the parts of a proposal with each actor's answer, or that there is none."""
    record = entry["record"]
    asked = make_input(reader, record["id"], replace(asking, of=ResponsesQuery()))
    responses = answer_responses(asked).responses
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(PROPOSALS.name, record)])
    say = Sentences(lookup)
    return {
        "entry": entry,
        "actors": {each.actor: each.actor_label for each in responses},
        "parts": [_show_part(each, record, responses, say) for each in record["components"]],
        "absent": _list_absent(reader, record, responses, lookup),
    }  # fmt: skip


def _list_absent(
    reader: Reader, record: Record, responses: Sequence[ResponseRow], lookup: AsOfLookup
) -> list[tuple[str, str]] | None:
    """List who did not vote in a forum's roll call, by name; None where nobody voted."""
    forum = parse_bytes(reader.read_record(CONFLICTS, record["conflict"]).body)
    if forum["kind"] != "forum" or not count_votes(reader, list_subjects(record)):
        return None
    silent = {each.actor for each in responses if not each.positions}
    voted = {each.actor for each in responses} - silent
    ids = silent.union(list_voters(reader, record)) - voted
    lookup.prefetch(("actors", id) for id in ids)
    return sorted((lookup.find_label("actors", id) or id, id) for id in ids)


def _show_part(
    part: Record, whole: Record, responses: Sequence[ResponseRow], say: Sentences
) -> Context:
    texts = [say.name_literal(literal) for literal in part["propositions"]]
    if conditions := part.get("if"):
        texts.append(f"only if {join_words(map(say.name_literal, conditions))}")
    earlier = [each for each in whole["components"] if each["id"] in part.get("after", ())]
    if earlier:
        texts.append(f"after {join_words(each.get('label', each['id']) for each in earlier)}")
    cells = [{**vars(each), "through_label": each.through and say.name_actor(each.through)}
             for each in responses if each.component == part["id"]]  # fmt: skip
    return {"label": None, **part, "texts": texts, "cells": cells}
