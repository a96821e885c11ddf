"""Keys expire, show their first characters and the day of their last use, and share a name.

Revision: 0013, after 0012. It creates the table as the code declares it, so a later migration of
this table must bring its own declaration here.
"""

from alembic import op
from sqlalchemy import text

from api.keys import api_key

revision = "0013"
down_revision = "0012"

ROWS_STAY = True


def upgrade() -> None:
    keys = op.get_bind().execute(text("SELECT * FROM api_key")).mappings().all()
    op.drop_table("api_key")
    api_key.create(op.get_bind())
    for each in keys:
        prefix = f"sqn_#{bytes(each['sha256']).hex()[:8]}"
        op.bulk_insert(api_key, [{**each, "prefix": prefix}])
