"""The parsers that read what strangers send, and what of an input is a crash.

`parse` returns whether an input got past the parser's first check. It raises nothing for an input
that the parser refuses, and whatever else the parser raises, which would be a 500.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import marshmallow as ma
import orjson
from flask import Flask, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable

from api import clock
from api.bulk import bodies, cells, lines
from api.errors import Invalid
from api.ledger.truth import revisions
from api.nouns import NOUNS_BY_NAME
from api.search.queries import SearchQuerySchema
from api.web import formats, queries, requests, responses, writing
from api.web.contract import parameters
from api.web.contract.problems import RequestRefused
from api.web.formats import with_formats
from api.web.resource import Resource
from api.web.rows import column_names
from tests.fuzz import hostile, samples
from tests.fuzz.edits import make_input

_POSITIONS, _PROPOSITIONS = NOUNS_BY_NAME["positions"], NOUNS_BY_NAME["propositions"]
_ACTORS = NOUNS_BY_NAME["actors"]

Request = dict[str, Any]
"""The arguments of a test client's `open`."""


@dataclass(frozen=True)
class Parser:
    """A parser, and how to try it."""

    name: str
    parse: Callable[[bytes], bool]
    make_request: Callable[[bytes], Request]
    """Makes the request that brings an input to the application."""
    functions: Mapping[Any, Sequence[str]]
    """The functions, by module, whose branches inputs must reach."""
    forget: Callable[[], object] = lambda: None
    """Empties the caches, so that the same input is parsed again."""

    def make_input(self, chance: bytes) -> bytes:
        """Make an input from chance."""
        name = self.name
        grammar = samples.GRAMMARS.get(name, {})
        return make_input(chance, samples.SEEDS[name], samples.WORDS[name], grammar)

    @property
    def hostile(self) -> Iterator[tuple[str, hostile.Maker, int]]:
        """Yield makers of inputs that may take longer than in proportion, and their bounds."""
        for kind, make in hostile.HOSTILE[self.name].items():
            yield kind, make, hostile.BOUNDS[self.name]
        for kind, (limit, make) in hostile.LIMITED.get(self.name, {}).items():
            yield f"{kind}: {limit}", make, limit.most


def parse_json(raw: bytes) -> bool:
    try:
        requests.parse_json(raw)
    except RequestRefused as error:
        return "stands twice" in error.detail or not error.detail.startswith("The body is not JSON")
    return True


def find_nothing(_noun: str, _id: str) -> None:
    """Find no record: the registry is empty."""


def parse_lines(raw: bytes) -> bool:
    try:
        read, faults = bodies.collect_lines(raw, None, find_nothing)
    except (RequestRefused, Invalid):
        return False
    return bool(read) or any("is not JSON" not in each["detail"] for each in faults)


def parse_table(raw: bytes) -> bool:
    resource, table = _split_table(raw)
    try:
        read, faults = bodies.collect_lines(table, resource, find_nothing)
    except (RequestRefused, Invalid):
        return False
    return bool(read) or any(int(each["line"]) > 2 or "column" in each for each in faults)


def _split_table(raw: bytes) -> tuple[Resource, bytes]:
    """Return what the rows are, positions behind a +, and the table."""
    return _POSITIONS if raw[:1] == b"+" else _PROPOSITIONS, raw.removeprefix(b"+")


def parse_edtf(raw: bytes) -> bool:
    text = raw.decode("utf-8", "replace")
    for parse in (clock.parse_day, clock.parse_instant):
        with suppress(ValueError):
            parse(text)
    try:
        clock.parse_edtf(text)
    except ValueError as error:
        return not str(error).startswith("not an EDTF date")
    return True


def parse_cursor(raw: bytes) -> bool:
    try:
        queries.Cursor.from_text(_encode_cursor(raw))
    except ma.ValidationError:
        with suppress(ValueError):
            return isinstance(orjson.loads(raw), list)
        return False
    return True


def _encode_cursor(raw: bytes) -> str:
    """Write what is in a cursor as a URL has it; behind a ! is a text as it is."""
    if raw[:1] == b"!":
        return raw[1:].decode("utf-8", "replace")
    return queries.base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def _make_schema(prefix: bytes) -> ma.Schema:
    if prefix == b"q":
        return SearchQuerySchema()
    noun = _ACTORS if prefix == b"@" else _POSITIONS
    return with_formats(queries.make_query_schema(noun), column_names(noun))


def parse_filter(raw: bytes) -> bool:
    """Parse the query of a search if it begins with q, of a list of actors behind @, or positions.

    It is of a table behind a dot. What was understood is asked for again with a cursor.
    """
    extension = "csv" if raw[:1] == b"." else None
    schema, query = _make_schema(raw[:1]), raw.lstrip(b"@.")
    try:
        question: Any = requests._parse_query(schema, query, extension)
    except RequestRefused as error:
        return error.status == 422 and not all("unknown" in e["detail"] for e in error.faults)
    except HTTPException:
        return False
    after = ("a", 1) if len(raw) % 2 else (1,)
    cursor = queries.Cursor(1, "any", question.question, after).to_text().encode()
    with suppress(RequestRefused, HTTPException):
        requests._parse_query(schema, query + b"&cursor=" + cursor)
    return True


