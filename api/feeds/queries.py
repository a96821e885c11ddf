"""The queries of changes: of those who follow them as data, and of the feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import marshmallow as ma

from api.actors import ACTORS
from api.analysis.questions.queries import ids_parameter
from api.conflicts import CONFLICTS
from api.ledger import Asked
from api.ledger.noun import Noun
from api.nouns import NOUN_CODES
from api.web.contract.parameters import DEFAULT_LIMIT as DEFAULT_PAGE
from api.web.contract.parameters import LimitParameter, ListParameter, NumberParameter
from api.web.contract.schemas import StrictSchema
from api.web.queries import ClockQuerySchema

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
SUBJECTS: Mapping[str, Noun] = {"conflict": CONFLICTS, "actor": ACTORS}
_MOST_SECONDS = 20
"""Seconds that a request may wait for a change."""


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """The parsed query: the moment, the subject, and which changesets."""

    asked: Asked
    about: Mapping[str, str]
    limit: int
    before: int | None


class AboutSchema(StrictSchema):
    """The subject of changes."""

    conflict = ids_parameter("conflict", "only what was written about this conflict", "conflicts")
    actor = ids_parameter("actor", "only what this actor holds or says, and its record", "actors")


class FeedQuerySchema(AboutSchema, ClockQuerySchema):
    """The query of the feed."""

    limit = LimitParameter("How many changesets at most.", most=MAX_LIMIT, default=DEFAULT_LIMIT)
    before = NumberParameter("Only changesets before this number; take it from the link `next`.")

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> FeedQuery:
        """Return the parsed query; raises ValidationError for more than one conflict or actor."""
        limit = data.get("limit", DEFAULT_LIMIT)
        return FeedQuery(self.read_clock(data), _read_subject(data), limit, data.get("before"))


def _read_subject(data: Mapping[str, Any]) -> dict[str, str]:
    given = {name: cast("list[str]", data[name]) for name in SUBJECTS if name in data}
    for name, ids in given.items():
        if len(ids) > 1:
            raise ma.ValidationError({name: ["takes one id"]})
    return {name: ids[0] for name, ids in given.items()}


class FollowedQuery(NamedTuple):
    """The parsed query of a follower: where it is, what it wants, and how long it waits."""

    after: int
    behind: int
    nouns: Sequence[str]
    about: Mapping[str, str]
    limit: int
    wait: int


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
        """Return the parsed query; raises ValidationError."""
        if data.get("wait", 0) > _MOST_SECONDS:
            raise ma.ValidationError({"wait": [f"must be at most {_MOST_SECONDS}"]})
        return FollowedQuery(
            data.get("after", 0), data.get("behind", 0), data.get("noun", ()), _read_subject(data),
            data.get("limit", DEFAULT_PAGE), data.get("wait", 0),
        )  # fmt: skip
