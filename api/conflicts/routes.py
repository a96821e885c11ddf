"""`/v1/conflicts`."""

from api.conflicts import CONFLICTS
from api.conflicts.schemas import ConflictDraftSchema, ConflictRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=CONFLICTS,
    draft=ConflictDraftSchema,
    record=ConflictRecordSchema,
    about="Wars, disputes, talks and forums, with the standing of each party.",
    made_from=("name",),
    example_id="war-in-ukraine",
    example={
        "name": "Grain exports from the ports of Ukraine",
        "kind": "negotiation",
        "parties": [
            {"actor": "russia", "status": "party"},
            {"actor": "ukraine", "status": "party"},
        ],
    },
)

blp = make_blueprint(RESOURCE)
