"""The overlay: changesets that are laid over a snapshot, and stored nowhere else.

Dry runs are checked against it, imports in lots as one changeset over the other; no writer waits.
It hides the stored revisions and references of laid records. Derived ids in the indexes are as
stored; no rule depends on these.

Laid revisions are in a temporary SQLite database, which is on disk when it is large, so memory
stays small. While the snapshot lasts, SQLite's WAL file and PostgreSQL's dead rows grow.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, TypeVar

from api.ledger.names import WHOLE, Range, list_record_keys
from api.ledger.noun import Noun, Record, Reference
from api.ledger.store.transactions import Snapshot
from api.ledger.truth.revisions import Revision, StoredRevision, read_head
from api.ledger.versions.lookup import FEW, MOST_KEYED, Key, PendingLookup

_SETUP = """
PRAGMA journal_mode = OFF;
CREATE TABLE revision (
    seq INTEGER PRIMARY KEY, noun TEXT, id TEXT, number INTEGER, changeset INTEGER,
    tombstone INTEGER, body BLOB, hash BLOB, UNIQUE (noun, id)
);
CREATE TABLE reference (
    noun TEXT, path TEXT, target TEXT, id TEXT, PRIMARY KEY (noun, path, target, id)
) WITHOUT ROWID;
BEGIN;
"""
_INSERT_REVISION = "INSERT OR REPLACE INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_REFERENCE = "INSERT OR IGNORE INTO reference VALUES (?, ?, ?, ?)"
_READ = "SELECT seq, number, tombstone, body, hash, seq FROM revision WHERE noun = ? AND id = ?"
_FIND_LAID = """
SELECT id FROM revision WHERE noun = ? AND id IN (SELECT value FROM json_each(?))
"""
_FIND_REFERRING = """
SELECT id, body FROM reference JOIN revision USING (noun, id)
WHERE noun = ? AND path = ? AND target = ? AND NOT tombstone ORDER BY seq
"""
"""It also finds live records whose earlier laid revisions refer to the target."""

_LIST_REFERRING = """
SELECT DISTINCT id FROM reference JOIN revision USING (noun, id)
WHERE noun = ? AND path = ? AND target IN (SELECT value FROM json_each(?)) AND NOT tombstone
"""

_FIND_KEYED = """
SELECT id, target FROM reference WHERE noun = ? AND path = '' AND target >= ? AND target < ?
LIMIT ?
"""
"""Keys of names have no path; those of earlier laid revisions are found, too."""


_Row = TypeVar("_Row", bound=tuple[Any, ...])


class Overlay(PendingLookup):
    """Reads a snapshot and the changesets laid over it, of which `head` is the newest."""

    def __init__(self, snapshot: Snapshot, nouns: Mapping[str, Noun]) -> None:
        snapshot.begin_reading()
        super().__init__(snapshot, nouns)
        self.snapshot, self.head = snapshot, read_head(snapshot)
        self._laid_texts: dict[str, str | None] = {}
        self._disk = sqlite3.connect("", isolation_level=None)
        self._disk.executescript(_SETUP)

    def close(self) -> None:
        """Delete what was laid."""
        self._disk.close()

    def discard_pending(self) -> None:
        """Forget the records and texts of a pending changeset that was not laid."""
        self._known.clear()
        self._texts = dict(self._laid_texts)
        self.searched = self.copied = self.compared = 0

    def lay_changeset(self, made: Sequence[Revision]) -> None:
        """Lay the pending changeset with its revisions and texts over the others."""
        self._laid_texts = dict(self._texts)
        if made:
            self._disk.executemany(_INSERT_REVISION, (each.row for each in made))
            for each in made:
                rows = ((each.noun, *named, each.id) for named in self._list_named(each))
                self._disk.executemany(_INSERT_REFERENCE, rows)
            self.head = self.head._replace(number=made[-1].changeset, last_seq=made[-1].seq)

    def _list_named(self, made: Revision) -> Iterator[tuple[str, str]]:
        """Yield (path, id) of each reference, and the keys of names, which have no path."""
        noun = self.nouns[made.noun]
        keys = () if made.tombstone else list_record_keys(noun, made.record)
        yield from (("", key) for key in keys if key[0] in WHOLE)
        for ref in noun.references_of(made.record):
            yield from ((ref.path, id) for id in ref.ids(made.record))

    def read_newest(self, keys: Iterable[Key]) -> dict[Key, StoredRevision]:
        keys = list(keys)
        return {**super().read_newest(keys), **self._read_laid(keys)}

    def _read_laid(self, keys: Iterable[Key]) -> dict[Key, StoredRevision]:
        found = ((key, self._disk.execute(_READ, key).fetchone()) for key in keys)
        return {key: StoredRevision(*row) for key, row in found if row is not None}

    def find_referring(self, noun: Noun, ref: Reference, id: str) -> Iterator[tuple[str, bytes]]:
        stored = super().find_referring(noun, ref, id)
        while some := [*islice(stored, FEW)]:
            yield from self._drop_laid(noun, some)
        yield from self._disk.execute(_FIND_REFERRING, (noun.name, ref.path, id)).fetchall()

    def list_referring(self, noun: Noun, ref: Reference, ids: Sequence[str]) -> list[str]:
        stored = self._drop_laid(noun, [(id,) for id in super().list_referring(noun, ref, ids)])
        laid = self._disk.execute(_LIST_REFERRING, (noun.name, ref.path, [*ids]))
        return [id for (id, *_) in chain(stored, laid)]

    def find_keyed(self, noun: Noun, ranges: Sequence[Range]) -> list[tuple[str, str]]:
        found = self._drop_laid(noun, super().find_keyed(noun, ranges))
        for limits in ranges:
            found += self._disk.execute(_FIND_KEYED, (noun.name, *limits, MOST_KEYED))
        return found

    def _drop_laid(self, noun: Noun, stored: Sequence[_Row]) -> list[_Row]:
        """Return the rows, which begin with an id, of the records that are not laid."""
        ids = [*{row[0] for row in stored}]
        laid = {id for (id,) in self._disk.execute(_FIND_LAID, (noun.name, ids))}
        return [row for row in stored if row[0] not in laid]

    def _read_stored(self, ids: Mapping[str, list[str]]) -> Iterator[tuple[Key, Record | None]]:
        yield from super()._read_stored(ids)
        laid = self._read_laid((noun, id) for noun, some in ids.items() for id in some)
        yield from ((key, each.record) for key, each in laid.items())
