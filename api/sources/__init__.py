"""A **source** is a document: a news report, a transcript, a vote on record.

Everything in the registry goes back to spans of sources. The text itself is not a field: it is
stored separately under `text_sha256`, so that it can be taken down while records stay unchanged,
without a trace in chain and exports.
"""

from api.ledger.noun import Noun
from api.sources import rules, table
from api.sources.schemas import SourceRecordSchema
from api.web.contract.schemas import read_served

SOURCES = Noun(
    name="sources",
    singular="source",
    label="title",
    **read_served(SourceRecordSchema),
    later=("links.page",),
    table=table.SOURCES_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    identities=rules.map_identities,
)
