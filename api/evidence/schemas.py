"""Fields that positions and preconditions share: quotes, and what the first statement tells."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from api.evidence.rules import DERIVED_FROM_EVIDENCE
from api.vocabulary import ATTESTATION, CodeList
from api.web.fields import Code, Count, Day, Flag, Many, Part, Ref, Text
from api.web.schemas import StrictSchema, are_absent

OR_TOLD = "; without it, as the first statement in evidence tells"


def attestation() -> Code:
    """Return the field for how a record is attested."""
    return Code(ATTESTATION, f"{ATTESTATION.about[:-1]}{OR_TOLD}")


def attested_on() -> Day:
    """Return the field for the day of attestation."""
    return Day(f"when it is attested{OR_TOLD}")


def speaker() -> Ref:
    """Return the field for who speaks for the holder."""
    return Ref(
        "actors",
        f"who says it for the holder{OR_TOLD}, unless attestation is given: then nobody does",
    )


def derived(names: Mapping[str, str]) -> Many:
    """Return the field that lists which of the named fields the author left out."""
    codes = CodeList("derived", "A field that follows from others.", names)
    return Many(
        Code(codes, required=True),
        "fields that the author left out and that follow from others; a body that is sent back "
        "keeps them derived for as long as they are named here",
    )


DERIVED: Mapping[str, str] = dict.fromkeys(
    DERIVED_FROM_EVIDENCE, "taken from the first statement in evidence"
)
"""The fields that evidence tells, and how."""


def refuse_untold(given: Any) -> None:
    """Raise ValidationError for what is absent and no statement can tell."""
    if missing := [name for name in ("attestation", "attested_on") if are_absent(given, name)]:
        detail = "is required where no statement is in evidence, as for recorded votes"
        raise ma.ValidationError({name: [detail] for name in missing})


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
