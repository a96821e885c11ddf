"""The fields of an axiom."""

from typing import Any

import marshmallow as ma

from api.vocabulary import AXIOM_KIND
from api.web.contract.fields import Code, Edtf, Ids, Literal, Many, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields


@ma.validates_schema(skip_on_field_errors=True)
def check_kind(_schema: ma.Schema, data: dict[str, Any], **_: Any) -> None:
    """Require one literal of a fact, two of other rules, which have no period and no evidence."""
    is_fact, several = data["kind"] == "fact", len(data["propositions"]) > 1
    if is_fact and several:
        raise ma.ValidationError("must have 1 entry: what came about", "propositions")
    if not (is_fact or several):
        raise ma.ValidationError("must have at least 2 entries; only a fact has 1", "propositions")
    given = [name for name in ("valid_from", "valid_to", "evidence") if data.get(name)]
    if given and not is_fact:
        detail = "goes with the kind fact alone; leave it out"
        raise ma.ValidationError({name: [detail] for name in given})


class AxiomDraftSchema(DraftSchema):
    """An analyst's rule on which propositions exclude, imply or equal one another, or a fact."""

    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    author = Text("the analyst's name", longest=200, required=True)
    kind = Code(AXIOM_KIND, required=True)
    propositions = Many(
        Literal(reads=("conflict",)),
        "what it is about, in order: one literal for a fact, else at least two",
        least=1,
        required=True,
    )
    valid_from = Edtf(
        "of a fact, since when it is one; without it, since it is attested", point=True
    )
    valid_to = Edtf("of a fact, the first day on which it no longer is", point=True)
    evidence = Ids("statements", "of a fact, the statements that show it", reads=("attested_on",))
    rationale = Text("the reason for it", longest=4_000, kind="prose")

    is_of_its_kind = check_kind


class AxiomRecordSchema(AxiomDraftSchema, ServerFields):
    """An axiom as the registry serves it."""

    links = Links(
        "an axiom",
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        propositions=LinkTo(
            "/v1/propositions?id={propositions}", "the propositions that it is about"
        ),
        evidence=LinkTo("/v1/statements?id={evidence}", "the statements that show it"),
    )
