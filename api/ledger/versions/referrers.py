"""Finds the live records that refer to another one, or derive facts from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from api.ledger.noun import Noun, Record, Reference
from api.ledger.store.prepared import PreparedStatement, named_parameter
from api.ledger.store.tables import LIVE, facet, revision
from api.ledger.store.transactions import Transaction
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.as_of import is_facet_of
from api.ledger.versions.lookup import Key
from api.ledger.versions.rendering import has_column

BeforeAndAfter = tuple[Record | None, Record | None]
"""The states of a record before and after a changeset."""

ChangedRecords = Mapping[Key, BeforeAndAfter]
"""The changed records of a changeset."""


def find_referrers(
    transaction: Transaction, nouns: Mapping[str, Noun], target: Key
) -> Iterator[tuple[str, str, str]]:
    """Yield (noun, id, path) of each live record that refers to the target."""
    to, id = target
    for noun in nouns.values():
        for ref in noun.references:
            if ref.to == to:
                for referrer, body in _find_referring(transaction, noun, ref, id):
                    if ref.within is None or id in (
                        named for _, named in ref.walk_ids(parse_bytes(body))
                    ):
                        yield noun.name, referrer, ref.path


def _find_referring(
    transaction: Transaction, noun: Noun, ref: Reference, id: str
) -> list[tuple[Any, ...]]:
    """Read (id, bytes) of the live records that refer to an id.

    A reference with `within` may find more: its list also holds ids of other references.
    """
    return transaction.fetch_rows(_select_referring(noun, ref), {"id": id})


@lru_cache(maxsize=256)
def _select_referring(noun: Noun, ref: Reference) -> PreparedStatement:
    version = noun.table
    query = select(version.c.id, revision.c.body).join(revision, revision.c.seq == version.c.seq)
    query = query.where(version.c.superseded == LIVE)
    if has_column(noun, ref):
        return PreparedStatement(query.where(version.c[ref.path] == named_parameter("id")))
    return PreparedStatement(
        query.join(facet, is_facet_of(version, noun.name, ref.facet)).where(
            facet.c.value == named_parameter("id")
        )
    )


def find_dependents(
    transaction: Transaction, nouns: Mapping[str, Noun], changed: ChangedRecords
) -> list[Key]:
    """Find the other live records whose derived facts may depend on a changed record.

    A change reaches the records that refer to the changed one and read a changed field. From these
    it goes on as a change of the field that holds the reference.
    """
    reached: dict[Key, set[str]] = defaultdict(set)
    pending = [
        (key, nouns[key[0]].changed_fields(before, after))
        for key, (before, after) in changed.items()
        if before is not None and after is not None
    ]
    while pending:
        for key, field in _find_readers(transaction, nouns, *pending.pop()):
            if field not in reached[key]:
                reached[key].add(field)
                pending.append((key, frozenset({field})))
    return [key for key in reached if key not in changed]


def _find_readers(
    transaction: Transaction, nouns: Mapping[str, Noun], target: Key, fields: frozenset[str]
) -> Iterator[tuple[Key, str]]:
    """Yield the live records that read some fields of the target, with the referring field."""
    to, id = target
    for noun in nouns.values():
        for ref in noun.references:
            if ref.to == to and fields.intersection(ref.reads):
                for referrer, _ in _find_referring(transaction, noun, ref, id):
                    yield (noun.name, referrer), ref.field
