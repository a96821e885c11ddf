"""The filters of a list: parsed values, their SQL parameters, and the SQL conditions of the list.

The values are lists for EQUAL, a bool for FLAG, `Range` for RANGE, text for TEXT, and the name of a
widening for THROUGH. The conditions depend only on the filter shape: which filters are given, and
how many values each has. The values are named parameters, so one statement serves all requests of
the same shape. `Conditions` adds what was known and in force at the moment.

Caches hold statements, the engines' own, too. So that they stay small, more than `_FEW` values of a
filter are a single parameter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Text,
    and_,
    false,
    literal_column,
    or_,
    select,
)

from api import clock
from api.ledger.noun import Filter, Kind, Noun
from api.ledger.reading.moment import Moment
from api.ledger.rules import fold_text, holds_on
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import facet
from api.ledger.store.transactions import Transaction, named_parameter
from api.ledger.versions.as_of import is_facet, is_facet_of, is_shown
from api.ledger.versions.lookup import AsOfLookup
from api.ledger.versions.rendering import join_pair

_EMPTY: ColumnElement[str] = literal_column("''", Text)
"""Appended to a column, it keeps SQLite from using that column's index."""

_FEW = 8
"""Up to so many values of a filter are parameters of their own."""

FilterShape = tuple[tuple[str, ...], ...]
"""The given filters with the names of their parameters: lists of one shape share statements."""


@dataclass(frozen=True, slots=True)
class Range:
    """Two days, both included, between which an uncertain date may lie; None is no bound."""

    since: str | None = None
    until: str | None = None


class CompiledFilters:
    """Filters with the values that they compare, and with the shape and parameters of these."""

    __slots__ = ("by_id", "filters", "leading_facet", "parameters", "shape")

    def __init__(self, noun: Noun, filters: Sequence[tuple[Filter, Any]]) -> None:
        self.filters = filters
        named = [(each.name, _parameter_values(each, value)) for each, value in filters]
        self.parameters = {key: value for _, values in named for key, value in values.items()}
        self.shape: FilterShape = tuple((name, *values) for name, values in named)
        self.by_id = "id" in dict(named)
        """Whether there is a filter by id, the narrowest of all."""
        self.leading_facet = NO_FACET if self.by_id else _choose_facet(noun, filters)


class LeadingFacet(NamedTuple):
    """The facet by which a page is read, if any, the filters that it answers, and its value."""

    name: str | None = None
    answers: tuple[str, ...] = ()
    value: str | None = None


NO_FACET = LeadingFacet()


def _choose_facet(noun: Noun, filters: Sequence[tuple[Filter, Any]]) -> LeadingFacet:
    """Choose a facet of which one value, or one pair of values, is asked for."""
    single = {
        each.on: (each.name, value[0])
        for each, value in filters
        if each.kind is Kind.EQUAL and len(value) == 1
    }
    for fields in noun.compound_facets:
        if single.keys() >= {*fields}:
            names, values = zip(*(single[field] for field in fields), strict=True)
            return LeadingFacet(join_pair(fields), names, join_pair(values))
    for field, (name, value) in single.items():
        if field not in noun.table.c:
            return LeadingFacet(field, (name,), value)
    return NO_FACET


