"""The route of the feed of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import marshmallow as ma
from flask import Response

from api.actors import ACTORS
from api.analysis.questions.queries import ids_parameter
from api.conflicts import CONFLICTS
from api.feeds.atom import MEDIA_TYPE, Feed, build_entries, make_urn, render_feed
from api.ledger import Asked
from api.ledger.noun import Noun
from api.ledger.reading.reader import Reader
from api.web import reading, responses
from api.web.auth import public
from api.web.contract.openapi import Blueprint, answers
from api.web.contract.parameters import LimitParameter, NumberParameter
from api.web.queries import ClockQuerySchema
from api.web.requests import current_ledger
from api.web.revisions import read_page
from api.web.routes import KNOWN

blp = Blueprint("feeds", __name__, group="registry")

DEFAULT_LIMIT, MAX_LIMIT = 20, 100

_SUBJECTS: Mapping[str, Noun] = {"conflict": CONFLICTS, "actor": ACTORS}


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """The parsed query: the moment, the subject, and which changesets."""

    asked: Asked
    about: Mapping[str, str]
    limit: int
    before: int | None


class FeedQuerySchema(ClockQuerySchema):
    """The query of the feed."""

    conflict = ids_parameter("conflict", "only what was written about this conflict", "conflicts")
    actor = ids_parameter("actor", "only what this actor holds or says, and its record", "actors")
    limit = LimitParameter("How many changesets at most.", most=MAX_LIMIT)
    before = NumberParameter("Only changesets before this number; take it from the link `next`.")

    @ma.post_load
    def make_query(self, data: dict[str, Any], **_: Any) -> FeedQuery:
        """Return the parsed query; raises ValidationError for more than one conflict or actor."""
        about: dict[str, str] = {}
        for name in _SUBJECTS:
            ids = cast("list[str]", data.get(name, []))
            if len(ids) > 1:
                raise ma.ValidationError({name: ["takes one id"]})
            if ids:
                about[name] = ids[0]
        limit = data.get("limit", DEFAULT_LIMIT)
        return FeedQuery(self.read_clock(data), about, limit, data.get("before"))


_ANSWER: dict[str, Any] = {
    "description": "A feed",
    "content": {MEDIA_TYPE: {"schema": {"type": "string", "contentMediaType": MEDIA_TYPE}}},
    "headers": KNOWN,
}


@blp.route("/v1/changes.atom", methods=["GET"])
@blp.describe(
    "getChangesFeed",
    "Follow what is written, as a feed",
    "An Atom feed. Each write is an entry that says who wrote, when, why, and in plain words what. "
    "Subscribe to all writes, or to those about one conflict or actor. An entry never changes and "
    "keeps its id. The link `next` leads to older entries (RFC 5005).",
)
@blp.arguments(FeedQuerySchema(), location="query")
@blp.doc(responses={200: _ANSWER, 206: {**_ANSWER, "description": "The bytes that Range asks for"}})
@answers(304, 404, 416, 422)
@public
def get_changes_feed(query: FeedQuery) -> Response:
    """Answer with the feed."""
    with current_ledger().open_reader(query.asked) as reader:
        for name, id in query.about.items():
            # Not `record`: the feed of a retracted record still answers, with its retraction.
            reader.read_history(_SUBJECTS[name], id, limit=1)
        return responses.answer_computed(
            reader.moment,
            lambda: render_feed(_build_feed(reader, query)),
            f"{MEDIA_TYPE}; charset=utf-8",
            pinned=query.asked.is_pinned,
        )


def _build_feed(reader: Reader, query: FeedQuery) -> Feed:
    read_newest = partial(reader.list_changesets, before=query.before, about=query.about)
    rows, more = read_page(read_newest, query.limit)
    find_label = reader.open_lookup().find_label
    names = [find_label(_SUBJECTS[name].name, id) or id for name, id in query.about.items()]
    first = reader.list_changesets(limit=1, before=2)
    return Feed(
        id=make_urn(first[0]["hash"] if first else bytes(16), query.about),
        title=f"Sine Qua Non: changes{' about ' if names else ''}{' and '.join(names)}",
        url=reading.rewrite_address(),
        first=reading.rewrite_address(before=None),
        next=reading.rewrite_address(before=rows[-1]["number"]) if more else None,
        entries=[*build_entries(reader, rows, query.about)],
    )
