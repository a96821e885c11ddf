"""The read path, from top to bottom.

URL → query schema → clocks → as known then → filters → page → bytes → ETag or 304. Views get the
parsed query. Each function here opens one snapshot and answers from stored bytes. The ETag names
what the answer depends on: a record on its version, anything computed on the changeset and the day
of its moment.

Records within records (`expand=positions,preconditions`) are read as their own list is, at the same
moment. Their stored bytes are joined, so nothing is rendered again. The first ones are shown, with
the address of the rest.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import orjson
from flask import Response, request

from api.concurrency import heavy_answers
from api.errors import Invalid
from api.ledger import Asked
from api.ledger.noun import Expansion, Noun, Record
from api.ledger.reading.filters import ParsedFilters
from api.ledger.reading.page_queries import PAGE_BYTES, Page
from api.ledger.reading.reader import Reader
from api.ledger.truth.canonical import parse_bytes
from api.web import rows as flat
from api.web.queries import Cursor, ListQuery, RecordQuery, digest_question
from api.web.requests import current_ledger
from api.web.responses import JSON, answer_computed, answer_tagged, computed_tag, link_next
from api.web.revisions import NumberedQuery, read_revisions, show_revision

LARGE = 100
"""A list of so many records may be parsed beside any other work; no expanded one is larger."""

_EXPANDED_AT_ONCE = 5
"""Of how many records of a list the related records are read together."""

MOST = 20
"""How many records of an expansion are shown within one record."""

_Shown = tuple[list[bytes], bytes]
"""The bodies that are shown within one record, and the address of the rest, as JSON."""


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

    return answer_asked(query.asked, make_body)


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

    media_type, heavy = query.format.media_type, query.limit > LARGE
    return link_next(answer_asked(query.asked, make_body, media_type, heavy=heavy), following)


def _find_next(reader: Reader, query: ListQuery, after: tuple[Any, ...]) -> str:
    """Return the address of the page that follows a key."""
    return rewrite_address(cursor=query.next_cursor(reader.moment, after))


def answer_asked(
    asked: Asked, make: Callable[[Reader], bytes], media_type: str = JSON, *, heavy: bool = False
) -> Response:
    """Answer what follows from the moment that is asked for; what is heavy needs a slot."""
    slot = heavy_answers.hold_slot() if heavy else nullcontext()
    with slot, current_ledger().open_reader(asked) as reader:
        made = partial(make, reader)
        return answer_computed(reader.moment, made, media_type, pinned=asked.is_pinned)


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
        rows, more = read_revisions(read, query.limit, query.beyond or 0, "number")
        body = orjson.dumps({
            "data": [show_revision(noun, row) for row in rows],
            "next": rewrite_address(after=rows[-1]["number"]) if more else None,
        })  # fmt: skip
        return answer_computed(reader.moment, lambda: body, JSON, pinned=False)


def rewrite_address(path: str | None = None, /, **changed: Any) -> str:
    """Return the request's address with some query parameters changed; None removes one.

    `path` replaces its path.
    """
    given = request.query_string.decode("utf-8", "replace")
    if not _SAFE.fullmatch(given):
        given = urlencode(parse_qsl(given))
    parts = [each for each in given.split("&") if unquote(each.partition("=")[0]) not in changed]
    parts.append(urlencode([(name, each) for name, each in changed.items() if each is not None]))
    asked = "&".join(filter(None, parts))
    return f"{path or request.path}{'?' if asked else ''}{asked}"


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


class Expander:
    """Shows records within records, as known at the moment of a reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._nouns = reader, current_ledger().nouns

    def expand_bodies(
        self, noun: Noun, bodies: Sequence[bytes], names: Sequence[str]
    ) -> list[bytes]:
        """Return served bodies of a noun, each with the member `expanded`."""
        records = [parse_bytes(body) for body in bodies]
        chosen = [each for each in noun.expansions if each.name in names]
        pieces = [self._encode_each(expansion, records) for expansion in chosen]
        return [
            b'%b,"expanded":{%b}}' % (body[:-1], b",".join(within))
            for body, within in zip(bodies, zip(*pieces, strict=True), strict=True)
        ]

    def _encode_each(self, expansion: Expansion, records: Sequence[Record]) -> list[bytes]:
        """Return for each record the member of `expanded` that an expansion makes, as JSON."""
        find = self._read_lists if expansion.by else self._read_named
        name = expansion.name.encode()
        return [
            b'"%b":{"data":[%b],"next":%b}' % (name, b",".join(bodies), rest)
            for bodies, rest in find(expansion, records)
        ]

    def _read_lists(self, expansion: Expansion, records: Sequence[Record]) -> list[_Shown]:
        """Return the first page of the list that belongs to each record."""
        noun = self._nouns[expansion.noun]
        sort, descending = noun.default_sort.lstrip("-"), noun.default_sort.startswith("-")
        shown: list[_Shown] = []
        for record in records:
            given = ParsedFilters(noun, {expansion.by: [record["id"]]})
            found = self._reader.read_page(
                noun, given, sort=sort, descending=descending, limit=MOST
            )
            rest = self._next_address(noun, expansion.by, record["id"], found)
            shown.append((found.whole_bodies, rest))
        return shown

    def _next_address(self, noun: Noun, by: str, id: str, found: Page) -> bytes:
        """Return the address of the next page as JSON, or null."""
        if found.after is None:
            return b"null"
        moment = self._reader.moment
        valid_at = moment.valid_at or "any"
        asked = Asked(number=moment.known_at, valid_at=valid_at)
        question = digest_question([noun.name, repr([(by, [id])]), noun.default_sort, repr(asked)])
        cursor = Cursor(moment.known_at, valid_at, question, found.after).to_text()
        clocks = f"known_at={moment.known_at}&valid_at={valid_at}"
        return f'"/v1/{noun.name}?{by}={id}&{clocks}&cursor={cursor}"'.encode()

    def _read_named(self, expansion: Expansion, records: Sequence[Record]) -> list[_Shown]:
        """Return the records that each record names, in its order."""
        noun, found = self._nouns[expansion.noun], dict[str, bytes]()
        if ids := {id for each in records for id in each[expansion.name]}:
            pages = self._reader.read_pages(noun, {"id": sorted(ids)}, sort="id", limit=len(ids))
            bodies = (body for page in pages for body in page.whole_bodies)
            found = {parse_bytes(body)["id"]: body for body in bodies}
        return [([found[id] for id in each[expansion.name]], b"null") for each in records]
