"""Submissions, the audit log, and the reviewer of a changeset.

Revision: 0016, after 0015.
"""

from alembic import op

from api.ledger.store.tables import audit, changeset
from api.ledger.truth.guards import guard_statements
from api.submissions.tables import submission

revision = "0016"
down_revision = "0015"

ROWS_STAY = True


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE changeset ADD COLUMN reviewer TEXT")
    for index in sorted(changeset.indexes, key=lambda each: str(each.name)):
        index.create(connection)
    for table in (audit, submission):
        table.create(connection)
    for statement in guard_statements(connection.dialect.name, [audit]):
        op.execute(statement)
