"""A **source** is a document: a news report, a transcript, a vote on record.

Everything in the registry goes back to spans of sources. The text itself is not a field: it is
stored separately under `text_sha256`, so that it can be taken down while records stay unchanged,
without a trace in chain and exports.
"""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.sources import rules
from api.sources.schemas import SourceDraftSchema, SourceRecordSchema
from api.vocabulary import SOURCE_KIND
from api.web.resource import Resource

SOURCES_TABLE = index_table(
    "sources",
    Column("kind", KEY, nullable=False, comment="its kind"),
    Column("publisher", KEY, comment="who published it"),
    Column("language", KEY, nullable=False, comment="BCP 47", info=SCANNED),
    Column("text_sha256", KEY, comment="the text that it declares"),
    Column("published_from", KEY, nullable=False, comment="earliest day of publication"),
    Column("published_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("search", Text, nullable=False, comment="folded title", info=SCANNED),
)

FILTERS = (
    Filter("text", "words of its title", "search", kind=Kind.TEXT),
    Filter("kind", "what sort of document it is", codes=SOURCE_KIND),
    Filter("publisher", "who published it"),
    Filter("published", "when it was published", "published_from published_to", kind=Kind.RANGE),
    Filter("language", "the language of its text (BCP 47)", rare=True),
    Filter("text_sha256", "the SHA-256 of the text that it declares", rare=True),
)

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
    table=SOURCES_TABLE,
    filters=FILTERS,
    sorts={"published": "published_from"},
    check=rules.check_record,
    derive=rules.derive_fields,
    identities=rules.map_identities,
)
