"""An **issue** is what a conflict is about, or a part of that: a truce, the status of a region.

Issues form a tree within their conflict. A proposition settles one or more of them.
"""

from sqlalchemy import Column, Text

from api.issues import rules
from api.issues.schemas import IssueDraftSchema, IssueRecordSchema
from api.ledger.noun import Alike, Filter, Kind
from api.ledger.rules import find_moves
from api.ledger.store.tables import KEY, SCANNED, index_table
from api.vocabulary import ISSUE_CONTEXT
from api.web.resource import Resource

ISSUES_TABLE = index_table(
    "issues",
    Column("conflict", KEY, nullable=False, comment="its conflict"),
    Column("parent", KEY, comment="the issue of which it is a part"),
    Column("search", Text, nullable=False, comment="folded name", info=SCANNED),
)

FILTERS = (
    Filter("conflict", "the conflict it belongs to", noun="conflicts"),
    Filter("text", "words of its name", "search", kind=Kind.TEXT),
    Filter("parent", "the issue of which it is a part", noun="issues", rare=True),
    Filter("context", "an area of public life that it concerns", "contexts", codes=ISSUE_CONTEXT,
           rare=True),
)  # fmt: skip

ISSUES = Resource(
    name="issues",
    label="name",
    draft=IssueDraftSchema,
    record=IssueRecordSchema,
    about="What conflicts are about.",
    made_from=("name",),
    example_id="truce",
    retractable_id="kursk",
    example={"conflict": "war-in-ukraine", "name": "Exchange of prisoners"},
    alike=Alike.IN_ORDER,
    later=("links.page",),
    table=ISSUES_TABLE,
    filters=FILTERS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    facets=("contexts",),
)
