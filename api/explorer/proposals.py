"""The page of one proposal, and the roll calls of a forum.

Votes are counted by what was voted on, as `GET /v1/positions/counts` counts them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from api import clock
from api.analysis.engine.model import atom_of
from api.analysis.engine.sentences import Sentences, join_words
from api.analysis.questions.queries import AnalysisQuerySchema, ParsedQuestion
from api.analysis.questions.responses import (
    ResponseRow,
    ResponsesQuery,
    answer_responses,
)
from api.analysis.serving import make_input
from api.conflicts import CONFLICTS
from api.errors import TooLarge
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.ledger.noun import Record
from api.ledger.reading.counts import CountGroup
from api.ledger.reading.filters import ParsedFilters, Range
from api.ledger.reading.reader import Reader
from api.ledger.store.transactions import split_ids
from api.ledger.versions.lookup import AsOfLookup
from api.positions import POSITIONS
from api.proposals import PROPOSALS
from api.web import reading
from api.web.queries import ListQuery

_MOST_ROLL_CALLS = 1_000
"""Roll calls of a year that are read to list who voted in that year."""


def build_forum_page(reader: Reader, record: Record) -> Context:
    """Show the years of a forum, with the number of roll calls of each, by decade."""
    decades = defaultdict[str, dict[str, int]](dict)
    groups = reader.count_groups(PROPOSALS, {"conflict": [record["id"]]}, ["year"])
    for year, count in sorted((*each.values, each.count) for each in groups if each.values[0]):
        decades[f"{year[:3]}0"][year] = count
    return {"forum": record, "decades": decades, "total": sum(each.count for each in groups)}


def build_roll_calls_page(reader: Reader, record: Record, query: ListQuery) -> Context:
    """Show a page of roll calls with their tallies."""
    given = ParsedFilters(PROPOSALS, {**query.given, "conflict": [record["id"]]})
    found = reading.read_list(reader, PROPOSALS, query._replace(given=given))
    proposals = found.records
    tallies = count_votes(reader, (id for each in proposals for id in list_subjects(each)))
    return {
        "forum": record,
        "rows": [(each, tallies[id]) for each in proposals for id in list_subjects(each)],
        "cursor": query.next_cursor(reader.moment, found.after) if found.after else None,
    }


def list_subjects(proposal: Record) -> list[str]:
    """List the propositions that a proposal puts to the vote, without repeats."""
    named = (each for part in proposal["components"] for each in part["propositions"])
    return list(dict.fromkeys(map(atom_of, named)))


def count_votes(reader: Reader, propositions: Iterable[str]) -> Mapping[str, Counter[str]]:
    """Count the recorded votes on propositions, by force."""
    tallies = defaultdict[str, Counter[str]](Counter)
    ranks = ["normal", "preferred"]
    for each in _count_votes(reader, propositions, "proposition", "force", rank=ranks):
        proposition, force = each.values
        tallies[proposition][force] += each.count
    return tallies


def list_voters(reader: Reader, proposal: Record) -> set[str]:
    """List who voted in any roll call of the forum in the year of this one."""
    if not proposal["made_on"]:
        return set()
    year = clock.parse_edtf(proposal["made_on"]).earliest[:4]
    given = {"conflict": [proposal["conflict"]], "made_on": Range(f"{year}-01-01", f"{year}-12-31")}
    others = reader.read_page(PROPOSALS, given, limit=_MOST_ROLL_CALLS)
    subjects = (id for each in others.records for id in list_subjects(each))
    return {each.values[0] for each in _count_votes(reader, subjects, "holder")}


def _count_votes(
    reader: Reader, propositions: Iterable[str], *by: str, **given: list[str]
) -> Iterator[CountGroup]:
    """Yield the groups of the recorded votes on propositions."""
    given["attestation"] = ["recorded_vote"]
    for some in split_ids(propositions):
        yield from reader.count_groups(POSITIONS, {**given, "proposition": some}, by)


class ProposalPageSchema(AnalysisQuerySchema):
    """The query of a proposal's page."""

    open = OpenParameter()

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return PageQuery(data.get("open"), None)


def build_proposal_page(reader: Reader, entry: Context, asking: ParsedQuestion) -> Context:
    """Show the parts of a proposal with each actor's answer, or that there are none or too many."""
    record = entry["record"]
    asked = make_input(reader, record["id"], replace(asking, of=ResponsesQuery()))
    responses: Sequence[ResponseRow] | None = None
    with suppress(TooLarge):
        responses = answer_responses(asked).responses
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(PROPOSALS.name, record)])
    told, say = responses or (), Sentences(lookup)
    return {
        "entry": entry,
        "actors": {each.actor: each.actor_label for each in told},
        "parts": [_show_part(each, record, told, say) for each in record["components"]],
        "absent": None if responses is None else _list_absent(reader, record, responses, lookup),
        "too_large": responses is None,
    }  # fmt: skip


def _list_absent(
    reader: Reader, record: Record, responses: Sequence[ResponseRow], lookup: AsOfLookup
) -> list[tuple[str, str]] | None:
    """List who did not vote in a forum's roll call, by name; None where nobody voted."""
    forum = reader.read_record(CONFLICTS, record["conflict"]).record
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