@cache
def _make_app() -> Flask:
    return Flask(__name__)


def parse_if_match(raw: bytes) -> bool:
    with _make_app().test_request_context(headers=_write_if_match(raw)):
        try:
            return bool(writing.read_if_match())
        except RequestRefused:
            return False


def _write_if_match(raw: bytes) -> dict[str, str]:
    return {"If-Match": raw.decode("latin-1").translate(_BLANK).strip()}


_BLANK = dict.fromkeys(map(ord, "\n\r\0"), " ")
_ETAG, _ANSWER = "a1" * 16, b"id,name\r\n" * 100


def parse_range(raw: bytes) -> bool:
    headers = Headers(_read_headers(raw))
    media_type = responses.JSON if "Accept" in headers else "text/csv"
    base = "http://localhost" + "/registry" * (len(raw) % 2)  # whose path goes before links
    with _make_app().test_request_context(base_url=base, headers=headers):
        try:
            answer = responses.answer_tagged(_ETAG, lambda: _ANSWER, media_type, pinned=False)
        except RequestedRangeNotSatisfiable:
            return True
        return request.range is not None or answer.status_code == 304


def _read_headers(raw: bytes) -> list[tuple[str, str]]:
    """Read `Name: value` lines, as a server would."""
    pairs = (each.translate(_BLANK).partition(":") for each in raw.decode("latin-1").split("\n"))
    return [(n, v.strip()) for n, _, v in pairs if n.isascii() and n.replace("-", "").isalpha()]


def _post(path: str, kind: str, raw: bytes, query: str = "") -> Request:
    return {"path": path, "method": "POST", "data": raw, "content_type": kind,
            "query_string": query}  # fmt: skip


def _post_table(raw: bytes) -> Request:
    resource, table = _split_table(raw)
    return _post("/v1/changesets", "text/csv", table, f"dry_run=1&noun={resource.name}")


def _ask_filter(raw: bytes) -> Request:
    paths = {b"q": "/v1/search", b"@": "/v1/actors", b".": "/v1/positions.csv"}
    path = paths.get(raw[:1], "/v1/positions")
    return {"path": path, "query_string": raw.lstrip(b"@.").decode("latin-1")}


PARSERS = (
    Parser(
        "JSON", parse_json, lambda raw: _post("/v1/propositions", "application/json", raw),
        {requests: ["parse_json", "_refuse_excess", "_holds_everything", "_refuse_odd_json",
                    "_refuse_repeats"]},
    ),
    Parser(
        "NDJSON", parse_lines,
        lambda raw: _post("/v1/changesets", "application/x-ndjson", raw, "dry_run=1"),
        {bodies: ["collect_lines", "_make_duplicate"],
         lines: ["read_lines", "_parse_mixed_line", "_locate_faults"]},
    ),
    Parser(
        "CSV", parse_table, _post_table,
        {bodies: ["collect_lines"],
         lines: ["read_rows", "_parse_table", "_parse_row", "_locate_faults"],
         cells: ["TableLayout.parse_row", "TableLayout._set_field", "TableLayout._clean_text",
                 "add_column", "_check_header", "_parse_cell", "_parse_list"]},
    ),
    Parser(
        "EDTF", parse_edtf,
        lambda raw: {"path": "/v1/positions",
                     "query_string": {"attested_on": raw.decode("utf-8", "replace")}},
        {clock: ["parse_edtf", "_parse_edtf_point", "parse_day", "parse_instant"]},
        lambda: (clock.parse_edtf.cache_clear(), clock.parse_day.cache_clear()),
    ),
    Parser(
        "cursor", parse_cursor,
        lambda raw: {"path": "/v1/positions", "query_string": {"cursor": _encode_cursor(raw)}},
        {queries: ["Cursor.from_text"]},
        clock.parse_day.cache_clear,
    ),
    Parser(
        "filter", parse_filter, _ask_filter,
        {requests: ["_parse_query", "parse_pairs", "_collect_parameters", "_is_repeatable"],
         queries: ["_check_expand", "read_filters", "_make_range", "ListQuerySchema.make_query",
                   "ListQuerySchema.continue_from"],
         parameters: ["ListParameter.parse_value", "LimitParameter.parse_value",
                      "KnownAtParameter.parse_value", "FlagParameter.parse_value",
                      "ChoiceParameter.parse_value"],
         formats: ["ColumnsParameter.parse_value"]},
        requests._parse_query.cache_clear,
    ),
    Parser(
        "If-Match", parse_if_match,
        lambda raw: {"path": "/v1/actors/norland", "method": "PUT", "json": {},
                     "headers": _write_if_match(raw)},
        {writing: ["read_if_match"], revisions: ["named_revision"]},
    ),
    Parser(
        "Range", parse_range,
        lambda raw: {"path": "/v1/positions.csv", "headers": _read_headers(raw)},
        {responses: ["answer_tagged", "_known_tag", "_without_odd_range", "_make_headers",
                     "choose_encoding", "_requested_encoding"]},
        responses._choose_encoding.cache_clear,
    ),
)  # fmt: skip

PARSER = {each.name: each for each in PARSERS}
