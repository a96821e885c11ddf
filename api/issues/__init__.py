"""An **issue** is what a conflict is about, or a part of that: a truce, the status of a region.

Issues form a tree within their conflict. A proposition settles one or more of them.
"""

from api.issues import rules, table
from api.issues.schemas import IssueRecordSchema
from api.ledger.noun import Alike, Noun
from api.ledger.rules import find_moves
from api.web.contract.schemas import read_served

ISSUES = Noun(
    name="issues",
    singular="issue",
    label="name",
    alike=Alike.IN_ORDER,
    **read_served(IssueRecordSchema),
    later=("links.page",),
    table=table.ISSUES_TABLE,
    references=table.REFERENCES,
    filters=table.FILTERS,
    check=rules.check_record,
    find_doubts=find_moves,
    derive=rules.derive_fields,
    facets=("contexts",),
)
