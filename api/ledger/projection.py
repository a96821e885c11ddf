"""Projections: the versions that lists and records are read from, kept in step with the truth.

A version holds what follows from a revision and from the records it draws on. A changeset ends
the versions of the records it changes, and of those whose derived facts come out differently now
(`dependents`, `Versions.refresh`); it adds new ones in their place. So a version's bytes are what
was known, and reading at a changeset is choosing the versions that were there then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select, update

from api import clock
from api.ledger.as_of import is_facet_of
from api.ledger.canonical import parse
from api.ledger.kin import Kin
from api.ledger.lookup import Key, PendingLookup
from api.ledger.noun import Noun, Record, Reference
from api.ledger.prepared import Prepared, chunks, parameter
from api.ledger.revisions import Revision
from api.ledger.search import document
from api.ledger.tables import LIVE, facet, horizon, revision
from api.ledger.transactions import Transaction, Write
from api.ledger.versions import Facet, Place, Version, has_column, mould

_MOST_GATHERED = 60_000
"""How many facets are gathered before they are inserted: as many as ten thousand votes have."""

Changed = tuple[Record | None, Record | None]
"""The states of a record before and after a changeset."""

Fresh = Mapping[Key, Changed]
"""What a changeset makes of records."""


NO_BATCHES: Mapping[Key, Kin] = {}


def referrers(
    transaction: Transaction, nouns: Mapping[str, Noun], target: Key
) -> Iterator[tuple[str, str, str]]:
    """Yield (noun, id, path) of each live record that refers to the target."""
    to, id = target
    for noun in nouns.values():
        for ref in noun.references:
            if ref.to == to:
                for referrer, body in _find_referring(transaction, noun, ref, id):
                    if ref.within is None or id in (named for _, named in ref.walk(parse(body))):
                        yield noun.name, referrer, ref.path


def _find_referring(
    transaction: Transaction, noun: Noun, ref: Reference, id: str
) -> list[tuple[Any, ...]]:
    """Find the live records that refer to an id, with their bytes; more where `within` is wider."""
    return transaction.rows(_select_referring(noun, ref), {"id": id})


@lru_cache(maxsize=256)
def _select_referring(noun: Noun, ref: Reference) -> Prepared:
    version = noun.table
    query = select(version.c.id, revision.c.body).join(revision, revision.c.seq == version.c.seq)
    query = query.where(version.c.superseded == LIVE)
    if has_column(noun, ref):
        return Prepared(query.where(version.c[ref.path] == parameter("id")))
    return Prepared(
        query.join(facet, is_facet_of(version, noun.name, ref.facet)).where(
            facet.c.value == parameter("id")
        )
    )


def dependents(transaction: Transaction, nouns: Mapping[str, Noun], fresh: Fresh) -> list[Key]:
    """Find the live records, beyond the changed ones, whose facts may follow from a change.

    A change goes from a record to those that refer to it, if they read one of the changed fields,
    and on from these as a change of the field that holds the reference.
    """
    reached: dict[Key, set[str]] = defaultdict(set)
    ahead = [
        (key, nouns[key[0]].changed_fields(before, after))
        for key, (before, after) in fresh.items()
        if before is not None and after is not None
    ]
    while ahead:
        (to, id), changed = ahead.pop()
        for noun in nouns.values():
            for ref in noun.references:
                if ref.to != to or not changed.intersection(ref.reads):
                    continue
                for referrer, _ in _find_referring(transaction, noun, ref, id):
                    key = (noun.name, referrer)
                    if ref.field not in reached[key]:
                        reached[key].add(ref.field)
                        ahead.append((key, frozenset({ref.field})))
    return [key for key in reached if key not in fresh]


class Versions:
    """Writes the versions of one changeset; `last` is that of the last revision that has any."""

    def __init__(
        self,
        write: Write,
        nouns: Mapping[str, Noun],
        lookup: PendingLookup,
        number: int,
        batches: Mapping[Key, Kin] = NO_BATCHES,
    ) -> None:
        self._write, self._nouns = write, nouns
        self._lookup, self._number = lookup, number
        self._batches = batches
        self._starts: dict[str, str] = {}
        self.last: Version | None = None
        self._places: dict[str, dict[Facet, list[Place]]] = {}
        self._placed = 0

    def replace(self, revisions: Iterable[Revision], ordinals: Mapping[Key, int]) -> None:
        """End the versions of the revised records and add those of the new revisions.

        They have no facets before `write_facets`.
        """
        by_noun: dict[str, list[Revision]] = defaultdict(list)
        for each in revisions:
            by_noun[each.noun].append(each)
        for name, group in by_noun.items():
            self._end_versions(
                name, [o for r in group if (o := ordinals.get((name, r.id))) is not None]
            )
            made = [
                self._make_version(r, ordinals.get((name, r.id), r.seq))
                for r in group
                if not r.tombstone
            ]
            self._insert_versions(name, made)
            self.last = made[-1] if made else self.last

    def refresh(self, keys: Iterable[Key]) -> None:
        """Add a new version of each record whose derived facts are not what they were."""
        by_noun: dict[str, list[str]] = defaultdict(list)
        for noun, id in keys:
            by_noun[noun].append(id)
        for name, ids in by_noun.items():
            noun = self._nouns[name]
            changed = [
                (old, new)
                for old, new in self._remake_versions(name, ids)
                if _is_changed(noun, old, new.row)
            ]
            self._end_versions(name, [old[0] for old, _ in changed])
            self._insert_versions(name, [new for _, new in changed])
        self.write_facets()

    def stale(self, name: str) -> Iterator[str]:
        """Yield the ids of live records whose version is not what would be made of them now."""
        noun, version = self._nouns[name], self._nouns[name].table
        query = select(version.c.id).where(version.c.superseded == LIVE)
        ids = list(self._write.connection.execute(query).scalars())
        yield from (
            new.row[3]
            for old, new in self._remake_versions(name, ids)
            if _is_changed(noun, old, new.row)
        )

    def _remake_versions(
        self, name: str, ids: Sequence[str]
    ) -> Iterator[tuple[tuple[Any, ...], Version]]:
        version = self._nouns[name].table
        for some in chunks(ids):
            query = (
                select(revision, version)
                .join(version, revision.c.seq == version.c.seq)
                .where(version.c.id.in_(some), version.c.superseded == LIVE)
            )
            for row in self._write.connection.execute(query).all():
                old = tuple(row)[len(revision.c) :]
                of = Revision.of_row(tuple(row)[: len(revision.c)])
                yield old, self._make_version(of, old[0])

    def _make_version(self, of: Revision, ordinal: int) -> Version:
        batch = self._batches.get((of.noun, of.id))
        if batch is not None:
            return batch.mould(of.number).version(of, ordinal, self._number)
        noun = self._nouns[of.noun]
        derived = noun.derive(of.record, self._lookup)
        return mould(noun, of.record, of.number, derived).version(of, ordinal, self._number)

    def _end_versions(self, name: str, ordinals: Sequence[int]) -> None:
        if not ordinals:
            return
        version = self._nouns[name].table
        statement = (
            update(version)
            .where(version.c.ordinal == parameter("of"), version.c.superseded == LIVE)
            .values(superseded=self._number)
        )
        self._write.connection.execute(statement, [{"of": each} for each in ordinals])

    def _insert_versions(self, name: str, made: Sequence[Version]) -> None:
        if not made:
            return
        self._write.insert(self._nouns[name].table, [each.row for each in made])
        self._gather_facets(name, made)
        # In the order of places: FTS5 writes a piece for itself whenever one is lower than before.
        self._write.insert(document, sorted(each.document for each in made if each.document))
        newest = max(start for start, _, _ in (each.place for each in made))
        self._starts[name] = max(newest, self._starts.get(name, clock.UNKNOWN))

    def _gather_facets(self, name: str, made: Sequence[Version]) -> None:
        places = self._places.setdefault(name, defaultdict(list))
        for each in made:
            place = each.place
            for which in each.facets:
                places[which].append(place)
            self._placed += len(each.facets)
        if self._placed >= _MOST_GATHERED:
            self.write_facets()

    def write_facets(self) -> None:
        """Insert the facets of what was inserted, by which nothing of it is found until then.

        They go in the order of the key, so that neighbours are written together; the more there
        are, the more are neighbours.
        """
        if not self._placed:
            return
        self._write.insert(facet, [
            (name, *which, *place)
            for name, places in sorted(self._places.items())
            for which in sorted(places)
            for place in sorted(places[which])
        ])  # fmt: skip
        self._places.clear()
        self._placed = 0

    def move_horizons(self) -> None:
        """Keep the newest starts of what was inserted; the last thing to do."""
        for name, start in self._starts.items():
            self._move_horizon(name, start)
        self._starts.clear()

    def _move_horizon(self, name: str, start: str) -> None:
        found = self._write.rows(_HORIZON, {"noun": name, "one": 1})
        if start == clock.UNKNOWN or (found and found[0][1] >= start):
            return
        if found and found[0][0] == self._number:
            here = (horizon.c.noun == name) & (horizon.c.recorded == self._number)
            self._write.connection.execute(update(horizon).where(here).values(start=start))
        else:
            self._write.insert(horizon, [(name, self._number, start)])


_HORIZON = Prepared(
    select(horizon.c.recorded, horizon.c.start)
    .where(horizon.c.noun == parameter("noun"))
    .order_by(horizon.c.recorded.desc())
    .limit(parameter("one"))
)


def _is_changed(noun: Noun, old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    """Whether two rows of an index table tell different things; when they were recorded is none."""
    same = _without_recorded(old) == _without_recorded(new)
    return not same or not (old[-1] == new[-1] or say_the_same(noun, old[-1], new[-1]))


def _without_recorded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[:1] + row[2:-1]


def say_the_same(noun: Noun, old: bytes, new: bytes) -> bool:
    """Check that two rendered bodies differ only in empty fields and in what was added later.

    An older body lacks fields and links that were added since, and is not rendered again for them:
    an answer that was given stays as it was. A stored body that a shell left as text, or as no
    JSON, is never the same.
    """
    try:
        before, after = parse(old + b"}"), parse(new + b"}")
    except (TypeError, ValueError):
        return False
    for name in noun.later:
        if name not in before:
            after.pop(name, None)
    if before.get("links") == {name: after["links"][name] for name in _FIRST_LINKS}:
        after["links"] = before["links"]
    return _drop_empty(before) == _drop_empty(after)


_FIRST_LINKS = ("self", "history")
"""The links of bodies that were rendered before nouns declared theirs."""


def _drop_empty(served: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in served.items() if value is not None and value != []}
