"""The tables: insert-only truth, and projections that can be rebuilt from it.

The truth is `changeset` and `revision`. `audit` is insert-only, too: it lists administrative acts.
The projections are written in the same transaction: one index table for each noun (`index_table`),
`facet` and `horizon`. A row of an index table is a *version*: what the registry showed of one
record from changeset `recorded` on, until `superseded`. A version ends when the record is amended
or retracted, or when a record changes from which it derives facts.

`ordinal` numbers records in the order in which the registry first recorded them. It is the
tiebreaker of every sort order, and the default order of records without a period of validity.

`place` numbers the rows of an index table: it is SQLite's rowid, and facets name versions by it. A
page by a facet therefore finds each version with one look-up.

**Indexes follow the default order.** Records with a period of validity are listed by default from
the newest start back (`valid_start`, then `ordinal`). The indexes of their table are therefore
(column, valid_start, ordinal), and their facets are stored in that order, too. No version known at
an earlier changeset starts after the `horizon`, the latest start recorded until then.
`page_queries` says where a page begins; the costs are in docs/bench.md. In any other order a page
may have to read all versions that match its filters.

Text compares bytewise on both engines. The table `text` is separate: source texts are added and
deleted without a trace in the hash chain and in exports.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

LIVE = 2**53 - 1
"""The `superseded` of a version that has not ended: the largest integer that is exact in JSON."""

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares bytewise: identifiers, codes and days."""

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""A key that is SQLite's rowid. With another type the table has a hidden rowid beside the key, and
`INSERT OR REPLACE` could use that to bypass the guards."""

_MIGRATIONS = Path(__file__).parents[2] / "migrations" / "versions"

SCHEMA = max(path.stem.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))
"""The number of the newest migration; a database at another one is not ready."""

SCANNED: dict[str, Any] = {"indexed": False}
"""Marks a column without an index: it has few values, or is always filtered with an indexed one."""

SORTED: dict[str, Any] = {"sorted": True}
"""Marks a column that is used as a sort order, not as a filter."""

BROAD: dict[str, Any] = {"broad": True}
"""Marks a column whose values many versions share: its index is used if no narrower one is."""

CLUSTERED: dict[str, Any] = {"clustered": True}
"""Marks the column by which `db compact` clusters a table, as `compact` says."""


def covering_index(*more: str) -> dict[str, Any]:
    """Mark a column for a covering index with `superseded`, `valid_end` and `more` columns.

    It suits columns whose values have many versions that are not in force or not yet known. The
    index alone excludes these, and can count and read `more` columns without the table.
    """
    return {"wide": more}


Row = Mapping[Any, Any]
"""A row by column name."""

metadata = MetaData()

changeset = Table(
    "changeset",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=False,
           comment="from 1, in commit order, without a gap"),
    Column("recorded_at", BigInteger, nullable=False, unique=True,
           comment="microseconds since 1970 in UTC, strictly increasing"),
    Column("author", Text, nullable=False, comment="the name of the key that wrote"),
    Column("message", Text, nullable=False, comment="why, in the author's words"),
    Column("contents", LargeBinary, nullable=False, comment="SHA-256 over its revisions' hashes"),
    Column("previous", LargeBinary, nullable=False, comment="hash of the changeset before"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over all other columns"),
    Column("reviewer", Text, comment="the name of the key that accepted it; null: nobody reviewed"),
)  # fmt: skip
Index("changeset_by_author", changeset.c.author, changeset.c.number)
_REVIEWED = changeset.c.reviewer.isnot(None)
Index("changeset_by_reviewer", changeset.c.reviewer, changeset.c.number,
      sqlite_where=_REVIEWED, postgresql_where=_REVIEWED)  # fmt: skip

revision = Table(
    "revision",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False,
           comment="from 1, in the order of writing"),
    Column("noun", KEY, nullable=False),
    Column("id", KEY, nullable=False),
    Column("number", BigInteger, nullable=False, comment="from 1 within the record"),
    Column("changeset", BigInteger, nullable=False, index=True),
    Column("tombstone", Boolean(create_constraint=False), nullable=False,
           comment="the record was retracted"),
    Column("body", LargeBinary, nullable=False, comment="canonical bytes; empty in a tombstone"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over noun, id, number and body"),
    UniqueConstraint("noun", "id", "number"),
)  # fmt: skip

facet = Table(
    "facet",
    metadata,
    Column("kind", Integer, nullable=False, comment="the noun and the facet's name (facet_kind)"),
    Column("value", KEY, nullable=False),
    Column("start", KEY, nullable=False, comment="the version's valid_start, if it has any"),
    Column("ordinal", BigInteger, nullable=False),
    Column("place", BigInteger, nullable=False, comment="the version it is of"),
    PrimaryKeyConstraint("kind", "value", "start", "ordinal", "place"),
    sqlite_with_rowid=False,
)

horizon = Table(
    "horizon",
    metadata,
    Column("noun", KEY, nullable=False),
    Column("recorded", BigInteger, nullable=False, comment="the changeset that moved it"),
    Column("start", KEY, nullable=False, comment="the latest valid_start recorded until then"),
    PrimaryKeyConstraint("noun", "recorded"),
    sqlite_with_rowid=False,
)

text = Table(
    "text",
    metadata,
    Column("sha256", KEY, primary_key=True, comment="of the UTF-8 bytes, in hexadecimal"),
    Column("body", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", SERIAL, primary_key=True, autoincrement=False, comment="from 1, with no gap"),
    Column("done_at", BigInteger, nullable=False, comment="microseconds since 1970 in UTC"),
    Column("actor", Text, nullable=False, comment="the name of a key, or `command`"),
    Column("act", KEY, nullable=False, comment="what was done, as in truth/audit.py"),
    Column("subject", Text, nullable=False, comment="the key, text or submission"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over these and the hash before"),
)  # fmt: skip

TRUTH = (changeset, revision, audit)
"""The tables that are insert-only."""


def facet_kind(noun: str, name: str) -> int:
    """Return the number of a noun's facet: a reference's path, a derived list, or a pair.

    It is made from their names, so it never changes. 23 bits take three bytes on SQLite.
    """
    return crc32(f"{noun} {name}".encode()) >> 9


def index_table(name: str, *columns: Column[object]) -> Table:
    """Make a noun's index table from its own columns, each with an index for as-of reads.

    The `info` of a column changes that: `SCANNED` columns get no index, those of `SORTED` and
    `covering_index` another one. Null values are not indexed: no filter asks for them.
    """
    table = Table(
        name,
        metadata,
        Column("place", SERIAL, primary_key=True, autoincrement=False, comment="the row's number"),
        Column("ordinal", BigInteger, nullable=False),
        Column("recorded", BigInteger, nullable=False, comment="shown from this changeset on"),
        Column("superseded", BigInteger, nullable=False, comment="shown until before this one"),
        Column("id", KEY, nullable=False),
        Column("seq", BigInteger, nullable=False, comment="the revision it shows"),
        Column("changeset", BigInteger, nullable=False, comment="the revision's changeset"),
        *columns,
        Column("body", LargeBinary, nullable=False, comment="rendered JSON without its end"),
        UniqueConstraint("ordinal", "recorded"),
    )
    Index(f"{name}_by_id", table.c.id, table.c.recorded)
    for column in columns:
        if column.info.get("indexed", True):
            _add_index(table, table.c[column.name])
    return table


def _add_index(table: Table, column: Column[Any]) -> None:
    order = [table.c.ordinal] if "sorted" in column.info else order_columns(table)
    named = [column, *order, table.c.recorded]
    if "wide" in column.info:
        named += [table.c[name] for name in ("superseded", "valid_end", *column.info["wide"])]
    name = f"{table.name}_by_{column.name}"
    present = column.isnot(None) if column.nullable else None
    Index(name, *dict.fromkeys(named), sqlite_where=present, postgresql_where=present)


def clustering_columns(table: Table) -> list[Column[Any]]:
    """Return the columns by which `db compact` orders the versions of a noun, as `compact` says."""
    first = [column for column in table.c if "clustered" in column.info]
    return [*first, *order_columns(table), table.c.recorded]


def order_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of the default order of an index table."""
    start = [table.c.valid_start] if "valid_start" in table.c else []
    return [*start, table.c.ordinal]
