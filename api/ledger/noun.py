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

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from operator import itemgetter
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


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A field that names other records.

    `path` is dotted, with `[]` for each level of list: `holder`, `evidence[]`,
    `components[].propositions[]`, `antecedents[][]`. With `literal` a value may carry a leading
    `!`. `reads` names the fields of the target on which this noun's functions depend. `within`
    names a derived list in which the ids are found as well, so that they are not indexed twice.

    `facet` is the name under which list references are indexed, `field` the top-level field; `ids`
    gives what a record that has the field names there, without the places.
    """

    path: str
    to: str
    reads: tuple[str, ...] = ()
    literal: bool = False
    within: str | None = None
    facet: str = field(init=False)
    _steps: tuple[tuple[str, int], ...] = field(init=False, repr=False)
    ids: Callable[[Record], Iterable[str]] = field(init=False, repr=False)
    field: str = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        plain = self.path.replace("[]", "")
        put(self, "facet", self.within or plain)
        put(self, "field", plain.partition(".")[0])
        steps = self.path.split(".")
        put(self, "_steps", tuple((each.replace("[]", ""), each.count("[]")) for each in steps))
        put(self, "ids", _id_reader(self))

    def walk(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield (JSON pointer, id) of each reference in a record."""
        if self.field not in record:
            return
        for pointer, value in _walk_path(record, self._steps, ""):
            yield pointer, value.removeprefix("!") if self.literal else value


def _id_reader(ref: Reference) -> Callable[[Record], Iterable[str]]:
    """Give the fastest way to a reference's ids; literals are walked, to have signs taken off."""
    field = ref.field
    depths = [] if ref.literal else [each.count("[]") for each in ref.path.split(".")]
    if depths == [0]:
        return lambda record: (record[field],) if record[field] else ()
    if depths == [1]:
        return itemgetter(field)
    if depths == [0, 0]:
        part = ref.path.rpartition(".")[2]
        return lambda record: _read_part(record[field], part)
    return lambda record: [id for _, id in ref.walk(record)]


def _read_part(value: Record | None, part: str) -> Iterable[str]:
    named = None if value is None else value.get(part)
    return () if named is None else (named,)


def _walk_path(
    value: Any, steps: tuple[tuple[str, int], ...], pointer: str
) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not steps:
        yield pointer, value
        return
    name, depth = steps[0]
    yield from _spread_list(value.get(name), depth, steps[1:], f"{pointer}/{name}")


