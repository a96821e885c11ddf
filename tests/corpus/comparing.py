"""Compare two recordings: what differs in answers, and what differs in words alone.

Exempt are ETags, builds, and words: the `detail` and `title` of a problem, sentences, descriptions
of the contract, the text of pages. Words that changed are counted, and written to a file for
somebody to read. What the moment of a run decides (today, the time of
a write) is replaced before the comparison.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.corpus.asking import Exchange, header, read_recording

Piece = tuple[str, Any]
"""A place in an answer, and what stands there."""

_SHOWN = 60
_UNCOMPARED = {"etag", "content-length", "date"}
_WORDS = {"detail", "sentence", "sentences", "set_sentence", "about"}
_CONTRACT_WORDS = _WORDS | {"description", "summary", "title"}
_CHART_WORDS = _CONTRACT_WORDS | {"text", "subtitle", "labelExpr"}
_WORDY_ATTRIBUTES = {"title", "aria-label", "alt", "placeholder", "content", "label"}
_CURSOR = re.compile(r"(cursor=)([\w-]{8,})")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d(\.\d+)?Z")
_WORDED = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d(:\d\d)? UTC")
_CHAIN = re.compile(r'"previous":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"')
_QUESTION = re.compile(r"(known_at=INSTANT[^\s\"]*cursor=\[\d+,'[\w-]+',)'[0-9a-f]{16}'")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_SHORT_HASH = re.compile(r"(?<=>)[0-9a-f]{8}(?=…)")
_UUID = re.compile(r"urn:uuid:[0-9a-f-]{36}")
_ASSETS = re.compile(r"/assets/[0-9a-f]{16}/")
_LINK = re.compile(r'href=(?:"|&quot;)([^"&]*)')


def compare_recordings(
    file: Path, other: Path, *, rebuilt: bool = False, words: Path | None = None
) -> int:
    """Print each answer that differs; return 1 if any does."""
    (day, before), (other_day, after) = read_recording(file), read_recording(other)
    days = re.compile(f"{day}|{other_day}")
    differing, wordings = 0, list[str]()
    if len(before) != len(after):
        print(f"{len(before)} requests against {len(after)}")
        differing += 1
    for one, two in zip(before, after, strict=False):
        fresh = rebuilt or one["wrote"]
        faults, said = _compare(_pieces(one, days, fresh=fresh), _pieces(two, days, fresh=fresh))
        if two.get("repeats") is False:
            faults.append("the same request, asked again, was answered otherwise")
        name = f"{one['number']} {one['method']} {one['path']}"
        wordings += [f"{name}\n{each}\n" for each in said]
        differing += bool(faults)
        if faults and differing <= _SHOWN:
            print(name, *([f"  headers {one['headers']}"] if one["headers"] else []), sep="\n")
            print(*(f"  {each}" for each in faults[:4]), sep="\n")
    if words:
        words.write_text("\n".join(wordings), encoding="utf-8")
    print(f"{file.name}: {len(before)} requests, {differing} answers differ, "
          f"{len(wordings)} differ in words alone")  # fmt: skip
    return int(differing > 0)


def _compare(before: list[Piece], after: list[Piece]) -> tuple[list[str], list[str]]:
    """Return what differs, and which words differ; words begin their place with ~."""
    faults: list[str] = []
    words: list[str] = []
    strict, others = _strict(before), _strict(after)
    if strict != others:
        differing = [each for each in zip_longest(strict, others, fillvalue=("-", "nothing"))
                     if each[0] != each[1]]  # fmt: skip
        (place, was), (other_place, is_now) = differing[0]
        faults.append(f"{place}: {was!r:.200}\n   now {other_place}: {is_now!r:.200}")
        if sorted(map(str, strict)) == sorted(map(str, others)):
            faults.append("all parts are the same, in another order")
    said = [[str(value) for place, value in each if place.startswith("~")]
            for each in (before, after)]  # fmt: skip
    if not faults and said[0] != said[1]:
        words = [f"- {one!s:.400}\n+ {two!s:.400}" for one, two in zip_longest(*said) if one != two]
    return faults, words


def _strict(pieces: list[Piece]) -> list[Piece]:
    return [each for each in pieces if not each[0].startswith("~")]


def _pieces(exchange: Exchange, days: re.Pattern[str], *, fresh: bool) -> list[Piece]:
    """Take an answer apart."""
    answer, is_dry = exchange["answer"], "dry_run=1" in exchange["path"]
    uncompared = _UNCOMPARED | ({"sinequanon-changeset"} if is_dry else set())
    pieces: list[Piece] = [("status", answer["status"])]
    pieces.append(("has an ETag", header(exchange, "ETag") is not None))
    for name, value in answer["headers"]:
        if name.lower() not in uncompared:
            listed = ", ".join(sorted(value.split(", "))) if name == "Allow" else value
            pieces.append((f"header {name}", _replace_varying(listed, days, fresh=fresh)))
    if "base64" in answer:
        # A PNG shows words, told apart in SVG and JSON; other bytes may hold the time of a write.
        mark = "~" if fresh or header(exchange, "Content-Type") == "image/png" else ""
        return [*pieces, (f"{mark}bytes", answer["base64"])]
    text = _replace_varying(answer["text"], days, fresh=fresh)
    if is_dry:
        text = re.sub(r'"head":(\d+|null),', "", text)
    try:
        return [*pieces, *_choose_reader(exchange)(text)]
    except (ValueError, csv.Error):
        return [*pieces, *_read_text(text)]


def _choose_reader(exchange: Exchange) -> Callable[[str], Iterator[Piece]]:
    if exchange["answer"]["status"] == 206:
        return _read_text
    if exchange["path"] == "/openapi.json":
        return _read_contract
    return _READERS.get((header(exchange, "Content-Type") or "").partition(";")[0], _read_text)


def _replace_varying(text: str, days: re.Pattern[str], *, fresh: bool) -> str:
    """Replace what depends on the build and the day, and in fresh registries on the time."""
    text = _CURSOR.sub(lambda found: found[1] + _read_cursor(found[2]), text)
    text = _ASSETS.sub("/assets/BUILD/", text)
    return days.sub("TODAY", _hide_times(text) if fresh else text)


def _hide_times(text: str) -> str:
    text = _CHAIN.sub(r'"previous":"HASH","hash":"HASH"', text)
    text = _INSTANT.sub("INSTANT", _WORDED.sub("INSTANT", text))
    return _UUID.sub("UUID", _QUESTION.sub(r"\1QUESTION", text))


def _read_cursor(text: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return text
    return raw.replace('"', "'")  # it stands in JSON, too


def _read_json(text: str) -> Iterator[Piece]:
    return _walk(json.loads(text), "", _WORDS)


def _read_problem(text: str) -> Iterator[Piece]:
    problem = json.loads(text)
    if "errors" in problem:
        # Unknown parameters are found in the order of a set.
        problem["errors"].sort(key=lambda error: error.get("parameter", ""))
    return _walk(problem, "", _WORDS | {"title"})


def _read_contract(text: str) -> Iterator[Piece]:
    return _walk(json.loads(text), "", _CONTRACT_WORDS)


def _read_chart(text: str) -> Iterator[Piece]:
    return _walk(json.loads(text), "", _CHART_WORDS)


def _read_lines(text: str) -> Iterator[Piece]:
    for number, line in enumerate(text.splitlines()):
        yield from _walk(json.loads(line), f"line {number}", _WORDS)


def _walk(value: Any, place: str, words: set[str], mark: str = "") -> Iterator[Piece]:
    """Yield the parts of JSON; what stands under a name of words is words."""
    if isinstance(value, dict):
        yield mark + place, f"{len(value)} fields"
        for name, each in value.items():
            yield from _walk(each, f"{place}/{name}", words, "~" if name in words else mark)
    elif isinstance(value, list):
        yield place, f"{len(value)} items"
        for number, each in enumerate(value):
            yield from _walk(each, f"{place}/{number}", words, mark)
    else:
        if mark:
            yield place, "words"
        yield mark + place, value


def _read_table(text: str) -> Iterator[Piece]:
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    yield "columns", rows.fieldnames
    yield "marked", text.startswith("\ufeff")
    for number, row in enumerate(rows):
        for name, cell in row.items():
            yield ("~" if name in _WORDS else "") + f"row {number} {name}", cell


def _read_text(text: str) -> Iterator[Piece]:
    yield from ((f"line {number}", line) for number, line in enumerate(text.splitlines()))


class _Markup(HTMLParser):
    """Takes markup apart: elements and attributes are compared, text is words."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Piece] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        plain = [(name, value) for name, value in attrs if name not in _WORDY_ATTRIBUTES]
        self.pieces.append((f"<{tag}>", plain))
        self.pieces += [(f"~{tag} {name}", value) for name, value in attrs
                        if name in _WORDY_ATTRIBUTES]  # fmt: skip

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append((f"</{tag}>", None))

    def handle_data(self, data: str) -> None:
        if words := " ".join(data.split()):
            self.pieces.append(("~text", words))
            self.pieces += [("link", each) for each in _LINK.findall(data)]


def _read_markup(text: str) -> Iterator[Piece]:
    parser = _Markup()
    parser.feed(_SHORT_HASH.sub("HASH", _HASH.sub("HASH", text)))
    parser.close()
    yield from parser.pieces


_READERS: dict[str, Callable[[str], Iterator[Piece]]] = {
    "application/json": _read_json,
    "application/vnd.vegalite.v5+json": _read_chart,
    "application/problem+json": _read_problem,
    "application/x-ndjson": _read_lines,
    "text/csv": _read_table,
    "text/html": _read_markup,
    "image/svg+xml": _read_markup,
    "application/atom+xml": _read_markup,
}
