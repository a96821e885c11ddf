"""A **position** is what a holder does with a proposition, by the evidence of statements.

Russia (holder) rejects (force) the truce (proposition); its spokesman (speaker) says so. A position
with `responds_to` is an answer, to a proposal, one of its components or another position; one with
`under` holds only under these preconditions. A change of mind ends it and opens the next.
"""

from api.evidence.table import EXPANSIONS, SORTS
from api.ledger.noun import Noun
from api.positions import rows, rules, table
from api.positions.schemas import PositionRecordSchema
from api.web.contract.schemas import read_served

POSITIONS = Noun(
    name="positions",
    singular="position",
    label="id",
    **read_served(PositionRecordSchema),
    later=("derived", "proposition_text"),
    expansions=EXPANSIONS,
    table=table.POSITIONS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=SORTS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    normalise=rules.normalise_draft,
    batch_key=rules.find_batch_key,
    varying_fields=("holder",),
    words=rules.list_search_texts,
    names=rules.list_names,
    row=rows.make_row,
    facets=("issues", "answers", "documents"),
    compound_facets=(("holder", "issues"),),
    groupings=table.GROUPINGS,
)
