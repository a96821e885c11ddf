"""An **axiom** is an analyst's rule: these propositions exclude, imply or equal one another.

No source says it, but analysis of positions needs it. So it carries its author, and is always shown
separately from what actors hold. A **fact** is a rule of one proposition that came about; it counts
in its period only, and has evidence. All other rules count always.
"""

from sqlalchemy import Column

from api.axioms import rules
from api.axioms.schemas import AxiomDraftSchema, AxiomRecordSchema
from api.ledger.noun import Filter
from api.ledger.rules import find_moves
from api.ledger.store.tables import KEY, SCANNED, covering_index, index_table
from api.vocabulary import AXIOM_KIND
from api.web.resource import Resource

AXIOMS_TABLE = index_table(
    "axioms",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("author", KEY, nullable=False, comment="the analyst", info=SCANNED),
    Column("kind", KEY, nullable=False, comment="its kind", info=SCANNED),
    Column("valid_start", KEY, nullable=False, comment="earliest possible first day, of a fact",
           info=covering_index()),
    Column("valid_end", KEY, nullable=False, comment="latest possible first day after",
           info=SCANNED),
)  # fmt: skip

FILTERS = (
    Filter("conflict", "the conflict it belongs to", noun="conflicts"),
    Filter("proposition", "a proposition in it, negated or not", "propositions",
           noun="propositions"),
    Filter("kind", "what it says of the propositions", codes=AXIOM_KIND),
    Filter("evidence", "a statement that shows the fact", noun="statements", rare=True),
    Filter("author", "the analyst's name", rare=True),
)  # fmt: skip

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
    table=AXIOMS_TABLE,
    filters=FILTERS,
    sorts={"valid_from": "valid_start"},
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
)
