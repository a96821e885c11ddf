"""Which version of a record was shown at a changeset, and which facets a version has.

Every query that reads versions takes both conditions from here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, and_

from api.ledger.tables import facet


def is_shown(version: FromClause, known_at: int | BindParameter[Any]) -> ColumnElement[bool]:
    """Select the versions that were recorded by a changeset and not superseded by then."""
    return and_(version.c.recorded <= known_at, version.c.superseded > known_at)


def is_facet_of(version: FromClause, noun: str, name: str) -> ColumnElement[bool]:
    """Join the facets of one name to the versions of a noun that have them."""
    return and_(
        facet.c.ordinal == version.c.ordinal,
        facet.c.recorded == version.c.recorded,
        facet.c.noun == noun,
        facet.c.name == name,
    )
