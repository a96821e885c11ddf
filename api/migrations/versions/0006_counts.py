"""A covering index for counts by month and voice, too.

Revision: 0006, after 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

ROWS_STAY = True

PLACE = ("valid_start", "ordinal", "recorded", "superseded", "valid_end")


def upgrade() -> None:
    op.drop_index("positions_by_holder", table_name="positions")
    op.create_index(
        "positions_by_holder",
        "positions",
        ["holder", *PLACE, "force", "proposition", "attestation", "voice", "attested_on"],
    )
