"""The routes of changes: as data for programs that follow them, and as an Atom feed."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from time import monotonic, sleep
from typing import Any

import orjson
from flask import Response

from api.concurrency import followers, heavy_answers
from api.feeds.atom import MEDIA_TYPE, Feed, build_entries, make_urn, render_feed
from api.feeds.queries import FeedQuerySchema, FollowedQuery, FollowedQuerySchema
from api.ledger.reading.moment import Asked
from api.ledger.reading.reader import Reader
from api.ledger.store.tables import Row
from api.nouns import NOUNS_BY_NAME
from api.web import reading, responses, revisions
from api.web.auth import public
from api.web.contract.fields import Count, Flag, Listed, Told
from api.web.contract.headers import KNOWN
from api.web.contract.openapi import Blueprint, answers
from api.web.contract.schemas import StrictSchema
from api.web.requests import current_ledger

blp = Blueprint("feeds", __name__, group="registry")

_PAUSE = 0.2
"""Seconds between two looks for a commit."""


class FollowedChangeSchema(revisions.RevisionSchema):
    """A change: who wrote which state of which record, and that state."""

    noun = Told("the kind of record", required=True)
    id = Told("the record's id", required=True)
    url = Told("the record", required=True)


class FollowedPageSchema(StrictSchema):
    data = Listed(FollowedChangeSchema, "the changes, oldest first")
    next = Told("the address of what follows, now or later: ask it again and again", required=True)
    newest = Count("the newest changeset; all up to it was looked at", required=True)
    complete = Flag("whether nothing more follows at present", required=True)


@blp.route("/v1/changes", methods=["GET"])
@blp.describe(
    "listChanges",
    "Follow what is written, as data",
    "Every revision in the order of writing, each with the whole record as its author wrote it, or "
    "null where it was retracted. Begin with `after=0`, or with the changeset that you have; then "
    "ask for `next`, for ever. With `wait`, an answer without changes is held back until something "
    "is written. What is applied in this order makes the same registry: no change is left out or "
    "shown twice, whoever writes meanwhile.",
)
@blp.arguments(FollowedQuerySchema(), location="query")
@blp.response(200, FollowedPageSchema())
@answers(304, 404, 422, 503)
@public
def list_changes(query: FollowedQuery) -> Response:
    """Answer with changes, at the latest when the time to wait is over."""
    until, state = monotonic() + query.wait, current_ledger().state
    with followers.hold_slot() if query.wait else nullcontext():
        while True:
            seen = state.read_state()
            response, found = _answer_changes(query)
            if found or monotonic() >= until:
                if query.wait:
                    response.headers["Cache-Control"] = "no-store"
                return response
            while monotonic() < until and seen is not None and state.read_state() == seen:
                sleep(_PAUSE)


def _answer_changes(query: FollowedQuery) -> tuple[Response, bool]:
    """Return the answer for now, and whether it has changes."""
    # A subject is looked for in all that was written.
    slot = heavy_answers.hold_slot() if query.about else nullcontext()
    with slot, current_ledger().open_reader(Asked(after=query.after)) as reader:
        check_subject(reader, query.about)
        start = query.behind or reader.find_last_seq(query.after)
        read = partial(reader.list_changes, whole=True, nouns=query.noun, about=query.about)
        rows, more = revisions.read_revisions(read, query.limit, start, "seq")
        make = partial(orjson.dumps, _show_page(rows, reader.moment.known_at, more=more))
        answer = responses.answer_computed(reader.moment, make, responses.JSON, pinned=False)
        return answer, bool(rows)


def _show_page(rows: Sequence[Row], newest: int, *, more: bool) -> dict[str, Any]:
    # `after` names the changeset that a server must have to go on.
    end = rows[-1] if more else {"seq": None, "changeset": newest}
    shown = [
        revisions.show_change(each) | revisions.show_revision(NOUNS_BY_NAME[each["noun"]], each)
        for each in rows
    ]
    following = reading.rewrite_address(behind=end["seq"], after=end["changeset"])
    return {"data": shown, "next": following, "newest": newest, "complete": not more}


def check_subject(reader: Reader, about: Mapping[str, str]) -> None:
    """Raise NotFound if there never was such a subject; changes of a retracted one are answered."""
    for name, id in about.items():
        reader.read_history(NOUNS_BY_NAME[revisions.SUBJECTS[name]], id, limit=1)


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
@answers(304, 404, 416, 422, 503)
@public
def get_changes_feed(query: revisions.NumberedQuery) -> Response:
    """Answer with the feed."""
    with heavy_answers.hold_slot(), current_ledger().open_reader(query.asked) as reader:
        check_subject(reader, query.about)
        return responses.answer_computed(
            reader.moment,
            lambda: render_feed(_build_feed(reader, query)),
            f"{MEDIA_TYPE}; charset=utf-8",
            pinned=query.asked.is_pinned,
        )


def _build_feed(reader: Reader, query: revisions.NumberedQuery) -> Feed:
    rows, more = revisions.read_newest(reader, query)
    entries, is_cut = build_entries(reader, rows, query.about)
    find_label = reader.open_lookup().find_label
    names = [find_label(revisions.SUBJECTS[name], id) or id for name, id in query.about.items()]
    first = reader.list_changesets(limit=1, before=2)
    return Feed(
        id=make_urn(first[0]["hash"] if first else bytes(16), query.about),
        title=f"Sine Qua Non: changes{' about ' if names else ''}{' and '.join(names)}",
        url=reading.rewrite_address(),
        first=reading.rewrite_address(before=None),
        next=reading.rewrite_address(before=entries[-1].number) if more or is_cut else None,
        entries=entries,
    )
