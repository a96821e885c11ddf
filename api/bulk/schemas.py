"""What a bulk write takes and answers."""

from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from api.analysis.effects import COMPARED, CUT, ConflictDifference
from api.analysis.schemas import answer_schema
from api.nouns import NOUNS_BY_NAME
from api.web.contract.fields import Count, Flag, Listed, Many, Part, Told
from api.web.contract.parameters import ChoiceParameter
from api.web.contract.schemas import StrictSchema
from api.web.rows import MEDIA_TYPES
from api.web.writing import WriteQuery, WriteQuerySchema


@dataclass(frozen=True, slots=True)
class BulkQuery(WriteQuery):
    """The parsed query of a bulk write."""

    dry_run: bool = False
    noun: str | None = None


class BulkQuerySchema(WriteQuerySchema):
    """The query parameters of a bulk write."""

    dry_run = ChoiceParameter(
        "Check everything and write nothing; the scope `propose` will do.", ["1", "0"], "0"
    )
    noun = ChoiceParameter("The noun of a table (text/csv).", [*NOUNS_BY_NAME])

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: object) -> BulkQuery:
        return BulkQuery(**{**data, "dry_run": data.get("dry_run") == "1"})


class LineWarningSchema(StrictSchema):
    """A warning about a record that was accepted."""

    line = Count("the line, from 1", required=True)
    record = Told("the record, as noun/id", required=True)
    pointer = Told("the place in the record, as a JSON pointer", required=True)
    detail = Told("what to check", required=True)


class BulkReceiptSchema(StrictSchema):
    """The outcome of a bulk write."""

    head = Count("the newest changeset after the write", required=True)
    read = Count("how many lines held a record", required=True)
    written = Count("how many revisions were written, or would be in a dry run", required=True)
    created = Count("how many of these are the first ones of new records", required=True)
    amended = Count("how many amend, retract or revive a record", required=True)
    dry_run = Flag("whether it was a dry run, which writes nothing", required=True)
    warnings = Listed(LineWarningSchema, "doubts about accepted records")
    collisions = Many(
        Part(answer_schema(ConflictDifference), required=True), f"of a dry run: {COMPARED}",
        most=None, unique=False,
    )  # fmt: skip
    cut = Many(Told("a field"), f"of a dry run: {CUT}", most=None)


LINES_BODY = {
    "required": True,
    "content": {
        # Swagger UI tries the first one. It would send a line of JSON in quotation marks.
        "text/csv": {
            "schema": {"type": "string"},
            "examples": {"one": {
                "summary": "one actor",
                "value": "name,kind,aliases\r\nNorway,state,Kingdom of Norway|Oslo\r\n",
            }},
        },
        MEDIA_TYPES["ndjson"]: {
            "schema": {"type": "string"},
            # A single line, because code generators copy it into a comment.
            "example": '{"noun":"actors","record":{"name":"Norway","kind":"state"}}',
        },
    },
}  # fmt: skip
"""The body of a request, for the contract."""
