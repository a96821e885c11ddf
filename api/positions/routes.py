"""`/v1/positions`."""

from api.positions import POSITIONS
from api.positions.schemas import PositionDraftSchema, PositionRecordSchema
from api.web import counting
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=POSITIONS,
    draft=PositionDraftSchema,
    record=PositionRecordSchema,
    about=(
        "Who demands, accepts or rejects what, since when, and by which words. Each names its "
        "holder, what it does with a proposition (`force`) and the statements that show it; the "
        "server adds conflict, issues, voice and the quotes themselves. What Russia demands, and "
        "for what, as a table: `/v1/positions.csv?holder=russia&force=demand`"
    ),
    to_write=(
        "It needs `evidence`, or for a recorded vote `sources`. `attestation`, `attested_on` and "
        "`speaker` are taken from the first statement in evidence. What is wanted on a condition "
        "is a precondition, beside the demand."
    ),
    made_from=("holder", "force", "proposition", "attested_on"),
    example_id="russia-rejects-truce",
    retractable_id="belarus-accuses-west-and-ukraine",
    example={
        "holder": "belarus",
        "force": "concern",
        "proposition": "nuclear-war",
        "evidence": ["lukashenko-fears-nuclear-war"],
    },
)

blp = make_blueprint(RESOURCE)
counting.register_counts(blp, RESOURCE)
