"""What is said of a conflict."""

from api.vocabulary import CONFLICT_KIND, PARTY_STATUS
from api.web.fields import Code, Edtf, Many, Part, Ref, Text
from api.web.schemas import DraftSchema, ServerFields, StrictSchema


class PartySchema(StrictSchema):
    """An actor's standing in the conflict."""

    actor = Ref("actors", "the actor", required=True)
    status = Code(PARTY_STATUS, required=True)


class ConflictDraftSchema(DraftSchema):
    """What holds issues, propositions and proposals together."""

    name = Text("the name that people call it by", longest=200, required=True)
    kind = Code(CONFLICT_KIND, required=True)
    summary = Text("what it is about, in a few sentences", longest=4_000)
    parties = Many(Part(PartySchema, required=True), "who stands where in it")
    valid_from = Edtf("when it began", point=True)
    valid_to = Edtf("the first day on which it was over", point=True)


class ConflictRecordSchema(ConflictDraftSchema, ServerFields):
    """A conflict as the registry serves it."""
