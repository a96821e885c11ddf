"""The statements of pages: what leads to them and how they are put, by the shape of a question.

SQLite goes from a row to the one numbered next without going down the table's tree, which it does
for any other; and rows are numbered as they come or, once compacted, from the oldest start on. It
knows nothing of how many rows fit. Two kinds of statement are for SQLite alone:

- What no filter chooses is read **forwards** even where it is listed from the newest back: an index
  tells first where the page ends. That of starts has all that this takes. That of ordinals does not
  tell what became of a version, so a few more are read than a page has, and may still be too few.
- What fits filters, in an order that their indexes have not, is sorted, all of it. Where that is
  much, a **walk** comes first, through some hundred versions in that order: it finds a page of what
  most of them fit, such as all votes of a forum. The engine reads a part that has a limit by itself
  and from its start to its end, so what it gives of it is in the order of that part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    and_,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from api.ledger.filters import Conditions, Shape
from api.ledger.noun import Noun
from api.ledger.prepared import Prepared, parameter
from api.ledger.tables import facet, place, shelf

_LOWEST = (literal_column("''", Text), literal_column("0", Integer))
"""What comes before every place of the default order of records that hold for a time."""


class Order(NamedTuple):
    """The order of a page: one of the noun's sorts, maybe turned round."""

    sort: str
    descending: bool


class Way(NamedTuple):
    """What leads to a page: the facets or the shelf, the part of them, and filters it answers."""

    table: Table | None = None
    part: str = ""
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


class Statement(NamedTuple):
    """A statement, and whether its rows come in the reverse of the order that was asked for."""

    prepared: Prepared
    is_reversed: bool = False


def is_from_newest(noun: Noun, order: Order) -> bool:
    """Whether an order shows the newest start first."""
    return order.descending and noun.sorts[order.sort] == "valid_start"


def is_from_last(noun: Noun, order: Order) -> bool:
    """Whether an order shows first what the registry learned of last."""
    return order.descending and noun.sorts[order.sort] == "ordinal"


def statements(plan: Plan, noun: Noun, conditions: Conditions) -> tuple[Statement, ...]:
    """Give what finds a page; each but the last one only where it finds enough for it.

    Each selects (body, changeset, *key) of versions behind the key `after_…`.
    """
    case, usual = plan.case, Statement(Prepared(_usual(plan, noun, conditions)))
    if not case.is_sqlite or case.few:
        return (usual,)
    if plan.shape:
        walk = _on_a_walk(plan, noun, conditions)
        return (usual,) if walk is None else (Statement(Prepared(walk)), usual)
    if is_from_newest(noun, case.order):
        return (Statement(Prepared(_forwards(plan, noun, conditions)), is_reversed=True),)
    if is_from_last(noun, case.order) and not case.in_force:
        forwards = Prepared(_forwards(plan, noun, conditions))
        return (Statement(forwards, is_reversed=True), usual)
    return (usual,)


def _usual(plan: Plan, noun: Noun, conditions: Conditions) -> Select[Any]:
    """Select up to `limit` versions as they are asked for, and leave the rest to the engine."""
    case, (leading, part, answers) = plan.case, plan.way
    version: FromClause = _few(noun) if case.few else noun.table
    if leading is shelf and _is_on_shelf(plan, noun):
        version = shelf
    source, order = version, _ordered_by(noun, version, case.order)
    wanted = [*conditions.as_known(version), *conditions.of(version, but=answers)]
    if leading is not None:
        wanted += [leading.c.noun == noun.name, leading.c.name == part,
                   leading.c.value == parameter("leading")]  # fmt: skip
    if leading is not None and leading is not version:
        source = leading.join(version, and_(version.c.ordinal == leading.c.ordinal,
                                            version.c.recorded == leading.c.recorded))  # fmt: skip
        start = facet.c.start if leading is facet else leading.c.valid_start
        same = {"valid_start": start, "ordinal": leading.c.ordinal}
        order = [same.get(each.name, each) for each in order]
    wanted += [*_begun(case, version, order), *_behind(case, order)]
    query = select(version.c.body, version.c.changeset, *order).select_from(source).where(*wanted)
    return query.order_by(*_turned(case, order)).limit(parameter("limit"))


