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
        "Who makes what a condition of what. A precondition names its antecedents (any one "
        "alternative, with all its members) and its consequents; an explicit absence of "
        "conditions is recorded as `antecedents_kind=none`. The server adds the actors whose act "
        "it waits for (`obligors`), conflict, issues, voice and quotes. For a table of what is "
        "asked of Ukraine, ask for `/v1/preconditions.csv?obligor=ukraine`."
    ),
    to_write=(
        "Give `antecedents`, or an `antecedents_kind` that says why there are none. Give also "
        "`modality`: without it the condition constrains nothing. If you leave out `attestation`, "
        "`attested_on` and `speaker`, they are taken from the first statement in evidence."
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
