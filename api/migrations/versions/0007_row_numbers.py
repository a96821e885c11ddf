"""Index tables of SQLite with row numbers.

Revision: 0007, after 0006. PostgreSQL's tables stay as they are.

Without row numbers, SQLite stores whole rows also in the upper levels of a table's B-tree. Rows
with rendered records are large, so few fit on a page: the tree of a million rows was six levels
deep. With row numbers it has three levels, and indexes refer to rows by one number.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROWS_STAY = True

SOME = 5_000
"""How many ordinals are moved at once."""

TABLES = ("actors", "axioms", "conflicts", "issues", "positions", "preconditions", "proposals",
          "propositions", "sources", "statements")  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # The views must go on naming the tables as they are called in the end.
        op.execute("PRAGMA legacy_alter_table = ON")
        for name in TABLES:
            _number_rows(name)
        op.execute("PRAGMA legacy_alter_table = OFF")


def _number_rows(table: str) -> None:
    made, indexes = _declared(table, "table")[table], _declared(table, "index")
    # What is let go of makes room for what is made, so that the file hardly grows.
    for name in indexes:
        op.execute(f"DROP INDEX {name}")
    numbered = made.replace(f"TABLE {table}", f"TABLE numbered_{table}", 1)
    op.execute(numbered.replace("WITHOUT ROWID", ""))
    rows = sa.table(table, sa.column("ordinal"))
    last = op.get_bind().scalar(sa.select(sa.func.max(rows.c.ordinal)))
    for start in range(0, (last or 0) + 1, SOME):
        some = f"FROM {table} WHERE ordinal >= {start} AND ordinal < {start + SOME}"
        op.execute(f"INSERT INTO numbered_{table} SELECT * {some} ORDER BY ordinal, recorded")
        op.execute(f"DELETE {some}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE numbered_{table} RENAME TO {table}")
    for made in indexes.values():
        op.execute(made)


def _declared(table: str, kind: str) -> dict[str, str]:
    """Map what is declared of a table to the statements that made it."""
    query = "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql > ''"
    return dict(op.get_bind().exec_driver_sql(query, (table, kind)).all())
