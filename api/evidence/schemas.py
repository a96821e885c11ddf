"""A quote, as records that rest on evidence serve it."""

from api.vocabulary import ATTESTATION
from api.web.fields import Code, Count, Flag, Many, Part, Ref, Text
from api.web.schemas import StrictSchema


class QuoteSchema(StrictSchema):
    """What one statement in evidence says, as the server copies it from there."""

    statement = Ref("statements", "the statement", required=True)
    exact = Text("the words, where they are given", longest=20_000)
    gist = Text("an analyst's account of them")
    attestation = Code(ATTESTATION, required=True)
    speaker = Ref("actors", "who says it")
    speaker_as = Text("how the source describes a speaker without a name")
    source = Ref("sources", "where it stands", required=True)
    start = Count("first code point of the span", required=True)
    end = Count("the code point after the span", required=True)
    verified = Flag("the span was found in the source's text", required=True)


class Quotes(Many):
    """What the evidence says, statement by statement: served, never written."""

    def __init__(self) -> None:
        about = "what each statement in evidence says, in order"
        super().__init__(Part(QuoteSchema, required=True), about, dump_only=True)