def _forwards(plan: Plan, noun: Noun, conditions: Conditions) -> Select[Any]:
    """Select the versions of a descending page in ascending order: from its end to its start.

    By ordinals it is from a little behind its end, and nothing if there is not so much.
    """
    case, version = plan.case, noun.table
    order = _ordered_by(noun, version, case.order)
    start = [*_begun(case, version, order), *_behind(case, order)]
    known = [*conditions.as_known(version)]
    is_told = is_from_newest(noun, case.order)
    # Of what makes a version known the index of ordinals has the first alone: when it was recorded.
    end = (
        select(*order)
        .where(*start, *(known if is_told else known[:1]))
        .order_by(*_turned(case, order))
        .limit(parameter("one"))
        .offset(parameter("others" if is_told else "more"))
    )
    if is_told:
        or_all = union_all(select(end.subquery()), select(*_LOWEST)).limit(parameter("one"))
        behind = _together(order) >= or_all.scalar_subquery()
    else:
        behind = order[0] >= end.scalar_subquery()
    query = select(version.c.body, version.c.changeset, *order)
    return query.where(*start, *known, behind).order_by(*order)


def _on_a_walk(plan: Plan, noun: Noun, conditions: Conditions) -> Select[Any] | None:
    """Select up to `limit` of the next `steps` versions, if many more fit one of the filters.

    None where a walk finds nothing sooner: in an order in which an index gives what fits, by ids,
    or by filters that no index is for.
    """
    case, order = plan.case, _ordered_by(noun, noun.table, plan.case.order)
    found = conditions.found_by(noun.table)
    if (
        found is None
        or conditions.by_id
        or plan.way.table is not None
        or conditions.are_within(order[0].name)
        or [each.name for each in order] == [each.name for each in place(noun.table)]
    ):
        return None
    steps = parameter("steps")
    many = select(steps).select_from(noun.table).where(found).limit(parameter("one")).offset(steps)
    near = (
        select(noun.table)
        .where(*_behind(case, order))
        .order_by(*_turned(case, order))
        .limit(func.coalesce(many.scalar_subquery(), literal_column("0")))
        .subquery("near")
    )
    key = _ordered_by(noun, near, case.order)
    wanted = [*conditions.as_known(near), *conditions.of(near), *_begun(case, near, key)]
    return select(near.c.body, near.c.changeset, *key).where(*wanted).limit(parameter("limit"))


def _is_on_shelf(plan: Plan, noun: Noun) -> bool:
    """Whether the shelf has all that a page is chosen and ordered by."""
    return len(plan.way.answers) == len(plan.shape) and noun.sorts[plan.case.order.sort] in shelf.c


def _begun(
    case: Case, version: FromClause, order: Sequence[ColumnElement[Any]]
) -> Iterator[ColumnElement[bool]]:
    """What holds on a day has begun by then; said of the index that is read, if it is by start."""
    # A key says it already, and a second bound could draw the engine away from it.
    from_newest = case.order.descending and order[0].name in ("valid_start", "start")
    if case.bounded:
        yield order[0] <= parameter("until")
    elif case.in_force and not (case.after and from_newest):
        yield version.c.valid_start <= parameter("day")


def _behind(case: Case, order: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
    if case.after:
        here = _together(order)
        there = _together([parameter(f"after_{n}") for n in range(len(order))])
        yield here < there if case.order.descending else here > there


def _together(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return tuple_(*values) if len(values) > 1 else values[0]


def _turned(case: Case, order: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [each.desc() if case.order.descending else each for each in order]


def _few(noun: Noun) -> FromClause:
    """Give the versions of the first records, fenced off from the indexes by a limit."""
    version = noun.table
    first = select(version).where(
        version.c.ordinal <= parameter("last"), version.c.recorded <= parameter("known_at")
    )
    return first.limit(parameter("all")).subquery("few")


def _ordered_by(noun: Noun, version: FromClause, order: Order) -> list[ColumnElement[Any]]:
    column = noun.sorts[order.sort]
    return [version.c[name] for name in dict.fromkeys((column, "ordinal"))]
