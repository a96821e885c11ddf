"""Lookups read records by id: the live state inside a write, or the state at a changeset."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, literal_column, select, union_all

from api.ledger.names import KEYS, Range
from api.ledger.noun import Noun, Record, Reference, WithheldText
from api.ledger.rules import text_hash
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import LIVE, facet, revision
from api.ledger.store.transactions import (
    PreparedStatement,
    Transaction,
    named_parameter,
    split_ids,
    split_keys,
)
from api.ledger.truth.canonical import parse_bytes
from api.ledger.truth.revisions import StoredRevision, read_newest
from api.ledger.versions.as_of import is_facet_of, is_shown
from api.ledger.versions.rendering import has_column, parse_stored
from api.ledger.versions.texts import are_public, find_declaring, find_text

Key = tuple[str, str]
"""(noun, id)."""

FEW = 1_000
"""How many referring records are read first."""

MOST_KEYED = 300
"""How many keys of a range are read at most."""

_Query = Select[*tuple[Any, ...]]


class _CachedLookup:
    """Caches records by (noun, id), also that there is none, and loads missing ones.

    Texts are withheld that were not public at the changeset `withheld_at`, if that is set.
    """

    withheld_at: int | None = None
    searched: int = 0
    copied: int = 0

    def __init__(self, transaction: Transaction, nouns: Mapping[str, Noun]) -> None:
        self._transaction, self.nouns = transaction, nouns
        self._known: dict[Key, Record | None] = {}
        self._texts: dict[str, str | None] = {}
        self.circles: dict[Key, dict[str, bool]] = {}  # by noun and path, for `rules.check_cycle`

    def get(self, noun: str, id: str) -> Record | None:
        """Return a record, or None."""
        key = (noun, id)
        if key not in self._known:
            self._known[key] = None
            self._known.update(self._read_stored({noun: [id]}))
        return self._known[key]

    def put_record(self, noun: str, id: str, record: Record | None) -> None:
        """Put a record of a pending changeset in the place of the stored one; None retracts it."""
        self._known[noun, id] = record
        self.circles.clear()

    def text(self, sha256: str) -> str | None:
        """Return an attached source text, or None."""
        if sha256 not in self._texts:
            text = find_text(self._transaction.connection, sha256)
            self._texts[sha256] = None if text is None else self._withhold_text(sha256, text)
        return self._texts[sha256]

    def _withhold_text(self, sha256: str, text: str) -> str:
        is_shown = self.withheld_at is None or are_public(self.find_declaring(sha256).values())
        return text if is_shown else WithheldText(text)

    def find_declaring(self, sha256: str) -> dict[str, Record]:
        """Return the sources that declared a text at the changeset `withheld_at`, by id."""
        return find_declaring(self._transaction, self.nouns, sha256, self.withheld_at or 0)

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Load records, those of all nouns with one query."""
        for some in split_ids({key for key in keys if key not in self._known}):
            self._known.update(dict.fromkeys(some))
            self._known.update(self._read_stored(dict(split_keys(some))))

    def prefetch_referenced(self, records: Iterable[tuple[str, Record]]) -> None:
        """Load all records to which the given (noun, record) pairs refer."""
        self.prefetch(
            (ref.to, id)
            for noun, record in records
            for ref in self.nouns[noun].references_of(record)
            for id in ref.ids(record)
        )

    def loaded_records(self) -> list[tuple[str, Record]]:
        """Return what was loaded so far, as (noun, record) pairs."""
        return [(noun, record) for (noun, _), record in self._known.items() if record is not None]

    def _read_stored(self, ids: Mapping[str, list[str]]) -> Iterator[tuple[Key, Record | None]]:
        """Yield the records that exist, by their keys; None stands for one that is retracted."""
        raise NotImplementedError


class PendingLookup(_CachedLookup):
    """Authored records at the end of a pending changeset: its own ones hide the stored ones.

    `compared` counts the steps of the changeset's search for duplicates.
    """

    compared: int = 0
    written: Container[Key] = ()  # set when all are known

    def put_text(self, text: str) -> None:
        """Put a text that the changeset attaches."""
        sha256 = text_hash(text)
        self._texts[sha256] = self._withhold_text(sha256, text)

    def read_newest(self, keys: Iterable[Key]) -> dict[Key, StoredRevision]:
        """Read the newest revision of each record before the changeset, also tombstones."""
        return read_newest(self._transaction, keys)

    def find_unchanged(self, noun: str, named: Iterable[tuple[str, str]]) -> Iterator[Record]:
        """Yield each stored record once that may name an id at a path, and is not written now."""
        by_path = {ref.path: ref for ref in self.nouns[noun].references}
        seen: set[str] = set()
        for path, id in named:
            for other, body in self.find_referring(self.nouns[noun], by_path[path], id):
                if other not in seen and (noun, other) not in self.written:
                    seen.add(other)
                    yield parse_bytes(body)

    def find_keyed(self, noun: Noun, ranges: Sequence[Range]) -> list[tuple[str, str]]:
        """Read (id, key) of the live records before the changeset with keys of names in ranges."""
        statement = _select_keyed(noun, len(ranges))
        return [*self._transaction.fetch_rows(statement, name_limits(ranges))]

    def find_referring(self, noun: Noun, ref: Reference, id: str) -> Iterator[tuple[str, bytes]]:
        """Read (id, bytes) of the live records before the changeset that may refer to an id.

        An index also holds derived ids: the speaker of the evidence, the sources of statements. The
        first ones are read alone, because many callers need no more.
        """
        fetch = self._transaction.fetch_rows
        first = fetch(_select_referring(noun, ref, FEW), {"id": id})
        yield from first
        if len(first) == FEW:
            seen = {id for id, _ in first}
            every = fetch(_select_referring(noun, ref, None), {"id": id})
            yield from (row for row in every if row[0] not in seen)

    def list_referring(self, noun: Noun, ref: Reference, ids: Sequence[str]) -> list[str]:
        """List the ids of the live records before the changeset that may refer to some ids."""
        found = self._transaction.fetch_rows(_select_referring_ids(noun, ref), {"ids": [*ids]})
        return [id for (id,) in found]

    def _read_stored(self, ids: Mapping[str, list[str]]) -> Iterator[tuple[Key, Record | None]]:
        statement = _select_by_id(tuple(self.nouns[noun] for noun in ids), _select_live)
        for id, body, noun in self._transaction.fetch_rows(statement, ids):
            yield (noun, id), parse_bytes(body)


