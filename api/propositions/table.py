"""How propositions are found: index columns and filters."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table

PROPOSITIONS_TABLE = index_table(
    "propositions",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("search", Text, nullable=False, comment="folded text", info=SCANNED),
)

FILTERS = (
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("issue", Kind.EQUAL, "an issue that it settles", "issues", noun="issues"),
    Filter("text", Kind.TEXT, "words of its text or its issues' names", "search"),
    Filter("by", Kind.EQUAL, "an actor whose act makes it so", noun="actors"),
)
