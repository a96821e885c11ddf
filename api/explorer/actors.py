"""The page of one actor: what it holds, by issue, a page of issues at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from api.analysis.engine.stances import noun_of
from api.analysis.loading import HELD, load_held
from api.analysis.questions import dossier
from api.analysis.questions.queries import ParsedQuestion
from api.errors import TooMany
from api.evidence.rules import sign_of
from api.explorer.pages import Context
from api.explorer.query_string import OpenParameter, PageQuery
from api.explorer.records import RecordPageSchema
from api.ledger.noun import Record
from api.ledger.reading.reader import Reader
from api.ledger.rules import bound_validity
from api.positions import POSITIONS
from api.preconditions import PRECONDITIONS
from api.web.contract.parameters import DayParameter

_ISSUES, _MAX_PER_ISSUE = 10, 5
"""Issues on a page, and records shown on each; a state has cast thousands of votes."""
_MAX_NEWEST = 100
"""Newest positions read for those on no issue, because no filter selects these."""
_MAX_EVER_HELD = 1_000
"""Records read of one noun to list what changed since a day."""

Counts = Mapping[str | None, int]
"""How many records an actor holds on each issue; None for those on no issue."""

_FILTERS = ("holder", "co_holder")
"""The filters that together select the records that an actor holds, alone or jointly."""


class ActorPageSchema(RecordPageSchema):
    """The query of an actor's page."""

    since = DayParameter("Also show what began or ended since this day.")
    open = OpenParameter()


def build_actor_page(reader: Reader, entry: Context, asking: ParsedQuestion) -> Context:
    """Show who an actor is and what it holds, by issue."""
    asked, id = cast("PageQuery", asking.of), entry["id"]
    conditions = load_held(reader, {"holder": [id]}, [PRECONDITIONS])
    lists = _count_lists(reader, id, conditions)
    counted = dict(sum(lists.values(), Counter[str | None]()).most_common())
    before = (asked.page - 1) * _ISSUES
    shown = {issue: counted[issue] for issue in [*counted][before : before + _ISSUES]}
    held = [*_read_positions(reader, id, shown), *conditions]
    ever = () if asked.since is None else _read_ever_held(reader, id)
    query = dossier.DossierQuery({}, asked.since)
    told = dossier.compile_dossier(reader, entry["record"], held, ever or (), query)
    records = {(noun_of(each), each["id"]): each for each in held}
    groups = {each.issue: each for each in told.issues}
    return {
        "entry": entry,
        "query": asked,
        "issues": [_show_issue(groups[issue], records, count, lists)
                   for issue, count in shown.items() if issue in groups],
        "find_label": reader.open_lookup().find_label,
        "sign_of": sign_of,
        "counts": (len({*counted} - {None}), _count_positions(reader, id) + len(conditions)),
        "more": len(counted) > before + _ISSUES,
        "changes": told.changes,
        "too_many": ever is None,
    }  # fmt: skip


def _show_issue(
    group: dossier.HeldOnIssue,
    records: Mapping[tuple[str, str], Record],
    count: int,
    lists: Mapping[tuple[str, str], Counts],
) -> Context:
    """Show the first records on an issue, each with its line, and the lists that have the rest."""
    held = [*group.preconditions, *group.positions][:_MAX_PER_ISSUE]
    shown = [(each, records[each.noun, each.id]) for each in held]
    return {**vars(group), "held": shown, "more": count - len(shown),
            "lists": [each for each, counts in lists.items() if counts[group.issue]]}  # fmt: skip


def _count_lists(
    reader: Reader, actor: str, conditions: Sequence[Record]
) -> dict[tuple[str, str], Counter[str | None]]:
    """Count by issue what each list has, by the list's noun and the filter for the actor."""
    lists = {(noun.name, name): Counter[str | None]() for noun in HELD for name in _FILTERS}
    for name in _FILTERS:
        for group in reader.count_groups(POSITIONS, {name: [actor]}, ["issue"]):
            lists[POSITIONS.name, name][group.values[0]] = group.count
    for each in conditions:
        name = "holder" if each["holder"] == actor else "co_holder"
        lists[PRECONDITIONS.name, name].update(each["issues"] or [None])
    return lists


def _count_positions(reader: Reader, actor: str) -> int:
    """Count the positions that an actor holds; one on several issues counts once."""
    grouped = (reader.count_groups(POSITIONS, {each: [actor]}, []) for each in _FILTERS)
    return sum(group.count for groups in grouped for group in groups)


def _read_positions(reader: Reader, actor: str, issues: Counts) -> Sequence[Record]:
    """Read the newest positions of an actor on each issue."""
    found: dict[str, Record] = {}
    for name in _FILTERS:
        for issue in issues:
            narrowed = {} if issue is None else {"issue": [issue]}
            limit = _MAX_NEWEST if issue is None else _MAX_PER_ISSUE
            page = reader.read_page(POSITIONS, {name: [actor], **narrowed}, sort="valid_from",
                               descending=True, limit=limit)  # fmt: skip
            found |= {each["id"]: each for each in page.records}
    return sorted(found.values(), key=lambda r: bound_validity(r)["valid_start"], reverse=True)


def _read_ever_held(reader: Reader, actor: str) -> Sequence[Record] | None:
    """Read all that an actor held on any day; return None where that is too much."""
    try:
        return load_held(reader.at_day(None), {"holder": [actor]}, most=_MAX_EVER_HELD)
    except TooMany:
        return None
