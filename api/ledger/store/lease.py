"""The state of a PostgreSQL database, trusted without asking again for the time of a lease.

A request that begins after a write was acknowledged, or seen by another request, sees it on every
host that reads the primary.

1. A writer **announces** its commit when it begins: it holds a shared advisory lock to the end of
   its transaction, and commits `_WAIT` after it got the lock at the earliest. It works meanwhile.
2. A reader's look tries that lock exclusively, and reads the state in a later statement of the same
   READ COMMITTED transaction. If it got the lock, it has a lease that ends `LEASE` after it began
   to send the look. If not, the state serves this request alone.

Why this holds: when a look gets the lock, no commit is announced. Earlier commits are in the state:
their locks were freed after they became visible, and the state is read after that. Later ones are
announced after the look was sent, so they come when the lease has ended. A writer that dies frees
its lock and commits nothing. Nobody waits for readers, so these may hang or die.

Assumptions:

- **Clocks may differ, their rates hardly.** A second of one host is at most `_WAIT / LEASE` seconds
  of another; chrony slews by at most a twelfth. A host that is paused from outside, as a virtual
  machine that moves, must count the pause on its clock, or get no request right after it.
- **Every commit that changes an answer is announced**: all go through `Database.begin_write`. What
  other programs commit is seen after `LEASE` at the latest.
- **All hosts use the same length.** A change of it needs a migration, for which each write looks.
- **There is one primary.** On failover the old one is fenced before the new one takes writes. A
  standby shows commits without their announcements, so it gives no leases.

Transaction ids may repeat on another server, or after a crash. A state therefore also names the
start of the server, which stands for its timeline, and the hash of the newest changeset.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import NamedTuple

from api import clock
from api.ledger.store.state import PATIENCE, DatabaseState, Extent

LEASE = 5_000_000
"""Nanoseconds for which a state is trusted; a look takes 150 µs of processor time."""

_WAIT, _RENEWAL = LEASE * 6 // 5, LEASE * 4 // 5
"""How old an announcement is before its commit; from which age on one request renews a lease."""

_LOCK = 0x53514E03

ANNOUNCE_COMMIT = f"SELECT pg_advisory_xact_lock_shared({_LOCK})"

_LOOK = f"""
    BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
    SELECT NOT pg_is_in_recovery() AND pg_try_advisory_xact_lock({_LOCK});
    SELECT pg_postmaster_start_time()::text, pg_current_snapshot()::text,
        pg_last_wal_replay_lsn()::text, pg_is_in_recovery(), coalesce(number, 0),
        (SELECT coalesce(max(number), 0) FROM audit), hash
    FROM (SELECT) AS one LEFT JOIN
        (SELECT number, hash FROM changeset ORDER BY number DESC LIMIT 1) AS newest ON true;
    COMMIT
"""  # noqa: S608, a number of ours
"""The snapshot of a standby alone does not show every commit that it replays."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def read_clock() -> int:
    """Return nanoseconds on a clock that is never set, and does not stop while a machine sleeps."""
    return time.clock_gettime_ns(_CLOCK)


def wait_for_leases(announced: int) -> None:
    """Wait until the leases have ended that were taken before a commit was surely announced."""
    while (left := announced + _WAIT - read_clock()) > 0:
        time.sleep(left / 1e9)


class ServerState(NamedTuple):
    """What a look finds: it differs after every commit, and on another server."""

    started: str
    snapshot: str
    replayed: str | None
    is_standby: bool
    changeset: int
    audit: int
    hash: bytes | None

    @property
    def extent(self) -> Extent:
        """How far the database is."""
        return Extent(self.changeset, self.audit)


class _Lease(NamedTuple):
    """A state, from when on it is read again, and until when it is trusted."""

    state: Hashable = None
    renewal: int = 0
    until: int = 0


class LeasedState(DatabaseState):
    """Reads the state of a PostgreSQL database."""

    _lease = _Lease()

    def read_state(self) -> Hashable:
        lease, now = self._lease, read_clock()
        if now >= lease.renewal:
            is_valid = now < lease.until
            if self._lock.acquire(timeout=0 if is_valid else PATIENCE):
                lease = self._renew_lease(now)
            elif not is_valid:
                return None
        return lease.state and (clock.now() // clock.DAY, lease.state)

    def _renew_lease(self, asked: int) -> _Lease:
        """Look, unless another thread began to after the state was asked for; free the lock."""
        try:
            if asked >= self._lease.renewal:
                self._lease = self._look()
        except self._errors:
            self._close_connection()
            self._lease = _Lease(None, read_clock())  # those that wait do not try it again
        finally:
            self._lock.release()
        return self._lease

    def _look(self) -> _Lease:
        driver = self._driver or self._open_connection()
        driver.patience = PATIENCE
        sent = read_clock()
        results = driver.execute(_LOOK)
        [is_leased] = results.set_result(1).fetchone()
        state = ServerState(*results.set_result(2).fetchone())
        return _Lease(state, sent + _RENEWAL, sent + LEASE) if is_leased else _Lease(state, sent)

    def _close_connection(self) -> None:
        super()._close_connection()
        self._lease = _Lease()
