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
from pathlib import Path
from typing import Any

from api.bulk.lines import Line
from api.ledger.noun import Record
from api.ledger.truth.canonical import canonical_bytes, parse_bytes
from api.ledger.versions.lookup import Key
from api.nouns import NOUNS_BY_NAME, list_named

_RANKS = {noun: rank for rank, noun in enumerate(NOUNS_BY_NAME)}
_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
CREATE TABLE entry (
    n INTEGER PRIMARY KEY, turn INTEGER, noun TEXT, id TEXT, file INTEGER, line INTEGER,
    record BLOB, raw TEXT, expected INTEGER, state INTEGER, UNIQUE (noun, id)
);
CREATE INDEX entry_by_turn ON entry (turn);
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
    """A line, with its file and its turn."""

    path: Path
    turn: int

    @property
    def place(self) -> str:
        """Its file and line."""
        return f"{self.path}:{self.number}"

    def list_references(self) -> list[Key]:
        """List the records that it names."""
        return list_named(self.noun, self.record or {})


class Spool:
    """The entries of one import."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)
        self._disk.executescript(_SETUP)
        # Never committed: no other connection reads it, and commits take time.
        self._disk.execute("BEGIN")
        self._files: list[Path] = []
        self._n = 0
        self.count = 0
        self._size = 0

    def is_larger_than(self, most: int | None) -> bool:
        """Whether the entries need more than one lot of at most `most` entries."""
        return most is not None and (self.count > most or self._size > _LOT_CHARACTERS)

    def close(self) -> None:
        """Delete all entries."""
        self._disk.close()

    def start_file(self, path: Path) -> None:
        """Record that lines added from now on come from this file."""
        self._files.append(path)

    def add_line(self, line: Line) -> str | None:
        """Add a line; return the place of an earlier line for the same record, if there is one."""
        body = None if line.record is None else canonical_bytes(line.record)
        rank = _RANKS[line.noun] if body is not None else 2 * len(_RANKS) - _RANKS[line.noun]
        values = (line.number, body, line.raw, line.expected, EntryState.DUE)
        if self._insert_entry(line.key, values, rank):
            self.count += 1
            self._size += len(line.raw)
            return None
        return self.find_place(line.key)

    def add_rejected(self, key: Key, number: int) -> None:
        """Remember a refused line's record, to explain the rejection of records that name it."""
        self._insert_entry(key, (number, None, "", None, EntryState.REJECTED), rank=0)

    def _insert_entry(
        self, key: Key, values: tuple[int, bytes | None, str, int | None, EntryState], rank: int
    ) -> bool:
        """Insert an entry unless there is one for its record; return whether it was inserted."""
        self._n += 1
        turn = rank * _TURNS_OF_A_NOUN + self._n
        row = (self._n, turn, *key, len(self._files) - 1, *values)
        statement = "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        return self._disk.execute(statement, row).rowcount > 0

    def find_place(self, key: Key) -> str | None:
        """Find the place of a record's line."""
        query = "SELECT file, line FROM entry WHERE noun = ? AND id = ?"
        row = self._disk.execute(query, key).fetchone()
        return None if row is None else f"{self._files[row[0]]}:{row[1]}"

    def find_record(self, key: Key) -> Record | None:
        """Find a record among the entries."""
        entries = self._select_entries("noun = ? AND id = ?", key)
        return next((each.record for each in entries), None)

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
        """Set the state of the entries of these records."""
        statement = "UPDATE entry SET state = ? WHERE noun = ? AND id = ?"
        self._disk.executemany(statement, [(state, *key) for key in keys])

    def is_pending(self, key: Key, turn: int) -> bool:
        """Whether a record's entry is postponed, or due only after this turn."""
        query = "SELECT state, turn FROM entry WHERE noun = ? AND id = ?"
        row = self._disk.execute(query, key).fetchone()
        return row is not None and (
            row[0] == EntryState.POSTPONED or (row[0] == EntryState.DUE and row[1] > turn)
        )

    def is_rejected(self, key: Key) -> bool:
        """Whether a record's entry was rejected."""
        query = "SELECT 1 FROM entry WHERE noun = ? AND id = ? AND state = 2"
        return self._disk.execute(query, key).fetchone() is not None

    def list_postponed(self) -> Iterator[SpoolEntry]:
        """Yield the postponed entries by turn; the spool must not change meanwhile."""
        return self._select_entries("state = 1 ORDER BY turn", ())

    def find_postponed(self, key: Key) -> SpoolEntry | None:
        """Find a record's entry if it is postponed."""
        return next(self._select_entries("noun = ? AND id = ? AND state = 1", key), None)

    def _select_entries(self, where: str, values: Sequence[Any]) -> Iterator[SpoolEntry]:
        columns = "record, file, expected, line, noun, id, raw, turn"
        query = f"SELECT {columns} FROM entry WHERE {where}"  # noqa: S608
        for body, file, expected, line, noun, id, raw, turn in self._disk.execute(query, values):
            record = None if body is None else parse_bytes(body)
            path = self._files[int(file)]
            yield SpoolEntry(line, noun, id, record, raw, path, turn, expected=expected)
