"""`/v1/axioms`."""

from api.axioms import AXIOMS
from api.axioms.schemas import AxiomDraftSchema, AxiomRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=AXIOMS,
    draft=AxiomDraftSchema,
    record=AxiomRecordSchema,
    about=(
        "Analysts' rules on which propositions exclude, imply or equal one another, and facts: "
        "propositions that came about. A fact is listed for the days on which it is one, any other "
        "rule for all days."
    ),
    to_write=(
        "A fact has one proposition, any other kind at least two. `valid_from`, `valid_to` and "
        "`evidence` go with a fact alone; without `valid_from` it counts from the day on which the "
        "first statement is attested."
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
