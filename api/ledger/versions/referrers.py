"""Finds the live records that refer to another one, or derive facts from it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from api.ledger.noun import Record
from api.ledger.truth.canonical import parse_bytes
from api.ledger.versions.lookup import Key, PendingLookup

BeforeAndAfter = tuple[Record | None, Record | None]
"""The states of a record before and after a changeset."""

ChangedRecords = Mapping[Key, BeforeAndAfter]
"""The changed records of a changeset."""


def find_referrers(lookup: PendingLookup, target: Key) -> Iterator[tuple[str, str, str]]:
    """Yield (noun, id, path) of each live record that refers to the target."""
    to, id = target
    for noun in lookup.nouns.values():
        for ref in noun.references:
            if ref.to == to:
                for referrer, body in lookup.find_referring(noun, ref, id):
                    if id in (named for _, named in ref.walk_ids(parse_bytes(body))):
                        yield noun.name, referrer, ref.path


def find_dependents(lookup: PendingLookup, changed: ChangedRecords) -> list[Key]:
    """Find the other live records whose derived facts may depend on a changed record.

    A change reaches the records that refer to the changed one and read a changed field. From these
    it goes on as a change of the field that holds the reference.
    """
    reached: dict[Key, set[str]] = defaultdict(set)
    pending = [
        (key, lookup.nouns[key[0]].changed_fields(before, after))
        for key, (before, after) in changed.items()
        if before is not None and after is not None
    ]
    while pending:
        for key, field in _find_readers(lookup, *pending.pop()):
            if field not in reached[key]:
                reached[key].add(field)
                pending.append((key, frozenset({field})))
    return [key for key in reached if key not in changed]


def _find_readers(
    lookup: PendingLookup, target: Key, fields: frozenset[str]
) -> Iterator[tuple[Key, str]]:
    """Yield the live records that read some fields of the target, with the referring field."""
    to, id = target
    for noun in lookup.nouns.values():
        for ref in noun.references:
            if ref.to == to and fields.intersection(ref.reads):
                for referrer, _ in lookup.find_referring(noun, ref, id):
                    yield (noun.name, referrer), ref.field
