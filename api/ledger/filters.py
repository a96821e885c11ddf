"""Filters as data turned into SQL conditions.

The values arrive parsed: lists for EQUAL, a bool for FLAG, `Range` for RANGE, text for TEXT, the
name of a widening for THROUGH. What the conditions are hangs on their `shape` alone: which filters
are given, and how many values each has. The values themselves are named parameters, so a statement
that was made once serves every question of its shape.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

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
    tuple_,
)

from api import clock
from api.ledger.as_of import is_facet_of, is_shown
from api.ledger.lookup import AsOfLookup
from api.ledger.moment import Moment
from api.ledger.noun import Filter, Kind, Noun, Widening
from api.ledger.prepared import parameter
from api.ledger.rules import fold, holds
from api.ledger.tables import facet
from api.ledger.transactions import Transaction

_EMPTY: ColumnElement[str] = literal_column("''", Text)
"""Joined to a column, it keeps SQLite from looking up by it."""

Shape = tuple[tuple[str, Any], ...]
"""What statements hang on: the given filters, and how many values each has."""


@dataclass(frozen=True, slots=True)
class Range:
    """Days, both included, between which an uncertain date possibly lies; None is no bound."""

    since: str | None = None
    until: str | None = None


class Compared:
    """Filters with what they compare: what statements hang on and take of it, worked out once.

    `ready` is for whoever makes statements of them: what it made, by what else that hangs on.
    """

    __slots__ = ("asked", "parameters", "ready", "shape")

    def __init__(self, asked: Sequence[tuple[Filter, Any]]) -> None:
        self.asked = asked
        self.shape: Shape = tuple((each.name, _value_count(each, value)) for each, value in asked)
        self.parameters = {k: v for each in asked for k, v in _parameter_values(*each).items()}
        self.ready: dict[Hashable, Any] = {}


class Given(dict[str, Any]):
    """A noun's filters by name, parsed, for lists that may be asked for again."""

    def __init__(self, noun: Noun, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        known = _by_name(noun)
        self.chosen = [known[name] for name in values]
        self.compared = Compared([
            (each, fold(values[each.name]).split() if each.kind is Kind.TEXT else values[each.name])
            for each, _ in self.chosen if each.kind is not Kind.THROUGH
        ])  # fmt: skip
        self.is_widened = len(self.compared.asked) < len(values)
        """Whether they take in what hangs on a moment."""


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
        self._transaction, self._nouns = transaction, nouns
        self._noun, self._moment = noun, moment
        plain = given if isinstance(given, Given) else Given(noun, given)
        self._compared = self._widen_filters(plain) if plain.is_widened else plain.compared
        self._asked = self._compared.asked

    @property
    def shape(self) -> Shape:
        """What the conditions hang on."""
        return self._compared.shape

    @property
    def ready(self) -> dict[Hashable, Any]:
        """What was made of the filters before."""
        return self._compared.ready

    @property
    def by_id(self) -> bool:
        """Whether ids are asked for, which find what fits before anything else does."""
        return any(each.name == "id" for each, _ in self._asked)

    @property
    def in_force(self) -> bool:
        """Whether only what is in force on a day is asked for."""
        return self._noun.has_validity and self._moment.valid_at is not None

    def values(self) -> dict[str, Any]:
        """Give the value of each parameter of `of` and `as_known`."""
        values = {**self._compared.parameters, "known_at": self._moment.known_at}
        if self.in_force:
            values["day"] = self._moment.valid_at
        return values

    def as_known(self, version: FromClause) -> Iterator[ColumnElement[bool]]:
        """Yield what makes a version one that was shown at the moment, and in force on its day."""
        yield is_shown(version, parameter("known_at"))
        if self.in_force:
            yield version.c.valid_end > parameter("day")

    def of(self, version: FromClause, *, but: Iterable[str] = ()) -> Iterator[ColumnElement[bool]]:
        """Yield a condition for each given filter, but for those named."""
        for each, value in self._asked:
            if each.name not in but:
                looked_up = each.name == "id" or not self.by_id
                yield self._build_condition(version, each, value, looked_up=looked_up)

    def all(self, version: FromClause) -> list[ColumnElement[bool]]:
        """Give all conditions on a version."""
        # Nearly all have begun: looked up by that, they would be read one by one, where an index
        # that holds all that is asked for can be read from end to end.
        begun = [version.c.valid_start.concat(_EMPTY) <= parameter("day")] if self.in_force else []
        given = (
            self._build_condition(version, each, value, looked_up=not self._is_broad(each))
            for each, value in self._asked
        )
        return [*self.as_known(version), *begun, *given]

    def _is_broad(self, filter: Filter) -> bool:
        """Whether a filter is by what most share, while another one finds what fits."""
        if self.by_id:
            return filter.name != "id"
        columns = self._noun.table.c
        return (
            filter.on in columns
            and "broad" in columns[filter.on].info
            and any(
                each.kind is Kind.EQUAL
                and each is not filter
                and each.on in columns
                and columns[each.on].info.get("indexed", True)
                for each, _ in self._asked
            )
        )

    def single_values(self) -> dict[str, tuple[str, str]]:
        """Map each field that must have one given value to the filter's name and that value."""
        return {
            each.on: (each.name, value[0])
            for each, value in self._asked
            if each.kind is Kind.EQUAL and len(value) == 1
        }

    def found_by(self, version: FromClause) -> ColumnElement[bool] | None:
        """Give the condition by which an index finds versions, rather a narrow one than a broad.

        None where there is none, or where a version's own columns do not tell whether it fits.
        """
        columns = self._noun.table.c
        if not all(
            each.borrowing is None and all(name in columns for name in each.on.split())
            for each, _ in self._asked
        ):
            return None
        indexed = [
            asked for asked in self._asked
            if asked[0].kind is Kind.EQUAL and columns[asked[0].on].info.get("indexed", True)
        ]  # fmt: skip
        if not indexed:
            return None
        return self._build_condition(
            version, *min(indexed, key=lambda asked: self._is_broad(asked[0]))
        )

    def are_within(self, column: str) -> bool:
        """Whether a range of a column is asked for."""
        return any(each.kind is Kind.RANGE and column in each.on.split() for each, _ in self._asked)

    def _widen_filters(self, given: Given) -> Compared:
        wideners = {each.name: given.get(widener) for each, widener in given.chosen if widener}
        return Compared([
            (each, [*value, *self._related_ids(each, value, name)] if name else value)
            for each, value in given.compared.asked
            for name in [wideners.get(each.name)]
        ])  # fmt: skip

    def _build_condition(
        self, version: FromClause, filter: Filter, value: Any, *, looked_up: bool = True
    ) -> ColumnElement[bool]:
        match filter.kind:
            case Kind.RANGE:
                return and_(*_range_conditions(version, filter, value))
            case Kind.TEXT:
                return and_(
                    *(
                        self._text_condition(version, filter, name)
                        for name in _parameter_values(filter, value)
                    )
                )
            case Kind.FLAG:
                return version.c[filter.on] == parameter(filter.name, type_=Boolean)
            case _:
                return self._equal_condition(version, filter, value, looked_up=looked_up)

    def _equal_condition(
        self, version: FromClause, filter: Filter, value: Sequence[str], *, looked_up: bool
    ) -> ColumnElement[bool]:
        if not value:
            return false()
        names = [parameter(name) for name in _parameter_values(filter, value)]
        if filter.on in version.c:
            column = version.c[filter.on]
            return (column if looked_up else column.concat(_EMPTY)).in_(names)
        # A subquery, not EXISTS: so the engine may start from the few versions that have the facet.
        having = select(facet.c.ordinal, facet.c.recorded).where(
            facet.c.noun == self._noun.name, facet.c.name == filter.on, facet.c.value.in_(names)
        )
        return tuple_(version.c.ordinal, version.c.recorded).in_(having)

    def _text_condition(
        self, version: FromClause, filter: Filter, word: str
    ) -> ColumnElement[bool]:
        says = version.c[filter.on].like(parameter(word), escape="\\")
        if filter.borrowing is None:
            return says
        column, noun = filter.borrowing
        lender = self._nouns[noun].table
        lending = select(lender.c.id).where(
            is_shown(lender, parameter("known_at")),
            lender.c[filter.on].like(parameter(word), escape="\\"),
        )
        return or_(says, version.c[column].in_(lending))

    def _related_ids(self, filter: Filter, values: Sequence[str], name: str) -> Iterable[str]:
        """Give the records that a widening relates to the given ones."""
        target = self._nouns[cast("str", filter.noun)]
        chosen = next(each for each in target.widenings if each.name == name)
        return self._find_related(target, chosen, values)

    def _find_related(self, target: Noun, widening: Widening, ids: Sequence[str]) -> Iterable[str]:
        if widening.along is None:
            version = target.table
            query = (
                select(version.c.id)
                .join(facet, is_facet_of(version, target.name, cast("str", widening.facet)))
                .where(facet.c.value.in_(ids), is_shown(version, self._moment.known_at))
                .distinct()
            )
            return self._transaction.connection.execute(query).scalars()
        lookup = AsOfLookup(self._transaction, self._nouns, self._moment.known_at)
        name, key = widening.along
        records = [r for id in ids if (r := lookup.get(target.name, id)) is not None]
        day = self._moment.valid_at
        return [e[key] for r in records for e in r[name] if day is None or holds(e, day)]


@lru_cache(maxsize=32)
def _by_name(noun: Noun) -> dict[str, tuple[Filter, str | None]]:
    """Map the name of each filter to it, and to the name of the one that widens it."""
    wideners = {each.on: each.name for each in noun.filters if each.kind is Kind.THROUGH}
    return {each.name: (each, wideners.get(each.name)) for each in noun.filters}


def _value_count(filter: Filter, value: Any) -> Any:
    if filter.kind is Kind.RANGE:
        return value.since is not None, value.until is not None
    return True if filter.kind is Kind.FLAG else len(value)


def _parameter_values(filter: Filter, value: Any) -> dict[str, Any]:
    """Name the parameters of a filter, and give their values."""
    match filter.kind:
        case Kind.RANGE:
            return {f"{filter.name}_since": value.since, f"{filter.name}_until": value.until}
        case Kind.FLAG:
            return {filter.name: value}
        case Kind.TEXT:
            return {f"{filter.name}_{n}": f"%{_escape_like(word)}%" for n, word in enumerate(value)}
        case _:
            return {f"{filter.name}_{n}": each for n, each in enumerate(value)}


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _range_conditions(
    version: FromClause, filter: Filter, value: Range
) -> Iterator[ColumnElement[bool]]:
    earliest, latest = (version.c[name] for name in filter.on.split())
    if value.since is not None:
        yield latest >= parameter(f"{filter.name}_since")
    if value.until is not None:
        yield earliest <= parameter(f"{filter.name}_until")
        yield latest > clock.UNKNOWN
