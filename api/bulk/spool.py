"""The spool: what was read and is not written yet, on disk, so that memory stays small.

It keeps each record that fits its schema, where it came from, and whether it is still ahead, put
off, or rejected. It hands them out in the order in which they are written: nouns so that what a
record names mostly comes before it, retractions at the end and the other way round; within a noun
as they were read. SQLite's own temporary file holds it: it is gone with the process, however that
ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from api.bulk.lines import BY_NAME, Line
from api.ledger import Change
from api.ledger.canonical import canonical, parse
from api.ledger.lookup import Key
from api.ledger.noun import Record

_RANKS = {noun: rank for rank, noun in enumerate(BY_NAME)}
_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
CREATE TABLE entry (
    n INTEGER PRIMARY KEY, turn INTEGER, noun TEXT, id TEXT, file INTEGER, line INTEGER,
    record BLOB, raw TEXT, state INTEGER, UNIQUE (noun, id)
);
CREATE INDEX entry_by_turn ON entry (turn);
CREATE INDEX entry_by_state ON entry (state, turn) WHERE state = 1;
"""
_A_ROUND = 2**40
"""How far the turns of two nouns lie apart: more than there are lines in any import."""
_HEAVY = 20_000_000
"""How many characters of lines make a lot that is large enough, however few lines they are."""


class EntryState(IntEnum):
    """What is to become of an entry. What is written stays AHEAD: its turn has passed."""

    AHEAD = 0
    PUT_OFF = 1
    REJECTED = 2


@dataclass(frozen=True, slots=True)
class SpoolEntry:
    """A record with its turn and the place that it was read from."""

    turn: int
    noun: str
    id: str
    record: Record | None
    path: Path
    line: int
    raw: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.path}:{self.line}"

    @property
    def key(self) -> Key:
        """Which record it is."""
        return self.noun, self.id

    @property
    def change(self) -> Change:
        """What it does to the registry, whatever is there."""
        return Change(self.noun, self.id, self.record)

    def list_references(self) -> Iterator[Key]:
        """Yield what it names."""
        for ref in BY_NAME[self.noun].noun.references:
            for _, id in ref.walk(self.record or {}):
                yield ref.to, id


class Spool:
    """Entries between reading and writing."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)
        self._disk.executescript(_SETUP)
        self._disk.execute("BEGIN")  # for good: nobody else reads it, and commits take time
        self._files: list[Path] = []
        self._n = 0
        self.count = 0
        self._size = 0

    def is_larger_than(self, most: int | None) -> bool:
        """Whether there is more than one lot of at most so many entries."""
        return most is not None and (self.count > most or self._size > _HEAVY)

    def close(self) -> None:
        """Forget everything."""
        self._disk.close()

    def start_file(self, path: Path) -> None:
        """Let what is added from now on come from that file."""
        self._files.append(path)

    def add_line(self, line: Line) -> str | None:
        """Add what a line says; gives the place where the same record stands already, if any."""
        body = None if line.record is None else canonical(line.record)
        rank = _RANKS[line.noun]
        turn = rank if body is not None else 2 * len(_RANKS) - rank
        place = self._insert_entry(
            line.noun, line.id, line.number, EntryState.AHEAD, body, line.raw, turn
        )
        if place is None:
            self.count += 1
            self._size += len(line.raw)
        return place

    def add_rejected(self, key: Key, number: int) -> None:
        """Remember that a line was to be a record, so that who names it can be told why not."""
        self._insert_entry(*key, number, EntryState.REJECTED, None, "", 0)

    def _insert_entry(
        self,
        noun: str,
        id: str,
        number: int,
        state: EntryState,
        body: bytes | None,
        raw: str,
        part: int,
    ) -> str | None:
        self._n += 1
        file, turn = len(self._files) - 1, part * _A_ROUND + self._n
        row = (self._n, turn, noun, id, file, number, body, raw, state)
        done = self._disk.execute(
            "INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row
        )
        return None if done.rowcount else self.find_place((noun, id))

    def find_place(self, key: Key) -> str | None:
        """Tell where a record stands."""
        query = "SELECT file, line FROM entry WHERE noun = ? AND id = ?"
        row = self._disk.execute(query, key).fetchone()
        return None if row is None else f"{self._files[row[0]]}:{row[1]}"

    def find_record(self, key: Key) -> Record | None:
        """Give what an entry says of a record; None where none does."""
        found = self._select_entries("noun = ? AND id = ?", key)
        return next((each.record for each in found), None)

    def list_next(self, beyond: int, most: int | None) -> list[SpoolEntry]:
        """Give the next entries whose turn is beyond one, at most so many."""
        where = "turn > ? AND state = 0 ORDER BY turn LIMIT ?"
        found: list[SpoolEntry] = []
        size = 0
        for each in self._select_entries(where, (beyond, -1 if most is None else most)):
            found.append(each)
            size += len(each.raw)
            if most is not None and size > _HEAVY:
                break
        return found

    def postpone_entries(self, keys: Iterable[Key]) -> None:
        """Let entries wait until all others have had their turn."""
        self._set_state(EntryState.PUT_OFF, keys)

    def reject_entries(self, keys: Iterable[Key]) -> None:
        """Let entries never be written."""
        self._set_state(EntryState.REJECTED, keys)

    def resume_entries(self, keys: Iterable[Key]) -> None:
        """Let entries that were put off wait no longer."""
        self._set_state(EntryState.AHEAD, keys)

    def resume_all(self) -> None:
        """Let every entry be ahead once more."""
        self._disk.execute("UPDATE entry SET state = 0 WHERE state = 1")

    def _set_state(self, state: EntryState, keys: Iterable[Key]) -> None:
        statement = "UPDATE entry SET state = ? WHERE noun = ? AND id = ?"
        self._disk.executemany(statement, [(state, *key) for key in keys])

    def is_pending(self, key: Key, turn: int) -> bool:
        """Whether an entry for that record is put off, or has its turn only after that one."""
        query = "SELECT state, turn FROM entry WHERE noun = ? AND id = ?"
        row = self._disk.execute(query, key).fetchone()
        return row is not None and (
            row[0] == EntryState.PUT_OFF or (row[0] == EntryState.AHEAD and row[1] > turn)
        )

    def is_rejected(self, key: Key) -> bool:
        """Whether an entry for that record was rejected."""
        query = "SELECT 1 FROM entry WHERE noun = ? AND id = ? AND state = 2"
        return self._disk.execute(query, key).fetchone() is not None

    def list_postponed(self) -> Iterator[SpoolEntry]:
        """Yield the entries that were put off, in their order; nothing may change meanwhile."""
        return self._select_entries("state = 1 ORDER BY turn", ())

    def find_postponed(self, key: Key) -> SpoolEntry | None:
        """Give the entry for a record if it was put off."""
        return next(self._select_entries("noun = ? AND id = ? AND state = 1", key), None)

    def _select_entries(self, where: str, values: Sequence[Any]) -> Iterator[SpoolEntry]:
        query = f"SELECT turn, noun, id, record, file, line, raw FROM entry WHERE {where}"  # noqa: S608
        for turn, noun, id, body, file, line, raw in self._disk.execute(query, values):
            record = None if body is None else parse(body)
            path = self._files[int(file)]
            yield SpoolEntry(turn, noun, id, record, path, line, raw)
