"""The fields of a precondition."""

from typing import Any

import marshmallow as ma

from api.evidence.rules import READ_FROM_STATEMENTS
from api.evidence.schemas import CO_HOLDERS, HOLDER, SERVED_FIELDS, SPEAKER, make_draft_fields
from api.vocabulary import ANTECEDENTS_KIND, MODALITY, SCOPE, TIMING
from api.web.contract.fields import FEW, Code, Edtf, Flag, Ids, Literal, Many, Part, Ref, Text, Told
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


class PreconditionDraftSchema(DraftSchema):
    """A precondition as an author writes it: what a holder makes a condition of what."""

    class Meta:
        unknown = ma.RAISE
        include = make_draft_fields(
            "preconditions",
            derived={
                "antecedents_kind": "`stated`, because antecedents are given",
                "modality": "`unknown`, because it was left out",
            },
        )

    holder = HOLDER
    co_holders = CO_HOLDERS
    antecedents_kind = Code(
        ANTECEDENTS_KIND,
        "Whether conditions are stated. If you leave it out, they are: give them in `antecedents`. "
        "Otherwise write `none` if the words exclude any condition, `unspecified` if they do not "
        "say which.",
    )
    antecedents = Many(
        Many(
            Literal(reads=("conflict", "issues", "by", "text")),
            "an alternative: all its members",
            least=1,
            most=FEW,
            required=True,
        ),
        "what must be, only for `stated`: any one alternative, with all its members",
        most=FEW,
    )
    consequents = Many(
        Literal(reads=("conflict", "issues", "text")),
        "what they are a condition of: each of these separately",
        least=1,
        required=True,
    )
    modality = Code(
        MODALITY, f"{MODALITY.about} Left out, it is `unknown`, and constrains nothing."
    )
    timing = Code(TIMING)
    deadline = Edtf("by when the antecedents must be")
    scope = Code(SCOPE)
    exhaustive = Flag("whether these are all the conditions; null if the words do not say")
    cue = Text("the words that show the condition", longest=400, kind="verbatim")
    speaker = SPEAKER
    evidence = Ids(
        "statements",
        "the statements that show it",
        reads=READ_FROM_STATEMENTS,
        least=1,
        required=True,
    )

    @ma.validates_schema(skip_on_field_errors=False, pass_original=True)
    def antecedents_are_of_their_kind(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Require antecedents if they are stated; refuse them otherwise."""
        kind, named = data.get("antecedents_kind"), bool(data.get("antecedents"))
        unsaid = self.are_absent(original, "antecedents_kind") or kind == "stated"
        if unsaid and self.are_absent(original, "antecedents"):
            detail = (
                "is required: [[proposition, …], …], any one alternative, all its members; or set "
                "antecedents_kind to none (said to be without conditions) or unspecified"
            )
            raise ma.ValidationError(detail, "antecedents")
        if named and kind not in (None, "stated"):
            detail = f"must be left out when antecedents_kind is {kind}"
            raise ma.ValidationError(detail, "antecedents")


class PreconditionExpandedSchema(StrictSchema):
    """The records that `expand` shows within a precondition."""

    evidence = Part("StatementPageSchema", "the statements that show it, in its order")


class PreconditionRecordSchema(PreconditionDraftSchema, ServerFields):
    """A precondition as the registry serves it."""

    class Meta:
        unknown = ma.RAISE
        include = SERVED_FIELDS

    links = Links(
        "a precondition",
        antecedents=LinkTo("/v1/propositions?id={antecedents}", "what must be"),
        consequents=LinkTo("/v1/propositions?id={consequents}", "what depends on them"),
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        evidence=LinkTo("/v1/statements?id={evidence}", "the statements that show it"),
        positions=LinkTo("/v1/positions?under={id}", "the positions that hold under it"),
    )
    expanded = Part(PreconditionExpandedSchema, "what `expand` asked for", dump_only=True)
    antecedents_text = Told("the text of the antecedents", dump_only=True, allow_none=True)
    consequents_text = Many(
        Told("a consequent", required=True), "the text of each consequent", dump_only=True
    )
    conflict = Ref("conflicts", "the conflict of its propositions", dump_only=True)
    issues = Ids("issues", "the issues of its propositions", dump_only=True)
    obligors = Ids(
        "actors", "whose act it waits for: those in `by` of its antecedents", dump_only=True
    )
