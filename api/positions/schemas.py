"""The fields of a position."""

from typing import Any

import marshmallow as ma

from api.evidence.rules import READ_FROM_STATEMENTS
from api.evidence.schemas import CO_HOLDERS, HOLDER, SERVED_FIELDS, SPEAKER, make_draft_fields
from api.vocabulary import FORCE
from api.web.contract.fields import Code, Flag, Ids, Part, Ref, Text, Told
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


class ResponseSchema(StrictSchema):
    """What a position responds to: a whole proposal, one component, or another position."""

    proposal = Ref("proposals", "the proposal", reads=("conflict", "components", "title"))
    component = Text("the component of the proposal, if only that is answered", longest=96)
    position = Ref("positions", "the position", reads=("proposition", "responds_to"))

    @ma.validates_schema(skip_on_field_errors=True)
    def one_of_three(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse anything but a proposal, a proposal with a component, or a position."""
        given = {name for name, value in data.items() if value is not None}
        if given not in ({"proposal"}, {"proposal", "component"}, {"position"}):
            raise ma.ValidationError(
                "must name a proposal, a proposal and one of its components, or a position"
            )


class PositionDraftSchema(DraftSchema):
    """A position as an author writes it: what a holder does with a proposition."""

    class Meta:
        unknown = ma.RAISE
        include = make_draft_fields("positions")

    holder = HOLDER
    co_holders = CO_HOLDERS
    force = Code(FORCE, required=True)
    proposition = Ref(
        "propositions",
        "what it is about; required unless a whole proposal is answered",
        reads=("conflict", "issues", "by", "text"),
    )
    negated = Flag("it is about the proposition's opposite", load_default=False, allow_none=False)
    targets = Ids("actors", "at whom it is directed")
    under = Ids(
        "preconditions",
        "the preconditions under which alone it holds",
        reads=("holder", "co_holders", "consequents"),
    )
    evidence = Ids("statements", "the statements that show it", reads=READ_FROM_STATEMENTS)
    sources = Ids("sources", "records of votes that show it", reads=("kind",))
    responds_to = Part(ResponseSchema, "what it answers")
    reason = Ids("positions", "the positions behind it")
    speaker = SPEAKER

    @ma.validates_schema(skip_on_field_errors=False, pass_original=True)
    def is_about_something(self, _data: dict[str, Any], original: Any, **_: Any) -> None:
        """Require a proposition, except in an answer to a whole proposal."""
        if not self.are_absent(original, "proposition"):
            return
        answered: Any = original.get("responds_to") or {}
        if self.are_absent(answered, "proposal") or not self.are_absent(answered, "component"):
            detail = "is required unless responds_to names a whole proposal"
            raise ma.ValidationError(detail, "proposition")

    @ma.validates_schema(skip_on_field_errors=False, pass_original=True)
    def is_witnessed(self, _data: dict[str, Any], original: Any, **_: Any) -> None:
        """Require evidence or sources; without evidence, require attestation and its day."""
        if self.are_absent(original, "evidence", "sources"):
            detail = "is required: give the statements that show it, or sources of recorded votes"
            raise ma.ValidationError(detail, "evidence")
        if not self.are_absent(original, "evidence"):
            return
        names = ("attestation", "attested_on")
        if missing := [name for name in names if self.are_absent(original, name)]:
            detail = "is required without a statement in evidence, as for recorded votes"
            raise ma.ValidationError({name: [detail] for name in missing})


class PositionExpandedSchema(StrictSchema):
    """The records that `expand` shows within a position."""

    evidence = Part("StatementPageSchema", "the statements that show it, in its order")


class PositionRecordSchema(PositionDraftSchema, ServerFields):
    """A position as the registry serves it."""

    class Meta:
        unknown = ma.RAISE
        include = SERVED_FIELDS

    links = Links(
        "a position",
        proposition=LinkTo("/v1/propositions/{proposition}", "what it is about"),
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        evidence=LinkTo("/v1/statements?id={evidence}", "the statements that show it"),
        under=LinkTo("/v1/preconditions?id={under}", "the preconditions under which it holds"),
        answers=LinkTo("/v1/positions?responds_to_position={id}", "the positions that answer it"),
    )
    expanded = Part(PositionExpandedSchema, "what `expand` asked for", dump_only=True)
    proposition_text = Told(
        "the text of the proposition; null for recorded votes, of which many share one",
        dump_only=True, allow_none=True,
    )  # fmt: skip
    conflict = Ref("conflicts", "the conflict of its proposition or proposal", dump_only=True)
    issues = Ids("issues", "the issues of its proposition or proposal", dump_only=True)
