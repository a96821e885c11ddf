"""How sources are found: index columns, filters and orders."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import SOURCE_KIND

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
    Filter("text", Kind.TEXT, "words of its title", "search"),
    Filter("kind", Kind.EQUAL, "what sort of document it is", codes=SOURCE_KIND),
    Filter("publisher", Kind.EQUAL, "who published it"),
    Filter("published", Kind.RANGE, "when it was published", "published_from published_to"),
    Filter("language", Kind.EQUAL, "the language of its text (BCP 47)", rare=True),
    Filter("text_sha256", Kind.EQUAL, "the SHA-256 of the text that it declares", rare=True),
)  # fmt: skip

SORTS = {"published": "published_from"}
