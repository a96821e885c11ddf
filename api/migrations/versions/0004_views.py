"""SQL views for dashboards that read the database directly.

Revision: 0004, after 0003.
"""

from alembic import op

from api.migrations.views import view_statements

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(statement)
