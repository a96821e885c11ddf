"""A **proposition** is a state of affairs that actors take positions on.

"Russian forces withdraw from Ukrainian territory." The registry does not say whether it is true.
Positions, preconditions, proposals and axioms name it. `by` names the actors whose act would make
it so; from that follows who asks it of whom.
"""

from api.ledger.noun import Alike
from api.propositions import rules, table
from api.propositions.schemas import PropositionDraftSchema, PropositionRecordSchema
from api.web.resource import Resource

PROPOSITIONS = Resource(
    name="propositions",
    label="text",
    draft=PropositionDraftSchema,
    record=PropositionRecordSchema,
    about="States of affairs that actors take positions on.",
    made_from=("text",),
    example_id="annexation-accepted",
    retractable_id="goals-achieved",
    example={
        "text": "Russia and Ukraine exchange all prisoners of war.",
        "conflict": "war-in-ukraine",
        "by": ["russia", "ukraine"],
    },
    alike=Alike.IN_ORDER,
    later=("links.page",),
    table=table.PROPOSITIONS_TABLE,
    filters=table.FILTERS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
