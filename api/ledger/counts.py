"""Counts of records by what they say: what a chart needs, without fetching a row.

A grouping is data, like a filter: a column of the index table, the beginning of one (the month of
a day), or a facet. A record with several values of a facet counts once for each of them, one
without any counts under None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, func, select

from api.errors import Invalid
from api.ledger.filters import Conditions
from api.ledger.moment import Moment
from api.ledger.noun import Grouping, Noun
from api.ledger.tables import facet

MOST_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class Group:
    """What a group's records have in common, in the order asked for, and how many they are."""

    values: tuple[Any, ...]
    count: int


def counts(
    connection: Connection,
    nouns: Mapping[str, Noun],
    noun: Noun,
    moment: Moment,
    given: Mapping[str, Any],
    by: Sequence[Grouping],
) -> list[Group]:
    """Count the records that fit the filters, the largest groups first.

    Raises Invalid where there are more than `MOST_GROUPS`.
    """
    source: FromClause = noun.table
    keys: list[ColumnElement[Any]] = []
    for grouping in by:
        source, key = _keyed(noun, source, grouping)
        keys.append(key.label(grouping.name))
    count = func.count()
    query = (
        select(*keys, count)
        .select_from(source)
        .where(*Conditions(connection, nouns, noun, moment).of(given))
        .group_by(*keys)
        .order_by(count.desc(), *keys)
        .limit(MOST_GROUPS + 1)
    )
    rows = connection.execute(query).all()
    if len(rows) > MOST_GROUPS:
        raise Invalid(
            f"there are more than {MOST_GROUPS} groups; group by less, or filter more",
            parameter="by",
        )
    return [Group(tuple(row)[:-1], row[-1]) for row in rows]


def _keyed(
    noun: Noun, source: FromClause, grouping: Grouping
) -> tuple[FromClause, ColumnElement[Any]]:
    """Give where the key of a grouping is found, and the key."""
    version = noun.table
    if grouping.on in version.c:
        column: ColumnElement[Any] = version.c[grouping.on]
        if grouping.length is not None:
            column = func.nullif(func.substr(column, 1, grouping.length), "")
        return source, column
    value = facet.alias(f"by_{grouping.name}")
    is_of = and_(
        value.c.noun == noun.name,
        value.c.name == grouping.on,
        value.c.ordinal == version.c.ordinal,
        value.c.recorded == version.c.recorded,
    )
    return source.outerjoin(value, is_of), value.c.value
