"""What an issue is."""

from api.vocabulary import ISSUE_CONTEXT
from api.web.fields import Code, Many, Ref, Text
from api.web.schemas import DraftSchema, ServerFields


class IssueDraftSchema(DraftSchema):
    """What a conflict is about, or a part of that."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    name = Text("the name that people call it by", longest=200, required=True)
    contexts = Many(Code(ISSUE_CONTEXT, required=True), "the fields of life that it touches")
    parent = Ref("issues", "the issue of which it is a part")


class IssueRecordSchema(IssueDraftSchema, ServerFields):
    """An issue as the registry serves it."""
