"""The pages of the explorer, as a reader comes upon them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from tests.corpus.asking import Exchange, Session, header

_PAGES = 135
"""How many pages are read at most."""

_LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')


def read_pages(session: Session, conflicts: list[str], actors: list[str]) -> None:
    """Read the explorer's pages, from link to link, each kind in turn."""
    waiting: dict[str, list[str]] = {"/": ["/"]}
    for start in ("/actors", "/proposals", "/search", "/search?q=peace", "/changes", "/agreement",
                  "/search?q=", "/actors?text=&kind=state", "/proposals?conflict=",
                  f"/agreement?actors={','.join(actors[:3])}",
                  *(f"/conflicts/{each}" for each in conflicts)):  # fmt: skip
        waiting.setdefault(_kind(start), []).append(start)
    seen: set[str] = set()
    while waiting and len(seen) < _PAGES:
        for kind in list(waiting):
            address = waiting[kind].pop(0)
            if not waiting[kind]:
                del waiting[kind]
            if address in seen:
                continue
            seen.add(address)
            for link in _links_of(session.ask(address)):
                places = waiting.get(_kind(link), [])
                if link not in seen and link not in places and len(places) < 12:
                    waiting[_kind(link)] = [*places, link]


def _links_of(exchange: Exchange) -> Iterable[str]:
    text = exchange["answer"].get("text", "")
    found = [urljoin(exchange["path"], each.replace("&amp;", "&")) for each in _LINK.findall(text)]
    moved = header(exchange, "Location")
    return [each for each in [*found, *([moved] if moved else [])]
            if not each.startswith(("/assets/", "/docs", "/v1/", "//"))]  # fmt: skip


def _kind(address: str) -> str:
    """Return what kind of page an address is: its first folder, and which parameters it has."""
    parts = urlsplit(address)
    names = sorted({each.split("=")[0] for each in parts.query.split("&")})
    return f"{parts.path.split('/')[1]} {parts.path.count('/')} {names}"
