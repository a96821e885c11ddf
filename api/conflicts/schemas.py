"""The fields of a conflict."""

from api.vocabulary import CONFLICT_KIND, PARTY_STATUS
from api.web.contract.fields import Code, Edtf, Many, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


class PartySchema(StrictSchema):
    """An actor's standing in the conflict."""

    actor = Ref("actors", "the actor", required=True)
    status = Code(PARTY_STATUS, required=True)


class ConflictDraftSchema(DraftSchema):
    """A conflict as an author writes it: a war, a dispute, talks or a forum."""

    name = Text("its usual name", longest=200, required=True)
    kind = Code(CONFLICT_KIND, required=True)
    summary = Text("what it is about, in a few sentences", longest=4_000, kind="prose")
    parties = Many(Part(PartySchema, required=True), "the actors with a standing in it")
    valid_from = Edtf("when it began", point=True)
    valid_to = Edtf("the first day on which it was over", point=True)


class ConflictRecordSchema(ConflictDraftSchema, ServerFields):
    """A conflict as the registry serves it."""

    links = Links(
        "a conflict",
        positions=LinkTo("/v1/positions?conflict={id}", "who holds what in it"),
        preconditions=LinkTo(
            "/v1/preconditions?conflict={id}", "who makes what a condition of what"
        ),
        proposals=LinkTo("/v1/proposals?conflict={id}", "what was proposed"),
        issues=LinkTo("/v1/issues?conflict={id}", "what it is about"),
        propositions=LinkTo("/v1/propositions?conflict={id}", "the states of affairs in question"),
        axioms=LinkTo("/v1/axioms?conflict={id}", "the analysts' rules for it"),
        deadlock=LinkTo("/v1/conflicts/{id}/deadlock", "what collides, and what would resolve it"),
        matrix=LinkTo("/v1/conflicts/{id}/matrix", "which actor takes which position"),
        timeline=LinkTo("/v1/conflicts/{id}/timeline", "what happened"),
    )
