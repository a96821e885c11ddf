"""A **source** is a document: a news report, a transcript, a vote on record.

Everything in the registry goes back to spans of sources. The text itself is not a field: it is
stored separately under `text_sha256`, so that it can be taken down while records stay unchanged,
without a trace in chain and exports.
"""

from api.sources import rules, table
from api.sources.schemas import SourceDraftSchema, SourceRecordSchema
from api.web.resource import Resource

SOURCES = Resource(
    name="sources",
    label="title",
    draft=SourceDraftSchema,
    record=SourceRecordSchema,
    about="Documents in which statements stand.",
    made_from=("title", "published"),
    example_id="kremlin-rules-out-truce",
    example={
        "title": "Belarus asks Russia and Ukraine for a truce",
        "kind": "news_report",
        "language": "en",
        "published": "2023-03-31",
    },
    later=("links.page",),
    table=table.SOURCES_TABLE,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    identities=rules.map_identities,
)
