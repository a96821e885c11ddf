"""A **proposal** is a text put to others, in components that can be answered one by one.

Accepting the whole accepts every literal of every component; rejecting the whole rejects them
together, not each of them. A later version `revises` an earlier one; a counter-proposal
`responds_to` it.
"""

from api.ledger.noun import Alike, Noun
from api.ledger.rules import find_moves
from api.proposals import rules, table
from api.proposals.schemas import ProposalRecordSchema
from api.web.contract.schemas import read_served

PROPOSALS = Noun(
    name="proposals",
    singular="proposal",
    label="title",
    alike=Alike.IN_ORDER,
    **read_served(ProposalRecordSchema),
    table=table.PROPOSALS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=table.SORTS,
    groupings=table.GROUPINGS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
