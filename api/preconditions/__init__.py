"""A **precondition** says that a holder makes the antecedents a condition of the consequents.

"The conflict can only end if Ukraine accepts the annexation": the antecedent is the acceptance, the
consequent the end, Ukraine the obligor. An explicit call for talks *without* any condition is a
precondition, too, of kind `none`. A precondition is coded only if words show it (`cue`).
"""

from api.evidence.table import EXPANSIONS, SORTS
from api.preconditions import rows, rules, table
from api.preconditions.schemas import PreconditionDraftSchema, PreconditionRecordSchema
from api.web.resource import Resource

PRECONDITIONS = Resource(
    name="preconditions",
    label="id",
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
    later=("derived", "antecedents_text", "consequents_text"),
    expansions=EXPANSIONS,
    table=table.PRECONDITIONS_TABLE,
    filters=table.FILTERS,
    sorts=SORTS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    normalise=rules.normalise_draft,
    row=rows.make_row,
    facets=("issues", "obligors", "documents"),
)
