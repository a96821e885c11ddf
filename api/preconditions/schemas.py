"""What a precondition says."""

from typing import Any

import marshmallow as ma

from api.evidence.schemas import HOLDER, SERVED_FIELDS, SPEAKER, make_draft_fields
from api.vocabulary import ANTECEDENTS_KIND, MODALITY, SCOPE, TIMING
from api.web.fields import FEW, Code, Edtf, Flag, Literal, Many, Part, Ref, Text, Told
from api.web.schemas import DraftSchema, LinksSchema, LinkTo, ServerFields, StrictSchema, are_absent


class PreconditionDraftSchema(DraftSchema):
    """What a holder makes a condition of what."""

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
    antecedents_kind = Code(
        ANTECEDENTS_KIND,
        "Whether conditions are stated. Left out, they are: `antecedents` says which. Without any, "
        "`none` tells that the words exclude them, `unspecified` that they do not say which.",
    )
    antecedents = Many(
        Many(Literal(), "an alternative: all its members", least=1, most=FEW, required=True),
        "what must be, for `stated` alone: any one alternative, all its members",
        most=FEW,
    )
    consequents = Many(
        Literal(), "what it is asked for, each on the same condition", least=1, required=True
    )
    modality = Code(
        MODALITY, f"{MODALITY.about} Left out, it is `unknown`, and constrains nothing."
    )
    timing = Code(TIMING)
    deadline = Edtf("by when the antecedents must be")
    scope = Code(SCOPE)
    exhaustive = Flag("these are all the conditions; null where the words do not tell")
    cue = Text("the words that show the condition", longest=400)
    speaker = SPEAKER
    evidence = Many(
        Ref("statements", "a statement", required=True), "the statements that show it",
        least=1, required=True,
    )  # fmt: skip

    @ma.validates_schema(skip_on_field_errors=False, pass_original=True)
    def antecedents_are_of_their_kind(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        """Antecedents are named if and only if they are stated."""
        kind, named = data.get("antecedents_kind"), bool(data.get("antecedents"))
        unsaid = are_absent(original, "antecedents_kind") or kind == "stated"
        if unsaid and are_absent(original, "antecedents"):
            detail = (
                "is required: [[proposition, …], …], any one alternative, all its members; or give "
                "antecedents_kind: none (said to be without conditions) or unspecified"
            )
            raise ma.ValidationError(detail, "antecedents")
        if named and kind not in (None, "stated"):
            detail = f"must be left out when antecedents_kind is {kind}"
            raise ma.ValidationError(detail, "antecedents")


class PreconditionLinksSchema(LinksSchema):
    """Where to go from a precondition."""

    antecedents = LinkTo("/v1/propositions?id={antecedents}", "what must be")
    consequents = LinkTo("/v1/propositions?id={consequents}", "what it is asked for")
    conflict = LinkTo("/v1/conflicts/{conflict}", "its conflict")
    evidence = LinkTo("/v1/statements?id={evidence}", "the statements that show it")
    positions = LinkTo("/v1/positions?under={id}", "the positions that hold under it")
    page = LinkTo("/preconditions/{id}", "its page")


class PreconditionExpandedSchema(StrictSchema):
    """The records that `expand` shows within a precondition."""

    evidence = Part("StatementPageSchema", "the statements that show it, in its order")


class PreconditionRecordSchema(PreconditionDraftSchema, ServerFields):
    """A precondition as the registry serves it."""

    class Meta:
        unknown = ma.RAISE
        include = SERVED_FIELDS

    links = Part(PreconditionLinksSchema, "where to go from here", dump_only=True)
    expanded = Part(PreconditionExpandedSchema, "what `expand` asked for", dump_only=True)
    antecedents_text = Told("what the antecedents say", dump_only=True, allow_none=True)
    consequents_text = Many(
        Told("a consequent", required=True), "what each consequent says", dump_only=True
    )
    conflict = Ref("conflicts", "the conflict of its propositions", dump_only=True)
    issues = Many(
        Ref("issues", "an issue", required=True), "the issues of its propositions", dump_only=True
    )
    obligors = Many(
        Ref("actors", "an actor", required=True),
        "whose act it waits for: the `by` of its antecedents",
        dump_only=True,
    )
