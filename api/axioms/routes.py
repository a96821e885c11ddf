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
    to_write=(
        "`valid_from`, `valid_to` and `evidence` go with a fact alone; without `valid_from` it "
        "counts from the day on which its first statement is attested, other rules always."
    ),
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
