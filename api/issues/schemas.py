"""The fields of an issue."""

from api.vocabulary import ISSUE_CONTEXT
from api.web.contract.fields import Code, Many, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields


class IssueDraftSchema(DraftSchema):
    """An issue as an author writes it: what a conflict is about, or a part of that."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    name = Text("its usual name", longest=200, required=True)
    contexts = Many(Code(ISSUE_CONTEXT, required=True), "the areas of public life that it concerns")
    parent = Ref("issues", "the issue of which it is a part", reads=("conflict", "parent"))


class IssueRecordSchema(IssueDraftSchema, ServerFields):
    """An issue as the registry serves it."""

    links = Links(
        "an issue",
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        propositions=LinkTo("/v1/propositions?issue={id}", "the propositions that settle it"),
        positions=LinkTo("/v1/positions?issue={id}", "who holds what on it"),
        preconditions=LinkTo("/v1/preconditions?issue={id}", "the preconditions that concern it"),
        parent=LinkTo("/v1/issues/{parent}", "the issue that it is part of"),
    )
