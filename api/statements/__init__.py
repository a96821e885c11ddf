"""A **statement** is a span of a source, attributed: these words, by this speaker, on that day.

Words that people said are given as `exact`. What journalists wrote is identified by offsets and
hash, with a `gist` in an analyst's own words. `verified` says that the span was found in the text.
"""

from sqlalchemy import Boolean, Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.statements import placing, rules
from api.statements.schemas import StatementDraftSchema, StatementRecordSchema
from api.vocabulary import ATTESTATION
from api.web.resource import Resource

STATEMENTS_TABLE = index_table(
    "statements",
    Column("source", KEY, nullable=False, comment="where it stands"),
    Column("speaker", KEY, comment="who says it"),
    Column("on_behalf_of", KEY, comment="in whose name"),
    Column("audience", KEY, comment="to whom"),
    Column("attestation", KEY, nullable=False, comment="how the source gives it", info=SCANNED),
    Column("verified", Boolean(create_constraint=False), nullable=False,
           comment="found in the source's present text", info=SCANNED),
    Column("stated_from", KEY, nullable=False, comment="earliest day on which it was said"),
    Column("stated_to", KEY, nullable=False, comment="latest", info=SCANNED),
    Column("attested_on", KEY, nullable=False, comment="day by which the source attests it"),
    Column("search", Text, nullable=False, comment="folded words", info=SCANNED),
)  # fmt: skip

FILTERS = (
    Filter("speaker", "who says it", noun="actors"),
    Filter("source", "where it stands", noun="sources"),
    Filter("text", "words of it, or of its gist", "search", kind=Kind.TEXT),
    Filter("attested_on", "when the source attests it", "attested_on attested_on", kind=Kind.RANGE),
    Filter("verified", "whether it was found in the source's text", kind=Kind.FLAG),
    Filter("on_behalf_of", "in whose name it is said", noun="actors", rare=True),
    Filter("audience", "to whom it is said", noun="actors", rare=True),
    Filter("attestation", "how the source gives it", codes=ATTESTATION, rare=True),
    Filter("stated_on", "when it was said", "stated_from stated_to", kind=Kind.RANGE, rare=True),
)

STATEMENTS = Resource(
    name="statements",
    label="gist",
    draft=StatementDraftSchema,
    record=StatementRecordSchema,
    about=(
        "Spans of sources, attributed to who said them. Offsets count Unicode code points, "
        "half-open. Where the source's text is attached, the span must be found in it: otherwise "
        "the answer is a 422 that shows the nearest real passage with its offsets."
    ),
    made_from=("source", "start", "end"),
    example_id="peskov-operation-continues",
    retractable_id="talks-of-2022-fizzled-out",
    example={
        "source": "kremlin-rules-out-truce",
        "start": 65,
        "end": 87,
        "gist": "Under the headline: a flat refusal, in a translation that says it badly.",
        "attestation": "narration",
        "attested_on": "2023-03-31",
    },
    table=STATEMENTS_TABLE,
    filters=FILTERS,
    sorts={"stated_on": "stated_from", "attested_on": "attested_on"},
    check=rules.check_record,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
    normalise=placing.normalise_draft,
)
