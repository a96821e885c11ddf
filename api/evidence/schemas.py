"""The fields that positions and preconditions share, and the quotes that a record shows.

A noun's schema adds them behind its own fields, with marshmallow's `include` option.
"""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from api.evidence.rules import DERIVED_FROM_EVIDENCE
from api.vocabulary import ATTESTATION, END_REASON, RANK, VOICE, CodeList
from api.web.contract.fields import Code, Count, Day, Edtf, Flag, Ids, Many, Part, Ref, Text
from api.web.contract.schemas import StrictSchema

_OR_DERIVED = "; without it, as the first statement in evidence tells"
_HOW_DERIVED = dict.fromkeys(DERIVED_FROM_EVIDENCE, "taken from the first statement in evidence")

HOLDER = Ref("actors", "who holds it", reads=("kind",), required=True)
CO_HOLDERS = Ids("actors", "who holds it jointly with them", reads=("kind",))

SPEAKER = Ref(
    "actors",
    f"who says it for the holder{_OR_DERIVED}, unless attestation is given: then nobody",
    reads=("offices",),
)


def make_draft_fields(
    noun: str, derived: Mapping[str, str] | None = None
) -> dict[str, ma.fields.Field[Any]]:
    """Return the fields from `attestation` on that an author writes of a record of the noun.

    `derived` names, beside those taken from evidence, the noun's fields that may be left out
    because they follow from others, and tells how.
    """
    codes = CodeList(
        "derived", "A field that follows from others.", **(derived or {}), **_HOW_DERIVED
    )
    return {
        "attestation": Code(ATTESTATION, f"{ATTESTATION.about[:-1]}{_OR_DERIVED}"),
        "attested_on": Day(f"when it is attested{_OR_DERIVED}"),
        "valid_from": Edtf("since when it holds", point=True),
        "valid_to": Edtf("the first day on which it no longer holds", point=True),
        "end_reason": Code(END_REASON),
        "end_evidence": Ids("statements", "the statements that show that it ended"),
        "replaces": Ref(
            noun,
            "the earlier record whose place it takes",
            reads=("holder", "co_holders", "valid_to", "replaces"),
        ),
        "rank": Code(RANK, load_default="normal", allow_none=False),
        "coder": Text("who read it out of the evidence", longest=200),
        "derived": Many(
            Code(codes, required=True),
            "fields that the author left out and that follow from others; a body that is sent "
            "back keeps them derived for as long as they are named here",
        ),
    }


class QuoteSchema(StrictSchema):
    """What one statement in evidence says, copied from the statement by the server."""

    statement = Ref("statements", "the statement", required=True)
    exact = Text("the words, where they are given", longest=20_000, kind="verbatim")
    gist = Text("an analyst's account of them", kind="prose")
    attestation = Code(ATTESTATION, required=True)
    speaker = Ref("actors", "who says it")
    speaker_as = Text("how the source describes a speaker without a name")
    source = Ref("sources", "where it stands", required=True)
    start = Count(
        "first code point of the span; null if it is not known", required=True, allow_none=True
    )
    end = Count("the code point after the span", required=True, allow_none=True)
    verified = Flag("the span was found in the source's text", required=True)


SERVED_FIELDS: Mapping[str, ma.fields.Field[Any]] = {
    "voice": Code(VOICE, dump_only=True),
    "stated_on": Edtf("when it was said, by the first statement that tells", dump_only=True),
    "last_attested_on": Day("when it is attested last", dump_only=True),
    "quotes": Many(
        Part(QuoteSchema, required=True), "what each statement in evidence says, in order",
        dump_only=True,
    ),
}  # fmt: skip
"""The fields that the server adds to a record from its evidence."""
