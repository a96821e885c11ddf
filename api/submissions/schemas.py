"""What is sent to submissions and notes, and how their list is asked for."""

from __future__ import annotations

from typing import Any, cast

import marshmallow as ma

from api.coding.schemas import CodedSourceSchema
from api.nouns import NOUNS_BY_NAME
from api.submissions.queue import Proposal
from api.submissions.tables import KINDS, PROPOSED, STATE_AFTER, STATES
from api.web.contract.fields import Count, Id, Part, ScalarField, Text
from api.web.contract.parameters import (
    DEFAULT_LIMIT,
    ChoiceParameter,
    LimitParameter,
    ListParameter,
    NumberParameter,
)
from api.web.contract.schemas import StrictSchema
from api.web.writing import LONGEST_MESSAGE


class Lines(ScalarField, ma.fields.Raw):
    """The lines of a changeset: a list of objects, or one text."""

    def parse_value(self, value: Any, /) -> Any:
        if not isinstance(value, str | list) or not value:
            raise ma.ValidationError("must be a list of objects, or their lines as one text")
        return cast("Any", value)


_LINES = {"oneOf": [{"type": "array", "minItems": 1, "items": {"type": "object"}},
                    {"type": "string", "minLength": 1}]}  # fmt: skip


def _make_word(about: str, *words: str) -> Text:
    """Make a required field of one of some words."""
    hint = f"must be one of {', '.join(words)}"
    return Text(about, pattern=f"^({'|'.join(words)})$", hint=hint, required=True)


class ProposalSchema(StrictSchema):
    """Exactly one of `PROPOSED`, and why."""

    coded_source = Part(CodedSourceSchema, "the body of `POST /v1/coded-sources`")
    changeset = Lines(
        "the body of `POST /v1/changesets`: a list of its lines, each with `noun` and `record` or "
        "`retract`; or all of them as one text",
        metadata={"shape": _LINES},
    )
    takes_back = Count("the number of a changeset that is to be taken back")
    comment = Text(
        "why, in a sentence; the message of the changeset that it becomes",
        longest=LONGEST_MESSAGE,
        kind="prose",
    )

    @ma.post_load
    def make_proposal(self, data: dict[str, Any], **_: Any) -> Proposal:
        given = [name for name in PROPOSED if data.get(name) is not None]
        if len(given) != 1:
            raise ma.ValidationError(f"must have exactly one of {', '.join(PROPOSED)}")
        return Proposal(given[0], data[given[0]], data.get("comment") or "")


class CommentSchema(StrictSchema):
    """A comment."""

    text = Text("the comment", longest=4_000, kind="prose", required=True)


class DecisionSchema(StrictSchema):
    """A decision on a submission."""

    decision = _make_word(
        "`accept` or `decline` by a reviewer, `withdraw` by its author", *STATE_AFTER
    )
    reason = Text("why; required to decline", longest=4_000, kind="prose")

    @ma.validates_schema(skip_on_field_errors=True)
    def require_reason(self, data: dict[str, Any], **_: Any) -> None:
        if data["decision"] == "decline" and not data.get("reason"):
            raise ma.ValidationError({"reason": ["is required to decline"]})


class RecordNoteSchema(StrictSchema):
    """A reader's note on a record."""

    noun = _make_word("the noun of the record", *NOUNS_BY_NAME)
    id = Id("the record", required=True)
    text = Text("what reviewers should know", kind="prose", required=True)


class SubmissionQuerySchema(StrictSchema):
    """The query of the list of submissions."""

    state = ChoiceParameter("Only those in this state.", list(STATES))
    kind = ChoiceParameter("Only those of this kind.", list(KINDS))
    author = ListParameter("Only those that keys of these names sent.")
    before = NumberParameter("Only those with a smaller id.")
    limit = LimitParameter("How many submissions at most.")

    @ma.post_load
    def fill_in(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"limit": DEFAULT_LIMIT, **data}
