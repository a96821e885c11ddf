"""The queries of changes: of those who follow them as data, and of the feed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import marshmallow as ma

from api.analysis.questions.queries import ids_parameter
from api.ledger.reading.subjects import Subject
from api.nouns import NOUN_CODES
from api.web.contract.parameters import DEFAULT_LIMIT as DEFAULT_PAGE
from api.web.contract.parameters import LimitParameter, ListParameter, NumberParameter
from api.web.contract.schemas import StrictSchema
from api.web.revisions import SUBJECTS, NumberedQuery, NumberedQuerySchema, read_subject

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
_MOST_SECONDS = 20
"""Seconds that a request may wait for a change."""


class AboutSchema(StrictSchema):
    """The subject of changes."""

    conflict = ids_parameter("conflict", "only what was written about this conflict", "conflicts")
    actor = ids_parameter("actor", "only what this actor holds or says, and its record", "actors")


class FeedQuerySchema(AboutSchema, NumberedQuerySchema):
    limit = LimitParameter("How many changesets at most.", most=MAX_LIMIT, default=DEFAULT_LIMIT)
    before = NumberParameter("Only changesets before this number; take it from the link `next`.")

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> NumberedQuery:
        return super().make_query({"limit": DEFAULT_LIMIT, **data})


class FollowedQuery(NamedTuple):
    """The parsed query of a follower: where it is, what it wants, and how long it waits."""

    about: Subject
    after: int = 0
    behind: int = 0
    noun: Sequence[str] = ()
    limit: int = DEFAULT_PAGE
    wait: int = 0


class FollowedQuerySchema(AboutSchema):
    """The query of changes as data."""

    after = NumberParameter("Only what was written after this changeset; 0 for all.")
    behind = NumberParameter(
        "Only what follows this revision, whatever `after` is; `next` has both."
    )
    noun = ListParameter("Only records of these nouns.", codes=NOUN_CODES)
    limit = LimitParameter()
    wait = NumberParameter(f"Seconds to wait for a change if there is none, up to {_MOST_SECONDS}.")

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> FollowedQuery:
        if data.get("wait", 0) > _MOST_SECONDS:
            raise ma.ValidationError({"wait": [f"must be at most {_MOST_SECONDS}"]})
        about = read_subject(data)
        return FollowedQuery(about, **{n: v for n, v in data.items() if n not in SUBJECTS})
