"""The noun record: all that differs between the ten nouns, declared as data.

A `Noun` is a frozen record that is composed in `api/<noun>/__init__.py`. The ledger takes existence
checks, retraction, filters, sort orders and projections from it; the web kernel takes query
parameters, documentation and routes. Its behaviour is three pure functions on plain data:

- `normalise(draft, previous, lookup)` completes a draft (a derived hash, a check mark),
- `check(record, lookup)` yields the problems of a record and its references,
- `derive(record, lookup)` returns the derived facts: index columns, facets, served extras.

`lookup` returns the state at the end of the pending changeset. The fields that these functions read
of *other* records must be declared in the `reads` of a `Reference`: when one of these fields
changes, the ledger derives and checks the referring records again, in the same changeset. A
reference may depend on further records: a speaker's office names an institution, which is part of a
state. It then passes the change on, as a change of its field.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from api.errors import Problem
from api.vocabulary import CodeList

if TYPE_CHECKING:  # the rules import this module, and they know no database
    from sqlalchemy import Table

Record = Mapping[str, Any]
"""A record as plain data: authored fields, absent when empty."""

_NOTHING: Record = {}


class WithheldText(str):
    """A text that quotes are checked against, but that their author may not see."""

    __slots__ = ()


class Lookup(Protocol):
    """Read access to other records, as plain data."""

    searched: int
    """How many code points the rules have searched for a changeset."""
    copied: int
    """How many its records copy from others (`check_copies`)."""

    def get(self, noun: str, id: str) -> Record | None:
        """Return a live record, or None."""

    def text(self, sha256: str) -> str | None:
        """Return the attached source text with that hash, or None."""


class PendingRecords(Lookup, Protocol):
    """The records at the end of a pending changeset."""

    def find_unchanged(self, noun: str, named: Iterable[tuple[str, str]]) -> Iterator[Record]:
        """Yield each stored record once that may name an id at a path, and is not written now."""
        ...


WrittenRecords = Mapping[str, tuple[Record | None, Record]]
"""The records of one noun that a changeset writes, by id: the state before and the new one."""

Doubt = tuple[str, Problem]
"""The id of a valid record, and a warning about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A field that names other records.

    `path` is dotted, with `[]` for each level of list: `holder`, `evidence[]`,
    `components[].propositions[]`, `antecedents[][]`. With `literal` a value may have a leading `!`.
    `to` is the noun of the target. `reads` names the fields of the target on which this noun's
    functions depend. `within` names a derived list that contains the ids as well, so that they are
    not indexed twice.

    `facet` is the name under which list references are indexed, `field` the top-level field. `ids`
    returns the ids that a record with that field names, without their pointers.
    """

    path: str
    to: str
    reads: tuple[str, ...] = ()
    literal: bool = False
    within: str | None = None
    facet: str = field(init=False)
    _steps: tuple[str, ...] = field(init=False, repr=False)
    ids: Callable[[Record], Iterable[str]] = field(init=False, repr=False)
    field: str = field(init=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        plain = self.path.replace("[]", "")
        put(self, "facet", self.within or plain)
        put(self, "field", plain.partition(".")[0])
        put(self, "_steps", tuple(self.path.replace("[]", ".[]").split(".")))
        put(self, "ids", self._make_id_reader())

    def walk_ids(self, record: Record) -> Iterator[tuple[str, str]]:
        """Yield (JSON pointer, id) of each reference in a record."""
        for pointer, value in _walk_path(record, self._steps, ""):
            yield pointer, value.removeprefix("!") if self.literal else value

    def _make_id_reader(self) -> Callable[[Record], Iterable[str]]:
        """Return the fastest function that reads the ids; literals lose their sign."""
        match () if self.literal else self._steps:
            case (name,):
                return lambda record: (record[name],) if record[name] else ()
            case (name, "[]"):
                return itemgetter(name)
            case (name, part):
                return lambda record: (id,) if (id := (record[name] or _NOTHING).get(part)) else ()
            case _:
                return lambda record: [id for _, id in self.walk_ids(record)]


def _walk_path(value: Any, steps: tuple[str, ...], pointer: str) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if not steps:
        yield pointer, value
    elif steps[0] == "[]":
        for index, each in enumerate(value):
            yield from _walk_path(each, steps[1:], f"{pointer}/{index}")
    else:
        yield from _walk_path(value.get(steps[0]), steps[1:], f"{pointer}/{steps[0]}")


class Kind(Enum):
    """How a filter compares."""

    EQUAL = "any of the values, separated by commas"
    FLAG = "true or false"
    RANGE = "equal, or with _gte and _lte; an uncertain date matches if it may lie in the range"
    TEXT = "contains the words, ignoring case and accents"
    THROUGH = "widens the filter that it names"


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter of a list, as data.

    `on`, its name by default, names what it compares: an index column if the table has one of that
    name, else a facet (a reference's `facet`, or a derived list in the noun's `facets`). A RANGE
    compares two columns, the earliest and the latest day, written "earliest latest". TEXT searches
    a column of folded words. With `borrowing`, given as (column, noun), it also searches those of
    the record that the column names, so that words that many records share are stored once. `rare`
    filters are documented last.
    """

    name: str
    about: str
    on: str = ""
    kind: Kind = Kind.EQUAL
    codes: CodeList | None = None
    noun: str | None = None
    borrowing: tuple[str, str] | None = None
    rare: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", self.on or self.name)


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping by which records are counted, as data.

    `on` names a facet, or an index column, of which `length` takes the first characters. `noun` is
    the noun of the values if they are ids. With `borrowing`, given as (column, noun), the facet is
    that of the record that the column names, if it names one.
    """

    name: str
    about: str
    on: str
    noun: str | None = None
    length: int | None = None
    borrowing: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Widening:
    """A relation by which a filter by records of this noun also matches related records.

    Either `facet` names the derived list by which related records refer to the given one (an
    actor's parts refer to their whole), or `along` names the list of `{member, from, to}` objects
    of the given record that refers to them (a collective's members).
    """

    name: str
    facet: str | None = None
    along: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a record: an address with one of its fields inserted, `/v1/actors/{holder}`.

    A list of ids is joined by commas, without the signs of literals. There is no link if the field,
    or the field `when`, is empty.
    """

    name: str
    template: str
    when: str = ""
    _parts: tuple[str, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        before, _, rest = self.template.partition("{")
        name, _, after = rest.partition("}")
        object.__setattr__(self, "_parts", (before, name, after))

    def build_address(self, record: Record) -> str | None:
        """Return the address for a served record; None if there is no link."""
        before, name, after = self._parts
        value = record[name]
        if not value or (self.when and not record[self.when]):
            return None
        if not isinstance(value, str):
            value = ",".join(dict.fromkeys(id.removeprefix("!") for id in _flatten_lists(value)))
        return f"{before}{value}{after}"


@dataclass(frozen=True, slots=True)
class Expansion:
    """Related records of a noun that can be embedded in a record on request.

    `by` is the filter of their list that takes the record's id. Without it they are the records
    that the record names in the field with the name of the expansion.
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


class Alike(Enum):
    """Which names are compared to find a record that is on record already."""

    IN_ORDER = "as sentences"
    IN_ANY_ORDER = "as names of persons"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Noun:
    """One of the ten kinds of record.

    - `fields` maps each served field, in order, to its served value when empty; `parts` maps the
      fields that hold an object to the names within it; `label` is the field that people call a
      record by; `later` are derived fields and links (`links.feed`) that older bodies lack.
    - `filters` are preceded by a filter by `id`, which all nouns have. `sorts` maps the public name
      of a sort order to its column; it is preceded by `recorded` and `id`, which all nouns have.
    - `facets` names derived lists, beyond the references, that are filtered by. Their values must
      be in the served record, too, because a stale version is noticed by them. Each of
      `compound_facets` names a field of `varying_fields` and a facet that are often filtered
      together: the pairs of their values are facets, too.
    - `batch_key` returns a hashable value, or None. Records of one changeset with the same value
      have the same faults and derived facts, and are checked once as an identical batch, as
      thousands of votes on one motion (`rendering`). The value must cover the whole record except
      its id and its `varying_fields`, and all that `check` and `derive` read of the records that
      these name. Each of the varying fields holds an id in every record, and has an index column.
    - `find_doubts` yields doubts about valid records, by their state before and by others; new ones
      of identical batches are not among them.
    - `row` makes a flat row, for a noun that needs more than the general one.
    - `links` are the addresses in a served record, beside itself and its history; `expansions` are
      the related records that can be embedded.
    - `words` returns the texts of a served record for the full-text search, its label first.
    - `names` returns the texts by which people call a record and look it up; by default its label.
      If `alike` is set, a write warns of records with similar names, in the same conflict if they
      have one, their words in any order only if it says so. It also warns of records that have an
      identity in common: `identities` returns what only one record should have, by kind.
    - `has_validity` is set if records of this noun have a period of validity.
    """

    name: str
    label: str
    fields: Mapping[str, Any]
    table: Table
    references: tuple[Reference, ...]
    filters: tuple[Filter, ...]
    check: Callable[[Record, Lookup], Iterator[Problem]]
    derive: Callable[[Record, Lookup], dict[str, Any]]
    sorts: Mapping[str, str] = field(default_factory=dict[str, str])
    normalise: Callable[[Record, Record | None, Lookup], Record] | None = None
    batch_key: Callable[[Record, Lookup], Hashable] | None = None
    varying_fields: tuple[str, ...] = ()
    find_doubts: Callable[[WrittenRecords, PendingRecords], Iterator[Doubt]] | None = None
    row: Callable[[Record, Lookup], dict[str, Any]] | None = None
    words: Callable[[Record], Sequence[str]] | None = None
    names: Callable[[Record], Sequence[str]] | None = None
    alike: Alike | None = None
    identities: Callable[[Record], Mapping[str, str]] | None = None
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    facets: tuple[str, ...] = ()
    compound_facets: tuple[tuple[str, str], ...] = ()
    widenings: tuple[Widening, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    links: tuple[Link, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    later: tuple[str, ...] = ()
    singular: str = field(init=False)
    has_validity: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "singular", self.name.removesuffix("s"))
        own = Filter("id", f"the {self.singular} itself", noun=self.name)
        object.__setattr__(self, "filters", (own, *self.filters))
        object.__setattr__(self, "sorts", {"recorded": "ordinal", "id": "id", **self.sorts})
        object.__setattr__(self, "has_validity", "valid_start" in self.table.c)

    def references_of(self, record: Record) -> tuple[Reference, ...]:
        """Return the references whose field a record has; cached by its fields."""
        return _choose_references(self, tuple(record))

    def list_names(self, record: Record) -> Sequence[str]:
        """Return the names by which a record is looked up: its label, unless `names` says more."""
        if self.names is not None:
            return self.names(record)
        return [value] if (value := record.get(self.label)) else []

    def map_identities(self, record: Record) -> Mapping[str, str]:
        """Return what only this record should have, by kind: nothing where names tell records."""
        return self.identities(record) if self.identities else {}

    @property
    def default_sort(self) -> str:
        """The sort order of lists that are requested without one."""
        return "-valid_from" if self.has_validity else "recorded"


@lru_cache(maxsize=1024)
def _choose_references(noun: Noun, fields: tuple[str, ...]) -> tuple[Reference, ...]:
    return tuple(ref for ref in noun.references if ref.field in fields)
