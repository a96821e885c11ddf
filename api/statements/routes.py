"""`/v1/statements`."""

from api.statements import STATEMENTS
from api.statements.schemas import StatementDraftSchema, StatementRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=STATEMENTS,
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
)

blp = make_blueprint(RESOURCE)
