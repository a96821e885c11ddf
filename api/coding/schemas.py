"""The shape of a coded source, and of the answer to one that was written."""

from typing import Any

import marshmallow as ma

from api.bulk.schemas import BulkQuerySchema, BulkReceiptSchema
from api.nouns import NOUNS
from api.web.contract.fields import Many, Part, Text, Told
from api.web.contract.schemas import StrictSchema

_OF_TEXT = (
    "The source as in `POST /v1/sources`; `id` alone stands for one on record. `text` is its whole "
    "text, from which its hash and length are taken; to attach it takes the scope `texts`."
)
_OF_STATEMENTS = (
    "Statements as in `POST /v1/statements`. `source` is the coded one, `attested_on` the day on "
    "which it was published, and `attestation` follows from the other fields, if you leave them "
    "out. `positions` and `preconditions` in a statement are shown by it; an id in these lists "
    "adds the statement to the evidence of a record. A force is a field, too: `demand: X` is a "
    "position of that force with the proposition X; it takes an object or a list as well. "
    "An entry with `statements` of its own gives "
    "them its other fields."
)


def _make_field(name: str) -> ma.fields.Field[Any]:
    about = f"Records as in `POST /v1/{name}`; `id` alone stands for one on record."
    about = _OF_STATEMENTS if name == "statements" else about
    messages: dict[str, Any] = {"invalid": "must be a list"}
    return ma.fields.List(
        ma.fields.Raw(metadata={"type": "object"}, allow_none=True),
        allow_none=True, metadata={"description": about}, error_messages=messages,
    )  # fmt: skip


class CodedSourceSchema(StrictSchema):
    """A source with the records that were read out of it.

    A field that takes an id also takes the name of a record, of this document or on record: a name
    or alias of an actor, the title of a source or proposal, the name of an issue or conflict, the
    text of a proposition, the words or the gist of a statement (of one on record the gist alone).
    Of the document's own issues, propositions, statements, proposals and sources words that only
    one of them has are enough.
    """

    class Meta(StrictSchema.Meta):
        include = {each.name: _make_field(each.name) for each in NOUNS}  # noqa: RUF012

    source = ma.fields.Dict(
        required=True,
        metadata={"description": _OF_TEXT},
        error_messages={
            "invalid": "must be an object",
            "required": "is required",
            "null": "must not be null",
        },
    )
    conflict = Text(
        "The conflict of all records here that need one and name none, by id or name; the only "
        "one in `conflicts` if you leave it out."
    )


class CodedQuerySchema(BulkQuerySchema):
    """The query parameters of a write of a coded source."""

    class Meta(BulkQuerySchema.Meta):
        exclude = ("noun",)


class CodedWarningSchema(StrictSchema):
    """A warning about a record that was accepted."""

    pointer = Told("the place in the coded source, as a JSON pointer", required=True)
    record = Told("the record, as noun/id, if it is not in the coded source")
    detail = Told("what to check", required=True)


class CodedReceiptSchema(BulkReceiptSchema):
    """The outcome of a write of a coded source."""

    ids = ma.fields.Dict(
        required=True,
        metadata={"description": "the records: each place in the coded source, and its noun/id"},
    )
    warnings = Many(
        Part(CodedWarningSchema, required=True), "doubts about accepted records", most=None,
        required=True,
    )  # fmt: skip
