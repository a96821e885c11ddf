"""The request at hand: its ledger, and its query and body, strictly parsed.

webargs would ignore unknown query parameters, take a wrong Content-Type for an empty body and the
last of duplicate keys for the only one. Here they are all refused, with the nearest known name
for an unknown one. Short queries are cached by schema and query string (never an error); all others
are loaded by the fast path. Of the next page of a list, only the cursor is parsed.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache, wraps
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

import marshmallow as ma
import orjson
from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestURITooLarge

from api.ledger import Ledger
from api.ledger.versions.texts import plain_text
from api.web.contract.limits import BRACKETS, COLONS, KEYS, NESTING, PARAMETERS, QUERY
from api.web.contract.problems import RequestRefused, list_faults, refuse_excess
from api.web.fast_loader import FastLoader, make_fast_loader
from api.web.queries import Cursor, ListQuerySchema

_LEDGER = "sinequanon"

_LONGEST_CACHED = 512
"""Queries of more bytes are parsed each time; their values could take hundreds of megabytes."""

_UNFIT = "The query does not fit; see errors."

_LINES = ("application/x-ndjson", "application/jsonl")

_HIDDEN = re.compile(rb"\\u00(00|3[aA])")
"""Escapes that may stand for a NUL or a colon."""


def init_app(app: Flask, ledger: Ledger) -> None:
    """Set the ledger of an application."""
    app.extensions[_LEDGER] = ledger


def current_ledger() -> Ledger:
    """Return the ledger of the application that answers the request."""
    return current_app.extensions[_LEDGER]


def with_query(view: Callable[..., Any], schema: ma.Schema) -> Callable[..., Any]:
    """Make a view that gets the request's query, parsed with the schema, before its path's parts.

    An `extension` behind the path is the parameter `format`.
    """

    @wraps(view)
    def run_view(*args: Any, extension: str | None = None, **parts: Any) -> Any:
        return view(*args, parse_query(schema, extension), **parts)

    return run_view


def parse_query(schema: ma.Schema | type[ma.Schema], extension: str | None = None) -> Any:
    """Load the request's query with a schema, or the one of its class; raises RequestRefused."""
    query = request.query_string
    parse = _parse_query if len(query) <= _LONGEST_CACHED else _parse_query.__wrapped__
    asked, continued, cursor = query.rpartition(b"&cursor=")
    if continued and len(query) <= QUERY.most:
        made, _ = _make_loader(schema)
        # Faults are reported for the query as a whole, below.
        with suppress(RequestRefused, ma.ValidationError):
            if isinstance(made, ListQuerySchema):
                question = parse(schema, asked, extension)
                if question.after is None:
                    place = Cursor.from_text(cursor.decode("ascii", "replace"))
                    return made.continue_from(question, place)
    return parse(schema, query, extension)


@cache
def _make_loader(schema: ma.Schema | type[ma.Schema]) -> tuple[ma.Schema, FastLoader]:
    made = schema if isinstance(schema, ma.Schema) else schema()
    return made, make_fast_loader(made)


def parse_json_body() -> Any:
    """Read the request's JSON body; refuses what JSON does not allow or leaves open."""
    if request.mimetype != "application/json":
        detail = "Send JSON, with the header Content-Type: application/json."
        raise RequestRefused(415, detail, headers={"Accept-Post": "application/json"})
    return parse_json(_read_body())


def _read_body() -> bytes:
    raw = request.get_data()
    # Of a body without a length, Werkzeug silently cuts off what goes beyond the limit.
    if request.content_length is None and len(raw) >= (request.max_content_length or 2**63):
        raise RequestEntityTooLarge
    return raw


def parse_json(raw: bytes) -> Any:
    """Parse JSON; raises RequestRefused for what JSON does not allow or leaves open."""
    brackets, colons = raw.count(b"{") + raw.count(b"["), raw.count(b":")
    for found, limit in ((brackets, BRACKETS), (colons, COLONS)):
        if found > limit.most:
            raise refuse_excess(limit)
    data = _load_json(raw)
    if colons > KEYS.most or brackets > NESTING.most:
        _refuse_excess(data)
    if not _holds_everything(data, raw):
        _refuse_odd_json(raw)
    return data


def _load_json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise refuse_excess(NESTING) from error
        raise RequestRefused(400, f"The body is not JSON: {error}.") from error


def _refuse_excess(data: Any) -> None:
    """Refuse an object with too many keys, and values that are nested too deep."""
    level: list[Any] = [data]
    for _ in range(NESTING.most):
        objects = [each for each in level if isinstance(each, dict)]
        if any(len(each) > KEYS.most for each in objects):
            raise refuse_excess(KEYS)
        lists = [each for each in level if isinstance(each, list)]
        level = [*chain(*(each.values() for each in objects), *lists)]
    if any(isinstance(each, (dict, list)) for each in level):
        raise refuse_excess(NESTING)


