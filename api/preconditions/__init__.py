"""A **precondition** says that a holder makes the antecedents a condition of the consequents.

"The conflict can only end if Ukraine accepts the annexation": the antecedent is the acceptance, the
consequent the end, Ukraine the obligor. An explicit call for talks *without* any condition is a
precondition, too, of kind `none`. A precondition is coded only if words show it (`cue`).
"""

from api.evidence.table import EXPANSIONS, SORTS
from api.ledger.noun import Noun
from api.preconditions import rows, rules, table
from api.preconditions.schemas import PreconditionRecordSchema
from api.web.contract.schemas import read_served

PRECONDITIONS = Noun(
    name="preconditions",
    singular="precondition",
    label="id",
    **read_served(PreconditionRecordSchema),
    later=("derived", "antecedents_text", "consequents_text"),
    expansions=EXPANSIONS,
    table=table.PRECONDITIONS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=SORTS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    normalise=rules.normalise_draft,
    row=rows.make_row,
    facets=("issues", "obligors", "documents"),
)
