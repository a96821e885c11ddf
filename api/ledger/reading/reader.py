"""The read path of the ledger: answers as known at one moment, as stored bytes.

What was known at a moment never changes. Pages and records are read without a transaction, because
each of their statements names the changeset; all else is read in one snapshot. `BodyEndings` ends
their bodies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add, itemgetter
from typing import Any

from sqlalchemy import func, select

from api.errors import TooMany
from api.ledger.noun import Noun, Record
from api.ledger.reading.counts import CountGroup, count_groups
from api.ledger.reading.filters import Conditions
from api.ledger.reading.moment import BodyEndings
from api.ledger.reading.page_queries import Page, read_rows
from api.ledger.reading.page_statements import SortOrder
from api.ledger.reading.search import SearchHit, SearchReader, split_hits
from api.ledger.store.tables import revision
from api.ledger.store.transactions import PreparedStatement, named_parameter
from api.ledger.truth.revisions import revision_tag
from api.ledger.versions.as_of import is_shown
from api.ledger.versions.lookup import AsOfLookup
from api.ledger.versions.names import find_named
from api.ledger.versions.overlay import Overlay
from api.ledger.versions.rendering import ServedRecord, parse_body


@dataclass(slots=True, eq=False)
class Reader(SearchReader):
    """Reads records, pages, counts and search hits as known at one moment."""

    _endings: BodyEndings

    def open_lookup(self, known_at: int | None = None) -> AsOfLookup:
        """Return a lookup of single records as known at the moment, or at an earlier changeset."""
        last = self.moment.known_at
        at = last if known_at is None else min(known_at, last)
        return AsOfLookup(self._transaction, self._nouns, at)

    def find_record(self, noun: str, id: str) -> Record | None:
        """Return a record as it is served, or None; nothing keeps it, as a lookup would."""
        return self.open_lookup().get(noun, id)

    def open_overlay(self) -> Overlay:
        """Open an overlay over the newest state, for a dry run; whoever opens it closes it."""
        return Overlay(self._transaction, self._nouns)

    def read_record(self, noun: Noun, id: str) -> ServedRecord:
        """Read one record; raises NotFound, or Gone with the tombstone's tag."""
        values = {"id": id, "known_at": self.moment.known_at}
        rows = self._transaction.fetch_alone(_select_record(noun), values)
        if not rows:
            raise self._explain_missing(noun, id)
        body, changeset, recorded, hash = rows[0]
        rendered_in = None if recorded == changeset else recorded
        [whole] = self._complete_bodies(noun, [(body, changeset)])
        return ServedRecord(whole, revision_tag(hash, rendered_in=rendered_in))

    def read_page(
        self,
        noun: Noun,
        given: Mapping[str, Any],
        *,
        sort: str = "recorded",
        descending: bool = False,
        limit: int,
        after: Sequence[Any] | None = None,
    ) -> Page:
        """Read up to `limit` records that match the filters and follow the key `after`.

        There are fewer if they have more than `PAGE_BYTES`, and at least one.
        The key is (sort column, ordinal). It is unique among the versions of one moment, so no
        record is skipped or repeated, whatever is written between two pages.
        """
        order = SortOrder(sort, descending)
        rows, more = read_rows(self._make_conditions(noun, given), order, limit, after)
        bodies, endings = self._endings.end_bodies(self._transaction, self.moment, noun, rows)
        return Page(bodies, endings, rows[-1][2:] if more else None)

    def read_pages(
        self, noun: Noun, given: Mapping[str, Any], *, sort: str = "recorded", limit: int
    ) -> Iterator[Page]:
        """Yield all pages of a list; at least one, which may be empty."""
        after = None
        while True:
            page = self.read_page(noun, given, sort=sort, limit=limit, after=after)
            yield page
            if (after := page.after) is None:
                return

    def read_all(self, noun: Noun, given: Mapping[str, Any], *, most: int) -> list[dict[str, Any]]:
        """Read and parse all records that match the filters; raises TooMany if more than `most` do.

        They are read in the transaction, because one answer reads several such lists.
        """
        self._transaction.begin_reading()
        # The order of the indexes, so that it is known soon if there are too many.
        newest = SortOrder(noun.default_sort.lstrip("-"), descending=True)
        rows, more = read_rows(self._make_conditions(noun, given), newest, most, None, math.inf)
        if more:
            raise TooMany(most, noun.name)
        rows.sort(key=itemgetter(-1))  # the last column of every key is the ordinal
        return [parse_body(noun, body) for body in self._complete_bodies(noun, rows)]

    def count_groups(
        self, noun: Noun, given: Mapping[str, Any], by: Sequence[str]
    ) -> list[CountGroup]:
        """Count the records that match the filters by groupings, the largest groups first."""
        return count_groups(self._make_conditions(noun, given), by)

    def read_hits(self, hits: Sequence[SearchHit]) -> Iterator[dict[str, Any]]:
        """Yield the records of hits, in the order of the hits; few are in memory at once."""
        for some in split_hits(hits):
            bodies = self._read_bodies(some)
            yield from (parse_body(self._nouns[e.noun], bodies.pop(e.ordinal)) for e in some)

    def _read_bodies(self, hits: Sequence[SearchHit]) -> dict[int, bytes]:
        """Read the whole bodies of hits, by ordinal."""
        bodies: dict[int, bytes] = {}
        for name in {hit.noun for hit in hits}:
            version = self._nouns[name].table
            query = select(version.c.body, version.c.changeset, version.c.ordinal).where(
                version.c.ordinal.in_([hit.ordinal for hit in hits if hit.noun == name]),
                is_shown(version, self.moment.known_at),
            )
            rows = [tuple(row) for row in self._connection.execute(query)]
            whole = self._complete_bodies(self._nouns[name], rows)
            bodies.update(zip((row[2] for row in rows), whole, strict=True))
        return bodies

    def find_named(
        self, nouns: Iterable[Noun], words: Sequence[str], *, misspelt: bool = False
    ) -> Iterator[tuple[Noun, bytes]]:
        """Yield stored bodies of records by the words of their names (`versions.names`)."""
        known_at = self.moment.known_at
        return find_named(self._transaction, nouns, known_at, words, misspelt=misspelt)

    def read_columns(
        self, noun: Noun, given: Mapping[str, Any], *names: str
    ) -> Iterator[tuple[Any, ...]]:
        """Yield index columns of the records that match the filters, in no order."""
        query, values = self._select_matching(noun, given, *(noun.table.c[name] for name in names))
        for row in self._connection.execute(query, values):
            yield tuple(row)

    def find_varied(self, noun: Noun, given: Mapping[str, Any], by: str, of: str) -> set[str]:
        """Return the values of column `by` whose records have several values in column `of`."""
        group, value = noun.table.c[by], noun.table.c[of]
        query, values = self._select_matching(noun, given, group)
        query = query.group_by(group).having(func.min(value) != func.max(value))
        return set(self._connection.execute(query, values).scalars())

    def _select_matching(
        self, noun: Noun, given: Mapping[str, Any], *columns: Any
    ) -> tuple[Any, dict[str, Any]]:
        conditions = self._make_conditions(noun, given)
        query = select(*columns).where(*conditions.all_conditions(noun.table))
        return query, conditions.collect_values()

    def _make_conditions(self, noun: Noun, given: Mapping[str, Any]) -> Conditions:
        return Conditions(self._transaction, self._nouns, noun, self.moment, given)

    def _complete_bodies(self, noun: Noun, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
        """Return the whole bytes of records, from rows that begin with body and changeset."""
        return [*map(add, *self._endings.end_bodies(self._transaction, self.moment, noun, rows))]


@lru_cache(maxsize=32)
def _select_record(noun: Noun) -> PreparedStatement:
    version = noun.table
    shown = is_shown(version, named_parameter("known_at"))
    query = select(version.c.body, version.c.changeset, version.c.recorded, revision.c.hash)
    query = query.join(revision, revision.c.seq == version.c.seq)
    return PreparedStatement(query.where(version.c.id == named_parameter("id"), shown))
