"""Guards: triggers of the database that refuse every change of the truth except an insert.

They refuse UPDATE, DELETE and TRUNCATE in any SQL shell. SQLite's INSERT OR REPLACE bypasses update
and delete triggers unless `recursive_triggers` is on, which it is not in other shells; therefore
the insert of an existing key is refused, too. A shell can drop the guards, but `db check` reports
that they are missing or changed. Alembic's batch mode drops triggers silently: a migration that
rebuilds a truth table must install them again, and a test checks that.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Table

from api.ledger.store.tables import TRUTH

_KEYS = {
    "changeset": ("number = NEW.number", "recorded_at = NEW.recorded_at"),
    "revision": ("seq = NEW.seq", "(noun = NEW.noun AND id = NEW.id AND number = NEW.number)"),
    "audit": ("number = NEW.number",),
}


def guard_statements(dialect: str, tables: Iterable[Table] = TRUTH) -> Iterator[str]:
    """Yield the DDL that installs the guards of tables on "sqlite" or "postgresql"."""
    for table in (each.name for each in tables):
        if dialect == "sqlite":
            yield from _sqlite_guards(table)
        else:
            yield from _postgresql_guards(table)


def _sqlite_guards(table: str) -> Iterator[str]:
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
        )
    taken = " OR ".join(_KEYS[table])
    present = f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608, names of our own
    yield (
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {present} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
    )


def _postgresql_guards(table: str) -> Iterator[str]:
    yield (
        f"CREATE OR REPLACE FUNCTION {table}_is_insert_only() RETURNS trigger "
        f"LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_insert_only()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_insert_only()"
    )
