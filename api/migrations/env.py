"""Alembic's environment; `api.migrations.upgrade_database` passes the connection."""

from alembic import context

from api.keys import api_key
from api.migrations import is_declared
from api.nouns import NOUNS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=api_key.metadata,
    include_name=is_declared,
    # Our transaction contains all migrations, on SQLite, too.
    transactional_ddl=False,
)
assert NOUNS, "their tables belong to the metadata"  # noqa: S101
context.run_migrations()
