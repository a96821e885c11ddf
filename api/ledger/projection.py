"""Projections: the versions that lists and records are read from, kept in step with the truth.

A version holds what follows from a revision and from the records it draws on. A changeset ends
the versions of the records it changes, and of those whose derived facts come out differently now
(`dependents`, `Versions.refresh`); it adds new ones in their place. So a version's bytes are what
was known, and reading at a changeset is choosing the versions that were there then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from api.ledger.canonical import parse
from api.ledger.lookup import Key, PendingLookup, chunks
from api.ledger.noun import Noun, Record, Reference
from api.ledger.render import opening
from api.ledger.search import document_words, insert_documents
from api.ledger.tables import LIVE, Row, facet, revision

_COMMON = ("ordinal", "recorded", "superseded", "id", "seq", "changeset", "hash", "body")

Fresh = Mapping[Key, tuple[Record | None, Record | None]]


def referrers(
    connection: Connection, nouns: Mapping[str, Noun], target: Key
) -> Iterator[tuple[str, str, str]]:
    """Yield (noun, id, path) of each live record that refers to the target."""
    to, id = target
    for noun in nouns.values():
        for ref in noun.references:
            if ref.to == to:
                for referrer in _referring(connection, noun, ref, id):
                    yield noun.name, referrer, ref.path


def _referring(connection: Connection, noun: Noun, ref: Reference, id: str) -> list[str]:
    version = noun.table
    query = select(version.c.id).where(version.c.superseded == LIVE)
    if has_column(noun, ref):
        query = query.where(version.c[ref.path] == id)
    else:
        query = query.join(facet, _is_of(noun)).where(
            facet.c.noun == noun.name, facet.c.name == ref.facet, facet.c.value == id
        )
    return list(connection.execute(query).scalars())


def _is_of(noun: Noun) -> Any:
    version = noun.table
    return and_(facet.c.ordinal == version.c.ordinal, facet.c.recorded == version.c.recorded)


def has_column(noun: Noun, ref: Reference) -> bool:
    """Whether a reference is looked up in an index column rather than among the facets."""
    return ref.path in noun.table.c


def dependents(connection: Connection, nouns: Mapping[str, Noun], fresh: Fresh) -> list[Key]:
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
                for referrer in _referring(connection, noun, ref, id):
                    key = (noun.name, referrer)
                    if ref.field not in reached[key]:
                        reached[key].add(ref.field)
                        ahead.append((key, frozenset({ref.field})))
    return [key for key in reached if key not in fresh]


class Versions:
    """Writes the versions of one changeset."""

    def __init__(
        self,
        connection: Connection,
        nouns: Mapping[str, Noun],
        lookup: PendingLookup,
        number: int,
    ) -> None:
        self._connection, self._nouns = connection, nouns
        self._lookup, self._number = lookup, number

    def replace(self, rows: Iterable[Row], ordinals: Mapping[Key, int]) -> None:
        """End the versions of the revised records and add those of the new revisions."""
        by_noun: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_noun[row["noun"]].append(row)
        for name, group in by_noun.items():
            known = [o for r in group if (o := ordinals.get((name, r["id"]))) is not None]
            self._end(name, known)
            live = [r for r in group if not r["tombstone"]]
            made = [self._make(r, ordinals.get((name, r["id"]), r["seq"])) for r in live]
            self._insert(name, made)

    def refresh(self, keys: Iterable[Key]) -> None:
        """Add a new version of each record whose derived facts are not what they were."""
        by_noun: dict[str, list[str]] = defaultdict(list)
        for noun, id in keys:
            by_noun[noun].append(id)
        for name, ids in by_noun.items():
            changed = [
                (old, new) for old, new in self._remade(name, ids) if _differ(old, new["columns"])
            ]
            self._end(name, [old["ordinal"] for old, _ in changed])
            self._insert(name, [new for _, new in changed])

    def stale(self, name: str) -> Iterator[str]:
        """Yield the ids of live records whose version is not what would be made of them now."""
        version = self._nouns[name].table
        query = select(version.c.id).where(version.c.superseded == LIVE)
        ids = list(self._connection.execute(query).scalars())
        yield from (new["id"] for old, new in self._columns_remade(name, ids) if _differ(old, new))

    def _columns_remade(self, name: str, ids: Sequence[str]) -> Iterator[tuple[Row, Row]]:
        return ((old, new["columns"]) for old, new in self._remade(name, ids))

    def _remade(self, name: str, ids: Sequence[str]) -> Iterator[tuple[Row, dict[str, Any]]]:
        version = self._nouns[name].table
        for some in chunks(ids):
            query = (
                select(version, revision.c.number, revision.c.body.label("canonical"))
                .join(revision, revision.c.seq == version.c.seq)
                .where(version.c.id.in_(some), version.c.superseded == LIVE)
            )
            for old in self._connection.execute(query).mappings().all():
                source = {**old, "noun": name, "body": old["canonical"]}
                yield old, self._make(source, old["ordinal"])

    def _make(self, row: Row, ordinal: int) -> dict[str, Any]:
        """Make a version's columns and facets from a revision's row."""
        noun = self._nouns[row["noun"]]
        record = parse(row["body"])
        derived = noun.derive(record, self._lookup)
        facts = {**derived, **record}
        columns = {
            "ordinal": ordinal,
            "recorded": self._number,
            "superseded": LIVE,
            "id": record["id"],
            "seq": row["seq"],
            "changeset": row["changeset"],
            "hash": row["hash"],
            "body": opening(noun, record, row["number"], derived),
        }
        columns |= {c.name: facts.get(c.name) for c in noun.table.c if c.name not in _COMMON}
        return {
            "columns": columns,
            "facets": _facets(noun, record, derived, columns),
            "words": document_words(noun, facts),
        }

    def _end(self, name: str, ordinals: Sequence[int]) -> None:
        if not ordinals:
            return
        version = self._nouns[name].table
        statement = (
            update(version)
            .where(version.c.ordinal == bindparam("of"), version.c.superseded == LIVE)
            .values(superseded=self._number)
        )
        self._connection.execute(statement, [{"of": each} for each in ordinals])

    def _insert(self, name: str, made: Sequence[Row]) -> None:
        if made:
            table = self._nouns[name].table
            self._connection.execute(insert(table), [each["columns"] for each in made])
        if facets := [row for each in made for row in each["facets"]]:
            self._connection.execute(insert(facet), facets)
        insert_documents(self._connection, self._nouns[name], made)


def _facets(
    noun: Noun, record: Record, derived: Mapping[str, Any], columns: Row
) -> list[dict[str, Any]]:
    pairs = {
        (ref.facet, id)
        for ref in noun.references
        if not has_column(noun, ref)
        for _, id in ref.walk(record)
    }
    facts = {**derived, **record}
    pairs |= {(name, value) for name in noun.facets for value in facts.get(name, ())}
    return [
        {
            "noun": noun.name,
            "name": name,
            "value": value,
            "ordinal": columns["ordinal"],
            "recorded": columns["recorded"],
        }
        for name, value in sorted(pairs)
    ]


def _differ(old: Row, new: Row) -> bool:
    return any(
        old[name] != value and not (name == "body" and say_the_same(old[name], value))
        for name, value in new.items()
        if name != "recorded"
    )


def say_the_same(old: bytes, new: bytes) -> bool:
    """Whether two rendered bodies differ in empty fields alone.

    A field that was added to a noun later is absent from older bodies, and they are not rendered
    again for it: an answer that was given stays as it was. What is no JSON says nothing.
    """
    try:
        return _said(old) == _said(new)
    except (TypeError, ValueError):
        return False


def _said(body: bytes) -> dict[str, Any]:
    return {k: v for k, v in parse(body + b"}").items() if v is not None and v != []}
