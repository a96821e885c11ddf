"""Axioms have a period, views the columns of joint holders and of the evidence of an end.

Revision: 0014, after 0013. The table is copied, because SQLite cannot change its indexes' columns.
"""

from alembic import op

from api.axioms import AXIOMS_TABLE
from api.migrations.views import view_statements

revision = "0014"
down_revision = "0013"

ROWS_STAY = True
"""No axiom was a fact before, so all count on every day."""


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    for name in ("v_positions", "v_preconditions", "v_agreement"):
        run(f"DROP VIEW {name}")
    run("CREATE TEMPORARY TABLE kept AS SELECT * FROM axioms")
    op.drop_table("axioms")
    AXIOMS_TABLE.create(op.get_bind())
    own = ", ".join(each.name for each in AXIOMS_TABLE.c if not each.name.startswith("valid_"))
    run(f"INSERT INTO axioms ({own}, valid_start, valid_end) SELECT {own}, '', '~' FROM kept")  # noqa: S608
    run("DROP TABLE kept")
    for statement in view_statements(op.get_bind().dialect.name):
        op.execute(statement)
