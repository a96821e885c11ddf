"""The list of changesets and the page of one changeset."""

from __future__ import annotations

from api.explorer.addresses import record_url
from api.explorer.pages import Context
from api.ledger.reading.reader import Reader
from api.ledger.store.tables import Row
from api.web import revisions
from api.web.revisions import NumberedQuery


def build_changes_page(reader: Reader, query: NumberedQuery) -> Context:
    """Show a page of changesets, newest first."""
    rows, more = revisions.read_page(
        lambda limit: reader.list_changesets(limit=limit, before=query.beyond), query.limit
    )
    return {
        "changesets": [revisions.show_changeset(each) for each in rows],
        "before": str(rows[-1]["number"]) if more else None,
    }


def build_changeset_page(reader: Reader, row: Row, query: NumberedQuery) -> Context:
    """Show a page of the revisions that a changeset wrote."""
    number, after = row["number"], query.beyond or 0
    rows, more = revisions.read_page(
        lambda limit: reader.list_changes(limit, number=number, after=after), query.limit
    )
    return {
        "changeset": revisions.show_changeset(row),
        "written": [revisions.show_change(each) for each in rows],
        "after": str(rows[-1]["seq"]) if more else None,
        "record_url": record_url,
    }
