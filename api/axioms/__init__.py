"""An **axiom** is an analyst's rule: these propositions exclude, imply or equal one another.

No source says it, but analysis of positions needs it. So it carries its author, and is always shown
separately from what actors hold. A **fact** is a rule of one proposition that came about; it counts
in its period only, and has evidence. All other rules count always.
"""

from api.axioms import rules, table
from api.axioms.schemas import AxiomDraftSchema, AxiomRecordSchema
from api.ledger.rules import find_moves
from api.web.resource import Resource

AXIOMS = Resource(
    name="axioms",
    label="id",
    draft=AxiomDraftSchema,
    record=AxiomRecordSchema,
    about="Analysts' rules on which propositions exclude, imply or equal one another, and facts.",
    made_from=("kind", "propositions"),
    example_id="peace-implies-end",
    retractable_id="truce-ends-operation",
    example={
        "conflict": "war-in-ukraine",
        "author": "analyst",
        "kind": "implies",
        "propositions": ["peace", "truce"],
    },
    later=("links.page",),
    table=table.AXIOMS_TABLE,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
)
