"""The fields of a proposition."""

from api.vocabulary import MEASURE_OP
from api.web.contract.fields import Code, Ids, Number, Part, Ref, Text
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields, StrictSchema


class MeasureSchema(StrictSchema):
    """A quantity compared with a threshold; propositions on one scale can then be compared."""

    scale = Text(
        "what is measured; propositions are compared if this is equal", longest=96, required=True
    )
    op = Code(MEASURE_OP, required=True)
    value = Number("the threshold", required=True)
    unit = Text(
        "the unit of the value, as in `t`, `km²`, `billion m3 a year`, `percent`; units that Pint "
        "knows are converted into each other, any other name only fits itself",
        longest=96,
    )


class PropositionDraftSchema(DraftSchema):
    """A proposition as an author writes it: a state of affairs that actors take positions on."""

    text = Text("the state of affairs, as a sentence", required=True)
    conflict = Ref("conflicts", "the conflict it belongs to", required=True)
    issues = Ids("issues", "the issues that it settles", reads=("conflict", "name"))
    by = Ids("actors", "the actors whose act makes it so")
    measure = Part(MeasureSchema, "its measurable form")
    readings = Ids(
        "propositions",
        "for a deliberately ambiguous proposition: it means one of these",
        reads=("conflict", "readings"),
    )


class PropositionRecordSchema(PropositionDraftSchema, ServerFields):
    """A proposition as the registry serves it."""

    links = Links(
        "a proposition",
        conflict=LinkTo("/v1/conflicts/{conflict}", "its conflict"),
        issues=LinkTo("/v1/issues?id={issues}", "the issues that it settles"),
        positions=LinkTo("/v1/positions?proposition={id}", "who holds what on it"),
        as_antecedent=LinkTo(
            "/v1/preconditions?antecedent={id}", "the preconditions that ask for it"
        ),
        as_consequent=LinkTo("/v1/preconditions?consequent={id}", "the preconditions made for it"),
        by=LinkTo("/v1/actors?id={by}", "the actors whose act makes it so"),
    )
