"""How issues are found: index columns, references, filters."""

from sqlalchemy import Column, Text

from api.ledger.noun import Filter, Kind, Reference
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import ISSUE_CONTEXT

ISSUES_TABLE = index_table(
    "issues",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("parent", KEY, comment="the issue of which it is a part"),
    Column("search", Text, nullable=False, comment="folded name", info=SCANNED),
)

REFERENCES = (
    Reference("conflict", "conflicts"),
    Reference("parent", "issues", reads=("conflict", "parent")),
)

FILTERS = (
    Filter("conflict", Kind.EQUAL, "the conflict it belongs to", noun="conflicts"),
    Filter("text", Kind.TEXT, "words of its name", "search"),
    Filter("parent", Kind.EQUAL, "the issue of which it is a part", noun="issues", rare=True),
    Filter("context", Kind.EQUAL, "an area of public life that it concerns", "contexts",
           codes=ISSUE_CONTEXT, rare=True),
)  # fmt: skip
