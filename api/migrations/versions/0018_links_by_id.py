"""Views read bodies that are stored without the links that follow from the record's id.

Revision: 0018, after 0017. Stored bodies keep their links, because an answer that was given stays
as it was.
"""

from alembic import op

from api.migrations.views import view_statements

revision = "0018"
down_revision = "0017"

ROWS_STAY = True


def upgrade() -> None:
    for name in ("v_positions", "v_preconditions", "v_agreement"):
        op.execute(f"DROP VIEW {name}")
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(statement)
