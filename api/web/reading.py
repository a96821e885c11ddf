"""The read path, from top to bottom.

URL → query schema → clocks → as known then → filters → page → bytes → ETag or 304. Views get the
parsed query; each function here opens one snapshot, answers from stored bytes, and says by an
ETag what the answer depends on: a record on its version, anything computed on the changeset and
the day that the clocks came to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from flask import Response, request

from api.ledger.moment import Moment
from api.ledger.noun import Noun
from api.ledger.reader import Page, Reader
from api.web import revisions
from api.web import rows as flat
from api.web.build import build
from api.web.compression import requested_encoding
from api.web.expanding import Expander
from api.web.queries import ListQuery, RecordQuery
from api.web.revisions import NumberedQuery
from api.web.state import ledger
from api.web.whole import Unchecked, Whole

JSON = "application/json"

_PINNED = "public, max-age=86400"
_MOVING = "no-cache"


def page(noun: Noun, query: ListQuery) -> Response:
    """Answer a list: an envelope around stored bytes."""
    with ledger().reading(query.asked) as reader:

        def body() -> bytes:
            found = found_by(reader, noun, query)
            if query.expand:
                expanded = _expand(reader, noun, found.bodies, query.expand)
                found = Page(expanded, [b""] * len(expanded), found.after)
            following = _next(reader.moment, query, found)
            url = f'"{following}"'.encode() if following else b"null"
            return found.joined(b'{"data":[', b'],"next":%b}' % url)

        return computed(reader.moment, body, JSON, pinned=query.asked.is_pinned)


def rows(noun: Noun, query: ListQuery) -> Response:
    """Answer a list as flat rows; the next page goes into the Link header."""
    with ledger().reading(query.asked) as reader:
        following: list[str] = []

        def body() -> bytes:
            found = found_by(reader, noun, query)
            if url := _next(reader.moment, query, found):
                following.append(url)
            rows = flat.made(noun, found.bodies, reader.lookup())
            return query.format.write_table(flat.columns(noun), rows)

        pinned = query.asked.is_pinned
        response = computed(reader.moment, body, query.format.media_type, pinned=pinned)
    return link_next(response, following)


def link_next(response: Response, following: Iterable[str]) -> Response:
    """Add the address of the next page, if there is one, as a header."""
    for url in following:
        response.headers["Link"] = f'<{url}>; rel="next"'
    return response


def record(noun: Noun, id: str, query: RecordQuery) -> Response:
    """Answer one record, as known at the asked moment.

    With others within it its ETag names these, too, behind the revision that If-Match takes.
    """
    with ledger().reading(query.asked) as reader:
        served = reader.record(noun, id)

        def body() -> bytes:
            if not query.expand:
                return served.body
            return _expand(reader, noun, [served.body], query.expand)[0]

        etag = f"{served.tag}-{_computed_tag(reader.moment)}" if query.expand else served.tag
        pinned = query.asked.is_pinned
        return conditional(etag, body, JSON, pinned=pinned, moment=reader.moment)


def _expand(
    reader: Reader, noun: Noun, bodies: Sequence[bytes], names: Sequence[str]
) -> list[bytes]:
    return Expander(reader, ledger().nouns).expand(noun, bodies, names)


def history(noun: Noun, id: str, query: NumberedQuery) -> Response:
    """Answer the revisions of a record, oldest first."""
    with ledger().reading(query.asked) as reader:
        found = reader.history(noun, id, limit=query.limit + 1, after=query.beyond or 0)
        body = revisions.encode(noun, found, query.limit, address)
        return computed(reader.moment, lambda: body, JSON, pinned=False)


def computed(
    moment: Moment, body: Callable[[], bytes], media_type: str, *, pinned: bool, also: str = ""
) -> Response:
    """Answer what follows from a moment.

    Its ETag names the question, the changeset and the day that the clocks came to, and this build;
    and `also`, if the answer depends on anything else.
    """
    return conditional(_computed_tag(moment, also), body, media_type, pinned=pinned, moment=moment)


def streamed(
    moment: Moment, chunks: Callable[[], Iterator[bytes]], media_type: str, *, pinned: bool
) -> Response:
    """Answer what follows from a moment and is too long to be held: chunk by chunk, no ranges."""
    etag = _computed_tag(moment)
    if (known := _known_tag(etag)) is not None:
        return Response(status=304, headers=_headers(known, moment, pinned=pinned))
    headers = _headers(etag, moment, pinned=pinned)
    return Response(chunks(), headers=headers, content_type=media_type)


def conditional(
    etag: str,
    body: Callable[[], bytes],
    media_type: str,
    *,
    pinned: bool,
    moment: Moment | None = None,
) -> Response:
    """Answer bytes under an ETag: 304 without making them when the caller has them, else 200.

    With a moment the headers name what the clocks came to. Byte ranges of tables are served,
    because some readers of tables ask for them.
    """
    if (known := _known_tag(etag)) is not None:
        return Whole(status=304, headers=Unchecked(_headers(known, moment, pinned=pinned)))
    headers = _headers(etag, moment, pinned=pinned)
    made = body()
    headers += [("Content-Type", media_type), ("Content-Length", str(len(made)))]
    response = Whole([made], headers=Unchecked(headers))
    if media_type != JSON:
        length = response.calculate_content_length()
        response.make_conditional(_asked(), accept_ranges=True, complete_length=length)
        response.headers.pop("Date", None)  # which the server sets for every answer
    return response


def _asked() -> dict[str, Any]:
    """Leave out a range that nobody can read or that is not of bytes (RFC 9110, section 14.2)."""
    if request.range is not None and request.range.units == "bytes":
        return request.environ
    return {name: value for name, value in request.environ.items() if name != "HTTP_RANGE"}


def _headers(etag: str, moment: Moment | None, *, pinned: bool) -> list[tuple[str, str]]:
    headers = [("ETag", f'"{etag}"'), ("Cache-Control", _PINNED if pinned else _MOVING)]
    return headers if moment is None else [*headers, *clocks(moment)]


def clocks(moment: Moment) -> list[tuple[str, str]]:
    """Give the headers that name what the clocks came to."""
    return [
        ("Sinequanon-Known-At", str(moment.known_at)),
        ("Sinequanon-Valid-At", moment.valid_at or "any"),
    ]


def _known_tag(etag: str) -> str | None:
    """Return the tag under which the caller has the answer already, compressed or plain.

    The tag of another encoding than the request's does not count: a cache that serves many callers
    would give this one a body that it cannot read.
    """
    if "HTTP_IF_NONE_MATCH" not in request.environ:
        return None
    tags, encoding = request.if_none_match, requested_encoding()
    if encoding and tags.contains_weak(f"{etag}:{encoding}"):
        return f"{etag}:{encoding}"
    return etag if tags.contains_weak(etag) else None


def _computed_tag(moment: Moment, also: str = "") -> str:
    question = b"%b?%b" % (request.path.encode(), request.query_string)
    covered = f"{moment.hash.hex()} {moment.valid_at} {build()}{also} ".encode() + question
    return sha256(covered).hexdigest()[:32]


def address(path: str | None = None, /, **changed: Any) -> str:
    """Give the request's own address with some query parameters changed; None takes one out.

    With another `path`, the same is asked there.
    """
    return _address(path or request.path, request.query_string, tuple(changed.items()))


@lru_cache(maxsize=1024)
def _address(path: str, query: bytes, changed: tuple[tuple[str, Any], ...]) -> str:
    given = query.decode("utf-8", "replace")
    if not _SAFE.fullmatch(given):
        given = urlencode(parse_qsl(given))
    names = {name for name, _ in changed}
    parts = [each for each in given.split("&") if unquote(each.partition("=")[0]) not in names]
    parts.append(urlencode([(name, each) for name, each in changed if each is not None]))
    asked = "&".join(filter(None, parts))
    return f"{path}?{asked}" if asked else path


_SAFE = re.compile(r"[A-Za-z0-9_.~%!&=,:+-]*")
"""A query that can be put into JSON and into a header as it stands."""


def found_by(reader: Reader, noun: Noun, query: ListQuery) -> Page:
    """Give the page of a list that a query asks for."""
    return reader.page(
        noun,
        query.given,
        sort=query.sort,
        descending=query.descending,
        limit=query.limit,
        after=query.after,
    )


def _next(moment: Moment, query: ListQuery, found: Page) -> str | None:
    if found.after is None:
        return None
    first = _address(request.path, _FURTHER.sub(b"", request.query_string), _FIRST)
    return f"{first}{'&' if '?' in first else '?'}cursor={query.cursor(moment, found.after)}"


_FURTHER = re.compile(rb"&cursor=[A-Za-z0-9_-]+$")
"""Where all lists end that are paged through; without it their addresses are few, and known."""

_FIRST = (("cursor", None),)
"""What changes in the address of a page to get that of the first."""
