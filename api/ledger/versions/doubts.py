"""Warnings about written records that follow from their state before, or from other records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator

from api.errors import RecordProblem
from api.ledger.noun import Record
from api.ledger.versions.lookup import Key, PendingLookup
from api.ledger.versions.referrers import ChangedRecords


def find_doubts(
    lookup: PendingLookup, changed: ChangedRecords, batched: Container[Key]
) -> Iterator[RecordProblem]:
    """Yield the doubts about valid changed records; new ones of identical batches have none."""
    by_noun: defaultdict[str, dict[str, tuple[Record | None, Record]]] = defaultdict(dict)
    for key, (before, after) in changed.items():
        if after is not None and (before is not None or key not in batched):
            by_noun[key[0]][key[1]] = before, after
    lookup.written = changed
    for noun, written in by_noun.items():
        for id, problem in lookup.nouns[noun].find_doubts(written, lookup):
            yield RecordProblem(noun, id, problem)
