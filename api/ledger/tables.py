"""The tables: truth, which is only ever inserted, and projections, which can be rebuilt.

Truth is `changeset` and `revision`. Everything else is made from them in the same transaction:
one index table a noun (`index_table`), `facet` and `horizon`. A row of an index table is a
*version*: what the registry showed of one record from changeset `recorded` on, until `superseded`.
A version ends when the record is amended or retracted, or when a record that it draws facts from
changes.
`ordinal` is the record's place in the order in which the registry learned of its records: it is
the tiebreaker of every order, and the default order of records that hold at no time of their own.

`body` is the rendered JSON object without its last brace; the changeset's number, time and author
are put behind it when it is read, because they are known only at the very end of a write.

**Indexes follow the default order.** A record that holds in a period of world time is listed by
default from the newest start back (`valid_start`, then `ordinal`), so the indexes of its table
are (column, valid_start, ordinal), and its facets are kept in that order, too: a page of what
holds on a day, whenever that was, starts at that day and reads on until it is full. What the
registry knew long ago is found the same way: no version that it knew starts after `horizon`, the
latest start recorded until then. `api.ledger.pages` chooses between the two ways; the costs are in
docs/bench.md. In any other order a page may have to look at all versions that fit its filters.

Index tables are of SQLite's usual kind, with a row number that nobody names: a tree that is ordered
by the key itself would keep whole rendered records in its upper levels, and be twice as deep.

Text compares bytewise on both engines. `text` is a store apart: sources' texts come and go
without a trace in chain and exports.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
"""`superseded` of a version that has not ended: the largest integer that JSON keeps exact."""

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares bytewise: identifiers, codes and days."""

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""A key that is SQLite's own row number: with another type a table has a hidden second one, and
`INSERT OR REPLACE` can name that to walk past the guards."""

_MIGRATIONS = Path(__file__).parents[1] / "migrations" / "versions"

SCANNED: dict[str, Any] = {"indexed": False}
"""Marks a column of few values, or one that is always asked for together with an indexed one."""

SORTED: dict[str, Any] = {"sorted": True}
"""Marks a column that is an order of its own, rather than one that is filtered by."""

BROAD: dict[str, Any] = {"broad": True}
"""Marks a column that many versions share: by it they are found only if by nothing narrower."""


CLUSTERED: dict[str, Any] = {"clustered": True}
"""Marks the column by which a compacted table lies together, each value in the default order."""


def wide(*more: str) -> dict[str, Any]:
    """Mark a column by which many versions are found that are not in force, or not known yet.

    Its index tells that by itself; with `more` columns it can count and read these as well.
    """
    return {"wide": more}


SCHEMA = max(path.stem.partition("_")[0] for path in _MIGRATIONS.glob("[0-9]*.py"))
"""The newest migration, by its file's number; a database at another one is not ready."""

Row = Mapping[Any, Any]
"""A row by column name, as it is read or to be written."""

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
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over all of the above"),
)  # fmt: skip

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
    Column("noun", KEY, nullable=False),
    Column("name", KEY, nullable=False, comment="a reference's path, a derived list, or a pair"),
    Column("value", KEY, nullable=False),
    Column("start", KEY, nullable=False, comment="the version's valid_start, if it has any"),
    Column("ordinal", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False, comment="with ordinal: the version it is of"),
    PrimaryKeyConstraint("noun", "name", "value", "start", "ordinal", "recorded"),
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

TRUTH = (changeset, revision)


def index_table(name: str, *columns: Column[object]) -> Table:
    """Make a noun's index table from its own columns; each of them gets an as-of index.

    `info` says how: `SCANNED` columns get none, those of `SORTED` and `wide` another one. Of a
    column that may be null only what is not is indexed: nobody looks for nothing.
    """
    table = Table(
        name,
        metadata,
        Column("ordinal", BigInteger, nullable=False),
        Column("recorded", BigInteger, nullable=False, comment="shown from this changeset on"),
        Column("superseded", BigInteger, nullable=False, comment="shown until before this one"),
        Column("id", KEY, nullable=False),
        Column("seq", BigInteger, nullable=False, comment="the revision it shows"),
        Column("changeset", BigInteger, nullable=False, comment="the revision's changeset"),
        Column("hash", LargeBinary, nullable=False, comment="the revision's hash"),
        *columns,
        Column("body", LargeBinary, nullable=False, comment="rendered JSON, last brace missing"),
        PrimaryKeyConstraint("ordinal", "recorded"),
    )
    Index(f"{name}_by_id", table.c.id, table.c.recorded)
    for column in columns:
        if column.info.get("indexed", True):
            _add_index(table, table.c[column.name])
    return table


def _add_index(table: Table, column: Column[Any]) -> None:
    order = [table.c.ordinal] if "sorted" in column.info else place(table)
    named = [column, *order, table.c.recorded]
    if "wide" in column.info:
        named += [table.c[name] for name in ("superseded", "valid_end", *column.info["wide"])]
    present = column.isnot(None) if column.nullable else None
    Index(
        f"{table.name}_by_{column.name}",
        *dict.fromkeys(named),
        sqlite_where=present,
        postgresql_where=present,
    )


def clustering(table: Table) -> list[Column[Any]]:
    """Return the columns in whose order `db compact` stores the versions of a noun."""
    first = [column for column in table.c if "clustered" in column.info]
    return [*first, *place(table), table.c.recorded]


def place(table: Table) -> list[Column[Any]]:
    """Give the columns of the default order of an index table."""
    start = [table.c.valid_start] if "valid_start" in table.c else []
    return [*start, table.c.ordinal]
