"""The keys of names are facets, by which `/v1/suggest` finds records.

Revision: 0015, after 0014. They follow from the stored bodies, so no row is made anew.
"""

from alembic import op
from sqlalchemy import literal, select

from api import clock
from api.ledger.names import KEYS, list_record_keys
from api.ledger.noun import Noun
from api.ledger.store.tables import facet, facet_kind
from api.ledger.versions.rendering import parse_body
from api.nouns import NOUNS

revision = "0015"
down_revision = "0014"

ROWS_STAY = True


def upgrade() -> None:
    for noun in NOUNS:
        _add_keys(noun)


def _add_keys(noun: Noun) -> None:
    run, version = op.get_bind().execute, noun.table
    start = version.c.valid_start if noun.has_validity else literal(clock.UNKNOWN)
    query = select(version.c.body, start, version.c.ordinal, version.c.place)
    kind = facet_kind(noun.name, KEYS)
    for rows in run(query, execution_options={"yield_per": 1_000}).partitions():
        found = [
            {"kind": kind, "value": key, "start": start, "ordinal": ordinal, "place": place}
            for body, start, ordinal, place in rows
            for key in list_record_keys(noun, parse_body(noun, body + b"}"))
        ]
        if found:
            run(facet.insert(), found)
