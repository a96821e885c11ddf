"""`/v1/preconditions`."""

from api.preconditions import PRECONDITIONS
from api.preconditions.schemas import PreconditionDraftSchema, PreconditionRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=PRECONDITIONS,
    draft=PreconditionDraftSchema,
    record=PreconditionRecordSchema,
    about=(
        "Who makes what a condition of what. Each names its antecedents (any one alternative, all "
        "its members) and its consequents; an explicit absence of conditions is on record as "
        "`antecedents_kind=none`. The server adds whose act it waits for (`obligors`), conflict, "
        "issues, voice and the quotes of the evidence. What is asked of Ukraine, as a table: "
        "`/v1/preconditions.csv?obligor=ukraine`"
    ),
    to_write=(
        "It needs `antecedents`, or an `antecedents_kind` that says why there are none. Give "
        "`modality`: without it the condition constrains nothing. `attestation`, `attested_on` and "
        "`speaker` are taken from the first statement in evidence."
    ),
    made_from=("holder", "antecedents_kind", "consequents"),
    example_id="russia-end-needs-annexation",
    retractable_id="belarus-talks-no-preconditions",
    example={
        "holder": "belarus",
        "antecedents": [["truce"]],
        "consequents": ["!escalation"],
        "modality": "necessary",
        "evidence": ["lukashenko-stop-now"],
    },
)

blp = make_blueprint(RESOURCE)
