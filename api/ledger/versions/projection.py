"""Projections: the materialised versions from which lists and records are read.

A version is derived from a revision and from the records to which that refers. A changeset ends
the versions of the records that it changes, and of other records whose derived facts are different
now (`find_dependents`, `VersionWriter.refresh_versions`), and adds new ones in their place. A read
at a changeset selects the versions that were shown then: their bytes are what was known. A body
that was rendered stays as it is when a field or a link is added to its noun.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, func, select, update

from api import clock
from api.ledger.noun import Noun
from api.ledger.store.list_parameters import in_list
from api.ledger.store.tables import LIVE, facet, horizon, revision
from api.ledger.store.transactions import (
    PreparedStatement,
    Write,
    named_parameter,
    split_ids,
    split_keys,
)
from api.ledger.truth.revisions import Revision
from api.ledger.versions.as_of import HORIZON
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.rendering import (
    FacetValue,
    IdenticalBatch,
    Version,
    have_same_content,
    make_template,
)
from api.ledger.versions.search_index import document

_MOST_GATHERED = 60_000
"""The most facets that are gathered before they are inserted: those of ten thousand votes."""

NO_BATCHES: Mapping[Key, IdenticalBatch] = {}
NOTHING_KEPT: Mapping[str, Table] = {}

_FacetPlace = tuple[str, int, int]
"""The order of versions within a facet: start, ordinal, and the place of the version."""


class VersionWriter:
    """Writes the versions of one changeset; `last` is the last one that it made of a revision.

    `kept` are tables with the places that the versions of each noun had before a rebuild.
    """

    last: Version | None = None
    _gathered = 0

    def __init__(
        self,
        write: Write,
        lookup: PendingLookup,
        number: int,
        batches: Mapping[Key, IdenticalBatch] = NO_BATCHES,
        kept: Mapping[str, Table] = NOTHING_KEPT,
    ) -> None:
        self._write, self._nouns, self._lookup, self._number = write, lookup.nouns, lookup, number
        self._batches, self._kept = batches, kept
        self._starts: dict[str, str] = {}
        self._places: dict[FacetValue, list[_FacetPlace]] = defaultdict(list)

    def replace_versions(self, revisions: Iterable[Revision], ordinals: Mapping[Key, int]) -> None:
        """End the versions of revised records and add the new ones; facets: `write_facets`."""
        by_noun: dict[str, list[Revision]] = defaultdict(list)
        for each in revisions:
            by_noun[each.noun].append(each)
        for name, group in by_noun.items():
            placed = [(each, ordinals.get((name, each.id))) for each in group]
            self._end_versions(name, [o for _, o in placed if o is not None])
            live = [(r, r.seq if o is None else o) for r, o in placed if not r.tombstone]
            made = [self._make_version(*each) for each in live]
            self._insert_versions(name, made)
            self.last = made[-1] if made else self.last

    def refresh_versions(self, keys: Iterable[Key]) -> None:
        """Replace the version of each record whose derived facts have changed."""
        for name, ids in split_keys(keys):
            changed = list(self._find_changed(name, ids))
            self._end_versions(name, [old[0] for old, _ in changed])
            self._insert_versions(name, [new for _, new in changed])
        self.write_facets()

    def find_stale(self, name: str) -> Iterator[str]:
        """Yield the ids of live records whose stored version differs from a new one."""
        version = self._nouns[name].table
        query = select(version.c.id).where(version.c.superseded == LIVE)
        for some in split_ids(self._write.connection.execute(query).scalars()):
            yield from (new.row[3] for _, new in self._find_changed(name, some))

    def _find_changed(self, name: str, ids: list[str]) -> Iterator[tuple[tuple[Any, ...], Version]]:
        """Make the live versions again; yield the stored row and the new version if they differ."""
        noun, version = self._nouns[name], self._nouns[name].table
        both = select(revision, version).join(version, revision.c.seq == version.c.seq)
        both = both.where(in_list(version.c.id, "ids"), version.c.superseded == LIVE)
        for row in map(tuple, self._write.connection.execute(both, {"ids": ids}).all()):
            old = row[len(revision.c) + 1 :]  # without its place
            new = self._make_version(Revision.from_row(row[: len(revision.c)]), old[0])
            if _is_changed(noun, old, new.row):
                yield old, new

    def _make_version(self, made: Revision, ordinal: int) -> Version:
        batch = self._batches.get((made.noun, made.id))
        if batch is not None:
            template = batch.version_template(made.number)
        else:
            noun = self._nouns[made.noun]
            derived = noun.derive(made.record, self._lookup)
            template = make_template(noun, made.record, made.number, derived)
        return template.make_version(made, ordinal, self._number)

    def _end_versions(self, name: str, ordinals: Sequence[int]) -> None:
        if not ordinals:
            return
        version = self._nouns[name].table
        live = version.c.ordinal == named_parameter("of"), version.c.superseded == LIVE
        statement = update(version).where(*live).values(superseded=self._number)
        self._write.connection.execute(statement, [{"of": each} for each in ordinals])

    def _insert_versions(self, name: str, made: Sequence[Version]) -> None:
        if not made:
            return
        places = self._find_places(name, [each.row[0] for each in made])
        rows = [(place, *each.row) for place, each in zip(places, made, strict=True)]
        self._write.insert_rows(self._nouns[name].table, rows)
        self._gather_facets(places, made)
        # In the order of `place`: FTS5 starts a new segment whenever a rowid is lower than before.
        self._write.insert_rows(document, sorted(each.document for each in made if each.document))
        newest = max(each.start for each in made)
        self._starts[name] = max(newest, self._starts.get(name, clock.UNKNOWN))

    def _find_places(self, name: str, ordinals: Sequence[int]) -> list[int]:
        """Return the place of each version: as before a rebuild, or after all others."""
        run, places = self._write.fetch_rows, [self._nouns[name].table]
        known: dict[int, int] = {}
        if name in self._kept:
            places.append(self._kept[name])
            known = dict(run(_kept_places(self._kept[name]), {"number": self._number}))
        last = max(run(_last_place(each), {})[0][0] for each in places)
        return [known.get(each) or (last := last + 1) for each in ordinals]

    def _gather_facets(self, places: Iterable[int], made: Iterable[Version]) -> None:
        for place, each in zip(places, made, strict=True):
            at = (each.start, each.row[0], place)
            for value in each.facets:
                self._places[value].append(at)
            self._gathered += len(each.facets)
        if self._gathered >= _MOST_GATHERED:
            self.write_facets()

    def write_facets(self) -> None:
        """Insert the gathered facets; until then no facet finds the inserted versions.

        They are inserted in the order of the key, so that neighbours are written together. The more
        are gathered, the more are neighbours.
        """
        if not self._gathered:
            return
        self._write.insert_rows(facet, [
            (*value, *at) for value in sorted(self._places) for at in sorted(self._places[value])
        ])  # fmt: skip
        self._places.clear()
        self._gathered = 0

    def move_horizons(self) -> None:
        """Store the newest starts of the inserted versions; call it after all are inserted."""
        for name, start in self._starts.items():
            self._move_horizon(name, start)
        self._starts.clear()

    def _move_horizon(self, name: str, start: str) -> None:
        found = self._write.fetch_rows(HORIZON, {"noun": name, "known_at": self._number})
        if start == clock.UNKNOWN or (found and found[0][0] >= start):
            return
        if found and found[0][1] == self._number:
            here = (horizon.c.noun == name) & (horizon.c.recorded == self._number)
            self._write.connection.execute(update(horizon).where(here).values(start=start))
        else:
            self._write.insert_rows(horizon, [(name, self._number, start)])


@lru_cache(maxsize=64)
def _last_place(table: Table) -> PreparedStatement:
    return PreparedStatement(select(func.coalesce(func.max(table.c.place), 0)))


@lru_cache(maxsize=32)
def _kept_places(kept: Table) -> PreparedStatement:
    query = select(kept.c.ordinal, kept.c.place)
    return PreparedStatement(query.where(kept.c.recorded == named_parameter("number")))


def _is_changed(noun: Noun, old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    """Whether two rows of an index table differ, apart from when they were recorded."""
    if _without_recorded(old) != _without_recorded(new):
        return True
    return old[-1] != new[-1] and not have_same_content(noun, old[-1], new[-1])


def _without_recorded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[:1] + row[2:-1]