def _spread_list(
    value: Any, depth: int, rest: tuple[tuple[str, int], ...], pointer: str
) -> Iterator[tuple[str, str]]:
    if depth == 0 or value is None:
        yield from _walk_path(value, rest, pointer)
        return
    for index, each in enumerate(value):
        yield from _spread_list(each, depth - 1, rest, f"{pointer}/{index}")


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
    compares two columns, the earliest and the latest day, written "earliest latest". TEXT looks
    into a column of folded words, and with `borrowing` also into those of the record that a column
    names, given as (column, noun): so that what many share is kept once. `rare` ones are documented
    last.
    """

    name: str
    kind: Kind
    about: str
    on: str
    codes: CodeList | None = None
    noun: str | None = None
    borrowing: tuple[str, str] | None = None
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """Something by which records are counted, as data.

    `on` names an index column, of which `length` takes the beginning, or a facet; `noun` tells of
    what kind the ids are, if they are any. A facet with `borrowing` is that of the record that a
    column (first) of a noun (second) names, wherever it names one.
    """

    name: str
    about: str
    on: str
    noun: str | None = None
    length: int | None = None
    borrowing: tuple[str, str] | None = None


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


@dataclass(frozen=True, slots=True)
class Link:
    """An address to which a record leads, with one of its fields within: `/v1/actors/{holder}`.

    A list of ids is joined by commas, without the signs of literals. Where the field is empty, or
    the field `when`, there is no address.
    """

    name: str
    template: str
    when: str = ""
    _parts: tuple[str, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        before, _, rest = self.template.partition("{")
        name, _, after = rest.partition("}")
        object.__setattr__(self, "_parts", (before, name, after))

    def address(self, record: Record) -> str | None:
        """Return the address of a served record; None where it leads nowhere."""
        before, name, after = self._parts
        value = record[name]
        if not value or (self.when and not record[self.when]):
            return None
        if not isinstance(value, str):
            value = ",".join(dict.fromkeys(id.removeprefix("!") for id in _flatten_lists(value)))
        return f"{before}{value}{after}"


@dataclass(frozen=True, slots=True)
class Expansion:
    """Records of a noun that can be shown within a record that belongs to them.

    `by` is the filter of their list that takes the record's id. Without it they are those that the
    record names in the field that is called like the expansion.
    """

    name: str
    about: str
    noun: str
    by: str = ""


def _flatten_lists(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for each in value:
        yield from _flatten_lists(each)


def nothing_to_settle(draft: Record, _previous: Record | None, _lookup: Lookup) -> Record:
    """Most nouns take what the author wrote as it is."""
    return draft


def alone(_record: Record, _lookup: Lookup) -> Hashable:
    """Most records have no kin."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Noun:
    """One of the ten kinds of record.

    `fields` maps each served field, in order, to what is served when it is empty; `parts` maps
    those that hold an object to the names within it. `label` is the
    field that people call a record by. A filter by `id`, which all nouns have, comes before the
    given `filters`. `sorts` maps the public name of an order to its column.
    `facets` names derived lists that are filtered by, beyond the references; what they hold must
    show in the served record, too, because that is how a stale version is noticed. Each of
    `compound_facets` names a field of `apart` and a facet that are often asked for together: their
    pairs of values are facets, too.
    `kin` says all that there is in a record but its id and the fields of `apart`, and all that
    `check` and `derive` look at in what these name, as something that can be compared, or None:
    records of one changeset of which it says the same have the same faults and facts, so that
    thousands of votes on one motion are looked at once (`api.ledger.kin`). Each of `apart` holds an
    id in every record, and has an index column.
    `row` makes a flat row where the general one would not do.
    `links` are the addresses to which a served record leads, beside itself and its history;
    `expansions` the records that can be shown within it. `later` are derived fields that bodies of
    the first release lack.
    `words` gives the texts of a served record that the search may meet, the one that people call
    it by first; without it, none are.
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
    kin: Callable[[Record, Lookup], Hashable] = alone
    apart: tuple[str, ...] = ()
    row: Callable[[Record, Lookup], dict[str, Any]] | None = None
    words: Callable[[Record], Sequence[str]] | None = None
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    facets: tuple[str, ...] = ()
    compound_facets: tuple[tuple[str, str], ...] = ()
    widenings: tuple[Widening, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    links: tuple[Link, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    later: tuple[str, ...] = ()
    _naming: dict[tuple[str, ...], tuple[Reference, ...]] = field(
        default_factory=dict[tuple[str, ...], tuple[Reference, ...]], init=False, repr=False
    )

    def __post_init__(self) -> None:
        own = Filter("id", Kind.EQUAL, f"the {self.singular} itself", "id", noun=self.name)
        object.__setattr__(self, "filters", (own, *self.filters))

    def naming(self, record: Record) -> tuple[Reference, ...]:
        """Give the references that a record has; worked out once for each set of fields."""
        fields = tuple(record)
        known = self._naming.get(fields)
        if known is None:
            known = tuple(ref for ref in self.references if ref.field in record)
            self._naming[fields] = known
        return known

    @property
    def has_validity(self) -> bool:
        """Whether records of this noun hold in a period of world time."""
        return "valid_start" in self.table.c

    @property
    def default_sort(self) -> str:
        """The order in which records are listed if nobody asks for another."""
        return "-valid_from" if self.has_validity else "recorded"

    def changed_fields(self, before: Record | None, after: Record | None) -> frozenset[str]:
        """Name the top-level fields in which two states of a record differ."""
        names = {*(before or ()), *(after or ())}
        if before is None or after is None:
            return frozenset({*names, "id"})
        return frozenset(n for n in names if before.get(n) != after.get(n))
