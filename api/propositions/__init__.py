"""A **proposition** is a state of affairs that actors take positions on.

"Russian forces withdraw from Ukrainian territory." The registry does not say whether it is true.
Positions, preconditions, proposals and axioms name it. `by` names the actors whose act would make
it so; from that follows who asks it of whom.
"""

from sqlalchemy import Column, Text

from api.ledger.noun import Alike, Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.propositions import rules
from api.propositions.schemas import PropositionDraftSchema, PropositionRecordSchema
from api.web.resource import Resource

PROPOSITIONS_TABLE = index_table(
    "propositions",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("search", Text, nullable=False, comment="folded text", info=SCANNED),
)

FILTERS = (
    Filter("conflict", "the conflict it belongs to", noun="conflicts"),
    Filter("issue", "an issue that it settles", "issues", noun="issues"),
    Filter("text", "words of its text or its issues' names", "search", kind=Kind.TEXT),
    Filter("by", "an actor whose act makes it so", noun="actors"),
)

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
    table=PROPOSITIONS_TABLE,
    filters=FILTERS,
    check=rules.check_record,
    find_doubts=rules.find_doubts,
    derive=rules.derive_fields,
    words=rules.list_search_texts,
)
