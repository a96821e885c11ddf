"""Pages: which versions a list shows, in which order, by which way through the indexes.

A page in the default order (`ledger/tables.py`) reads an index from the newest start that counts
and stops when it is full. Four ways lead there:

- the index of a filtered column, or of no column at all, which the engine chooses,
- the facets of a list that is filtered by one value of a facet,
- the shelf (`ledger/shelf.py`) of one that is filtered by what has a part of it: nothing else is
  read if nothing else is asked,
- what the registry knew when it was small: these few are looked at one by one.

The newest start that counts is the day asked for, or the `horizon` where the registry was asked
what it knew earlier: else a page of what holds today, as known long ago, would first pass over all
that was learned since. What was learned later about earlier days is still passed over; so is what
had ended by the day. Their share decides what a page costs then, not how many records there are.

Statements are made once for each shape of question and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    select,
    tuple_,
)

from api import clock
from api.ledger.filters import Conditions, Shape
from api.ledger.moment import Moment
from api.ledger.noun import Noun
from api.ledger.prepared import Prepared, parameter
from api.ledger.shelf import ending, parts
from api.ledger.tables import LIVE, facet, horizon, revision, shelf
from api.ledger.transactions import Transaction

FEW = 2_000
"""Up to how many revisions the registry is small."""

_ALL = 2**31 - 1
_KEPT = 1024
"""How many statements are kept here; one that was made for filters is kept with these, too."""


class Order(NamedTuple):
    """The order of a page: one of the noun's sorts, maybe turned round."""

    sort: str
    descending: bool


class _Way(NamedTuple):
    """What leads to a page: the facets or the shelf, the part of them, and filters it answers."""

    table: Table | None = None
    part: str = ""
    answers: tuple[str, ...] = ()


class _Case(NamedTuple):
    """What a statement hangs on beside the filters."""

    order: Order
    in_force: bool
    after: bool
    bounded: bool
    few: bool


class _Plan(NamedTuple):
    """All that a statement hangs on."""

    noun: str
    shape: Shape
    case: _Case
    way: _Way


class _Ready(NamedTuple):
    """A statement, and the value of its way that follows from the filters."""

    statement: Prepared
    leading: str | None


class Pages:
    """Makes pages as known at one moment."""

    def __init__(self, transaction: Transaction, nouns: Mapping[str, Noun], moment: Moment) -> None:
        self._transaction, self._nouns, self._moment = transaction, nouns, moment

    def rows(
        self,
        noun: Noun,
        given: Mapping[str, Any],
        order: Order,
        limit: int,
        after: Sequence[Any] | None,
    ) -> list[tuple[Any, ...]]:
        """Give (body, changeset, *key) of up to `limit` versions behind the key `after`."""
        conditions = Conditions(self._transaction, self._nouns, noun, self._moment, given)
        values = conditions.values()
        values["limit"] = limit
        until = self._until(noun) if _from_newest(noun, order) else None
        last = None if self._moment.is_newest else self._last()
        if after is not None:
            values |= _key(after, until)
        elif until is not None:
            values["until"] = until
        if last is not None:
            values |= {"last": last, "all": _ALL}
        bounded = after is None and until is not None
        case = _Case(order, conditions.in_force, after is not None, bounded, last is not None)
        ready = conditions.ready.get(case)
        if ready is None:
            ready = conditions.ready[case] = _ready(case, noun, conditions)
        values["leading"] = ready.leading
        return self._transaction.alone(ready.statement, values)

    def _until(self, noun: Noun) -> str | None:
        """Give the newest start that counts; None where every start does."""
        day = self._moment.valid_at
        if self._moment.is_newest:
            return day
        given = {"noun": noun.name, "known_at": self._moment.known_at, "one": 1}
        found = self._transaction.alone(_HORIZON, given)
        known = found[0][0] if found else clock.UNKNOWN
        return known if day is None else min(day, known)

    def _last(self) -> int | None:
        """Give the last revision known at the moment if there were only few by then."""
        given = {"known_at": self._moment.known_at, "one": 1}
        found = self._transaction.alone(_LAST, given)
        last = found[0][0] if found else 0
        return last if last <= FEW else None


