"""How axioms are found: index columns, filters and orders."""

from sqlalchemy import Column

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, covering_index, index_table
from api.vocabulary import AXIOM_KIND

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
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("proposition", Kind.EQUAL, "a proposition in it, negated or not", "propositions",
           noun="propositions"),
    Filter("kind", Kind.EQUAL, "what it says of the propositions", codes=AXIOM_KIND),
    Filter("evidence", Kind.EQUAL, "a statement that shows the fact", noun="statements", rare=True),
    Filter("author", Kind.EQUAL, "the analyst's name", rare=True),
)  # fmt: skip

SORTS = {"valid_from": "valid_start"}
