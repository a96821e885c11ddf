"""What a precondition says."""

from typing import Any

import marshmallow as ma

from api.evidence.schemas import Quotes
from api.vocabulary import (
    ANTECEDENTS_KIND,
    ATTESTATION,
    END_REASON,
    MODALITY,
    RANK,
    SCOPE,
    TIMING,
    VOICE,
)
from api.web.fields import FEW, Code, Day, Edtf, Flag, Literal, Many, Ref, Text
from api.web.schemas import DraftSchema, ServerFields


class PreconditionDraftSchema(DraftSchema):
    """What a holder makes a condition of what."""

    holder = Ref("actors", "who holds it", required=True)
    antecedents_kind = Code(ANTECEDENTS_KIND, required=True)
    antecedents = Many(
        Many(Literal(), "an alternative: all its members", least=1, most=FEW, required=True),
        "what must be, for `stated` alone: any one alternative, all its members",
        most=FEW,
    )
    consequents = Many(
        Literal(), "what it is asked for, each on the same condition", least=1, required=True
    )
    modality = Code(MODALITY, required=True)
    timing = Code(TIMING)
    deadline = Edtf("by when the antecedents must be")
    scope = Code(SCOPE)
    exhaustive = Flag("these are all the conditions; null where the words do not tell")
    cue = Text("the words that show the condition", longest=400)
    speaker = Ref("actors", "who says it for the holder")
    evidence = Many(
        Ref("statements", "a statement", required=True), "the statements that show it",
        least=1, required=True,
    )  # fmt: skip
    attestation = Code(ATTESTATION, required=True)
    attested_on = Day("when it is attested", required=True)
    valid_from = Edtf("since when it holds", point=True)
    valid_to = Edtf("the first day on which it no longer holds", point=True)
    end_reason = Code(END_REASON)
    replaces = Ref("preconditions", "the precondition in whose place it stands")
    rank = Code(RANK, load_default="normal", allow_none=False)
    coder = Text("who read it out of the evidence", longest=200)

    @ma.validates_schema(skip_on_field_errors=True)
    def antecedents_are_of_their_kind(self, data: dict[str, Any], **_: Any) -> None:
        """Antecedents are named if and only if they are stated."""
        stated, named = data["antecedents_kind"] == "stated", bool(data.get("antecedents"))
        if stated and not named:
            raise ma.ValidationError("are required when antecedents_kind is stated", "antecedents")
        if named and not stated:
            detail = f"must be left out when antecedents_kind is {data['antecedents_kind']}"
            raise ma.ValidationError(detail, "antecedents")


class PreconditionRecordSchema(PreconditionDraftSchema, ServerFields):
    """A precondition as the registry serves it."""

    conflict = Ref("conflicts", "the conflict of its propositions", dump_only=True)
    issues = Many(
        Ref("issues", "an issue", required=True), "the issues of its propositions", dump_only=True
    )
    obligors = Many(
        Ref("actors", "an actor", required=True),
        "whose act it waits for: the `by` of its antecedents",
        dump_only=True,
    )
    voice = Code(VOICE, dump_only=True)
    stated_on = Edtf("when it was said, by the first statement that tells", dump_only=True)
    last_attested_on = Day("when it is attested last", dump_only=True)
    quotes = Quotes()
