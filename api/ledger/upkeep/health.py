"""How a registry is: its schema, its newest changeset, the lag of a standby, the room for more.

A standby lags by the age of what it replayed last; while nothing is written anywhere, the age says
nothing, so it is 0 where all that was received has been replayed. The room is that of the file
system under SQLite's file. PostgreSQL does not tell its own.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from api import clock
from api.ledger.store.advisory_locks import read_instant
from api.ledger.store.database import Database
from api.ledger.store.tables import SCHEMA
from api.ledger.truth.revisions import Head, describe_clock, read_head

_LITTLE_ROOM = 200_000_000

_LAG = text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL "
    "WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
    "ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"
)


@dataclass(frozen=True, slots=True)
class Health:
    """The head, the lag in seconds (None: this is no standby), and the free bytes (None: unknown).

    All that is read is of this code's schema, else reading fails. `standbys` has a line for each of
    those that requests read.
    """

    head: Head
    lag: float | None
    room: int | None
    clock_fault: str | None = None
    standbys: Sequence[str] = ()

    def describe(self) -> Iterator[str]:
        """Yield a line for each part."""
        yield f"schema {SCHEMA}"
        at = f" of {clock.format_instant(self.head.recorded_at)}" if self.head.number else ""
        yield f"changeset {self.head.number}{at}"
        if self.lag is not None:
            yield f"standby, {self.lag:.1f} s behind"
        if self.room is not None:
            warning = ": too little, writes may fail soon" if self.room < _LITTLE_ROOM else ""
            yield f"room {self.room / 1e9:.1f} GB{warning}"
        if self.clock_fault is not None:
            yield self.clock_fault
        yield from self.standbys

    def figures(self) -> dict[str, tuple[str, float]]:
        """Return the figures with their descriptions, by name, for metrics."""
        left_out = sum("left out" in each for each in self.standbys)
        found = {
            "newest_changeset": ("The number of the newest changeset.", self.head.number),
            "replay_lag_seconds": ("How far a standby is behind.", self.lag),
            "free_bytes": ("The room left on the disk of the database.", self.room),
            "standbys_left_out": ("How many standbys are not read.", left_out),
        }
        return {name: (about, v) for name, (about, v) in found.items() if v is not None}


def read_health(database: Database) -> Health:
    """Return how a registry is; raises NotReady if the schema is another than the code's."""
    with database.read_snapshot() as snapshot:
        head = read_head(snapshot)
        lag = None if database.is_sqlite else snapshot.connection.execute(_LAG).scalar()
        ahead = describe_clock(head, read_instant(snapshot.connection))
    return Health(head, None if lag is None else float(lag), _measure_room(database), ahead)


def _measure_room(database: Database) -> int | None:
    file = database.url.database or ""
    if not database.is_sqlite or not Path(file).exists():
        return None
    return shutil.disk_usage(Path(file).resolve().parent).free
