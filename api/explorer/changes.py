"""The revisions of a record, the list of changesets, and the page of one, all in words."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from api.analysis.engine.sentences import spell_out
from api.conflicts import CONFLICTS
from api.explorer.pages import Context
from api.feeds.atom import EntryChange, build_entries, describe_changes
from api.ledger.noun import Noun
from api.ledger.reading.page_queries import read_in_parts, take_page
from api.ledger.reading.reader import Reader
from api.ledger.store.tables import Row
from api.nouns import NOUNS_BY_NAME
from api.web import revisions
from api.web.revisions import NumberedQuery

_MAX_REVISIONS = 100


def list_revisions(reader: Reader, noun: Noun, id: str) -> tuple[list[Context], bool]:
    """List the first revisions of a record with what each changed; tell whether there are more."""
    told, before = list[Context](), dict[str, Any]()
    read = partial(reader.read_history, noun, id)
    rows, more = revisions.read_revisions(read, _MAX_REVISIONS, 0, "number")
    for row in rows:
        shown = revisions.show_revision(noun, row)
        after: dict[str, Any] = shown["record"] or {}
        is_amended = told and not shown["retracted"]
        changes = [*list_changed_fields(noun, before, after)] if is_amended else []
        told.append({**shown, "changes": changes})
        before = after
    return told, more


def list_changed_fields(
    noun: Noun, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each field that differs, with its old and new value as text."""
    for name in noun.fields:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield spell_out(name), _format_value(old), _format_value(new)


def _format_value(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


_MOST_SHOWN, _MOST_CONFLICTS, _READ_AT_ONCE = 3, 100, 20


def build_changes_page(reader: Reader, query: NumberedQuery) -> Context:
    """Show a page of changesets, newest first, with the first changes of each in words."""
    rows, more = revisions.read_newest(reader, query)
    entries, is_cut = build_entries(reader, rows, query.about, _MOST_SHOWN)
    return {
        "changesets": entries,
        "conflicts": reader.read_page(CONFLICTS, {}, limit=_MOST_CONFLICTS).records,
        "actor_label": reader.open_lookup().find_label("actors", query.about.get("actor")),
        "before": str(entries[-1].number) if more or is_cut else None,
    }


class _Written(NamedTuple):
    """A revision of a changeset in words, and the fields that it amended."""

    seq: int
    change: EntryChange
    fields: list[tuple[str, str, str]]


def build_changeset_page(reader: Reader, row: Row, query: NumberedQuery) -> Context:
    """Show a page of what a changeset wrote, with the fields that it amended."""
    read, after = partial(_read_written, reader, row["number"]), query.cursor or 0
    parts = read_in_parts(read, query.limit, after, attrgetter("seq"), _READ_AT_ONCE)
    written, more = take_page(parts, query.limit, partial(map, _measure_shown))
    return {
        "changeset": revisions.show_changeset(row),
        "written": [(each.change, each.fields) for each in written],
        "after": str(written[-1].seq) if more else None,
    }


def _measure_shown(written: _Written) -> int:
    return len(written.change.words) + sum(map(len, chain(*written.fields)))


def _read_written(reader: Reader, number: int, limit: int, after: int) -> list[_Written]:
    """Read what a changeset wrote after a `seq`, with what the records were before."""
    rows = reader.list_changes(limit, after, number=number)
    then, now = reader.open_lookup(number - 1), reader.open_lookup(number)
    written: list[_Written] = []
    for row, change in zip(rows, describe_changes(reader, number, rows), strict=True):
        states = (of.get(row["noun"], row["id"]) or {} for of in (then, now))
        changed = list_changed_fields(NOUNS_BY_NAME[row["noun"]], *states)
        written.append(_Written(row["seq"], change, [*changed] if row["number"] > 1 else []))
    return written
