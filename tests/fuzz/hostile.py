"""Inputs by parser that may take longer than in proportion to their length, and their bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from api.web.contract import limits
from api.web.contract.limits import Limit

Maker = Callable[[int], bytes]
"""Makes an input of about so many bytes."""


def _fill(start: str, unit: str, end: str = "") -> Maker:
    """Make inputs that repeat a unit; `%d` in it counts."""

    def fill(size: int) -> bytes:
        counted = "%d" in unit
        each = len(unit % size) if counted else len(unit.encode())
        count = max(1, (size - len(start) - len(end)) // each)
        middle = "".join(unit % n for n in range(count)) if counted else unit * count
        return (start + middle + end).encode()

    return fill


_BODY, _HEADER = 1_900_000, 64_000
"""The longest of their bodies, below the default bound, and of their headers."""

BOUNDS: Mapping[str, int] = {
    "JSON": _BODY, "NDJSON": _BODY, "CSV": _BODY, "EDTF": limits.QUERY.most,
    "cursor": limits.QUERY.most * 3 // 4, "filter": limits.QUERY.most,
    "If-Match": _HEADER, "Range": _HEADER,
}  # fmt: skip

HOSTILE: Mapping[str, Mapping[str, Maker]] = {
    "JSON": {
        "colons": _fill('["', ":", '"]'),
        "numbers": _fill("[", "1,", "1]"),
        "brackets": _fill("", "["),
        "backslashes": _fill('["', "\\\\", '"]'),
        "backslashes and no NUL": _fill('["', "\\\\", '\\\\u0000\\u0001"]'),
        "a long number": _fill("[1", "1", "]"),
        "a long fraction": _fill("[0.", "1", "]"),
        "a long text": _fill('["', "é", '"]'),
    },
    "NDJSON": {
        "blank lines": _fill("", "\n"),
        "faulty lines": _fill("", "{}\n"),
        "retractions": _fill("", '{"noun":"actors","retract":"a-%d"}\n'),
        "one record again": _fill("", '{"noun":"actors","retract":"a"}\n'),
        "a long line": _fill('{"noun":"', "a", '"}'),
        "records": _fill("", '{"noun":"actors","record":{"name":"N%d","kind":"state"}}\n'),
    },
    "CSV": {
        "many columns": _fill("", "name-%d,", "\n"),
        "one column repeated": _fill("", "text,", "\n"),
        "many cells": _fill("text\n", ",", "\n"),
        "faulty rows": _fill("text\n", "a\n"),
        "rows": _fill("text,conflict\n", "Text %d,the-strait\n"),
        "a quoted cell": _fill('text\n"', "a\n", '"\n'),
        "quotation marks": _fill('text\n"', '""', '"\n'),
        "a long list": _fill("text,issues\na,", "b|"),
        "JSON in a cell": _fill('text,doubts\na,"[', "1,", '1]"\n'),
    },
    "EDTF": {
        "digits": _fill("", "1"),
        "slashes": _fill("", "/"),
        "parts": _fill("2023", "-01"),
        "signs": _fill("2023-03", "?"),
        "an interval": _fill("2023/", "2023-"),
    },
    "cursor": {
        "zeros": _fill("[", "0,", "0]"),
        "brackets": _fill("", "["),
        "a text": _fill('["', "a", '"]'),
        "a key": _fill('[1,"any","q",["', "a", '",1]]'),
        "keys": _fill('[1,"any","q",[', "1,", "1]]"),
    },
    "filter": {
        "parameters": _fill("", "a-%d=b&"),
        "one parameter": _fill("", "holder=a&"),
        "ids": _fill("holder=", "a-%d,", "a"),
        "an id": _fill("holder=a", "-a", "-"),
        "escapes": _fill("holder=", "%2C"),
        "percent signs": _fill("holder=", "%"),
        "digits": _fill("known_at=", "1"),
        "columns": _fill("columns=", "abcdefg"),
        "words": _fill("q=", "a-"),
        "quotation marks": _fill("q=", "%22-"),
        "names": _fill("", "h"),
        "a date": _fill("attested_on=", "2023/"),
    },
    "If-Match": {
        "tags": _fill("", '"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a",'),
        "commas": _fill("", ","),
        "blanks": _fill('"', " ", '"'),
        "digits": _fill("", "0a"),
        "marks": _fill("", 'W/"'),
    },
    "Range": {
        "ranges": _fill("Range: bytes=0-1", ",5-6"),
        "digits": _fill("Range: bytes=", "1", "-"),
        "blanks": _fill("Range: bytes=0", " ", "-1"),
        "commas": _fill("Range: bytes=", ","),
        "tags": _fill("If-None-Match: ", '"a",'),
        "encodings": _fill("Accept-Encoding: ", "gzip,"),
        "marks": _fill("If-None-Match: ", '"'),
        "a date": _fill("If-Range: ", "1 "),
    },
}


def _write_line(noun: str, **record: Any) -> bytes:
    return json.dumps({"noun": noun, "record": record}).encode()


def _repeat(start: str, unit: str, end: str = "", others: int = 0) -> Maker:
    """Make inputs that have a unit so many times, but for others elsewhere; `%d` in it counts."""
    return lambda count: (
        start + "".join(unit % n if "%d" in unit else unit for n in range(count - others)) + end
    ).encode()


def _nest(count: int) -> bytes:
    return b'{"a":' * count + b"1" + b"}" * count


LIMITED: Mapping[str, Mapping[str, tuple[Limit, Maker]]] = {
    "JSON": {
        "levels": (limits.NESTING, _nest),
        "brackets": (limits.BRACKETS, _repeat("[", "[],", "1]", 1)),
        "colons and keys": (limits.COLONS, _repeat("{", '"key-%d":1,', '"a":1}', 1)),
        "colons of one key": (limits.COLONS, _repeat("{", '"a":1,', '"a":1}', 1)),
        "colons in objects": (limits.COLONS, _repeat("[", '{"a":1},', "1]")),
        "escaped colons": (limits.BRACKETS, _repeat("[", '["\\u003a"],', "1]", 1)),
        "keys": (limits.KEYS, _repeat("{", '"key-%d":1,', '"a":1}', 1)),
    },
    "NDJSON": {
        "lines": (limits.LINES, _repeat("", '{"noun":"actors","retract":"%d"}\n')),
        "unknown fields": (
            limits.KEYS,
            lambda n: _write_line("actors", **{f"nam-{each}": 1 for each in range(n)}),
        ),
        "entries": (
            limits.ENTRIES,
            lambda n: _write_line("propositions", text="A", issues=[f"a-{m}" for m in range(n)]),
        ),
        "faulty entries": (
            limits.ENTRIES, lambda n: _write_line("propositions", text="A", issues=[1] * n)
        ),
        "entries within": (
            limits.INNER_ENTRIES,
            lambda n: _write_line("preconditions", antecedents=[[f"a-{m}" for m in range(n)]]),
        ),
        "a span": (
            limits.SPAN,
            lambda n: _write_line("statements", source="a", start=0, end=n, exact="a" * n,
                                  attestation="verbatim_sentence", attested_on="2023"),
        ),
        "a long line": (limits.LINE, _fill('{"noun":"', "a", '"}')),
    },
    "CSV": {
        "unknown columns": (limits.COLUMNS, _repeat("", "name-%d,", "\n", 1)),
        "one column": (limits.COLUMNS, _repeat("", "text,", "\n", 1)),
        "cells of a row": (limits.COLUMNS, lambda n: b"," * (n - 1) + b"\n" + b"a," * n + b"\n"),
        "lines": (limits.LINES, _repeat("text,conflict\n", "A %d,a\n", others=1)),
        "entries": (limits.ENTRIES, _repeat("text,issues\na,", "a-%d|", "a\n", 1)),
        "a cell": (limits.LINE, _fill('text\n"', "a", '"\n')),
    },
    "filter": {
        "bytes": (limits.QUERY, _fill("q=", "a")),
        "parameters": (limits.PARAMETERS, _repeat("", "a-%d=b&", "a=b", 1)),
        "one parameter": (limits.PARAMETERS, _repeat("", "holder=a&", "holder=a", 1)),
        "values": (limits.VALUES, _repeat("holder=", "a-%d,", "a", 1)),
        "a value": (limits.VALUE, _repeat("holder=", "a")),
    },
}  # fmt: skip
"""The same by how many there are of what a limit bounds, up to the limit."""
