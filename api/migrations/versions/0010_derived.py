"""A column of the views that names the derived fields.

Revision: 0010, after 0009.
"""

from alembic import op

from api.migrations.views import view_statements

revision = "0010"
down_revision = "0009"

ROWS_STAY = True


def upgrade() -> None:
    for name in ("v_positions", "v_preconditions", "v_agreement"):
        op.execute(f"DROP VIEW {name}")
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(statement)
