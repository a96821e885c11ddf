"""Revisions and changesets on the wire: what was written, when, by whom and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import orjson

from api import clock
from api.ledger import Asked
from api.ledger.canonical import parse
from api.ledger.noun import Noun
from api.ledger.tags import tag
from api.web.fields import Count, Flag, Many, Next, Part, Told
from api.web.parameters import DEFAULT_LIMIT, Limit, NumberParameter
from api.web.queries import ClockQuerySchema
from api.web.schemas import StrictSchema


@dataclass(frozen=True, slots=True)
class NumberedQuery:
    """The question for a numbered list: as known when, how many, on from which number."""

    asked: Asked
    limit: int
    beyond: int | None


class HistoryQuerySchema(ClockQuerySchema):
    """The query of a history."""

    limit = Limit()
    after = NumberParameter("Only what comes behind this number.")

    @ma.post_load
    def ask(self, data: dict[str, Any], **_: Any) -> NumberedQuery:
        """Give the parsed question."""
        return NumberedQuery(self.asked(data), data.get("limit", DEFAULT_LIMIT), data.get("after"))


class RevisionSchema(StrictSchema):
    """An immutable state of a record."""

    revision = Count("its number within the record", required=True)
    changeset = Count("the changeset that wrote it", required=True)
    recorded_at = Told("when (RFC 3339)", required=True)
    recorded_by = Told("whose key wrote it", required=True)
    message = Told("why, in the author's words; may be empty", required=True)
    retracted = Flag("whether it is a tombstone", required=True)
    hash = Told("SHA-256 over noun, id, number and canonical bytes", required=True)
    etag = Told("the tag that If-Match takes", required=True)
    record = ma.fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "what the author wrote; null in a tombstone"},
    )


class RevisionPageSchema(StrictSchema):
    """A page of revisions, oldest first."""

    data = Many(
        Part(RevisionSchema, required=True), "the revisions, oldest first", most=None, required=True
    )
    next = Next()


class ChangeSchema(StrictSchema):
    """One revision that a changeset wrote."""

    noun = Told("the kind of record", required=True)
    id = Told("the record's id", required=True)
    revision = Count("the number within the record", required=True)
    retracted = Flag("whether it is a tombstone", required=True)
    hash = Told("SHA-256 of the revision", required=True)
    url = Told("the record", required=True)


class ChangesetSchema(StrictSchema):
    """One write transaction, chained by hash to the one before."""

    number = Count("from 1, in commit order, without a gap", required=True)
    recorded_at = Told("when (RFC 3339), strictly increasing", required=True)
    recorded_by = Told("whose key wrote it", required=True)
    message = Told("why, in the author's words; may be empty", required=True)
    contents = Told("SHA-256 over its revisions' hashes in order", required=True)
    previous = Told("hash of the changeset before", required=True)
    hash = Told("SHA-256 over all of the above", required=True)


class ChangesetPageSchema(StrictSchema):
    """A page of changesets, newest first."""

    data = Many(Part(ChangesetSchema, required=True), "newest first", most=None, required=True)
    next = Next()


class ChangesetDetailSchema(ChangesetSchema):
    """A changeset with what it wrote."""

    changes = Many(
        Part(ChangeSchema, required=True), "what it wrote, in order", most=None, required=True
    )
    next = Next()


def encode(
    noun: Noun, found: Sequence[Mapping[str, Any]], limit: int, address: Callable[..., str]
) -> bytes:
    """Encode a page of revisions; one more row than `limit` means that there are more."""
    rows = found[:limit]
    following = address(after=rows[-1]["number"]) if len(found) > limit else None
    return orjson.dumps({"data": [_revision(noun, row) for row in rows], "next": following})


def _revision(noun: Noun, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "revision": row["number"],
        "changeset": row["changeset"],
        "recorded_at": clock.format_instant(row["recorded_at"]),
        "recorded_by": row["author"],
        "message": row["message"],
        "retracted": row["tombstone"],
        "hash": row["hash"].hex(),
        "etag": tag(row["hash"]),
        "record": None if row["tombstone"] else _authored(noun, row["body"]),
    }


def _authored(noun: Noun, body: bytes) -> dict[str, Any]:
    """Leave out what the server keeps for itself: all else can be put back as it stands."""
    return {name: value for name, value in parse(body).items() if name in noun.fields}


def changeset(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show a changeset."""
    return {
        "number": row["number"],
        "recorded_at": clock.format_instant(row["recorded_at"]),
        "recorded_by": row["author"],
        "message": row["message"],
        "contents": row["contents"].hex(),
        "previous": row["previous"].hex(),
        "hash": row["hash"].hex(),
    }


def change(row: Mapping[str, Any]) -> dict[str, Any]:
    """Show one revision that a changeset wrote."""
    return {
        "noun": row["noun"],
        "id": row["id"],
        "revision": row["number"],
        "retracted": row["tombstone"],
        "hash": row["hash"].hex(),
        "url": f"/v1/{row['noun']}/{row['id']}",
    }
