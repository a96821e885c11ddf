"""The statements of pages: what leads to them and how they are put, by the shape of a question.

SQLite does not know how many rows fit a filter. In an order that the filter's index does not have,
it sorts all of them. Where these are many, a **bounded scan** comes first: it looks through some
hundred versions in the order of the page, and fills it if most of them fit, as all votes of a forum
do. The engine reads a subquery that has a limit by itself and in its order, so the page is in that
order, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    func,
    literal_column,
    select,
    tuple_,
)

from api.ledger.as_of import is_facet_of
from api.ledger.filters import Conditions, Shape
from api.ledger.noun import Noun
from api.ledger.prepared import Prepared, parameter
from api.ledger.tables import facet, place


class Order(NamedTuple):
    """The order of a page: one of the noun's sorts, maybe turned round."""

    sort: str
    descending: bool


class Way(NamedTuple):
    """What leads to a page: a facet, if any, and the filters that it answers."""

    facet: str | None = None
    answers: tuple[str, ...] = ()


class Case(NamedTuple):
    """What a statement hangs on beside the filters."""

    order: Order
    in_force: bool
    after: bool
    bounded: bool
    few: bool
    is_sqlite: bool


class Plan(NamedTuple):
    """All that a statement hangs on."""

    noun: str
    shape: Shape
    case: Case
    way: Way


def is_from_newest(noun: Noun, order: Order) -> bool:
    """Whether an order shows the newest start first."""
    return order.descending and noun.sorts[order.sort] == "valid_start"


def is_from_last(noun: Noun, order: Order) -> bool:
    """Whether an order shows first what the registry learned of last."""
    return order.descending and noun.sorts[order.sort] == "ordinal"


def statements(plan: Plan, noun: Noun, conditions: Conditions) -> tuple[Prepared, ...]:
    """Return what finds a page: the last statement, or an earlier one if that fills the page.

    Each selects (body, changeset, *key) of versions behind the key `after_…`.
    """
    usual = Prepared(_direct_query(plan, noun, conditions))
    if plan.case.is_sqlite and not plan.case.few and plan.shape:
        walk = _bounded_scan(plan, noun, conditions)
        if walk is not None:
            return Prepared(walk), usual
    return (usual,)


def _direct_query(plan: Plan, noun: Noun, conditions: Conditions) -> Select[Any]:
    """Select up to `limit` versions as they are asked for, and leave the rest to the engine."""
    case, (leading, answers) = plan.case, plan.way
    version: FromClause = _small_history(noun) if case.few else noun.table
    source, order = version, _order_columns(noun, version, case.order)
    wanted = [*conditions.as_known(version), *conditions.of(version, but=answers)]
    if leading is not None:
        source = facet.join(version, is_facet_of(version, noun.name, leading))
        wanted.append(facet.c.value == parameter("leading"))
        same = {"valid_start": facet.c.start, "ordinal": facet.c.ordinal}
        order = [same.get(each.name, each) for each in order]
    wanted += [*_start_conditions(case, version, order), *_after_key(case, order)]
    query = select(version.c.body, version.c.changeset, *order).select_from(source).where(*wanted)
    return query.order_by(*_apply_direction(case, order)).limit(parameter("limit"))


def _bounded_scan(plan: Plan, noun: Noun, conditions: Conditions) -> Select[Any] | None:
    """Select up to `limit` of the next `steps` versions, if many more fit one of the filters.

    None where a walk finds nothing sooner: in an order in which an index gives what fits, by ids,
    or by filters that no index is for.
    """
    case, order = plan.case, _order_columns(noun, noun.table, plan.case.order)
    found = conditions.found_by(noun.table)
    if (
        found is None
        or conditions.by_id
        or plan.way.facet is not None
        or conditions.are_within(order[0].name)
        or [each.name for each in order] == [each.name for each in place(noun.table)]
    ):
        return None
    steps = parameter("steps")
    many = select(steps).select_from(noun.table).where(found).limit(parameter("one")).offset(steps)
    near = (
        select(noun.table)
        .where(*_after_key(case, order))
        .order_by(*_apply_direction(case, order))
        .limit(func.coalesce(many.scalar_subquery(), literal_column("0")))
        .subquery("near")
    )
    key = _order_columns(noun, near, case.order)
    wanted = [*conditions.as_known(near), *conditions.of(near), *_start_conditions(case, near, key)]
    return select(near.c.body, near.c.changeset, *key).where(*wanted).limit(parameter("limit"))


def _start_conditions(
    case: Case, version: FromClause, order: Sequence[ColumnElement[Any]]
) -> Iterator[ColumnElement[bool]]:
    """What holds on a day has begun by then; said of the index that is read, if it is by start."""
    # A key says it already, and a second bound could draw the engine away from it.
    from_newest = case.order.descending and order[0].name in ("valid_start", "start")
    if case.bounded:
        yield order[0] <= parameter("until")
    elif case.in_force and not (case.after and from_newest):
        yield version.c.valid_start <= parameter("day")


def _after_key(case: Case, order: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
    if case.after:
        here = _as_tuple(order)
        there = _as_tuple([parameter(f"after_{n}") for n in range(len(order))])
        yield here < there if case.order.descending else here > there


def _as_tuple(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return tuple_(*values) if len(values) > 1 else values[0]


def _apply_direction(case: Case, order: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [each.desc() if case.order.descending else each for each in order]


def _small_history(noun: Noun) -> FromClause:
    """Give the versions of the first records, fenced off from the indexes by a limit."""
    version = noun.table
    first = select(version).where(
        version.c.ordinal <= parameter("last"), version.c.recorded <= parameter("known_at")
    )
    return first.limit(parameter("all")).subquery("few")


def _order_columns(noun: Noun, version: FromClause, order: Order) -> list[ColumnElement[Any]]:
    column = noun.sorts[order.sort]
    return [version.c[name] for name in dict.fromkeys((column, "ordinal"))]
