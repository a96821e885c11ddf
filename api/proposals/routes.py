"""`/v1/proposals`."""

from api.proposals import PROPOSALS
from api.proposals.schemas import ProposalDraftSchema, ProposalRecordSchema
from api.web import counting
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=PROPOSALS,
    draft=ProposalDraftSchema,
    record=ProposalRecordSchema,
    about="What is put to others, component by component.",
    made_from=("title",),
    example_id="belarus-truce-call",
    retractable_id="us-ukraine-peace-framework",
    example={
        "title": "Talks at once",
        "conflict": "war-in-ukraine",
        "proposers": ["belarus"],
        "components": [{"id": "a", "propositions": ["talks"]}],
    },
)

blp = make_blueprint(RESOURCE)
counting.register_counts(blp, RESOURCE, tried=["year"])
