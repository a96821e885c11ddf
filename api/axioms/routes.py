"""`/v1/axioms`."""

from api.axioms import AXIOMS
from api.axioms.schemas import AxiomDraftSchema, AxiomRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=AXIOMS,
    draft=AxiomDraftSchema,
    record=AxiomRecordSchema,
    about="Analysts' rules on which propositions exclude, imply or equal one another, and facts.",
    made_from=("kind", "propositions"),
    example_id="peace-implies-end",
    retractable_id="truce-ends-operation",
    example={
        "conflict": "war-in-ukraine",
        "author": "analyst",
        "kind": "implies",
        "propositions": ["peace", "truce"],
    },
)

blp = make_blueprint(RESOURCE)
