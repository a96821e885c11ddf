"""Migrations of the rows of an older registry."""

import pytest
from sqlalchemy import text

from api.ledger import Ledger
from api.migrations import upgrade_database

_OLDER_ROWS = """
    INSERT INTO shelf
    SELECT facet.noun, facet.name, facet.value, facet.start, facet.ordinal, facet.recorded,
        superseded, valid_end, changeset, body
    FROM facet JOIN positions USING (ordinal, recorded)
    WHERE facet.noun = 'positions' AND facet.name = 'holder issues'
"""


@pytest.mark.parametrize("older", ["0007", "0010"])
def test_pairs_of_holder_and_issue_are_facets_again(stocked: Ledger, older: str):
    """Until 0008 they were facets; until 0011 whole copies of versions."""
    with stocked.database.begin_write() as write:
        run = write.connection.exec_driver_sql
        if older == "0010":
            run(_SHELF.format(blob="BLOB" if write.is_sqlite else "BYTEA"))
            run(_OLDER_ROWS)
            run("DELETE FROM facet WHERE name = 'holder issues'")
        write.connection.execute(
            text("UPDATE alembic_version SET version_num = :older"), {"older": older}
        )
    upgrade_database(stocked.database)
    assert stocked.find_faults() == []


_SHELF = """
    CREATE TABLE shelf (
        noun TEXT, name TEXT, value TEXT, valid_start TEXT, ordinal BIGINT, recorded BIGINT,
        superseded BIGINT, valid_end TEXT, changeset BIGINT, body {blob}
    )
"""
