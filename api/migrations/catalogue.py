"""Compares the catalogue of a database with that of a new one, which is made to compare with.

Guards, views and indexes are compared by their text, tables by their columns. What a database has
beside, such as an operator's own view, is not reported; but a trigger can change what is written.
On SQLite the new database is in memory. On PostgreSQL it is a schema in a transaction that is
rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, create_engine

from api.ledger.store.transactions import Write
from api.migrations import create_schema

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
