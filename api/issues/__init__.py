"""An **issue** is what a conflict is about, or a part of that: a truce, the status of a region.

Issues form a tree within their conflict. A proposition settles one or more of them.
"""

from api.issues import rules, table
from api.issues.schemas import IssueDraftSchema, IssueRecordSchema
from api.ledger.noun import Alike
from api.ledger.rules import find_moves
from api.web.resource import Resource

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
    table=table.ISSUES_TABLE,
    filters=table.FILTERS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    facets=("contexts",),
)
