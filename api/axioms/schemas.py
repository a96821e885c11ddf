"""The fields of an axiom."""

from api.vocabulary import AXIOM_KIND
from api.web.contract.fields import Code, Literal, Many, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, LinksSchema, LinkTo, ServerFields


class AxiomDraftSchema(DraftSchema):
    """An analyst's rule on which propositions exclude, imply or equal one another."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    author = Text("the analyst's name", longest=200, required=True)
    kind = Code(AXIOM_KIND, required=True)
    propositions = Many(
        Literal(), "the propositions that it is about, in order", least=2, required=True
    )
    rationale = Text("the reason for it", longest=4_000, kind="prose")


class AxiomLinksSchema(LinksSchema):
    """Where to go from an axiom."""

    conflict = LinkTo("/v1/conflicts/{conflict}", "its conflict")
    propositions = LinkTo("/v1/propositions?id={propositions}", "the propositions that it is about")


class AxiomRecordSchema(AxiomDraftSchema, ServerFields):
    """An axiom as the registry serves it."""

    links = Part(AxiomLinksSchema, "where to go from here", dump_only=True)
