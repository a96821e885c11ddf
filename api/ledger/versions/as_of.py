"""The as-of predicate, and the join of versions and facets.

Every query that reads versions takes both conditions from here.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, and_, bindparam

from api.ledger.store.tables import facet, facet_kind


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
