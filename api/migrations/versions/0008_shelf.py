"""The table `shelf`: copies of whole versions, in page order for a pair of filters.

Revision: 0008, after 0007. It is filled from the facets of pairs, which it replaces.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROWS_STAY = True

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


FILLED = """
    INSERT INTO shelf
    SELECT facet.noun, facet.name, facet.value, facet.start, facet.ordinal, facet.recorded,
        positions.superseded, positions.valid_end, positions.changeset, positions.body
    FROM facet JOIN positions
        ON positions.ordinal = facet.ordinal AND positions.recorded = facet.recorded
    WHERE facet.noun = 'positions' AND facet.name = 'holder issues'
"""


def upgrade() -> None:
    op.create_table(
        "shelf",
        sa.Column("noun", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False, comment="a pair of filters"),
        sa.Column("value", KEY, nullable=False, comment="the values of both"),
        sa.Column("valid_start", KEY, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column(
            "recorded",
            sa.BigInteger(),
            nullable=False,
            comment="with ordinal: the version it shows",
        ),
        sa.Column("superseded", sa.BigInteger(), nullable=False),
        sa.Column("valid_end", KEY, nullable=False),
        sa.Column("changeset", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("noun", "name", "value", "valid_start", "ordinal", "recorded"),
        sqlite_with_rowid=False,
    )
    op.execute(FILLED)
    op.execute("DELETE FROM facet WHERE noun = 'positions' AND name = 'holder issues'")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("facet", "name", comment="a reference's path, or a derived list")
