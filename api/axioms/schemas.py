"""What an analyst's rule says."""

from api.vocabulary import AXIOM_KIND
from api.web.fields import Code, Literal, Many, Ref, Text
from api.web.schemas import DraftSchema, ServerFields


class AxiomDraftSchema(DraftSchema):
    """An analyst's rule on which propositions exclude, imply or equal one another."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    author = Text("the analyst's name", longest=200, required=True)
    kind = Code(AXIOM_KIND, required=True)
    propositions = Many(Literal(), "what it ties together, in order", least=2, required=True)
    rationale = Text("why it is so", longest=4_000)


class AxiomRecordSchema(AxiomDraftSchema, ServerFields):
    """An analyst's rule as the registry serves it."""