def _holds_everything(data: Any, raw: bytes) -> bool:
    """Whether the data hold all that the bytes hold, and no NUL; False may mean that it is unclear.

    A repeated key is lost in the data, and with it the colon behind it. No other colon is lost:
    those within texts stand in the bytes as they are, unless they are escaped.
    """
    if b"\\u00" in raw and _HIDDEN.search(raw):
        return False
    return raw.count(b":") == orjson.dumps(data).count(b":")


def _refuse_odd_json(raw: bytes) -> None:
    """Refuse a repeated key, and NUL."""
    json.loads(raw, object_pairs_hook=_refuse_repeats)
    if b"\\u0000" in raw.replace(b"\\\\", b""):
        raise RequestRefused(400, "The body holds a NUL character, which no text needs.")


def read_lines_body(*, table: bool) -> bytes:
    """Read a request body of lines of JSON, or of a table where the parameter noun is given."""
    if request.mimetype == "text/csv" and not table:
        _refuse_parameter("noun", "is required with text/csv: what the rows of the table are")
    if request.mimetype in _LINES and table:
        _refuse_parameter("noun", "goes with text/csv; lines of JSON name their nouns themselves")
    if request.mimetype not in ("text/csv", *_LINES):
        raise RequestRefused(
            415,
            "Send one JSON object a line, with the header Content-Type: application/x-ndjson; or a "
            "table with Content-Type: text/csv and the parameter noun.",
            headers={"Accept-Post": "application/x-ndjson, text/csv"},
        )
    return _read_body()


def read_text_body() -> str:
    """Read a request body of plain UTF-8 text."""
    if request.mimetype != "text/plain":
        detail = "Send the text, with the header Content-Type: text/plain."
        raise RequestRefused(415, detail, headers={"Accept": "text/plain"})
    try:
        return plain_text(_read_body())
    except ValueError as error:
        raise RequestRefused(400, f"The body is not UTF-8 text: {error}.") from error


def load_body(schema: ma.Schema, data: Any, example: Any = None) -> Any:
    """Load a body with a schema; raises RequestRefused with a pointer for each fault.

    The problem shows the example, a body that would succeed.
    """
    try:
        return schema.load(data)
    except ma.ValidationError as error:
        also = "" if example is None else ", and example"
        detail, faults = f"The body does not fit; see errors{also}.", list_faults(error, schema)
        raise RequestRefused(422, detail, faults, example=example) from error


@lru_cache(maxsize=2048)
def _parse_query(
    asked: ma.Schema | type[ma.Schema], query: bytes, extension: str | None = None
) -> Any:
    schema, fast_load = _make_loader(asked)
    given = _collect_parameters(schema, parse_pairs(query), extension)
    if (found := fast_load(given)) is not None:
        return found
    try:
        return schema.load(given)
    except ma.ValidationError as error:
        faults = list_faults(error, schema, place="parameter")
        raise RequestRefused(422, _UNFIT, faults) from error


def parse_pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query; raises RequestRefused if it is not UTF-8 or too long."""
    if len(query) > QUERY.most:
        raise RequestURITooLarge
    try:
        # Some clients send UTF-8 as it is; the server hands it on as Latin-1 (PEP 3333).
        return parse_qsl(
            query.decode(), keep_blank_values=True, max_num_fields=PARAMETERS.most, errors="strict"
        )
    except ValueError as error:
        detail = f"The query must be percent-encoded UTF-8, with {PARAMETERS}."
        raise RequestRefused(PARAMETERS.status, detail) from error


def _collect_parameters(
    schema: ma.Schema, pairs: list[tuple[str, str]], extension: str | None
) -> dict[str, str]:
    """Map parameters to their values; refuse those that are given twice."""
    given: dict[str, str] = {} if extension is None else {"format": extension}
    for name, value in pairs:
        if name == "format" and extension is not None:
            if value != extension:
                _refuse_parameter(name, f"differs from .{extension} behind the path; give one")
        elif name in given and _is_repeatable(schema, name):
            value = f"{given[name]},{value}"  # noqa: PLW2901
        elif name in given:
            _refuse_parameter(name, "is given twice; separate several values by commas")
        if "\0" in value:
            _refuse_parameter(name, "holds a NUL character, which no text needs")
        given[name] = value
    return given


def _is_repeatable(schema: ma.Schema, name: str) -> bool:
    return name in schema.fields and schema.fields[name].metadata.get("repeatable", False)


def _refuse_parameter(name: str, detail: str) -> None:
    raise RequestRefused(422, _UNFIT, [{"parameter": name, "detail": detail}])


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            detail = f"The body is not JSON: the key {name!r} stands twice in one object."
            raise RequestRefused(400, detail)
        seen.add(name)
