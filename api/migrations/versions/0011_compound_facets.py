"""The pair of holder and issue is a facet; the copies of whole versions are dropped.

Revision: 0011, after 0010.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

ROWS_STAY = True


def upgrade() -> None:
    op.execute(
        "INSERT INTO facet SELECT noun, name, value, valid_start, ordinal, recorded "
        "FROM shelf WHERE name = 'holder issues' ORDER BY value, valid_start, ordinal, recorded"
    )
    op.drop_table("shelf")
    if op.get_bind().dialect.name == "postgresql":
        comment = "a reference's path, a derived list, or a pair"
        op.alter_column("facet", "name", comment=comment)
