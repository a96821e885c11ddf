"""`/v1/issues`."""

from api.issues import ISSUES
from api.issues.schemas import IssueDraftSchema, IssueRecordSchema
from api.web.resource import Resource
from api.web.routes import make_blueprint

RESOURCE = Resource(
    noun=ISSUES,
    draft=IssueDraftSchema,
    record=IssueRecordSchema,
    about="What conflicts are about.",
    made_from=("name",),
    example_id="truce",
    retractable_id="kursk",
    example={"conflict": "war-in-ukraine", "name": "Exchange of prisoners"},
)

blp = make_blueprint(RESOURCE)
