"""Counts of records by what they say: what a chart needs, without fetching a row.

A grouping is data, like a filter: a column of the index table, the beginning of one (the month of
a day), or a facet. A record with several values of a facet counts once for each of them, one
without any counts under None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    null,
    select,
)

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
    noun: Noun,
    conditions: Conditions,
    moment: Moment,
    by: Sequence[Grouping],
) -> list[Group]:
    """Count the records that fit the filters, the largest groups first.

    Raises Invalid for more than `MOST_GROUPS`, and for more than one grouping by a facet.
    """
    facets = [each for each in by if each.on not in noun.table.c]
    if len(facets) > 1:
        names = " and ".join(each.name for each in facets)
        raise Invalid(f"{names} are lists; group by one of them at a time", parameter="by")
    wanted = conditions.all(noun.table)
    queries = [_grouped(noun, by, wanted, facets)]
    if facets:
        queries.append(_without(noun, by, wanted, facets[0], moment.known_at))
    values = conditions.values()
    rows = [row for query in queries for row in connection.execute(query, values)]
    if len(rows) > MOST_GROUPS:
        raise Invalid(
            f"there are more than {MOST_GROUPS} groups; group by less, or filter more",
            parameter="by",
        )
    groups = [Group(tuple(row)[:-1], row[-1]) for row in rows if row[-1]]
    return sorted(groups, key=lambda group: (-group.count, [str(v or "") for v in group.values]))


def _grouped(
    noun: Noun,
    by: Sequence[Grouping],
    conditions: Sequence[ColumnElement[bool]],
    facets: Sequence[Grouping],
) -> Select[Any]:
    """Count what has a value in every grouping."""
    version = noun.table
    source: FromClause = version
    for each in facets:
        source = source.join(facet, and_(facet.c.ordinal == version.c.ordinal,
                                         facet.c.recorded == version.c.recorded,
                                         facet.c.noun == noun.name,
                                         facet.c.name == each.on))  # fmt: skip
    keys = [_key(noun, each) for each in by]
    query = select(*keys, func.count()).select_from(source).where(*conditions)
    return query.group_by(*keys).limit(MOST_GROUPS + 1)


def _without(
    noun: Noun,
    by: Sequence[Grouping],
    conditions: Sequence[ColumnElement[bool]],
    lacking: Grouping,
    known_at: int,
) -> Select[Any]:
    """Count what has no value of a facet.

    An outer join would look for each version in vain, and SQLite does not index pairs that must not
    be in a list; so those that have a value are found first, by their ordinals.
    """
    version = noun.table
    shown = version.alias("shown")
    having = (
        select(facet.c.ordinal)
        .join(shown, and_(facet.c.ordinal == shown.c.ordinal,
                          facet.c.recorded == shown.c.recorded))
        .where(
            facet.c.noun == noun.name,
            facet.c.name == lacking.on,
            shown.c.recorded <= known_at,
            shown.c.superseded > known_at,
        )
    )  # fmt: skip
    keys = [null() if each is lacking else _key(noun, each) for each in by]
    query = select(*keys, func.count()).where(*conditions, version.c.ordinal.not_in(having))
    named = [key for key, each in zip(keys, by, strict=True) if each is not lacking]
    return query.group_by(*named).limit(MOST_GROUPS + 1)


def _key(noun: Noun, grouping: Grouping) -> ColumnElement[Any]:
    if grouping.on not in noun.table.c:
        return facet.c.value
    column: ColumnElement[Any] = noun.table.c[grouping.on]
    if grouping.length is not None:
        column = func.nullif(func.substr(column, 1, grouping.length), "")
    return column
