"""How issues are found: index columns and filters."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import ISSUE_CONTEXT

ISSUES_TABLE = index_table(
    "issues",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("parent", KEY, comment="the issue of which it is a part"),
    Column("search", Text, nullable=False, comment="folded name", info=SCANNED),
)

FILTERS = (
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("text", Kind.TEXT, "words of its name", "search"),
    Filter("parent", Kind.EQUAL, "the issue of which it is a part", noun="issues", rare=True),
    Filter("context", Kind.EQUAL, "an area of public life that it concerns", "contexts",
           codes=ISSUE_CONTEXT, rare=True),
)  # fmt: skip
