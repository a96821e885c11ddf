"""A **proposal** is a text put to others, in components that can be answered one by one.

Accepting the whole accepts every literal of every component; rejecting the whole rejects them
together, not each of them. A later version `revises` an earlier one; a counter-proposal
`responds_to` it.
"""

from api.ledger.noun import Alike
from api.ledger.rules import find_moves
from api.proposals import rules, table
from api.proposals.schemas import ProposalDraftSchema, ProposalRecordSchema
from api.web.resource import Resource

PROPOSALS = Resource(
    name="proposals",
    label="title",
    draft=ProposalDraftSchema,
    record=ProposalRecordSchema,
    about="What is put to others, component by component.",
    made_from=("title",),
    example_id="belarus-truce-call",
    retractable_id="us-ukraine-peace-framework",
    example={
        "title": "Talks at once",
        "conflict": "war-in-ukraine",
        "proposers": ["belarus"],
        "components": [{"id": "a", "propositions": ["talks"]}],
    },
    alike=Alike.IN_ORDER,
    table=table.PROPOSALS_TABLE,
    filters=table.FILTERS,
    sorts=table.SORTS,
    groupings=table.GROUPINGS,
    counted=("year",),
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
