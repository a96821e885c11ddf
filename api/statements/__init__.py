"""A **statement** is a span of a source, attributed: these words, by this speaker, on that day.

Words that people said are given as `exact`. What journalists wrote is identified by offsets and
hash, with a `gist` in an analyst's own words. `verified` says that the span was found in the text.
"""

from api.statements import placing, rules, table
from api.statements.schemas import StatementDraftSchema, StatementRecordSchema
from api.web.resource import Resource

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
    table=table.STATEMENTS_TABLE,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
    normalise=placing.normalise_draft,
)
