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
        "Who demands, accepts or rejects what, since when, in which words. A position names its "
        "holder, what the holder does with a proposition (`force`) and the statements that show "
        "it. The server adds conflict, issues, voice and quotes. For a table of what Russia "
        "demands, and in return for what, ask for `/v1/positions.csv?holder=russia&force=demand`."
    ),
    to_write=(
        "Give `evidence`, or `sources` for a recorded vote. If you leave out `attestation`, "
        "`attested_on` and `speaker`, they are taken from the first statement in evidence. If a "
        "demand is made a condition of something, write a precondition beside it."
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
counting.register_counts(blp, RESOURCE, tried=["holder", "force"])
