"""What a noun declares, as data: the only thing in which the ten differ for the ledger.

A `Noun` is a frozen record composed in `api/<noun>/__init__.py`. From it the ledger takes
existence checks, retraction, filters, sort orders, projections and their refresh; the web kernel
takes query parameters, documentation and routes. Behaviour is three pure functions on plain data:

- `settle(draft, previous, lookup)` completes what an author sent (a derived hash, a check mark),
- `check(record, lookup)` yields the problems of a record held against the records it names,
- `derive(record, lookup)` gives the facts that follow: index columns, facets, served extras.

`lookup` answers from the state at the end of the changeset at hand. What these functions read of
*other* records must be declared in the `reads` of a `Reference`: when one of those fields changes,
the ledger derives and checks the referring records again, in the same changeset. A reference
whose own meaning hangs on further records (a speaker's office, whose institution is part of a
state) passes the change on along its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from api.errors import Problem
from api.vocabulary import CodeList

if TYPE_CHECKING:  # the rules import this module, and they know no database
    from sqlalchemy import Table

Record = Mapping[str, Any]
"""A record as plain data: authored fields, absent when empty."""


class Lookup(Protocol):
    """Read access to other records, as plain data."""

    def get(self, noun: str, id: str) -> Record | None:
        """Give a live record, or None."""
        ...

    def text(self, sha256: str) -> str | None:
        """Give the attached source text with that hash, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names other records.

    `path` is dotted, with `[]` for each level of list: `holder`, `evidence[]`,
    `components[].propositions[]`, `antecedents[][]`. With `literal` a value may carry a leading
    `!`. `reads` names the fields of the target on which this noun's functions depend.
    """

    path: str
    to: str
    reads: tuple[str, ...] = ()
    literal: bool = False

    @property
    def facet(self) -> str:
        """The name under which list references are indexed: the path without brackets."""
        return self.path.replace("[]", "")

    @property
    def field(self) -> str:
        """The top-level field that holds the reference."""
        return self.facet.partition(".")[0]

    def walk(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield (JSON pointer, id) of each reference in a record."""
        for pointer, value in _walk(record, self.path.split("."), ""):
            yield pointer, value.removeprefix("!") if self.literal else value


def _walk(value: Any, steps: list[str], pointer: str) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not steps:
        yield pointer, value
        return
    name, depth = steps[0].replace("[]", ""), steps[0].count("[]")
    yield from _spread(value.get(name), depth, steps[1:], f"{pointer}/{name}")


def _spread(value: Any, depth: int, rest: list[str], pointer: str) -> Iterator[tuple[str, str]]:
    if depth == 0 or value is None:
        yield from _walk(value, rest, pointer)
        return
    for index, each in enumerate(value):
        yield from _spread(each, depth - 1, rest, f"{pointer}/{index}")


class Kind(Enum):
    """How a filter compares."""

    EQUAL = "any of the values, separated by commas"
    FLAG = "true or false"
    RANGE = "equal, or with _gte and _lte; an uncertain date matches when it possibly lies there"
    TEXT = "contains the words, whatever their case and accents"
    THROUGH = "widens the filter it names"


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter of a list, as data.

    `on` names what it compares: an index column where the table has one of that name, else a
    facet (a reference's `facet`, or a list that the noun derives and names in `facets`). A RANGE
    compares two columns, the earliest and the latest day, written "earliest latest".
    """

    name: str
    kind: Kind
    about: str
    on: str
    codes: CodeList | None = None
    noun: str | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """Something by which records are counted, as data.

    `on` names an index column, of which `length` takes the beginning, or a facet; `noun` tells of
    what kind the ids are, if they are any.
    """

    name: str
    about: str
    on: str
    noun: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Widening:
    """A way in which a filter by records of this noun takes in related ones.

    Either `facet` names the derived list by which related records name the given one (an actor's
    parts name their whole), or `along` the list of `{member, from, to}` objects of the given
    record that names them (a collective's members).
    """

    name: str
    facet: str | None = None
    along: tuple[str, str] | None = None


def nothing_to_settle(draft: Record, _previous: Record | None, _lookup: Lookup) -> Record:
    """Most nouns take what the author wrote as it is."""
    return draft


@dataclass(frozen=True, slots=True)
class Noun:
    """One of the ten kinds of record.

    `fields` maps each served field, in order, to what is served when it is empty; `parts` maps
    those that hold an object to the names within it. `label` is the
    field that people call a record by. `sorts` maps the public name of an order to its column.
    `facets` names derived lists that are filtered by, beyond the references; what they hold must
    show in the served record, too, because that is how a stale version is noticed. `row` makes a
    flat row where the general one would not do. `words` gives the texts of a served record that
    the search may meet, the one that people call it by first; without it, none are.
    """

    name: str
    singular: str
    label: str
    fields: Mapping[str, Any]
    table: Table
    references: tuple[Reference, ...]
    filters: tuple[Filter, ...]
    sorts: Mapping[str, str]
    check: Callable[[Record, Lookup], Iterator[Problem]]
    derive: Callable[[Record, Lookup], dict[str, Any]]
    settle: Callable[[Record, Record | None, Lookup], Record] = nothing_to_settle
    row: Callable[[Record, Lookup], dict[str, Any]] | None = None
    words: Callable[[Record], Sequence[str]] | None = None
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    facets: tuple[str, ...] = ()
    widenings: tuple[Widening, ...] = ()
    groupings: tuple[Grouping, ...] = ()

    @property
    def has_validity(self) -> bool:
        """Whether records of this noun hold in a period of world time."""
        return "valid_start" in self.table.c

    def changed_fields(self, before: Record | None, after: Record | None) -> frozenset[str]:
        """Name the top-level fields in which two states of a record differ."""
        names = {*(before or ()), *(after or ())}
        if before is None or after is None:
            return frozenset({*names, "id"})
        return frozenset(n for n in names if before.get(n) != after.get(n))
