"""Alembic migrations for both engines, run inside one write transaction.

A new registry is created from the tables that the code declares, at the newest migration. Those of
the first release (0.1.0) are at 0009, where the migrations begin.

Migrations mostly change projections, which follow from the revisions. So a migration need not
compute new rows: the projections are rebuilt behind it, in the same transaction. This takes many
minutes in a large registry. A migration that does not need it, because it only changes indexes,
views or the form of a table, or makes what it adds from other rows, sets `ROWS_STAY`.

`find_schema_faults` compares the catalogue of a database with that of a new one, which is made to
compare with: on SQLite in memory, on PostgreSQL as a schema in a transaction that is rolled back.
Guards, views and indexes are compared by their text, tables by their columns. What a database has
beside, such as an operator's own view, is not reported; but a trigger can change what is written.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from api.errors import Invalid
from api.keys import api_key
from api.ledger.store.database import Database
from api.ledger.store.tables import SCHEMA
from api.ledger.store.transactions import Write, check_schema
from api.ledger.truth.guards import guard_statements
from api.ledger.upkeep.rebuild import NOBODY, ProgressWatch, read_last_seq, rebuild_projections
from api.ledger.versions.search_index import index_statements
from api.migrations.views import view_statements
from api.nouns import NOUNS_BY_NAME
from api.submissions import tables

assert tables.submission.metadata is api_key.metadata, "all tables are made together"  # noqa: S101

Catalogue = Mapping[str, str]
"""The text of each thing, by kind and name."""

_SCRATCH = "sinequanon_check"

_READ_CATALOGUE = {
    "sqlite": """
        SELECT type || ' ' || name, sql FROM sqlite_schema
        WHERE sql IS NOT NULL AND (type <> 'table' OR sql LIKE 'CREATE VIRTUAL%')
        UNION ALL
        SELECT 'table ' || name, (
            SELECT group_concat(part) FROM (
                SELECT name || ' ' || type || ' ' || "notnull" || pk AS part
                FROM pragma_table_xinfo(t.name) ORDER BY name))
        FROM sqlite_schema AS t WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'
    """,
    "postgresql": """
        WITH here AS (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        SELECT 'index ' || c.relname, concat(i.indisvalid, replace(
            pg_get_indexdef(c.oid), ' ON ' || quote_ident(current_schema()) || '.', ' ON '))
        FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE c.relnamespace IN (SELECT oid FROM here)
        UNION ALL
        SELECT 'view ' || relname, pg_get_viewdef(oid) FROM pg_class
        WHERE relkind = 'v' AND relnamespace IN (SELECT oid FROM here)
        UNION ALL
        SELECT 'trigger ' || tgname, concat(tgenabled, pg_get_triggerdef(g.oid, true))
        FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = tgrelid
        WHERE NOT tgisinternal AND relnamespace IN (SELECT oid FROM here)
        UNION ALL
        SELECT 'function ' || proname, prosrc FROM pg_proc
        WHERE pronamespace IN (SELECT oid FROM here)
        UNION ALL
        SELECT 'table ' || relname, string_agg(
            concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attcollation),
            ',' ORDER BY attname)
        FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid
        WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped
            AND relnamespace IN (SELECT oid FROM here)
        GROUP BY relname
    """,
}


def upgrade_database(database: Database, watch: ProgressWatch = NOBODY) -> None:
    """Create the newest schema, or upgrade to it; a second run does nothing.

    Raises Invalid for a schema that no release had, NotReady for one of newer code.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.begin_write(any_schema=True) as write:
        config.attributes["connection"] = write.connection
        before = write.read_schema()
        if before is None:
            create_schema(write.connection)
            command.stamp(config, "head")
            return
        if before > SCHEMA:
            check_schema(before)
        scripts = ScriptDirectory.from_config(config)
        if before not in {each.revision for each in scripts.walk_revisions()}:
            raise Invalid(
                f"the database is at migration {before}, which no release had; export it with the "
                "version that made it, and import the export into a new one"
            )
        command.upgrade(config, "head")
        if _needs_rebuild(scripts, before) and read_last_seq(write.connection):
            rebuild_projections(write, NOUNS_BY_NAME, watch)


def create_schema(connection: Connection) -> None:
    """Create the tables, guards, search index and views of a new registry."""
    dialect = connection.dialect.name
    api_key.metadata.create_all(connection, checkfirst=False)
    for statements in (guard_statements, index_statements, view_statements):
        for statement in statements(dialect):
            connection.execute(text(statement))


def _needs_rebuild(scripts: ScriptDirectory, before: str) -> bool:
    """Whether any migration after `before` needs the projections to be rebuilt."""
    later = scripts.iterate_revisions("head", before)
    return not all(getattr(each.module, "ROWS_STAY", False) for each in later)


def find_schema_faults(write: Write) -> Iterator[str]:
    """Yield a sentence for each thing that is not as this version of the code makes it.

    The caller must roll the write back.
    """
    found = _read_catalogue(write.connection)
    if write.is_sqlite:
        with create_engine("sqlite://").connect() as fresh:
            wanted = _make_catalogue(fresh)
    else:
        with write.connection.begin_nested() as scratch:
            write.connection.exec_driver_sql(f"CREATE SCHEMA {_SCRATCH}")
            write.connection.exec_driver_sql(f"SET LOCAL search_path = {_SCRATCH}")
            wanted = _make_catalogue(write.connection)
            scratch.rollback()
    yield from _compare_catalogues(found, wanted)


def _make_catalogue(connection: Connection) -> Catalogue:
    create_schema(connection)
    return _read_catalogue(connection)


def _read_catalogue(connection: Connection) -> Catalogue:
    rows = connection.exec_driver_sql(_READ_CATALOGUE[connection.dialect.name])
    return {name: _normalise_text(text) for name, text in rows}


def _normalise_text(text: str) -> str:
    """Take away what differs between a new database and an upgraded one: blanks, order of columns.

    PostgreSQL stores a view with its `*` replaced by the columns of then, the newest last.
    """
    tight = re.sub(r" ?([(),]) ?", r"\1", " ".join(text.split()))
    return re.sub(r"\w+\.\w+(,\w+\.\w+)+", lambda run: ",".join(sorted(run[0].split(","))), tight)


def _compare_catalogues(found: Catalogue, wanted: Catalogue) -> Iterator[str]:
    for name in sorted({*wanted} | {each for each in found if each.startswith("trigger ")}):
        kind = name.replace("trigger", "guard", 1) if "_refuses_" in name else name
        if name not in found:
            yield f"the {kind} is missing"
        elif name not in wanted:
            yield f"the {kind} is not of this version: it may change what is written"
        elif found[name] != wanted[name]:
            yield f"the {kind} is not as this version makes it"
