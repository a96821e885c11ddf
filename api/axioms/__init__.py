"""An **axiom** is an analyst's rule: these propositions exclude, imply or equal one another.

No source says it, but analysis of positions needs it. So it carries its author, and is always shown
separately from what actors hold. A **fact** is a rule of one proposition that came about; it counts
in its period only, and has evidence. All other rules count always.
"""

from api.axioms import rules, table
from api.axioms.schemas import AxiomRecordSchema
from api.ledger.noun import Noun
from api.ledger.rules import find_moves
from api.web.contract.schemas import read_served

AXIOMS = Noun(
    name="axioms",
    singular="axiom",
    label="id",
    **read_served(AxiomRecordSchema),
    later=("links.page",),
    table=table.AXIOMS_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    sorts=table.SORTS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
)
