"""A **conflict** groups issues, propositions and proposals, and says which actor is a party.

It may be a war, a dispute, a series of talks or a standing forum. The standing is data because what
a party wants and what an outsider wants weigh differently.
"""

from api.conflicts import rules, table
from api.conflicts.schemas import ConflictRecordSchema
from api.ledger.noun import Alike, Noun
from api.web.contract.schemas import read_served

CONFLICTS = Noun(
    name="conflicts",
    singular="conflict",
    label="name",
    alike=Alike.IN_ORDER,
    **read_served(ConflictRecordSchema),
    table=table.CONFLICTS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    facets=("statuses",),
)
