"""The fields of a proposal."""

from api.web.contract.fields import FEW, ID_LENGTH, SLUG, Edtf, Ids, Literal, Many, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


def _make_component_id(about: str) -> Text:
    hint = "must be lower-case ASCII words and digits joined by single hyphens"
    return Text(about, longest=ID_LENGTH, pattern=SLUG, hint=hint, required=True)


class ComponentSchema(StrictSchema):
    """A part of a proposal that can be answered by itself. `if` is a keyword of Python."""

    id = _make_component_id("its id, unique within the proposal")
    label = Text("its usual name", longest=200)
    phase = Text("the phase to which it belongs, where the proposal has phases", longest=200)
    option = Text("the option to which it belongs, where the proposal leaves a choice", longest=200)
    # The issues matter to the positions that answer the proposal as a whole.
    propositions = Many(
        Literal(reads=("conflict", "issues")),
        "what it asks: all of these",
        least=1,
        most=FEW,
        required=True,
    )
    after = Many(_make_component_id("the id of a component"),
                 "the components of the same proposal that come before it", most=FEW)  # fmt: skip
    if_ = Many(Literal(reads=("conflict",)), "it is due if all of these hold, and only then",
               most=FEW, data_key="if", attribute="if")  # fmt: skip
    evidence = Ids("statements", "the statements that show it", most=FEW)


class AnsweredProposalSchema(StrictSchema):
    """The proposal that another one answers."""

    proposal = Ref("proposals", "the proposal", reads=("responds_to",), required=True)


class ProposalDraftSchema(DraftSchema):
    """A proposal as an author writes it."""

    title = Text("its usual name", longest=400, required=True)
    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    proposers = Ids("actors", "who makes it", least=1, required=True)
    spokesperson = Ref("actors", "who says it for the proposers")
    addressees = Ids("actors", "to whom it is made")
    made_on = Edtf("when it was made")
    responds_to = Part(AnsweredProposalSchema, "the proposal that it answers")
    revises = Ref("proposals", "the proposal of which it is a new version", reads=("revises",))
    components = Many(Part(ComponentSchema, required=True), "its parts, in order",
                      least=1, most=None, required=True)  # fmt: skip
    evidence = Ids("statements", "the statements that show it")


class ProposalRecordSchema(ProposalDraftSchema, ServerFields):
    """A proposal as the registry serves it."""

    links = Links(
        "a proposal",
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        responses=LinkTo(
            "/v1/proposals/{id}/responses", "which actors answered it, and which did not"
        ),
        positions=LinkTo("/v1/positions?responds_to={id}", "the positions that answer it"),
        evidence=LinkTo("/v1/statements?id={evidence}", "the statements that show it"),
        revises=LinkTo("/v1/proposals/{revises}", "the proposal that it revises"),
    )
