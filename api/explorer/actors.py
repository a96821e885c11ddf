"""The list of actors and the page of one actor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from api.actors import ACTORS
from api.analysis.loading import MOST
from api.analysis.questions.dossier import HeldOnIssue, HeldRecords, compile_dossier
from api.analysis.questions.queries import AnalysisQuerySchema, ParsedQuestion
from api.errors import TooMany
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.ledger import Asked
from api.ledger.noun import Noun, Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import AsOfLookup
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.vocabulary import ACTOR_KIND
from api.web import reading
from api.web.contract.parameters import DayParameter
from api.web.queries import ListQuery
from api.web.requests import current_ledger

_MAX_PER_ISSUE = 50
"""Positions shown on one issue; a state has cast thousands of votes."""
_MAX_NEWEST = 500
"""Newest positions read for those on no issue, because no filter selects these."""
_MAX_EVER_HELD = 1_000
"""Records read of one noun to list what changed since a day."""
_BY_ISSUE = next(each for each in POSITIONS.groupings if each.name == "issue")


class ActorPageSchema(AnalysisQuerySchema):
    """The query of an actor's page."""

    since = DayParameter("Also show what began or ended since this day.")
    open = OpenParameter()

    def read_parameters(self, data: dict[str, Any]) -> Any:
        return PageQuery(data.get("open"), data.get("since"))


def build_actors_page(reader: Reader, query: ListQuery) -> Context:
    """Group a page of actors by kind, without audiences."""
    found = reading.read_list(reader, ACTORS, query)
    records = [parse_bytes(each) for each in found.whole_bodies]
    kinds = [kind for kind in ACTOR_KIND.values if kind != "audience"]
    groups = [(kind, [each for each in records if each["kind"] == kind]) for kind in kinds]
    cursor = query.next_cursor(reader.moment, found.after) if found.after else None
    return {"groups": [group for group in groups if group[1]], "cursor": cursor}


def build_actor_page(reader: Reader, record: Record, asking: ParsedQuestion) -> Context:
    """Show who an actor is and what it holds, by issue."""
    asked: PageQuery = asking.of
    lookup = reader.open_lookup()
    lookup.prefetch_referenced([(ACTORS.name, record)])
    counted = _count_by_issue(reader, record["id"])
    held = _read_held(reader, record["id"], counted)
    ever = () if asked.since is None else _read_ever_held(reader, record["id"])
    told = compile_dossier(reader, record, held, ever or (), since=asked.since)
    issues = [_show_issue(lookup, group, counted[group.issue]) for group in told.issues]
    dossier = {"issues": issues, "changes": told.changes}
    page = {"actor": record, "query": asked, "dossier": dossier, "too_many": ever is None}
    return page | _describe_actor(record, partial(lookup.find_label, "actors"))


def _show_issue(lookup: AsOfLookup, group: HeldOnIssue, counted: int) -> Context:
    shown = group.positions[:_MAX_PER_ISSUE]
    conflict = lookup.find_label("conflicts", group.conflict)
    more = counted - len(shown)
    return {**vars(group), "conflict_label": conflict, "positions": shown, "more": more}


def _describe_actor(record: Record, name: Callable[[str | None], str | None]) -> Context:
    """Show what an actor is part of, its offices and its members, by name."""
    none = {"from": None, "to": None}
    return {
        "part_of": (record["part_of"], name(record["part_of"])),
        "offices": [{**none, **each, "body": name(each["of"])} for each in record["offices"]],
        "members": [(each["actor"], name(each["actor"])) for each in record["members"]],
        "label_by": name(record["label_by"]),
    }


def _count_by_issue(reader: Reader, actor: str) -> Counter[str | None]:
    """Count the positions that an actor holds, alone or jointly, by issue."""
    counted: Counter[str | None] = Counter()
    for given in _holder_filters(actor):
        for group in reader.count_groups(POSITIONS, given, [_BY_ISSUE]):
            counted[group.values[0]] += group.count
    return counted


def _read_held(reader: Reader, actor: str, counted: Counter[str | None]) -> HeldRecords:
    """Read all preconditions of an actor, and its newest positions overall and on each issue."""
    found: dict[str, Record] = {}
    issues = [{"issue": [issue]} for issue in counted if issue is not None]
    for given in _holder_filters(actor):
        for narrowed in ({}, *issues):
            limit = _MAX_PER_ISSUE if narrowed else _MAX_NEWEST
            page = reader.read_page(POSITIONS, {**given, **narrowed}, sort="valid_from",
                               descending=True, limit=limit)  # fmt: skip
            found |= {each["id"]: each for each in map(parse_bytes, page.whole_bodies)}
    newest = sorted(found.values(), key=lambda r: bound_validity(r)["valid_start"], reverse=True)
    return [*((POSITIONS.name, each) for each in newest), *_read_all(reader, PRECONDITIONS, actor)]


def _read_all(reader: Reader, noun: Noun, actor: str, most: int = MOST) -> HeldRecords:
    return [
        (noun.name, each)
        for given in _holder_filters(actor)
        for each in reader.read_all(noun, given, most=most)
    ]


def _read_ever_held(reader: Reader, actor: str) -> HeldRecords | None:
    """Read all that an actor held on any day; return None where that is too much."""
    with current_ledger().open_reader(
        Asked(number=reader.moment.known_at, valid_at="any")
    ) as always:
        try:
            return [
                *_read_all(always, POSITIONS, actor, _MAX_EVER_HELD),
                *_read_all(always, PRECONDITIONS, actor, _MAX_EVER_HELD),
            ]
        except TooMany:
            return None


def _holder_filters(actor: str) -> list[Mapping[str, Any]]:
    """Return the filters that together select the records that an actor holds."""
    return [{name: [actor]} for name in ("holder", "co_holder")]
