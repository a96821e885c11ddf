"""Filters as data turned into SQL conditions.

The values arrive parsed: lists for EQUAL, a bool for FLAG, `Range` for RANGE, text for TEXT, the
name of a widening for THROUGH.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, and_, false, select, tuple_

from api import clock
from api.ledger.lookup import AsOfLookup
from api.ledger.moment import Moment
from api.ledger.noun import Filter, Kind, Noun, Widening
from api.ledger.rules import fold, holds
from api.ledger.tables import facet


@dataclass(frozen=True, slots=True)
class Range:
    """Days, both included, between which an uncertain date possibly lies; None is no bound."""

    since: str | None = None
    until: str | None = None


class Conditions:
    """Makes the conditions of one list as known at one moment."""

    def __init__(
        self, connection: Connection, nouns: Mapping[str, Noun], noun: Noun, moment: Moment
    ) -> None:
        self._connection, self._nouns = connection, nouns
        self._noun, self._moment = noun, moment

    def of(self, given: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
        """Yield the as-of condition and one for each given filter."""
        version, known_at = self._noun.table, self._moment.known_at
        yield version.c.recorded <= known_at
        yield version.c.superseded > known_at
        day = self._moment.valid_at
        if self._noun.has_validity and day is not None:
            yield version.c.valid_start <= day
            yield version.c.valid_end > day
        for filter in self._noun.filters:
            if filter.name in given and filter.kind is not Kind.THROUGH:
                yield self._condition(filter, given)

    def _condition(self, filter: Filter, given: Mapping[str, Any]) -> ColumnElement[bool]:
        value = given[filter.name]
        if filter.kind is Kind.RANGE:
            return and_(*_within(self._noun, filter, value))
        if filter.kind is Kind.TEXT:
            column = self._noun.table.c[filter.on]
            return and_(*(column.contains(w, autoescape=True) for w in fold(value).split()))
        if filter.kind is Kind.FLAG:
            return self._noun.table.c[filter.on].is_(value)
        return self._equal(filter, self._widened(filter, value, given))

    def _equal(self, filter: Filter, values: Sequence[str]) -> ColumnElement[bool]:
        if not values:
            return false()
        version = self._noun.table
        if filter.on in version.c:
            return version.c[filter.on].in_(values)
        return _has_facet(self._noun, filter.on, values)

    def _widened(
        self, filter: Filter, values: Sequence[str], given: Mapping[str, Any]
    ) -> Sequence[str]:
        """Take in the records related to the given ones, where a THROUGH filter asks for it."""
        for other in self._noun.filters:
            if other.kind is Kind.THROUGH and other.on == filter.name and other.name in given:
                target = self._nouns[cast("str", filter.noun)]
                chosen = next(w for w in target.widenings if w.name == given[other.name])
                return [*values, *self._related(target, chosen, values)]
        return values

    def _related(self, target: Noun, widening: Widening, ids: Sequence[str]) -> Iterable[str]:
        if widening.along is None:
            version, known_at = target.table, self._moment.known_at
            query = select(version.c.id).where(
                version.c.recorded <= known_at,
                version.c.superseded > known_at,
                _has_facet(target, cast("str", widening.facet), ids),
            )
            return self._connection.execute(query).scalars()
        lookup = AsOfLookup(self._connection, self._nouns, self._moment.known_at)
        name, key = widening.along
        records = [r for id in ids if (r := lookup.get(target.name, id)) is not None]
        day = self._moment.valid_at
        return [e[key] for r in records for e in r[name] if day is None or holds(e, day)]


def _has_facet(noun: Noun, name: str, values: Sequence[str]) -> ColumnElement[bool]:
    # A subquery, not EXISTS: so the engine may start from the few versions that have the facet.
    having = select(facet.c.ordinal, facet.c.recorded).where(
        facet.c.noun == noun.name, facet.c.name == name, facet.c.value.in_(values)
    )
    return tuple_(noun.table.c.ordinal, noun.table.c.recorded).in_(having)


def _within(noun: Noun, filter: Filter, value: Range) -> Iterator[ColumnElement[bool]]:
    earliest, latest = (noun.table.c[name] for name in filter.on.split())
    if value.since is not None:
        yield latest >= value.since
    if value.until is not None:
        yield earliest <= value.until
        yield latest > clock.UNKNOWN
