"""The advisory locks of PostgreSQL: that of the one writer, and that of the commit barrier.

Each is held by a transaction and ends with it, so a pooler may give every transaction another
connection. Both sides of the barrier read the clock of the database's host, so the clocks of the
servers may differ: a writer after it has closed the barrier, a reader before it passes.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import BigInteger, Connection, Engine, cast, func, select

from api import clock
from api.errors import Busy
from api.ledger.store.transactions import PreparedStatement, Snapshot

_WRITER, _BARRIER = 0x53514E01, 0x53514E02

_PATIENCE, _POLL_SECONDS = 2.0, 0.005
"""For how many seconds a reader waits for a commit, and how often it looks."""

LOCK_WRITERS = f"SELECT pg_advisory_xact_lock({_WRITER})"

_MICROSECONDS = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)

_LOCK_BARRIER = f"""
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    FROM (SELECT pg_advisory_xact_lock({_BARRIER})) AS held
"""  # noqa: S608, a number of ours
"""The clock is read when the lock is held: the inner query is volatile, so it runs first."""

_TRY_BARRIER = PreparedStatement(
    select(_MICROSECONDS, func.pg_try_advisory_xact_lock_shared(_BARRIER), func.pg_is_in_recovery())
)
"""The clock stands first, so it is read before the lock is tried. Outside of a transaction, the
lock ends with the statement."""


def read_instant(connection: Connection) -> int:
    """Return the present instant by the clock of the database's host, in microseconds."""
    if connection.dialect.name == "sqlite":
        return clock.now()
    return connection.execute(select(_MICROSECONDS)).scalar_one()


def close_barrier(connection: Connection) -> int:
    """Make readers wait until the transaction ends; return the instant, in microseconds."""
    return connection.exec_driver_sql(_LOCK_BARRIER).scalar_one()


def pass_barrier(snapshot: Snapshot) -> tuple[int, bool]:
    """Wait until no writer is between stamp and commit; return the instant before that.

    The second value is whether this is a standby. Raises Busy if a commit takes long, as one that
    waits for a standby which is away.
    """
    now, passed, is_standby = snapshot.fetch_alone(_TRY_BARRIER, {})[0]
    end = time.monotonic() + _PATIENCE
    while not passed:
        if time.monotonic() > end:
            raise Busy("a write is being committed; ask again in a second")
        time.sleep(_POLL_SECONDS)
        _, passed, is_standby = snapshot.fetch_alone(_TRY_BARRIER, {})[0]
    return now, is_standby


@contextmanager
def lock_out_writers(engine: Engine, lock_timeout: int) -> Generator[None]:
    """Make other writers wait, by a transaction on a connection of its own."""
    with engine.begin() as holding:
        holding.exec_driver_sql(
            f"SET LOCAL lock_timeout = '{lock_timeout}s'; "
            f"SET LOCAL idle_in_transaction_session_timeout = 0; {LOCK_WRITERS}"
        )
        yield
