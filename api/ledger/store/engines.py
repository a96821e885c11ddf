"""The SQLAlchemy engines of SQLite and PostgreSQL, with their pragmas, pools and timeouts.

The writer's connections are pooled; `database` keeps those of readers itself.

No connection holds anything for longer than a transaction, so PgBouncer may pool transactions:
timeouts are set by SET LOCAL, and statements prepared by messages that it follows. A server that is
frozen enforces no timeout, so the client closes a connection that does not answer, too.
"""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from api.errors import Invalid
from api.settings import Settings

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

_MAP = "mmap_size = 2147418112"
"""The most that a usual build of SQLite maps; pages beyond it are copied on reading."""

WRITER_PRAGMAS = (
    f"page_size = {PAGE_SIZE}",
    "journal_mode = WAL",
    # NORMAL can lose acknowledged commits on power loss.
    "synchronous = FULL",
    # It fires the guards for rows that INSERT OR REPLACE deletes.
    "recursive_triggers = ON",
    _MAP,
    # In KiB; the map has the pages that are only read, and every worker has a writer.
    "cache_size = -4000",
    # What ten thousand votes change fits; else pages are written to the log several times.
    "cache_spill = -32000",
)
READER_PRAGMAS = ("query_only = ON", _MAP)

IDENTITY = "identity"
"""The key in a pooled connection's `info` that holds which file it opened."""

_STATEMENT_FAULTS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE)
READ_ONLY = re.compile("readonly database|read-only transaction")
"""What both engines say of a write to a read-only file, or to a standby."""

_CACHED_QUERIES = 128
"""How many compiled queries SQLAlchemy caches for an engine; a large one takes 200 KB."""

_GRACE = 1
"""Seconds that the client waits longer than the server, whose own error says more."""


def add_grace(timeout: int) -> float | None:
    """Return how long the client waits for an answer; a timeout of 0 is none."""
    return timeout + _GRACE if timeout else None


def make_sqlite_engine(
    url: URL, settings: Settings, identity: Callable[[], object], *, writes: bool
) -> Engine:
    """Make SQLite's engine for readers, or for the writer; `identity` tells which file is there."""
    engine = create_engine(
        url,
        connect_args={"timeout": settings.lock_timeout_seconds},
        isolation_level="AUTOCOMMIT",
        query_cache_size=_CACHED_QUERIES,
        hide_parameters=True,
        poolclass=QueuePool if writes else NullPool,
    )

    @event.listens_for(engine, "do_connect")
    def open_connection(_dialect: Any, record: Any, args: Any, options: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
        # Before it is opened; if the file is replaced now, that shows.
        record.info[IDENTITY] = identity()
        return _open_file(args[0], options)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # Otherwise the driver would begin transactions by itself.
        connection.isolation_level = None
        for pragma in WRITER_PRAGMAS if writes else READER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _open_file(file: str, options: dict[str, Any]) -> sqlite3.Connection:
    """Open a file that exists; SQLite would create a lost one, and delete the -wal that is left.

    Beside a file in a read-only folder SQLite cannot make what readers and writers agree by. If
    nothing is in a -wal, the file is complete, and is read as one that never changes.
    """
    if options.get("uri"):
        return sqlite3.connect(file, **options)
    address = Path(file).as_uri()
    opened = sqlite3.connect(f"{address}?mode=rw", uri=True, **options)
    try:
        opened.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        opened.close()
        wal = Path(f"{file}-wal")
        if not READ_ONLY.search(str(error)) or (wal.exists() and wal.stat().st_size):
            raise
        return sqlite3.connect(f"{address}?immutable=1", uri=True, **options)
    return opened


def make_postgresql_engine(
    url: URL, settings: Settings, _identity: object, *, writes: bool
) -> Engine:
    """Make PostgreSQL's engine for readers, or for the writer."""
    pool: dict[str, Any] = {"pool_pre_ping": True} if writes else {"poolclass": NullPool}
    engine = create_engine(
        url,
        # One that is prepared may get one generic plan for all values, so each is chosen.
        connect_args={
            "prepare_threshold": 1 << 30,
            "connect_timeout": settings.connect_timeout_seconds,
        },
        isolation_level="READ COMMITTED" if writes else "AUTOCOMMIT",
        query_cache_size=_CACHED_QUERIES,
        hide_parameters=True,
        **pool,
    )

    @event.listens_for(engine, "do_connect")
    def open_connection(_dialect: Any, _record: Any, args: Any, options: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
        from api.ledger.store.bounded_connection import BoundedConnection  # noqa: PLC0415, slow

        opened = BoundedConnection.connect(*args, **options)
        opened.patience = add_grace(settings.statement_timeout_seconds)
        return opened

    return engine


def parse_url(url: str) -> URL:
    """Parse the address of a database; raises Invalid if it is none of ours."""
    must = "the database must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
    except Exception as error:  # It is not shown, because it may hold a password.
        raise Invalid(f"not a database address: {must}") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Invalid(must)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Invalid("SQLite needs a file: sqlite:///PATH")
    return parsed


def is_statement_at_fault(error: DBAPIError) -> bool:
    """Whether an engine refused a statement itself, as one too deep or with too many parameters.

    The database is then in reach, and the connection whole. A missing table counts, too.
    """
    cause: Any = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    # 54: program_limit_exceeded (PostgreSQL, Appendix A)
    return code in _STATEMENT_FAULTS or (getattr(cause, "sqlstate", None) or "").startswith("54")
