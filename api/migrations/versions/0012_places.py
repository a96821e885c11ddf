"""Versions are numbered by a place, which facets name; kinds of facets are numbers; a hash is gone.

Revision: 0012, after 0011.
"""

from alembic import op
from sqlalchemy import Connection

from api.ledger.store.tables import facet, facet_kind
from api.migrations.views import view_statements

revision = "0012"
down_revision = "0011"

ROWS_STAY = True

_TABLES = ("sources", "statements", "actors", "conflicts", "issues", "propositions", "positions",
           "preconditions", "proposals", "axioms")  # fmt: skip

_ON_SQLITE = (
    ("ordinal BIGINT NOT NULL", "place INTEGER NOT NULL, ordinal BIGINT NOT NULL"),
    ("hash BLOB NOT NULL,", ""),
    ("PRIMARY KEY (ordinal, recorded)", "PRIMARY KEY (place), UNIQUE (ordinal, recorded)"),
)
"""What changes in the definition of an index table."""

_ON_POSTGRESQL = """
    ALTER TABLE {0} ADD COLUMN place BIGINT, DROP COLUMN hash, DROP CONSTRAINT {0}_pkey;
    UPDATE {0} SET place = n.place
    FROM (SELECT ordinal, recorded, row_number() OVER (ORDER BY ctid) AS place FROM {0}) AS n
    WHERE {0}.ordinal = n.ordinal AND {0}.recorded = n.recorded;
    ALTER TABLE {0} ADD PRIMARY KEY (place), ADD UNIQUE (ordinal, recorded)
"""

_FACETS = """
    INSERT INTO facet SELECT {kind}, f.value, f.start, f.ordinal, v.place
    FROM kept AS f JOIN {noun} AS v ON v.ordinal = f.ordinal AND v.recorded = f.recorded
    WHERE f.noun = '{noun}' AND f.name = '{name}' ORDER BY 2, 3, 4, 5
"""


def upgrade() -> None:
    connection = op.get_bind()
    run, dialect = connection.exec_driver_sql, connection.dialect.name
    for view in ("v_positions", "v_preconditions", "v_agreement"):
        run(f"DROP VIEW {view}")
    for name in _TABLES:
        if dialect == "sqlite":
            _renew_on_sqlite(connection, name)
        else:
            run(_ON_POSTGRESQL.format(name))
    named = run("SELECT DISTINCT noun, name FROM facet").all()
    run("CREATE TEMPORARY TABLE kept AS SELECT * FROM facet")
    op.drop_table("facet")
    facet.create(connection)
    for kind, noun, name in sorted((facet_kind(*each), *each) for each in named):
        run(_FACETS.format(kind=kind, noun=noun, name=name))
    run("DROP TABLE kept")
    for statement in view_statements(dialect):
        op.execute(statement)


def _renew_on_sqlite(connection: Connection, name: str) -> None:
    """Make an index table anew, in the order of its hidden row numbers."""
    run = connection.exec_driver_sql
    [definition] = _read_definitions(connection, name, "table")
    indexes = _read_definitions(connection, name, "index")
    for before, after in _ON_SQLITE:
        assert before in definition, f"{name} is not as migration 0011 left it"  # noqa: S101
        definition = definition.replace(before, after)
    run(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {name} ORDER BY rowid")  # noqa: S608
    op.drop_table(name)
    run(definition)
    columns = run("SELECT name FROM pragma_table_info(?)", (name,)).scalars()
    own = ", ".join(f'"{each}"' for each in columns if each != "place")
    run(f"INSERT INTO {name} (place, {own}) SELECT rowid, {own} FROM kept")  # noqa: S608
    run("DROP TABLE kept")
    for index in indexes:
        run(index)


def _read_definitions(connection: Connection, table: str, kind: str) -> list[str]:
    query = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    return list(connection.exec_driver_sql(query, (table, kind)).scalars())
