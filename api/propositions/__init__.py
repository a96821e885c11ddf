"""A **proposition** is a state of affairs that actors take positions on.

"Russian forces withdraw from Ukrainian territory." The registry does not say whether it is true.
Positions, preconditions, proposals and axioms name it. `by` names the actors whose act would make
it so; from that follows who asks it of whom.
"""

from api.ledger.noun import Alike, Noun
from api.propositions import rules, table
from api.propositions.schemas import PropositionRecordSchema
from api.web.contract.schemas import read_served

PROPOSITIONS = Noun(
    name="propositions",
    singular="proposition",
    label="text",
    alike=Alike.IN_ORDER,
    **read_served(PropositionRecordSchema),
    later=("links.page",),
    table=table.PROPOSITIONS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
