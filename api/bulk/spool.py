"""The spool: a temporary SQLite database of entries that were read and are not written yet.

It keeps each valid record on disk, so that memory stays small, with its place in the files and its
state: due, postponed or rejected. Entries are listed in the order of writing, their turn: nouns in
an order in which most records come after those that they name, retractions last and in the reverse
order, and within a noun as they were read. SQLite deletes the file when the process ends, however
it ends.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from api.bulk.files import RecordFile
from api.bulk.lines import Line
from api.ledger.truth.canonical import canonical_bytes, parse_bytes
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS_BY_NAME, list_named

_RANKS = {noun: rank for rank, noun in enumerate(NOUNS_BY_NAME)}
_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
CREATE TABLE entry (
    turn INTEGER PRIMARY KEY, noun TEXT, id TEXT, file INTEGER, line INTEGER,
    record BLOB, raw TEXT, expected INTEGER, state INTEGER, UNIQUE (noun, id)
);
CREATE INDEX entry_by_state ON entry (state, turn) WHERE state = 1;
"""
_TURNS_OF_A_NOUN = 2**40
"""How many turns are reserved for each noun: more than any import has lines."""
_LOT_CHARACTERS = 20_000_000
"""A lot ends after this many characters, even if it has fewer records than it may have."""


class EntryState(IntEnum):
    """The state of an entry. Written entries stay DUE, but their turn has passed.

    A POSTPONED entry waits until all others were written or rejected; a REJECTED one is never
    written.
    """

    DUE = 0
    POSTPONED = 1
    REJECTED = 2


@dataclass(frozen=True, slots=True)
class SpoolEntry(Line):
    """A line, with its file, its turn and its state."""

    file: RecordFile
    turn: int
    state: EntryState

    @property
    def place(self) -> str:
        return f"{self.file.path}:{self.number}"

    def list_references(self) -> list[Key]:
        return list_named(self.noun, self.record or {})


class Spool:
    """The entries of one import."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)
        self._disk.executescript(_SETUP)
        # Never committed: no other connection reads it, and commits take time.
        self._disk.execute("BEGIN")
        self._files: list[RecordFile] = []
        self._n = 0
        self.count = 0
        self._size = 0

    def is_larger_than(self, most: int | None) -> bool:
        """Whether the entries need more than one lot of at most `most` entries."""
        return most is not None and (self.count > most or self._size > _LOT_CHARACTERS)

    def close(self) -> None:
        """Delete all entries."""
        self._disk.close()

    def start_file(self, file: RecordFile) -> None:
        """Record that lines added from now on come from this file."""
        self._files.append(file)

    def add_line(self, line: Line) -> SpoolEntry | None:
        """Add a line; return the earlier entry for the same record, if there is one."""
        body = None if line.record is None else canonical_bytes(line.record)
        rank = _RANKS[line.noun] if body is not None else 2 * len(_RANKS) - _RANKS[line.noun]
        values = (line.number, body, line.raw, line.expected, EntryState.DUE)
        if self._insert_entry(line.key, values, rank):
            self.count += 1
            self._size += len(line.raw)
            return None
        return self.find_entry(line.key)

    def add_rejected(self, key: Key, number: int) -> None:
        """Remember a refused line's record, to explain the rejection of records that name it."""
        self._insert_entry(key, (number, None, "", None, EntryState.REJECTED), rank=0)

    def _insert_entry(
        self, key: Key, values: tuple[int, bytes | None, str, int | None, EntryState], rank: int
    ) -> bool:
        """Insert an entry unless there is one for its record; return whether it was inserted."""
        self._n += 1
        turn = rank * _TURNS_OF_A_NOUN + self._n
        row = (turn, *key, len(self._files) - 1, *values)
        statement = "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        return self._disk.execute(statement, row).rowcount > 0

    def find_entry(self, key: Key) -> SpoolEntry | None:
        return next(self._select_entries("noun = ? AND id = ?", key), None)

    def list_next(self, after: int, most: int | None) -> list[SpoolEntry]:
        """List the due entries after a turn, at most `most`."""
        where = "turn > ? AND state = 0 ORDER BY turn LIMIT ?"
        entries: list[SpoolEntry] = []
        size = 0
        for each in self._select_entries(where, (after, -1 if most is None else most)):
            entries.append(each)
            size += len(each.raw)
            if most is not None and size > _LOT_CHARACTERS:
                break
        return entries

    def resume_all(self) -> None:
        """Make all postponed entries due."""
        self._disk.execute("UPDATE entry SET state = 0 WHERE state = 1")

    def set_state(self, state: EntryState, keys: Iterable[Key]) -> None:
        statement = "UPDATE entry SET state = ? WHERE noun = ? AND id = ?"
        self._disk.executemany(statement, [(state, *key) for key in keys])

    def is_pending(self, key: Key, turn: int) -> bool:
        """Whether a record's entry is postponed, or due only after this turn."""
        pending = "state = 1 OR (state = 0 AND turn > ?)"
        query = f"SELECT 1 FROM entry WHERE noun = ? AND id = ? AND ({pending})"  # noqa: S608
        return self._disk.execute(query, (*key, turn)).fetchone() is not None

    def list_postponed(self) -> Iterator[SpoolEntry]:
        """Yield the postponed entries by turn; the spool must not change meanwhile."""
        return self._select_entries("state = 1 ORDER BY turn", ())

    def _select_entries(self, where: str, values: Sequence[Any]) -> Iterator[SpoolEntry]:
        query = f"SELECT * FROM entry WHERE {where}"  # noqa: S608
        rows = self._disk.execute(query, values)
        for turn, noun, id, file, line, body, raw, expected, state in rows:
            record = None if body is None else parse_bytes(body)
            at = self._files[int(file)], turn, EntryState(state)
            yield SpoolEntry(line, noun, id, record, raw, *at, expected=expected)
