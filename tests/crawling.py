"""Follow the links of all answers: those of pages, feeds, lists, records, rows and headers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

_ATTRIBUTE = re.compile(r'(?:href|src|action|data-url|data-first)="([^"]*)"')
_SHOWN = re.compile(r"https?://[^\s'\"<>&]+")
_PATH = re.compile(r"/(?:[\w.~-]+/)*[\w.~-]+(?:\?[^\s<>\"']*)?")
"""What looks like an address: texts of people with a slash in front are rare."""


@dataclass(frozen=True)
class Crawled:
    """What a crawl found: the status of each address, and where each was found."""

    statuses: dict[str, int] = field(default_factory=dict[str, int])
    found_at: dict[str, str] = field(default_factory=dict[str, str])


Fetch = Callable[[str], tuple[int, Mapping[str, str], bytes]]
"""Takes a whole address; returns the status, the headers in lower case and the body."""


def crawl(start: str, fetch: Fetch, *, most_of_a_kind: int = 1) -> Crawled:
    """Follow links from an address, some of each kind of address that differ in ids alone."""
    crawled, asked, kinds = Crawled(), [start], dict[str, int]()
    crawled.found_at[start] = ""
    while asked:
        url = asked.pop()
        status, headers, body = fetch(url)
        crawled.statuses[url] = status
        for link in list_links(headers, body):
            target = urljoin(url, link).partition("#")[0]
            if target in crawled.found_at or urlsplit(target).scheme not in ("http", "https"):
                continue
            crawled.found_at[target] = url
            kind = _describe_kind(target)
            if kind.endswith((".svg", ".png")):
                kind = "a picture"  # They hold no links, and take long to draw.
            kinds[kind] = kinds.get(kind, 0) + 1
            if urlsplit(target).netloc == urlsplit(start).netloc and kinds[kind] <= most_of_a_kind:
                asked.append(target)
    return crawled


def _describe_kind(url: str) -> str:
    """Return the path of an address without ids and numbers."""
    return re.sub(r"(?<=/)[a-z0-9]+(-[a-z0-9]+)+(?=[/.]|$)|(?<=/)\d+", "*", urlsplit(url).path)


def list_links(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    """Yield the links of an answer as they stand there."""
    if "location" in headers:
        yield headers["location"]
    yield from re.findall(r"<([^>]*)>", headers.get("link", ""))
    kind, text = headers.get("content-type", "").partition(";")[0], body.decode("utf-8", "replace")
    if kind == "text/html":
        yield from map(unescape, _ATTRIBUTE.findall(text))
        yield from _SHOWN.findall(unescape(unescape(unescape(text))))
    elif kind == "application/atom+xml":
        yield from map(unescape, _ATTRIBUTE.findall(text))
    elif kind == "text/csv":
        for row in csv.DictReader(io.StringIO(text)):
            yield from _list_addresses({name: row[name] for name in row if name == "url"})
    elif kind.endswith("json") and '"openapi":"3' in text:
        yield from (each["url"] for each in json.loads(text)["servers"])
    elif kind.endswith("json") and not kind.endswith("ndjson"):
        yield from _list_addresses(json.loads(text))


def _list_addresses(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _list_addresses(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _list_addresses(each, name)
    elif isinstance(value, str) and name != "pointer" and _PATH.fullmatch(value):
        yield value
