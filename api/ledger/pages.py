"""Pages: which versions a list shows, in which order, by which way through the indexes.

A page in the default order (`ledger/tables.py`) reads an index from the newest start that counts
and stops when it is full. Three ways lead there:

- the index of a filtered column, or of no column at all, which the engine chooses,
- the facet of a list that is filtered by one value of a facet, or by a pair of values that has a
  compound facet,
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

from sqlalchemy import select

from api import clock
from api.ledger import listing
from api.ledger.filters import Conditions
from api.ledger.listing import Case, Order, Plan, Way, is_from_last, is_from_newest
from api.ledger.moment import Moment
from api.ledger.noun import Noun
from api.ledger.prepared import Prepared, parameter
from api.ledger.tables import LIVE, horizon, revision
from api.ledger.transactions import Transaction
from api.ledger.versions import compound_name, compound_value

FEW = 2_000
"""Up to how many revisions the registry is small."""

_SCANNED_EXTRA = 500
"""How many versions more than a page has are looked through on a walk."""

_NO_LIMIT = 2**31 - 1
_MOST_STATEMENTS = 1024
"""How many statements are kept here; one that was made for filters is kept with these, too."""


class _PreparedPage(NamedTuple):
    """Statements, and the value of their way that follows from the filters."""

    statements: tuple[Prepared, ...]
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
        start = self._start_values(noun, order, after)
        values = {**conditions.values(), **_limit_values(limit), **start}
        case = Case(
            order, conditions.in_force, is_sqlite=self._transaction.is_sqlite,
            after="after_0" in start, bounded="until" in start, few="last" in start,
        )  # fmt: skip
        ready = conditions.ready.get(case)
        if ready is None:
            ready = conditions.ready[case] = _prepare_page(case, noun, conditions)
        values["leading"] = ready.leading
        return self._run_statements(ready.statements, values, limit)

    def _start_values(
        self, noun: Noun, order: Order, after: Sequence[Any] | None
    ) -> dict[str, Any]:
        """Give the values that tell where a page begins, and what was known if that was little."""
        until = self._newest_start(noun) if is_from_newest(noun, order) else None
        last = None if self._moment.is_newest else self._last_revision()
        if after is None and last is not None and is_from_last(noun, order):
            after = (last + 1,)
        start: dict[str, Any] = {}
        if after is not None:
            start = _key_values(after, until)
        elif until is not None:
            start["until"] = until
        if last is not None and last <= FEW:
            start |= {"last": last, "all": _NO_LIMIT}
        return start

    def _run_statements(
        self, statements: Sequence[Prepared], values: Mapping[str, Any], limit: int
    ) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            rows = self._transaction.alone(statement, values)
            if len(rows) >= limit:
                break
        return rows

    def _newest_start(self, noun: Noun) -> str | None:
        """Give the newest start that counts; None where every start does."""
        day = self._moment.valid_at
        if self._moment.is_newest:
            return day
        given = {"noun": noun.name, "known_at": self._moment.known_at, "one": 1}
        found = self._transaction.alone(_HORIZON, given)
        known = found[0][0] if found else clock.UNKNOWN
        return known if day is None else min(day, known)

    def _last_revision(self) -> int:
        """Give the last revision known at the moment."""
        given = {"known_at": self._moment.known_at, "one": 1}
        found = self._transaction.alone(_LAST_REVISION, given)
        return found[0][0] if found else 0


def _prepare_page(case: Case, noun: Noun, conditions: Conditions) -> _PreparedPage:
    way, leading = (Way(), None) if case.few else _choose_path(noun, conditions)
    plan = Plan(noun.name, conditions.shape, case, way)
    statements = _statements.get(plan)
    if statements is None:
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()
        statements = _statements[plan] = listing.statements(plan, noun, conditions)
    return _PreparedPage(statements, leading)


def _choose_path(noun: Noun, conditions: Conditions) -> tuple[Way, str | None]:
    """Choose what leads to a page, and give its value there; ids are the narrowest."""
    if conditions.by_id:
        return Way(), None
    single = conditions.single_values()
    for fields in noun.compound_facets:
        if single.keys() >= {*fields}:
            names, values = zip(*(single[field] for field in fields), strict=True)
            return Way(compound_name(fields), names), compound_value(*values)
    for field, (name, value) in single.items():
        if field not in noun.table.c:
            return Way(field, (name,)), value
    return Way(), None


_statements: dict[Plan, tuple[Prepared, ...]] = {}

_HORIZON = Prepared(
    select(horizon.c.start)
    .where(horizon.c.noun == parameter("noun"), horizon.c.recorded <= parameter("known_at"))
    .order_by(horizon.c.recorded.desc())
    .limit(parameter("one"))
)

_LAST_REVISION = Prepared(
    select(revision.c.seq)
    .where(revision.c.changeset <= parameter("known_at"))
    .order_by(revision.c.changeset.desc(), revision.c.seq.desc())
    .limit(parameter("one"))
)


def _limit_values(limit: int) -> dict[str, int]:
    return {"limit": limit, "steps": _SCANNED_EXTRA + limit, "one": 1}


def _key_values(after: Sequence[Any], until: str | None) -> dict[str, Any]:
    """Name the parts of a key; one that lies before the newest start that counts begins there."""
    if until is not None and after[0] > until:
        after = (until, LIVE)
    return {f"after_{n}": each for n, each in enumerate(after)}
