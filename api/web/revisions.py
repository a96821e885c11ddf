"""Revisions and changesets as they are served: what was written, when, by whom and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import marshmallow as ma

from api import clock
from api.ledger import Asked
from api.ledger.noun import Noun
from api.ledger.reading.page_queries import read_in_parts, read_one_more, take_page
from api.ledger.reading.reader import Reader
from api.ledger.reading.subjects import Subject
from api.ledger.store.tables import Row
from api.ledger.truth.canonical import parse_bytes
from api.ledger.truth.revisions import revision_tag
from api.web.contract.fields import Count, Flag, Listed, Next, Told
from api.web.contract.parameters import DEFAULT_LIMIT, LimitParameter, NumberParameter
from api.web.contract.schemas import StrictSchema
from api.web.queries import ClockQuerySchema, read_clock

REVIEWED = "whose key accepted it, where it was proposed and reviewed"


SUBJECTS = {"conflict": "conflicts", "actor": "actors"}
"""The parameters that restrict changes to one record, with the noun of that record."""


def read_subject(data: Mapping[str, Any]) -> Subject:
    """Return what changes are asked about; raises ValidationError for more than one of a kind."""
    given: dict[str, list[str]] = {name: data[name] for name in SUBJECTS if name in data}
    for name, ids in given.items():
        if len(ids) > 1:
            raise ma.ValidationError({name: ["takes one id"]})
    return {name: ids[0] for name, ids in given.items()}


@dataclass(frozen=True, slots=True)
class NumberedQuery:
    """The parsed query of a numbered list; `cursor` is the number before or after the page.

    `given` are further parameters.
    """

    asked: Asked
    limit: int
    cursor: int | None
    about: Subject
    given: Mapping[str, Any]


class NumberedQuerySchema(ClockQuerySchema):
    """The query of a numbered list; subclasses add `after` or `before`."""

    limit = LimitParameter()

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> NumberedQuery:
        """Return the parsed query; raises what `read_subject` raises."""
        limit, cursor = data.get("limit", DEFAULT_LIMIT), data.get("after", data.get("before"))
        own = {"known_at", "limit", "after", "before", *SUBJECTS}
        given = {name: value for name, value in data.items() if name not in own}
        return NumberedQuery(read_clock(data), limit, cursor, read_subject(data), given)


class HistoryQuerySchema(NumberedQuerySchema):
    after = NumberParameter("Only what follows this number.")


class RevisionSchema(StrictSchema):
    """An immutable state of a record."""

    revision = Count("its number within the record", required=True)
    changeset = Count("the changeset that wrote it", required=True)
    recorded_at = Told("when (RFC 3339)", required=True)
    recorded_by = Told("whose key wrote it", required=True)
    reviewed_by = Told(REVIEWED)
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
    data = Listed(RevisionSchema, "the revisions, oldest first")
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
    reviewed_by = Told(REVIEWED)
    message = Told("why, in the author's words; may be empty", required=True)
    contents = Told("SHA-256 over its revisions' hashes in order", required=True)
    previous = Told("hash of the changeset before", required=True)
    hash = Told("SHA-256 over all of the above", required=True)


class ChangesetPageSchema(StrictSchema):
    data = Listed(ChangesetSchema, "newest first")
    next = Next()


class ChangesetDetailSchema(ChangesetSchema):
    """A changeset with what it wrote."""

    changes = Listed(ChangeSchema, "what it wrote, in order")
    next = Next()


def read_newest(reader: Reader, query: NumberedQuery) -> tuple[Sequence[Row], bool]:
    """Return a page of changesets, newest first, and whether older ones follow."""
    asked = {"before": query.cursor, "about": query.about, **query.given}
    return read_one_more(partial(reader.list_changesets, **asked), query.limit)


def read_revisions(
    read: Callable[[int, int], Sequence[Row]], limit: int, after: int, key: str
) -> tuple[Sequence[Row], bool]:
    """Return a page of revisions, fewer than `limit` if they are large, and whether more follow.

    `read` returns up to so many revisions of which the column `key` is greater than a number.
    """
    parts = read_in_parts(read, limit, after, itemgetter(key))
    return take_page(parts, limit, lambda rows: (len(row["body"]) for row in rows))


def show_revision(noun: Noun, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a revision as it is served."""
    return {
        "revision": row["number"],
        "changeset": row["changeset"],
        "recorded_at": clock.format_instant(row["recorded_at"]),
        **show_signature(row),
        "retracted": row["tombstone"],
        "hash": row["hash"].hex(),
        "etag": revision_tag(row["hash"]),
        "record": None if row["tombstone"] else strip_server_fields(noun, row["body"]),
    }


def show_signature(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return who wrote a changeset, who reviewed it if anybody did, and why."""
    reviewed = {} if row["reviewer"] is None else {"reviewed_by": row["reviewer"]}
    return {"recorded_by": row["author"], **reviewed, "message": row["message"]}


def strip_server_fields(noun: Noun, body: bytes) -> dict[str, Any]:
    """Leave out the server's own fields, so that a PUT accepts the rest as it stands."""
    return {name: value for name, value in parse_bytes(body).items() if name in noun.fields}


def show_changeset(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a changeset as it is served."""
    return {
        "number": row["number"],
        "recorded_at": clock.format_instant(row["recorded_at"]),
        **show_signature(row),
        "contents": row["contents"].hex(),
        "previous": row["previous"].hex(),
        "hash": row["hash"].hex(),
    }


def show_change(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one revision that a changeset wrote, as it is served."""
    return {
        "noun": row["noun"],
        "id": row["id"],
        "revision": row["number"],
        "retracted": row["tombstone"],
        "hash": row["hash"].hex(),
        "url": f"/v1/{row['noun']}/{row['id']}",
    }
