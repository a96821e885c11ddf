"""Alembic's environment; `api.migrations.upgrade_database` passes the connection."""

from alembic import context

# Our transaction contains all migrations, on SQLite, too.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
