"""The read path, from top to bottom.

URL → query schema → clocks → as known then → filters → page → bytes → ETag or 304. Views get the
parsed query. Each function here opens one snapshot and answers from stored bytes. The ETag names
what the answer depends on: a record on its version, anything computed on the changeset and the day
of its moment.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import orjson
from flask import Response

from api.concurrency import heavy_answers
from api.errors import Invalid
from api.ledger import Asked
from api.ledger.noun import Noun
from api.ledger.reading.page_queries import PAGE_BYTES, Page
from api.ledger.reading.reader import Reader
from api.web import rows as flat
from api.web.expanding import Expander
from api.web.queries import ListQuery, RecordQuery
from api.web.requests import current_ledger
from api.web.responses import (
    JSON,
    answer_computed,
    answer_tagged,
    computed_tag,
    current_request,
    link_next,
)
from api.web.revisions import NumberedQuery, read_revisions, show_revision

LARGE = 100
"""A list of so many records may be parsed beside any other work; no expanded one is larger."""

_EXPANDED_AT_ONCE = 5
"""Of how many records of a list the related records are read together."""


def answer_page(noun: Noun, query: ListQuery) -> Response:
    """Answer a list: an envelope around stored bytes."""

    def make_body(reader: Reader) -> bytes:
        found = read_list(reader, noun, query)
        if query.expand:
            found = _expand_page(reader, noun, query, found)
        url = b"null"
        if found.after is not None:
            url = f'"{_find_next(reader, query, found.after)}"'.encode()
        return found.join_bodies(b'{"data":[', b'],"next":%b}' % url)

    return answer_asked(query.asked, make_body, heavy=query.given.scans_texts)


def _expand_page(reader: Reader, noun: Noun, query: ListQuery, found: Page) -> Page:
    """Return a page with related records within its own; it ends early if they are large."""
    expander, whole, expanded = Expander(reader), found.whole_bodies, list[bytes]()
    for start in range(0, len(whole), _EXPANDED_AT_ONCE):
        some = whole[start : start + _EXPANDED_AT_ONCE]
        expanded += expander.expand_bodies(noun, some, query.expand)
        if sum(map(len, expanded)) >= PAGE_BYTES:
            found = read_list(reader, noun, query._replace(limit=len(expanded)))
            break
    return Page(expanded, [b""] * len(expanded), found.after)


def answer_rows(noun: Noun, query: ListQuery) -> Response:
    """Answer a list as flat rows; the next page goes into the Link header."""
    following: list[str] = []

    def make_body(reader: Reader) -> bytes:
        found = read_list(reader, noun, query)
        if found.after is not None:
            following.append(_find_next(reader, query, found.after))
        rows = flat.make_rows(noun, found.whole_bodies, reader.open_lookup())
        return query.format.write_table(flat.column_names(noun), rows)

    media_type, heavy = query.format.media_type, query.limit > LARGE or query.given.scans_texts
    return link_next(answer_asked(query.asked, make_body, media_type, heavy=heavy), following)


def _find_next(reader: Reader, query: ListQuery, after: tuple[Any, ...]) -> str:
    """Return the address of the page that follows a key."""
    return rewrite_address(cursor=query.next_cursor(reader.moment, after))


def answer_asked(
    asked: Asked, make: Callable[[Reader], bytes], media_type: str = JSON, *, heavy: bool = False,
    may_pin: bool = True,
) -> Response:  # fmt: skip
    """Answer what follows from the moment that is asked for; what is heavy needs a slot."""
    slot = heavy_answers.hold_slot() if heavy else nullcontext()
    with slot, current_ledger().open_reader(asked) as reader:
        made = partial(make, reader)
        return answer_computed(reader.moment, made, media_type, pinned=may_pin and asked.is_pinned)


def answer_record(noun: Noun, id: str, query: RecordQuery) -> Response:
    """Answer one record, as known at the asked moment."""
    with current_ledger().open_reader(query.asked) as reader:
        served = reader.read_record(noun, id)

        def make_body() -> bytes:
            if not query.expand:
                return served.body
            return Expander(reader).expand_bodies(noun, [served.body], query.expand)[0]

        # With `expand` it names the other records, too, behind the revision that If-Match takes.
        etag = f"{served.tag}-{computed_tag(reader.moment)}" if query.expand else served.tag
        pinned = query.asked.is_pinned
        return answer_tagged(etag, make_body, JSON, pinned=pinned, moment=reader.moment)


def answer_history(noun: Noun, id: str, query: NumberedQuery) -> Response:
    """Answer the revisions of a record, oldest first."""
    with current_ledger().open_reader(query.asked) as reader:
        read = partial(reader.read_history, noun, id)
        rows, more = read_revisions(read, query.limit, query.cursor or 0, "number")
        body = orjson.dumps({
            "data": [show_revision(noun, row) for row in rows],
            "next": rewrite_address(after=rows[-1]["number"]) if more else None,
        })  # fmt: skip
        return answer_computed(reader.moment, lambda: body, JSON, pinned=False)


def rewrite_address(path: str | None = None, /, **changed: Any) -> str:
    """Return the request's address with some query parameters changed; None removes one.

    `path` replaces its path.
    """
    asked = current_request()
    given = asked.query_string.decode("utf-8", "replace")
    if not _SAFE.fullmatch(given):
        given = urlencode(parse_qsl(given))
    read_name = unquote if "%" in given else str
    parts = [each for each in given.split("&") if read_name(each.partition("=")[0]) not in changed]
    parts += [f"{name}={quote(str(each))}" for name, each in changed.items() if each is not None]
    query = "&".join(filter(None, parts))
    return f"{path or asked.path}{'?' if query else ''}{query}"


_SAFE = re.compile(r"[A-Za-z0-9_.~%!&=,:+-]*")
"""A query that can stand in JSON and in a header without being escaped."""


def read_list(reader: Reader, noun: Noun, query: ListQuery) -> Page:
    """Return the page of a list that a query asks for; raises what `refuse_unknown_ids` raises."""
    found = reader.read_page(
        noun, query.given, sort=query.sort, descending=query.descending, limit=query.limit,
        after=query.after,
    )  # fmt: skip
    is_whole = query.after is None and found.after is None
    if is_whole and len(found.stored) < len(query.given.get("id", "?")):
        refuse_unknown_ids(reader, noun, query.given)
    return found


def refuse_unknown_ids(reader: Reader, noun: Noun, given: Mapping[str, Any]) -> None:
    """Raise Invalid if a filter names a record that there is at no moment: a slip finds nothing.

    To be asked where less was found than a list may expect, so other lists take no time for it.
    """
    for each in noun.filters:
        if each.noun is None or each.name not in given:
            continue
        if unknown := reader.list_unknown(each.noun, given[each.name]):
            alike = f"/v1/suggest?noun={each.noun}&q={unknown[0]} finds what is written alike"
            raise Invalid(
                f"there is no {unknown[0]!r} in {each.noun}; {alike}", parameter=each.name
            )
