"""The SQL statements of pages, made from the shape of a request.

SQLite does not know how many rows match a filter. If the filter's index is not in the order of the
page, it sorts all of them. If they are many, a **bounded scan** comes first: it reads some hundred
versions in the order of the page, and fills the page if most of them match, as all votes of a forum
do. The engine evaluates a subquery with a limit by itself and in its order, so the page is in that
order, too.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, func, literal_column, select, tuple_

from api.ledger.noun import Noun
from api.ledger.reading.filters import Conditions, FilterShape
from api.ledger.store.tables import facet, order_columns
from api.ledger.store.transactions import PreparedStatement, named_parameter
from api.ledger.versions.as_of import is_facet_of

_NO_LIMIT = 2**31 - 1


class SortOrder(NamedTuple):
    """The order of a page: one of the noun's sorts, ascending or descending."""

    sort: str
    descending: bool


class PlanKey(NamedTuple):
    """All on which a statement depends: the key of the cache of statements.

    `facet` is the one by which the page is read, if any, and `answers` are the filters that it
    answers. `follows_key`: the page continues after a key; `has_bound`: it has a newest possible
    start; `is_small`: it is a small-history scan.
    """

    noun: str
    shape: FilterShape
    order: SortOrder
    facet: str | None
    answers: tuple[str, ...]
    in_force: bool
    follows_key: bool
    has_bound: bool
    is_small: bool
    is_sqlite: bool


def page_statements(plan: PlanKey, conditions: Conditions) -> tuple[PreparedStatement, ...]:
    """Return the statements of a page: the first one that fills it is used, else the last.

    Each selects (body, changeset, *key) of the versions that follow the key `after_…`.
    """
    # A facet in its own order, which answers all filters, is the best path for all values.
    is_answered = plan.facet is not None and len(plan.answers) == len(plan.shape)
    generic = is_answered and _is_default_order(plan, conditions.noun)
    direct = PreparedStatement(_direct_query(plan, conditions), generic=generic)
    may_scan = plan.is_sqlite and not plan.is_small and plan.shape
    scan = _bounded_scan(plan, conditions) if may_scan else None
    return (direct,) if scan is None else (PreparedStatement(scan), direct)


def _is_default_order(plan: PlanKey, noun: Noun) -> bool:
    return noun.sorts[plan.order.sort] == order_columns(noun.table)[0].name


def _direct_query(plan: PlanKey, conditions: Conditions) -> Select[Any]:
    """Select the page; apart from the access path, the engine chooses how."""
    noun, leading = conditions.noun, plan.facet
    version: FromClause = _small_history(noun) if plan.is_small else noun.table
    source, order = version, _order_columns(noun, version, plan.order)
    wanted = [
        *conditions.shown_conditions(version),
        *conditions.filter_conditions(version, except_for=plan.answers),
    ]
    if leading is not None:
        source = facet.join(version, is_facet_of(version, noun.name, leading))
        wanted.append(facet.c.value == named_parameter("leading"))
        same = {"valid_start": facet.c.start, "ordinal": facet.c.ordinal}
        order = [same.get(each.name, each) for each in order]
    wanted += [*_start_conditions(plan, version, order), *_after_key(plan, order)]
    query = select(version.c.body, version.c.changeset, *order).select_from(source).where(*wanted)
    return query.order_by(*_apply_direction(plan, order)).limit(named_parameter("limit"))


def _bounded_scan(plan: PlanKey, conditions: Conditions) -> Select[Any] | None:
    """Select the page from the next `steps` versions, if more than that match one of the filters.

    Returns None where a scan is no faster: if an index is in the order of the page, if there is a
    filter by id, or if no filter has an index.
    """
    noun = conditions.noun
    order = _order_columns(noun, noun.table, plan.order)
    narrowest = conditions.narrowest_condition(noun.table)
    if narrowest is None or not _may_sort(plan, conditions, order[0].name):
        return None
    near = (
        select(noun.table)
        .where(*_after_key(plan, order))
        .order_by(*_apply_direction(plan, order))
        .limit(_steps_if_many(noun, narrowest))
        .subquery("near")
    )
    key = _order_columns(noun, near, plan.order)
    wanted = [
        *conditions.shown_conditions(near),
        *conditions.filter_conditions(near),
        *_start_conditions(plan, near, key),
    ]
    return (
        select(near.c.body, near.c.changeset, *key).where(*wanted).limit(named_parameter("limit"))
    )


def _may_sort(plan: PlanKey, conditions: Conditions, column: str) -> bool:
    """Whether the engine may have to sort all matches: no index is in the order of the page."""
    return not (
        conditions.by_id
        or plan.facet is not None
        or conditions.has_range_on(column)
        or _is_default_order(plan, conditions.noun)
    )


def _steps_if_many(noun: Noun, narrowest: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the limit of a bounded scan: `steps` if more versions match a condition, else 0."""
    steps = named_parameter("steps")
    many = select(steps).select_from(noun.table).where(narrowest).limit(1).offset(steps)
    return func.coalesce(many.scalar_subquery(), literal_column("0"))


def _start_conditions(
    plan: PlanKey, version: FromClause, order: Sequence[ColumnElement[Any]]
) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that a version has begun by the day, for the index that is read."""
    # A key implies it, and a second bound could lead the engine to another index.
    from_newest = plan.order.descending and order[0].name in ("valid_start", "start")
    if plan.has_bound:
        yield order[0] <= named_parameter("until")
    elif plan.in_force and not (plan.follows_key and from_newest):
        yield version.c.valid_start <= named_parameter("day")


def _after_key(plan: PlanKey, order: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
    if plan.follows_key:
        here = _as_tuple(order)
        there = _as_tuple([named_parameter(f"after_{n}") for n in range(len(order))])
        yield here < there if plan.order.descending else here > there


def _as_tuple(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return tuple_(*values) if len(values) > 1 else values[0]


def _apply_direction(
    plan: PlanKey, order: Sequence[ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    return [each.desc() if plan.order.descending else each for each in order]


def _small_history(noun: Noun) -> FromClause:
    """Select the versions of the first records; the limit keeps the engine from other indexes."""
    version = noun.table
    first = select(version).where(
        version.c.ordinal <= named_parameter("last"),
        version.c.recorded <= named_parameter("known_at"),
    )
    return first.limit(_NO_LIMIT).subquery("few")


def _order_columns(noun: Noun, version: FromClause, order: SortOrder) -> list[ColumnElement[Any]]:
    column = noun.sorts[order.sort]
    return [version.c[name] for name in dict.fromkeys((column, "ordinal"))]