def _select_live(version: Table) -> _Query:
    query = select(version.c.id, revision.c.body).join(revision, revision.c.seq == version.c.seq)
    return query.where(version.c.superseded == LIVE)


def _select_shown(version: Table) -> _Query:
    shown = is_shown(version, named_parameter("known_at"))
    return select(version.c.id, version.c.body).where(shown)


@lru_cache(maxsize=256)
def _select_referring(noun: Noun, ref: Reference, most: int | None) -> PreparedStatement:
    query, value = join_reference(_select_live(noun.table), noun, ref)
    query = query.where(value == named_parameter("id"))
    return PreparedStatement(query if most is None else query.limit(literal_column(str(most))))


@lru_cache(maxsize=256)
def _select_referring_ids(noun: Noun, ref: Reference) -> PreparedStatement:
    live = select(noun.table.c.id).where(noun.table.c.superseded == LIVE)
    query, value = join_reference(live, noun, ref)
    return PreparedStatement(query.where(in_list(value, "ids")))


def join_reference(query: _Query, noun: Noun, ref: Reference) -> tuple[_Query, ColumnElement[str]]:
    """Join the ids that versions name by a reference, if they are facets; return their column."""
    if has_column(noun, ref):
        return query, noun.table.c[ref.path]
    return query.join(facet, is_facet_of(noun.table, noun.name, ref.facet)), facet.c.value


@lru_cache(maxsize=32)
def _select_keyed(noun: Noun, count: int) -> PreparedStatement:
    version = noun.table
    of_version = is_facet_of(version, noun.name, KEYS)
    joined = select(version.c.id, facet.c.value).join_from(facet, version, of_version)
    return select_ranges(joined.where(version.c.superseded == LIVE), count, MOST_KEYED)


def select_ranges(facets: _Query, count: int, most: int) -> PreparedStatement:
    """Select facets in several ranges with one query, because each has a round trip."""
    parts = (
        limit_rows(facets.where(facet.c.value >= named_parameter(f"low_{n}"),
                                facet.c.value < named_parameter(f"high_{n}")), most)
        for n in range(count)
    )  # fmt: skip
    return PreparedStatement(union_all(*parts))


def name_limits(ranges: Sequence[Range]) -> dict[str, str]:
    """Return the values of the parameters of `select_ranges`."""
    lows = {f"low_{n}": low for n, (low, _) in enumerate(ranges)}
    return lows | {f"high_{n}": high for n, (_, high) in enumerate(ranges)}


def limit_rows(query: _Query, most: int) -> _Query:
    """Select up to so many rows of a query, as a part of a union."""
    return select(query.limit(literal_column(str(most))).subquery())


class AsOfLookup(_CachedLookup):
    """Served records as known at a changeset."""

    def __init__(self, transaction: Transaction, nouns: Mapping[str, Noun], known_at: int) -> None:
        super().__init__(transaction, nouns)
        self._known_at = known_at

    def find_label(self, noun: str, id: str | None) -> str | None:
        """Return a record's label field; its id if it has none."""
        record = self.get(noun, id) if id else None
        return id if record is None else record.get(self.nouns[noun].label) or id

    def _read_stored(self, ids: Mapping[str, list[str]]) -> Iterator[tuple[Key, Record | None]]:
        statement = _select_by_id(tuple(self.nouns[noun] for noun in ids), _select_shown)
        values = {**ids, "known_at": self._known_at}
        for id, body, noun in self._transaction.fetch_alone(statement, values):
            yield (noun, id), parse_stored(self.nouns[noun], body)


@lru_cache(maxsize=512)
def _select_by_id(
    nouns: tuple[Noun, ...], select_from: Callable[[Table], _Query]
) -> PreparedStatement:
    """Select (id, body, noun) of several nouns; `select_from` selects (id, body) of one table."""
    parts = (
        select_from(noun.table)
        .where(in_list(noun.table.c.id, noun.name))
        .add_columns(literal_column(f"'{noun.name}'"))
        for noun in nouns
    )
    return PreparedStatement(union_all(*parts), generic=False)  # there are too many to prepare
