"""Inputs by parser that may take longer than in proportion to their length, and their bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api.web.contract import limits

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
        "many keys": _fill("{", '"key-%d":1,', '"a":1}'),
        "one key repeated": _fill("{", '"a":1,', '"a":1}'),
        "objects": _fill("[", '{"a\\u003a":["' + "a" * 70 + '"]},', "1]"),
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