def _ready(case: _Case, noun: Noun, conditions: Conditions) -> _Ready:
    way, leading = (_Way(), None) if case.few else _way(noun, conditions, case.order)
    plan = _Plan(noun.name, conditions.shape, case, way)
    statement = _kept.get(plan)
    if statement is None:
        if len(_kept) >= _KEPT:
            _kept.clear()
        statement = _kept[plan] = Prepared(_select(plan, noun, conditions))
    return _Ready(statement, leading)


def _way(noun: Noun, conditions: Conditions, order: Order) -> tuple[_Way, str | None]:
    """Choose what leads to a page, and give its value there.

    A filter alone has an index, too. It is narrower, and so better where more than what stands side
    by side is looked through: for other filters, or for another order.
    """
    whole = len(conditions.shape) == 1 and noun.sorts[order.sort] == "valid_start"
    for part in parts(noun):
        if len(part.filters) > 1 or whole:
            values = [value for name in part.filters if (value := conditions.single(name))]
            if len(values) == len(part.filters):
                return _Way(shelf, part.name, part.filters), values[0] + ending(*values[1:])
    for each in conditions.on_facets():
        return _Way(facet, each.on, (each.name,)), conditions.single(each.name)
    return _Way(), None


_kept: dict[_Plan, Prepared] = {}

_HORIZON = Prepared(
    select(horizon.c.start)
    .where(horizon.c.noun == parameter("noun"), horizon.c.recorded <= parameter("known_at"))
    .order_by(horizon.c.recorded.desc())
    .limit(parameter("one"))
)

_LAST = Prepared(
    select(revision.c.seq)
    .where(revision.c.changeset <= parameter("known_at"))
    .order_by(revision.c.changeset.desc(), revision.c.seq.desc())
    .limit(parameter("one"))
)


def _from_newest(noun: Noun, order: Order) -> bool:
    return order.descending and noun.sorts[order.sort] == "valid_start"


def _key(after: Sequence[Any], until: str | None) -> dict[str, Any]:
    """Name the parts of a key; one that lies before the newest start that counts begins there."""
    if until is not None and after[0] > until:
        after = (until, LIVE)
    return {f"after_{n}": each for n, each in enumerate(after)}


def _select(plan: _Plan, noun: Noun, conditions: Conditions) -> Select[Any]:
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
    wanted += _begun(case, version, order)
    if case.after:
        key = [parameter(f"after_{n}") for n in range(len(order))]
        here = tuple_(*order) if len(order) > 1 else order[0]
        there = tuple_(*key) if len(order) > 1 else key[0]
        wanted.append(here < there if case.order.descending else here > there)
    turned = [each.desc() if case.order.descending else each for each in order]
    query = select(version.c.body, version.c.changeset, *order).select_from(source).where(*wanted)
    return query.order_by(*turned).limit(parameter("limit"))


def _is_on_shelf(plan: _Plan, noun: Noun) -> bool:
    """Whether the shelf has all that a page is chosen and ordered by."""
    return len(plan.way.answers) == len(plan.shape) and noun.sorts[plan.case.order.sort] in shelf.c


def _begun(
    case: _Case, version: FromClause, order: Sequence[ColumnElement[Any]]
) -> list[ColumnElement[bool]]:
    """What holds on a day has begun by then; said of the index that is read, if it is by start."""
    if case.bounded:
        return [order[0] <= parameter("until")]
    # A key says it already, and a second bound could draw the engine away from it.
    from_newest = case.order.descending and order[0].name in ("valid_start", "start")
    if case.in_force and not (case.after and from_newest):
        return [version.c.valid_start <= parameter("day")]
    return []


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
