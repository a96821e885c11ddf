"""The fields of a statement."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from api.statements.quotes import text_hash
from api.vocabulary import ATTESTATION
from api.web.contract.fields import Code, Count, Day, Edtf, Flag, Part, Ref, Sha256, Text
from api.web.contract.limits import SPAN
from api.web.contract.schemas import DraftSchema, LinksSchema, LinkTo, ServerFields


class StatementDraftSchema(DraftSchema):
    """A statement as an author writes it: a span of a source, attributed to a speaker."""

    source = Ref("sources", "where it stands", required=True)
    start = Count("its first code point", required=True)
    end = Count("the code point after it", required=True)
    exact = Text(
        "the words to the letter; required when verbatim", longest=SPAN.most, kind="verbatim"
    )
    exact_sha256 = Sha256("SHA-256 of the span's UTF-8 bytes; made from `exact` where given")
    gist = Text("an analyst's own words for it; required without `exact`", kind="prose")
    attestation = Code(ATTESTATION, required=True)
    speaker = Ref("actors", "who says it")
    speaker_as = Text("how the source describes a speaker without a name", longest=200)
    on_behalf_of = Ref("actors", "in whose name the speaker says it, if the source says so")
    audience = Ref("actors", "whom the speaker addresses")
    occasion = Text("where or when the speaker says it", longest=400)
    stated_on = Edtf("when it was said")
    attested_on = Day("when the source says that it was said", required=True)
    rendering_of = Ref("statements", "the statement of which it is another wording or translation")
    normalised = Text("the words without slips of the source", longest=20_000, kind="verbatim")

    @ma.validates_schema(skip_on_field_errors=True)
    def words_and_span_agree(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an empty or long span, and words of another length or hash than the span."""
        if data["start"] >= data["end"]:
            raise ma.ValidationError("must be greater than start: the span is half-open", "end")
        if data["end"] - data["start"] > SPAN.most:
            raise ma.ValidationError(f"is too far from start: {SPAN}", "end")
        if (exact := data.get("exact")) is None:
            _require_gist(data)
            return
        if len(exact) != data["end"] - data["start"]:
            detail = f"has {len(exact)} code points, but the span {data['end'] - data['start']}"
            raise ma.ValidationError(detail, "exact")
        if data.get("exact_sha256") not in (None, text_hash(exact)):
            raise ma.ValidationError("is not the SHA-256 of exact; leave it out", "exact_sha256")

    @ma.post_load
    def hash_the_words(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the span's hash, made from its words."""
        exact = data.get("exact")
        return data if exact is None else {**data, "exact_sha256": text_hash(exact)}


def _require_gist(data: Mapping[str, Any]) -> None:
    if data["attestation"].startswith("verbatim"):
        raise ma.ValidationError("is required when the attestation is verbatim", "exact")
    if data.get("gist") is None:
        raise ma.ValidationError("is required without exact", "gist")


class StatementLinksSchema(LinksSchema):
    """Where to go from a statement."""

    source = LinkTo("/v1/sources/{source}", "where it stands")
    speaker = LinkTo("/v1/actors/{speaker}", "who says it")
    positions = LinkTo("/v1/positions?evidence={id}", "the positions that it shows")
    preconditions = LinkTo("/v1/preconditions?evidence={id}", "the preconditions that it shows")
    page = LinkTo("/statements/{id}", "its page")


class StatementRecordSchema(StatementDraftSchema, ServerFields):
    """A statement as the registry serves it."""

    links = Part(StatementLinksSchema, "where to go from here", dump_only=True)
    verified = Flag("the span was found in the source's present text", dump_only=True)
