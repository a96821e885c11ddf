"""A **conflict** groups issues, propositions and proposals, and says which actor is a party.

It may be a war, a dispute, a series of talks or a standing forum. The standing is data because what
a party wants and what an outsider wants weigh differently.
"""

from sqlalchemy import Column, Text

from api.conflicts import rules
from api.conflicts.schemas import ConflictDraftSchema, ConflictRecordSchema
from api.ledger.noun import Alike, Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, covering_index, index_table
from api.vocabulary import CONFLICT_KIND, PARTY_STATUS
from api.web.resource import Resource

CONFLICTS_TABLE = index_table(
    "conflicts",
    Column("kind", KEY, nullable=False, comment="its kind"),
    Column("valid_start", KEY, nullable=False, comment="earliest possible first day",
           info=covering_index()),
    Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
           info=SCANNED),
    Column("search", Text, nullable=False, comment="folded name and summary", info=SCANNED),
)  # fmt: skip

FILTERS = (
    Filter("text", "words of its name or summary", "search", kind=Kind.TEXT),
    Filter("party", "an actor with a standing in it", "parties.actor", noun="actors"),
    Filter("kind", "what sort of conflict it is", codes=CONFLICT_KIND),
    Filter("status", "a standing that somebody has in it", "statuses", codes=PARTY_STATUS,
           rare=True),
)  # fmt: skip

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
    table=CONFLICTS_TABLE,
    filters=FILTERS,
    sorts={"valid_from": "valid_start"},
    check=rules.check_record,
    derive=rules.derive_fields,
    facets=("statuses",),
)
