"""The fields of a statement."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from api.statements.quotes import SELECTORS, text_hash
from api.vocabulary import ATTESTATION
from api.web.contract.fields import Code, Count, Day, Edtf, Flag, Ref, Sha256, Text
from api.web.contract.limits import SPAN
from api.web.contract.schemas import DraftSchema, Links, LinkTo, ServerFields

_OR_FOUND = "; found by the words in the source's text if you leave it out"


class StatementDraftSchema(DraftSchema):
    """A statement as an author writes it: a span of a source, attributed to a speaker."""

    source = Ref("sources", "where it stands", reads=("text_sha256", "text_length"), required=True)
    start = Count(f"its first code point{_OR_FOUND}")
    end = Count("the code point after it; made from `start` and the words where they are given")
    exact = Text(
        "the words to the letter; required when verbatim", longest=SPAN.most, kind="verbatim"
    )
    prefix = Text(
        "the words before `exact` or `span`, to tell places apart; kept until the place is found",
        longest=400, kind="verbatim",
    )  # fmt: skip
    suffix = Text("the words after it, likewise", longest=400, kind="verbatim")
    span = Text(
        "the words of the span to the letter, beside a `gist`: they are searched for in the "
        "source's text, and only their place and hash are kept",
        longest=SPAN.most, kind="verbatim",
    )  # fmt: skip
    exact_sha256 = Sha256("SHA-256 of the span's UTF-8 bytes; made from the words where given")
    gist = Text("an analyst's own words for it; required without `exact`", kind="prose")
    attestation = Code(ATTESTATION, required=True)
    speaker = Ref("actors", "who says it")
    speaker_as = Text("how the source describes a speaker without a name", longest=200)
    on_behalf_of = Ref("actors", "in whose name the speaker says it, if the source says so")
    audience = Ref("actors", "whom the speaker addresses")
    occasion = Text("where or when the speaker says it", longest=400)
    stated_on = Edtf("when it was said")
    attested_on = Day("when the source says that it was said", required=True)
    rendering_of = Ref(
        "statements",
        "the statement of which it is another wording or translation",
        reads=("rendering_of",),
    )
    normalised = Text("the words without slips of the source", longest=20_000, kind="verbatim")

    @ma.validates_schema(skip_on_field_errors=True)
    def words_and_span_agree(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an empty or long span, and words of another length or hash than the span."""
        words = _read_words(data)
        if data.get("exact") is None:
            _require_gist(data)
        for name in ("prefix", "suffix"):
            if data.get(name) is not None and words is None:
                raise ma.ValidationError("goes with exact or span: it stands beside them", name)
        _check_offsets(data, words)
        if words is not None and data.get("exact_sha256") not in (None, text_hash(words)):
            raise ma.ValidationError(
                "is not the SHA-256 of the words; leave it out", "exact_sha256"
            )

    @ma.post_load
    def hash_the_words(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the hash and the end of the span, made from its words; drop what helps to find it."""
        words, start = _read_words(data), data.get("start")
        if words is None:
            return data
        data = {**data, "exact_sha256": text_hash(words)}
        if start is None:
            return data
        kept = {name: each for name, each in data.items() if name not in SELECTORS}
        return {**kept, "end": start + len(words)}


def _read_words(data: Mapping[str, Any]) -> str | None:
    exact, span = data.get("exact"), data.get("span")
    if exact is not None and span is not None:
        raise ma.ValidationError("goes without exact: the words are either kept or not", "span")
    return span if exact is None else exact


def _check_offsets(data: Mapping[str, Any], words: str | None) -> None:
    start, end = data.get("start"), data.get("end")
    if end is None:
        if start is not None and words is None:
            raise ma.ValidationError("is required with start, unless exact or span is given", "end")
        return
    if start is None:
        raise ma.ValidationError("is required with end", "start")
    if start >= end:
        raise ma.ValidationError("must be greater than start: the span is half-open", "end")
    if end - start > SPAN.most:
        raise ma.ValidationError(f"is too far from start: {SPAN}", "end")
    if words is not None and len(words) != end - start:
        detail = f"has {len(words)} code points, but the span {end - start}"
        raise ma.ValidationError(detail, "span" if data.get("exact") is None else "exact")


def _require_gist(data: Mapping[str, Any]) -> None:
    if data["attestation"].startswith("verbatim"):
        raise ma.ValidationError("is required when the attestation is verbatim", "exact")
    if data.get("gist") is None:
        raise ma.ValidationError("is required without exact", "gist")


class StatementRecordSchema(StatementDraftSchema, ServerFields):
    """A statement as the registry serves it."""

    class Meta:
        unknown = ma.RAISE
        exclude = ("span",)

    links = Links(
        "a statement",
        source=LinkTo("/v1/sources/{source}", "where it stands"),
        speaker=LinkTo("/v1/actors/{speaker}", "who says it"),
        positions=LinkTo("/v1/positions?evidence={id}", "the positions that it shows"),
        preconditions=LinkTo("/v1/preconditions?evidence={id}", "the preconditions that it shows"),
    )
    verified = Flag("the span was found in the source's present text", dump_only=True)
