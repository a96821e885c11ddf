"""A **conflict** groups issues, propositions and proposals, and says which actor is a party.

It may be a war, a dispute, a series of talks or a standing forum. The standing is data because what
a party wants and what an outsider wants weigh differently.
"""

from api.conflicts import rules, table
from api.conflicts.schemas import ConflictDraftSchema, ConflictRecordSchema
from api.ledger.noun import Alike
from api.web.resource import Resource

CONFLICTS = Resource(
    name="conflicts",
    label="name",
    draft=ConflictDraftSchema,
    record=ConflictRecordSchema,
    about="Wars, disputes, talks and forums, with the standing of each party.",
    made_from=("name",),
    example_id="war-in-ukraine",
    example={
        "name": "Grain exports from the ports of Ukraine",
        "kind": "negotiation",
        "parties": [
            {"actor": "russia", "status": "party"},
            {"actor": "ukraine", "status": "party"},
        ],
    },
    alike=Alike.IN_ORDER,
    table=table.CONFLICTS_TABLE,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    derive=rules.derive_fields,
    facets=("statuses",),
)
