"""Renders a feed as Atom 1.0 (RFC 4287), with pages linked as in RFC 5005.

Links are paths, which feed readers resolve, so the bytes do not depend on the server's name.
Characters that XML excludes are replaced.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from api import __version__
from api.feeds.entries import FeedEntry
from api.web import characters

MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"

_NEVER = "1970-01-01T00:00:00Z"
"""The required `updated` of a feed without entries."""

ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of a feed; `url`, `first` and `next` are addresses of pages."""

    id: str
    title: str
    url: str
    first: str
    next: str | None
    entries: Sequence[FeedEntry]


def render_feed(feed: Feed) -> bytes:
    """Render a feed as XML."""
    root = ET.Element(f"{{{NAMESPACE}}}feed")
    _add_element(root, "id", feed.id)
    _add_element(root, "title", feed.title)
    _add_element(root, "updated", feed.entries[0].recorded_at if feed.entries else _NEVER)
    _add_element(root, "generator", "Sine Qua Non", version=__version__)
    for rel, url in (("self", feed.url), ("first", feed.first), ("next", feed.next)):
        if url is not None:
            _add_element(root, "link", rel=rel, type=MEDIA_TYPE, href=url)
    _add_element(root, "link", rel="alternate", href="/changes")
    for entry in feed.entries:
        _add_entry(root, entry)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _add_entry(root: ET.Element, entry: FeedEntry) -> None:
    url = f"/changes/{entry.number}"
    node = _add_element(root, "entry")
    _add_element(node, "id", entry.id)
    _add_element(node, "title", entry.title)
    _add_element(node, "updated", entry.recorded_at)
    _add_element(node, "published", entry.recorded_at)
    _add_element(_add_element(node, "author"), "name", entry.author)
    # Without a `type`, because feed readers open only links that may be pages.
    _add_element(node, "link", rel="alternate", href=url)
    _add_element(node, "content", "".join(_render_changes(entry, url)), type="html")


def _render_changes(entry: FeedEntry, url: str) -> Iterable[str]:
    """Render the changes as an HTML list, because feed readers show no other lists."""
    yield "<ul>"
    for each in entry.changes:
        link = f'<a href="{escape(each.url)}">{escape(each.action)}</a>'
        yield f"<li>{link}: {escape(each.words)}</li>"
    yield "</ul>"
    if entry.more:
        yield f'<p>And more: <a href="{url}">changeset {entry.number}</a>.</p>'


def _add_element(
    parent: ET.Element, name: str, text: str | None = None, **attributes: str
) -> ET.Element:
    node = ET.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text is not None:
        node.text = characters.replace_for_xml(text)
    return node
