"""The as-of predicate, the join of versions and facets, and the horizon of a noun.

Every query that reads versions takes both conditions from here.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, and_, bindparam, select

from api.ledger.store.tables import facet, facet_kind, horizon
from api.ledger.store.transactions import PreparedStatement, named_parameter

HORIZON = PreparedStatement(
    select(horizon.c.start, horizon.c.recorded)
    .where(
        horizon.c.noun == named_parameter("noun"), horizon.c.recorded <= named_parameter("known_at")
    )
    .order_by(horizon.c.recorded.desc())
    .limit(1)
)
"""Selects the latest start of a noun as known at a changeset, and the changeset that moved it."""


def is_shown(version: FromClause, known_at: int | BindParameter[Any]) -> ColumnElement[bool]:
    """Return the condition that a version was recorded by a changeset and not superseded by it."""
    return and_(version.c.recorded <= known_at, version.c.superseded > known_at)


def is_facet_of(version: FromClause, noun: str, name: str) -> ColumnElement[bool]:
    """Return the condition that joins the facets of one name to the versions of a noun."""
    return and_(facet.c.place == version.c.place, is_facet(noun, name))


def is_facet(noun: str, name: str) -> ColumnElement[bool]:
    """Return the condition that a facet has this name and belongs to this noun."""
    kind = facet_kind(noun, name)
    return facet.c.kind == bindparam(f"facet_{kind}", kind)
