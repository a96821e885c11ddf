"""Copies of positions in page order for each holder.

Revision: 0009, after 0008.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

ROWS_STAY = True

FILLED = """
    INSERT INTO shelf
    SELECT 'positions', 'holder', holder, valid_start, ordinal, recorded, superseded, valid_end,
        changeset, body
    FROM positions
    ORDER BY holder, valid_start, ordinal, recorded
"""


def upgrade() -> None:
    op.execute(FILLED)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("shelf", "name", comment="one filter, or two")
        op.alter_column("shelf", "value", comment="what they ask for")
