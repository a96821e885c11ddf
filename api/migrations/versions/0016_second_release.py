"""From release 0.1.0 to 0.2.0; the numbers between were never released.

Revision: 0016, after 0009.

- Views have columns for the derived fields, joint holders and the evidence of an end.
- The pair of holder and issue is a facet; the copies of whole versions (`shelf`) are dropped.
- Versions are numbered by a place, which facets name; kinds of facets are numbers; a hash is gone.
- Axioms have a period. No axiom was a fact before, so all count on every day.
- The keys of names are facets, by which `/v1/suggest` finds records.
- Keys expire, show their first characters and the day of their last use, and share a name.
- There are submissions, an audit log, and the reviewer of a changeset.

All of these get the tables that the code declares, so a later migration must bring their
declarations here.
"""

from alembic import op
from sqlalchemy import Connection, MetaData, Table, literal, select, text

from api import clock
from api.keys import api_key
from api.ledger.names import KEYS, list_record_keys
from api.ledger.noun import Noun
from api.ledger.store.tables import audit, changeset, facet, facet_kind
from api.ledger.truth.guards import guard_statements
from api.ledger.versions.rendering import parse_stored
from api.migrations.views import view_statements
from api.nouns import NOUNS
from api.submissions.tables import submission

revision = "0016"
down_revision = "0009"

ROWS_STAY = True

_PLACES = {"sqlite": "rowid", "postgresql": "row_number() OVER (ORDER BY ctid)"}
"""The place of a version, in the order in which versions were stored."""

_PERIODS = {"axioms": ", '' AS valid_start, '~' AS valid_end"}

_KEPT_FACETS = """
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
    for noun in NOUNS:
        _renew_versions(connection, noun.table)
    _renew_facets(connection)
    for noun in NOUNS:
        _add_keys_of_names(connection, noun)
    _renew_api_keys(connection)
    op.execute("ALTER TABLE changeset ADD COLUMN reviewer TEXT")
    for index in sorted(changeset.indexes, key=lambda each: str(each.name)):
        index.create(connection)
    for table in (audit, submission):
        table.create(connection)
    for statement in (*guard_statements(dialect, [audit]), *view_statements(dialect)):
        op.execute(statement)


def _renew_versions(connection: Connection, table: Table) -> None:
    """Make an index table anew in the order of its rows, and its indexes when all are there."""
    run, name = connection.exec_driver_sql, table.name
    listed = f"{_PLACES[connection.dialect.name]} AS place, {name}.*{_PERIODS.get(name, '')}"
    run(f"CREATE TEMPORARY TABLE kept AS SELECT {listed} FROM {name} ORDER BY 1")  # noqa: S608
    op.drop_table(name)
    bare = table.to_metadata(MetaData())
    bare.indexes.clear()
    bare.create(connection)
    own = ", ".join(f'"{each.name}"' for each in table.c)
    run(f"INSERT INTO {name} ({own}) SELECT {own} FROM kept")  # noqa: S608
    run("DROP TABLE kept")
    for index in table.indexes:
        index.create(connection)


def _renew_facets(connection: Connection) -> None:
    run = connection.exec_driver_sql
    run(_KEPT_FACETS)
    op.drop_table("shelf")
    op.drop_table("facet")
    facet.create(connection)
    named = run("SELECT DISTINCT noun, name FROM kept").all()
    for kind, noun, name in sorted((facet_kind(*each), *each) for each in named):
        run(_FACETS.format(kind=kind, noun=noun, name=name))
    run("DROP TABLE kept")


def _add_keys_of_names(connection: Connection, noun: Noun) -> None:
    run, version = connection.execute, noun.table
    start = version.c.valid_start if noun.has_validity else literal(clock.UNKNOWN)
    query = select(version.c.body, start, version.c.ordinal, version.c.place)
    kind = facet_kind(noun.name, KEYS)
    for rows in run(query, execution_options={"yield_per": 1_000}).partitions():
        found = [
            {"kind": kind, "value": key, "start": start, "ordinal": ordinal, "place": place}
            for body, start, ordinal, place in rows
            for key in list_record_keys(noun, parse_stored(noun, body))
        ]
        if found:
            run(facet.insert(), found)


def _renew_api_keys(connection: Connection) -> None:
    keys = connection.execute(text("SELECT * FROM api_key")).mappings().all()
    op.drop_table("api_key")
    api_key.create(connection)
    for each in keys:
        prefix = f"sqn_#{bytes(each['sha256']).hex()[:8]}"
        op.bulk_insert(api_key, [{**each, "prefix": prefix}])