class ParsedFilters(dict[str, Any]):
    """A noun's filters by name, with parsed values; cached for repeated requests."""

    def __init__(self, noun: Noun, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        known = _by_name(noun)
        self.with_wideners = [known[name] for name in values]
        self.compiled = CompiledFilters(noun, [
            (each, fold_text(values[each.name]).split() if each.kind is Kind.TEXT
             else values[each.name])
            for each, _ in self.with_wideners if each.kind is not Kind.THROUGH
        ])  # fmt: skip
        self.is_widened = len(self.compiled.filters) < len(values)
        """Whether a filter is widened, so that its values depend on the moment."""
        self.scans_texts = any(each.kind is Kind.TEXT for each, _ in self.with_wideners)
        """Whether words are looked for in the texts of all records, which no index helps."""


@lru_cache(maxsize=32)
def _by_name(noun: Noun) -> dict[str, tuple[Filter, str | None]]:
    """Map the name of each filter to the filter and the name of the filter that widens it."""
    wideners = {each.on: each.name for each in noun.filters if each.kind is Kind.THROUGH}
    return {each.name: (each, wideners.get(each.name)) for each in noun.filters}


def _parameter_values(filter: Filter, value: Any) -> dict[str, Any]:
    """Map the names of a filter's parameters to their values."""
    match filter.kind:
        case Kind.RANGE:
            days = {f"{filter.name}_since": value.since, f"{filter.name}_until": value.until}
            return {name: day for name, day in days.items() if day is not None}
        case Kind.FLAG:
            return {filter.name: value}
        case Kind.TEXT:
            return {f"{filter.name}_{n}": f"%{_escape_like(word)}%" for n, word in enumerate(value)}
        case _ if len(value) > _FEW:
            return {filter.name: [*value]}
        case _:
            return {f"{filter.name}_{n}": each for n, each in enumerate(value)}


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class Conditions:
    """The conditions of one list as known at one moment."""

    def __init__(
        self,
        transaction: Transaction,
        nouns: Mapping[str, Noun],
        noun: Noun,
        moment: Moment,
        given: Mapping[str, Any],
    ) -> None:
        self.transaction, self.nouns = transaction, nouns
        self.noun, self.moment = noun, moment
        parsed = given if isinstance(given, ParsedFilters) else ParsedFilters(noun, given)
        self.compiled = self._widen_filters(parsed) if parsed.is_widened else parsed.compiled
        self._filters = self.compiled.filters
        self.by_id = self.compiled.by_id
        self.in_force = noun.has_validity and moment.valid_at is not None
        """Whether the list shows only records that are in force on a day."""

    def collect_values(self) -> dict[str, Any]:
        """Return the values of all parameters of the conditions."""
        values: dict[str, Any] = {**self.compiled.parameters, "known_at": self.moment.known_at}
        if self.in_force:
            values["day"] = self.moment.valid_at
        return values

    def shown_conditions(self, version: FromClause) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions that a version is shown at the moment and ends after its day."""
        yield is_shown(version, named_parameter("known_at"))
        if self.in_force:
            yield version.c.valid_end > named_parameter("day")

    def filter_conditions(
        self, version: FromClause, *, except_for: Iterable[str] = ()
    ) -> Iterator[ColumnElement[bool]]:
        """Yield a condition for each given filter, except for the named ones."""
        for each, value in self._filters:
            if each.name not in except_for:
                uses_index = each.name == "id" or not self.by_id
                yield self._build_condition(version, each, value, uses_index=uses_index)

    def all_conditions(self, version: FromClause) -> list[ColumnElement[bool]]:
        """Return all conditions on a version."""
        wanted = [*self.shown_conditions(version)]
        if self.in_force:
            # Nearly all versions have begun. By an index of their start they would be read one by
            # one, while a covering index of a filter can be scanned.
            wanted.append(version.c.valid_start.concat(_EMPTY) <= named_parameter("day"))
        given = (
            self._build_condition(version, each, value, uses_index=not self._is_broad(each))
            for each, value in self._filters
        )
        return [*wanted, *given]

    def _is_broad(self, filter: Filter) -> bool:
        """Whether a filter's column is shared by most versions, and another filter is narrower."""
        if self.by_id:
            return filter.name != "id"
        others = (each for each, _ in self._filters if each is not filter)
        return "broad" in self._column_info(filter) and any(map(self._has_index, others))

    def _has_index(self, filter: Filter) -> bool:
        is_column = filter.kind is Kind.EQUAL and filter.on in self.noun.table.c
        return is_column and self._column_info(filter).get("indexed", True)

    def _column_info(self, filter: Filter) -> dict[Any, Any]:
        column = self.noun.table.c.get(filter.on)
        return {} if column is None else column.info

    def narrowest_condition(self, version: FromClause) -> ColumnElement[bool] | None:
        """Return the narrowest condition for which the index table has an index.

        None if there is none, or if some filter needs more than the columns of the index table.
        """
        indexed = [pair for pair in self._filters if self._has_index(pair[0])]
        if not indexed or not all(self._uses_columns(each) for each, _ in self._filters):
            return None
        narrowest = min(indexed, key=lambda pair: self._is_broad(pair[0]))
        return self._build_condition(version, *narrowest)

    def _uses_columns(self, filter: Filter) -> bool:
        columns = self.noun.table.c
        return filter.borrowing is None and all(name in columns for name in filter.on.split())

    def has_range_on(self, column: str) -> bool:
        """Whether there is a filter by a range of a column."""
        ranges = (each for each, _ in self._filters if each.kind is Kind.RANGE)
        return any(column in each.on.split() for each in ranges)

    def _widen_filters(self, given: ParsedFilters) -> CompiledFilters:
        wideners = {
            each.name: given.get(widener) for each, widener in given.with_wideners if widener
        }
        return CompiledFilters(self.noun, [
            (each, [*value, *self._find_related(each, value, name)] if name else value)
            for each, value in given.compiled.filters
            for name in [wideners.get(each.name)]
        ])  # fmt: skip

    def _build_condition(
        self, version: FromClause, filter: Filter, value: Any, *, uses_index: bool = True
    ) -> ColumnElement[bool]:
        match filter.kind:
            case Kind.RANGE:
                return and_(*_range_conditions(version, filter, value))
            case Kind.TEXT:
                words = _parameter_values(filter, value)
                return and_(*(self._text_condition(version, filter, word) for word in words))
            case Kind.FLAG:
                return version.c[filter.on] == named_parameter(filter.name, type_=Boolean)
            case _:
                return self._equal_condition(version, filter, value, uses_index=uses_index)

    def _equal_condition(
        self, version: FromClause, filter: Filter, value: Sequence[str], *, uses_index: bool
    ) -> ColumnElement[bool]:
        if not value:
            return false()
        if filter.on in version.c:
            column = version.c[filter.on]
            return self._is_any(column if uses_index else column.concat(_EMPTY), filter, value)
        # A subquery, not EXISTS, so that the engine may start from the versions with the facet.
        is_any = self._is_any(facet.c.value, filter, value)
        with_facet = select(facet.c.place).where(is_facet(self.noun.name, filter.on), is_any)
        place = version.c.place if uses_index else version.c.place + literal_column("0")
        return place.in_(with_facet)

    def _is_any(
        self, column: ColumnElement[Any], filter: Filter, value: Sequence[str]
    ) -> ColumnElement[bool]:
        names = _parameter_values(filter, value)
        if filter.name in names:
            return in_list(column, filter.name)
        return column.in_([*map(named_parameter, names)])

    def _text_condition(
        self, version: FromClause, filter: Filter, word: str
    ) -> ColumnElement[bool]:
        contains = version.c[filter.on].like(named_parameter(word), escape="\\")
        if filter.borrowing is None:
            return contains
        column, noun = filter.borrowing
        lender = self.nouns[noun].table
        lending = select(lender.c.id).where(
            is_shown(lender, named_parameter("known_at")),
            lender.c[filter.on].like(named_parameter(word), escape="\\"),
        )
        return or_(contains, version.c[column].in_(lending))

    def _find_related(self, filter: Filter, ids: Sequence[str], name: str) -> Iterable[str]:
        """Return the ids that a widening adds to the given ones."""
        target = self.nouns[cast("str", filter.noun)]
        widening = next(each for each in target.widenings if each.name == name)
        if widening.along is not None:
            return self._read_members(target, widening.along, ids)
        version = target.table
        query = (
            select(version.c.id)
            .join(facet, is_facet_of(version, target.name, cast("str", widening.facet)))
            .where(facet.c.value.in_(ids), is_shown(version, self.moment.known_at))
            .distinct()
        )
        return self.transaction.connection.execute(query).scalars()

    def _read_members(
        self, target: Noun, along: tuple[str, str], ids: Sequence[str]
    ) -> Iterable[str]:
        lookup = AsOfLookup(self.transaction, self.nouns, self.moment.known_at)
        records = [each for id in ids if (each := lookup.get(target.name, id)) is not None]
        name, key = along
        members = [member for each in records for member in each[name]]
        day = self.moment.valid_at
        return [member[key] for member in members if day is None or holds_on(member, day)]


def _range_conditions(
    version: FromClause, filter: Filter, value: Range
) -> Iterator[ColumnElement[bool]]:
    earliest, latest = (version.c[name] for name in filter.on.split())
    if value.since is not None:
        yield latest >= named_parameter(f"{filter.name}_since")
    if value.until is not None:
        yield earliest <= named_parameter(f"{filter.name}_until")
        yield latest > clock.UNKNOWN
