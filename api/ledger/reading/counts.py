"""Counts of records by group, for charts.

A grouping is data, like a filter: a column of the index table, the beginning of one (the month of
a day), or a facet. A record with several values of a facet counts once for each of them; one
without any counts under None. A facet may be borrowed from other records: votes have the issues of
their proposition. Then records are counted by these others, which are fewer, and the counts are
added up by their facet.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, null, select

from api.errors import Invalid
from api.ledger.noun import Grouping, Noun
from api.ledger.reading.filters import Conditions
from api.ledger.store.tables import facet
from api.ledger.versions.as_of import is_facet_of, is_shown

MOST_GROUPS = 10_000


@dataclass(frozen=True, slots=True)
class CountGroup:
    """The values that a group's records share, in the requested order, and their number."""

    values: tuple[Any, ...]
    count: int


def count_groups(conditions: Conditions, by: Sequence[str]) -> list[CountGroup]:
    """Count the records that fit the filters by groupings, the largest groups first.

    Raises Invalid for more than `MOST_GROUPS`, and for more than one grouping by a facet.
    """
    of = {each.name: each for each in conditions.noun.groupings}
    rows = _CountQuery(conditions, [of[name] for name in by]).count_rows()
    if len(rows) > MOST_GROUPS:
        detail = f"there are more than {MOST_GROUPS} groups; group by less, or filter more"
        raise Invalid(detail, parameter="by")
    groups = [CountGroup(tuple(row)[:-1], row[-1]) for row in rows if row[-1]]
    return sorted(groups, key=lambda group: (-group.count, [str(v or "") for v in group.values]))


Rows = Sequence[Sequence[Any]]
"""The values of each group, followed by its number of records."""

_Wanted = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class _CountQuery:
    """Runs the queries of one request for counts."""

    conditions: Conditions
    by: Sequence[Grouping]

    def count_rows(self) -> Rows:
        """Count by the groupings; raises Invalid for more than one grouping by a facet."""
        facets = [each for each in self.by if each.on not in self.conditions.noun.table.c]
        if len(facets) > 1:
            names = " and ".join(each.name for each in facets)
            raise Invalid(f"{names} are lists; group by one of them at a time", parameter="by")
        if facets and facets[0].borrowing is not None:
            column, lender = facets[0].borrowing
            return self.count_borrowed(facets[0], column, self.conditions.nouns[lender])
        return self.count_own(facets)

    def count_own(self, facets: Sequence[Grouping], *more: ColumnElement[bool]) -> Rows:
        """Count by columns and facets of the records themselves."""
        wanted = [*self.conditions.all_conditions(self.conditions.noun.table), *more]
        queries = [self._select_grouped(self.by, wanted)]
        queries += [self._select_without_facet(wanted, each) for each in facets]
        limited = [query.limit(MOST_GROUPS + 1) for query in queries]
        return [row for query in limited for row in self._run_query(query)]

    def count_borrowed(self, borrowed: Grouping, column: str, lender: Noun) -> Rows:
        """Count by the facet of the records that a column names; by their own if it is empty."""
        noun = self.conditions.noun
        lender_id = noun.table.c[column]
        place = self.by.index(borrowed)
        by = [replace(each, on=column) if each is borrowed else each for each in self.by]
        query = self._select_grouped(by, self.conditions.all_conditions(noun.table))
        lent = self._read_lent_facets(lender, borrowed.on)
        counted: Counter[tuple[Any, ...]] = Counter()
        some_lack_lender = False
        for *values, count in self._run_query(query):
            if values[place] is None:
                some_lack_lender = True
                continue
            for value in lent.get(values[place], (None,)):
                counted[*values[:place], value, *values[place + 1 :]] += count
        if some_lack_lender:
            for *values, count in self.count_own([borrowed], lender_id.is_(None)):
                counted[tuple(values)] += count
        return [(*values, count) for values, count in counted.items()]

    def _read_lent_facets(self, lender: Noun, name: str) -> Mapping[str, Sequence[str]]:
        """Map the records of a noun to their values of a facet."""
        version = lender.table
        source = version.join(facet, is_facet_of(version, lender.name, name))
        query = select(version.c.id, facet.c.value).select_from(source)
        query = query.where(is_shown(version, self.conditions.moment.known_at))
        found: defaultdict[str, list[str]] = defaultdict(list)
        for id, value in self.conditions.transaction.connection.execute(query):
            found[id].append(value)
        return found

    def _run_query(self, query: Select[Any]) -> Iterable[Any]:
        values = self.conditions.collect_values()
        return self.conditions.transaction.connection.execute(query, values)

    def _select_grouped(self, by: Sequence[Grouping], wanted: _Wanted) -> Select[Any]:
        """Select the counts of the versions that have a value in every grouping."""
        noun = self.conditions.noun
        source: FromClause = noun.table
        for each in by:
            if each.on not in noun.table.c:
                source = source.join(facet, is_facet_of(noun.table, noun.name, each.on))
        keys = [_grouping_column(noun, each) for each in by]
        query = select(*keys, func.count()).select_from(source).where(*wanted)
        return query.group_by(*keys)

    def _select_without_facet(self, wanted: _Wanted, lacking: Grouping) -> Select[Any]:
        """Select the counts of the versions without a value of a facet."""
        noun = self.conditions.noun
        by = {each: _grouping_column(noun, each) for each in self.by if each is not lacking}
        keys = [by.get(each, null()) for each in self.by]
        query = select(*keys, func.count()).where(*wanted, self._lacks_facet(lacking.on))
        return query.group_by(*by.values())

    def _lacks_facet(self, name: str) -> ColumnElement[bool]:
        """Return the condition that a version has no value of a facet.

        An outer join would probe the facets for each version on SQLite, which builds no index for
        the pairs of a NOT IN either; so the versions that have a value are selected first, by their
        ordinals. PostgreSQL goes through a long NOT IN anew for each version.
        """
        noun = self.conditions.noun
        if not self.conditions.transaction.is_sqlite:
            return ~exists().where(is_facet_of(noun.table, noun.name, name))
        shown = noun.table.alias("shown")
        with_value = select(facet.c.ordinal).join(shown, is_facet_of(shown, noun.name, name))
        with_value = with_value.where(is_shown(shown, self.conditions.moment.known_at))
        return noun.table.c.ordinal.not_in(with_value)


def _grouping_column(noun: Noun, grouping: Grouping) -> ColumnElement[Any]:
    if grouping.on not in noun.table.c:
        return facet.c.value
    column: ColumnElement[Any] = noun.table.c[grouping.on]
    if grouping.length is not None:
        column = func.nullif(func.substr(column, 1, grouping.length), "")
    return column
