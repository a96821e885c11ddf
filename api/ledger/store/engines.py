"""The SQLAlchemy engines of SQLite and PostgreSQL, with their pragmas and pools.

The writer's connections are pooled; `database` keeps those of readers itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, NullPool, QueuePool, create_engine, event, make_url

from api.errors import Invalid

PAGE_SIZE = 16_384
"""SQLite's page in bytes: rendered records fit several to a page. It cannot be changed later."""

WRITER_PRAGMAS = (
    f"page_size = {PAGE_SIZE}",
    "journal_mode = WAL",
    # NORMAL can lose acknowledged commits on power loss.
    "synchronous = FULL",
    # It fires the guards for rows that INSERT OR REPLACE deletes.
    "recursive_triggers = ON",
    # In KiB: what ten thousand votes change fits; else pages are written several times.
    "cache_size = -32000",
)
READER_PRAGMAS = (
    "query_only = ON",
    # The most that a usual build of SQLite maps; pages beyond it are copied on reading.
    "mmap_size = 2147418112",
)


def make_sqlite_engine(url: URL, lock_timeout: int, *, writes: bool) -> Engine:
    """Make SQLite's engine for readers, or for the writer."""
    engine = create_engine(
        url,
        connect_args={"timeout": lock_timeout},
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool if writes else NullPool,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # Otherwise the driver would begin transactions by itself.
        connection.isolation_level = None
        for pragma in WRITER_PRAGMAS if writes else READER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def make_postgresql_engine(url: URL, _lock_timeout: int, *, writes: bool) -> Engine:
    """Make PostgreSQL's engine for readers, or for the writer."""
    if writes:
        return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    # A statement that the server has prepared may get one generic plan for all values.
    return create_engine(
        url,
        connect_args={"prepare_threshold": None},
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
    )


def parse_url(url: str) -> URL:
    """Parse the address of a database; raises Invalid if it is none of ours."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise Invalid(f"not a database address: {url!r}") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Invalid("the database must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Invalid("SQLite needs a file: sqlite:///PATH")
    return parsed
