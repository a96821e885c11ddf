"""From release 0.1.0 to 0.2.0; the numbers between were never released.

Revision: 0013, after 0009.

- Views have a column that names the derived fields.
- The pair of holder and issue is a facet; the copies of whole versions (`shelf`) are dropped.
- Versions are numbered by a place, which facets name; kinds of facets are numbers; a hash is gone.
- Keys expire, show their first characters and the day of their last use, and share a name.

Facets and keys get the tables that the code declares, so a later migration of these must bring
their declarations here.
"""

from alembic import op
from sqlalchemy import Connection, text

from api.keys import api_key
from api.ledger.store.tables import facet, facet_kind
from api.migrations.views import view_statements

revision = "0013"
down_revision = "0009"

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

_KEPT = """
    CREATE TEMPORARY TABLE kept AS SELECT noun, name, value, start, ordinal, recorded FROM facet
    UNION ALL SELECT noun, name, value, valid_start, ordinal, recorded
    FROM shelf WHERE name = 'holder issues'
"""

_FACETS = """
    INSERT INTO facet SELECT {kind}, f.value, f.start, f.ordinal, v.place
    FROM kept AS f JOIN {noun} AS v ON v.ordinal = f.ordinal AND v.recorded = f.recorded
    WHERE f.noun = '{noun}' AND f.name = '{name}' ORDER BY 2, 3, 4, 5
"""


def upgrade() -> None:
    connection = op.get_bind()
    dialect = connection.dialect.name
    for view in ("v_positions", "v_preconditions", "v_agreement"):
        op.execute(f"DROP VIEW {view}")
    for name in _TABLES:
        if dialect == "sqlite":
            _renew_on_sqlite(connection, name)
        else:
            op.execute(_ON_POSTGRESQL.format(name))
    _renew_facets(connection)
    _renew_keys(connection)
    for statement in view_statements(dialect):
        op.execute(statement)


def _renew_on_sqlite(connection: Connection, name: str) -> None:
    """Make an index table anew, in the order of its hidden row numbers."""
    run = connection.exec_driver_sql
    [definition] = _read_definitions(connection, name, "table")
    indexes = _read_definitions(connection, name, "index")
    for before, after in _ON_SQLITE:
        assert before in definition, f"{name} is not as 0.1.0 made it"  # noqa: S101
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


def _renew_facets(connection: Connection) -> None:
    run = connection.exec_driver_sql
    run(_KEPT)
    op.drop_table("shelf")
    op.drop_table("facet")
    facet.create(connection)
    named = run("SELECT DISTINCT noun, name FROM kept").all()
    for kind, noun, name in sorted((facet_kind(*each), *each) for each in named):
        run(_FACETS.format(kind=kind, noun=noun, name=name))
    run("DROP TABLE kept")


def _renew_keys(connection: Connection) -> None:
    keys = connection.execute(text("SELECT * FROM api_key")).mappings().all()
    op.drop_table("api_key")
    api_key.create(connection)
    for each in keys:
        prefix = f"sqn_#{bytes(each['sha256']).hex()[:8]}"
        op.bulk_insert(api_key, [{**each, "prefix": prefix}])
