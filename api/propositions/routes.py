"""`/v1/propositions`."""

from api.propositions import PROPOSITIONS
from api.propositions.schemas import PropositionDraftSchema, PropositionRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=PROPOSITIONS,
    draft=PropositionDraftSchema,
    record=PropositionRecordSchema,
    about="States of affairs that actors take positions on.",
    made_from=("text",),
    example_id="annexation-accepted",
    retractable_id="goals-achieved",
    example={
        "text": "Russia and Ukraine exchange all prisoners of war.",
        "conflict": "war-in-ukraine",
        "by": ["russia", "ukraine"],
    },
)

blp = make_blueprint(RESOURCE)
