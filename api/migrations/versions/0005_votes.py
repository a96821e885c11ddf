"""Covering indexes for who voted how on what.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

PLACE = ("valid_start", "ordinal", "recorded", "superseded", "valid_end")


def upgrade() -> None:
    op.drop_index("positions_by_holder", table_name="positions")
    op.create_index(
        "positions_by_holder",
        "positions",
        ["holder", *PLACE, "force", "proposition", "attestation"],
    )
    present = sa.column("proposition").isnot(None)
    op.drop_index("positions_by_proposition", table_name="positions")
    op.create_index(
        "positions_by_proposition",
        "positions",
        ["proposition", *PLACE, "force", "attestation"],
        sqlite_where=present,
        postgresql_where=present,
    )
