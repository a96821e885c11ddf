"""The list of changesets and the page of one changeset."""

from __future__ import annotations

from api.explorer.addresses import record_url
from api.explorer.pages import Context
from api.ledger.reader import Reader
from api.ledger.tables import Row
from api.web import revisions
from api.web.revisions import NumberedQuery


def build_changes_page(reader: Reader, query: NumberedQuery) -> Context:
    """Show a page of changesets, newest first."""
    found = reader.changesets(limit=query.limit + 1, before=query.beyond)
    rows = found[: query.limit]
    more = len(found) > query.limit
    return {
        "changesets": [revisions.show_changeset(each) for each in rows],
        "before": str(rows[-1]["number"]) if more else None,
    }


def build_changeset_page(reader: Reader, row: Row, query: NumberedQuery) -> Context:
    """Show a page of the revisions that a changeset wrote."""
    found = reader.changes(row["number"], limit=query.limit + 1, after=query.beyond or 0)
    rows = found[: query.limit]
    return {
        "changeset": revisions.show_changeset(row),
        "written": [revisions.show_change(each) for each in rows],
        "after": str(rows[-1]["seq"]) if len(found) > query.limit else None,
        "record_url": record_url,
    }
