"""What a what-if supposes: records to leave out, and records to add, shorter than real ones."""

from typing import Any

import marshmallow as ma

from api.analysis.deadlock.whatif import Supposed
from api.axioms.schemas import check_kind
from api.proposals.schemas import AnsweredProposalSchema
from api.vocabulary import ANTECEDENTS_KIND, AXIOM_KIND, FORCE, MODALITY, TIMING, CodeList
from api.web.contract.fields import FEW, Code, Flag, Id, Ids, Literal, Many, Part, Ref
from api.web.contract.schemas import StrictSchema, drop_empty

_MOST = 50
_NOUNS = CodeList(
    "supposable",
    "The records of which a deadlock is made.",
    positions="what holders do with propositions",
    preconditions="what they make conditions",
    axioms="analysts' rules",
)


class LeaveOutSchema(StrictSchema):
    """A record that is left out."""

    noun = Code(_NOUNS, required=True)
    id = Id("the record", required=True)


class SupposedPositionSchema(StrictSchema):
    """A position that nobody recorded."""

    holder = Ref("actors", "who would hold it", required=True)
    force = Code(FORCE, required=True)
    proposition = Ref("propositions", "what it would be about")
    responds_to = Part(AnsweredProposalSchema, "a whole proposal that it would answer instead")
    negated = Flag("it is about the proposition's opposite", allow_none=False)
    under = Ids("preconditions", "recorded preconditions under which it would hold", most=FEW)

    @ma.validates_schema(skip_on_field_errors=True)
    def is_about_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        """It is about a proposition, or answers a whole proposal."""
        if (data.get("proposition") is None) == (data.get("responds_to") is None):
            raise ma.ValidationError("name either this or responds_to", "proposition")


class SupposedPreconditionSchema(StrictSchema):
    """A precondition that nobody recorded."""

    holder = Ref("actors", "who would hold it", required=True)
    antecedents_kind = Code(ANTECEDENTS_KIND, load_default="stated", allow_none=False)
    antecedents = Many(
        Many(Literal(), "what must hold together", least=1, most=FEW, required=True),
        "alternatives, any one of which would do", most=FEW,
    )  # fmt: skip
    consequents = Many(Literal(), "what hangs on them", least=1, most=FEW, required=True)
    modality = Code(MODALITY, required=True)
    timing = Code(TIMING)

    @ma.validates_schema(skip_on_field_errors=True)
    def states_conditions(self, data: dict[str, Any], **_: Any) -> None:
        """Conditions are given where they are said to be stated, and nowhere else."""
        if (data["antecedents_kind"] == "stated") != bool(data.get("antecedents")):
            detail = "are given if antecedents_kind is stated, and only then"
            raise ma.ValidationError(detail, "antecedents")


class SupposedAxiomSchema(StrictSchema):
    """A rule that no analyst recorded."""

    kind = Code(AXIOM_KIND, required=True)
    propositions = Many(Literal(), "what it ties together, in order; one for a fact", least=1,
                        most=FEW, required=True)  # fmt: skip
    is_of_its_kind = check_kind


class SupposedSchema(StrictSchema):
    """Other records than there are."""

    leave_out = Many(Part(LeaveOutSchema, required=True), "recorded records to leave out",
                     most=_MOST)  # fmt: skip
    positions = Many(Part(SupposedPositionSchema, required=True), "positions to add", most=_MOST)
    preconditions = Many(Part(SupposedPreconditionSchema, required=True), "preconditions to add",
                         most=_MOST)  # fmt: skip
    axioms = Many(Part(SupposedAxiomSchema, required=True), "rules to add, always in use",
                  most=_MOST)  # fmt: skip

    @ma.post_load
    def make_supposed(self, data: dict[str, Any], **_: Any) -> Supposed:
        """Return what is supposed."""
        left_out = [(each["noun"], each["id"]) for each in data.pop("leave_out", None) or ()]
        return Supposed(left_out, drop_empty(data))


EXAMPLE = {"positions": [{"holder": "ukraine", "force": "reject", "proposition": "truce"}]}
"""What if Ukraine, too, rejected the truce?"""
