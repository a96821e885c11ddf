"""The fields of an axiom."""

from typing import Any

import marshmallow as ma

from api.vocabulary import AXIOM_KIND
from api.web.contract.fields import Code, Edtf, Ids, Literal, Many, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, LinksSchema, LinkTo, ServerFields


def check_number_of_literals(data: dict[str, Any]) -> None:
    """Require one literal of a fact, at least two of any other rule."""
    is_fact = data["kind"] == "fact"
    if is_fact != (len(data["propositions"]) == 1):
        detail = "must have exactly 1 entry: what came about" if is_fact else (
            "must have at least 2 entries; only a fact has 1"
        )  # fmt: skip
        raise ma.ValidationError(detail, "propositions")


class AxiomDraftSchema(DraftSchema):
    """An analyst's rule on which propositions exclude, imply or equal one another, or a fact."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    author = Text("the analyst's name", longest=200, required=True)
    kind = Code(AXIOM_KIND, required=True)
    propositions = Many(
        Literal(),
        "the propositions that it is about, in order: one for a fact, else at least two",
        least=1,
        required=True,
    )
    valid_from = Edtf("of a fact, since when it is one", point=True)
    valid_to = Edtf("of a fact, the first day on which it no longer is", point=True)
    evidence = Ids("statements", "of a fact, the statements that show it")
    rationale = Text("the reason for it", longest=4_000, kind="prose")

    @ma.validates_schema(skip_on_field_errors=True)
    def is_as_its_kind_asks(self, data: dict[str, Any], **_: Any) -> None:
        """Require as many literals as the kind has; refuse a period or evidence without a fact."""
        check_number_of_literals(data)
        if data["kind"] == "fact":
            return
        given = [name for name in ("valid_from", "valid_to", "evidence") if data.get(name)]
        if given:
            detail = "goes with the kind fact alone; leave it out"
            raise ma.ValidationError({name: [detail] for name in given})


class AxiomLinksSchema(LinksSchema):
    """Where to go from an axiom."""

    conflict = LinkTo("/v1/conflicts/{conflict}", "its conflict")
    propositions = LinkTo("/v1/propositions?id={propositions}", "the propositions that it is about")
    evidence = LinkTo("/v1/statements?id={evidence}", "the statements that show it")


class AxiomRecordSchema(AxiomDraftSchema, ServerFields):
    """An axiom as the registry serves it."""

    links = Part(AxiomLinksSchema, "where to go from here", dump_only=True)
