"""Turns changesets into a feed, and renders it as Atom 1.0 (RFC 4287), with pages as in RFC 5005.

An entry never changes: its sentences are made from what was known at its own changeset. Its id is
made from the changeset's hash and from the subject of the feed, which decides what the entry lists.

Links are paths, which feed readers resolve, so the bytes do not depend on the server's name.
Characters that XML excludes are replaced.
"""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from uuid import UUID, uuid5

from api import __version__, clock
from api.analysis.engine.model import HardRule
from api.analysis.engine.scene import Labels
from api.analysis.engine.sentences import Sentences
from api.ledger.noun import Record
from api.ledger.reading.page_queries import read_one_more, take_page
from api.ledger.reading.reader import Reader
from api.ledger.reading.subjects import Subject
from api.ledger.store.tables import Row
from api.nouns import NOUNS_BY_NAME
from api.web import characters

MAX_CHANGES = 50
"""Changes that an entry lists; the page of its changeset has all of them."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A written record: what was done to it, what it says, and its address."""

    action: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A changeset; with `more` it wrote more than `changes`."""

    id: str
    number: int
    title: str
    author: str
    recorded_at: str
    changes: Sequence[EntryChange]
    more: bool


def build_entries(
    reader: Reader, rows: Sequence[Row], about: Subject, most: int = MAX_CHANGES
) -> tuple[list[FeedEntry], bool]:
    """Build the entries of changesets, each with up to `most` of its changes.

    They end with the one by which their words fill a page; tells whether others are left.
    """
    parts = ([each] for each in _build_entries(reader, rows, about, most))
    return take_page(parts, len(rows), partial(map, _measure_words))


def _measure_words(entry: FeedEntry) -> int:
    return sum(len(each.words) for each in entry.changes)


def _build_entries(
    reader: Reader, rows: Sequence[Row], about: Subject, most: int
) -> Iterator[FeedEntry]:
    for row in rows:
        number = row["number"]
        listed, more = read_one_more(partial(reader.list_changes, number=number, about=about), most)
        counts = Counter(each["noun"] for each in listed)
        yield FeedEntry(
            id=make_urn(row["hash"], about),
            number=number,
            title=row["message"] or f"{summarise_counts(counts)}{' and more' if more else ''}",
            author=row["author"],
            recorded_at=clock.format_instant(row["recorded_at"]),
            changes=[*describe_changes(reader, number, listed)],
            more=more,
        )


def make_urn(hash: bytes, about: Subject) -> str:
    """Return a UUID as URN for a hash and a subject; it is the same on every server."""
    narrowed = " ".join(f"{name}={id}" for name, id in sorted(about.items()))
    return uuid5(UUID(bytes=hash[:16]), narrowed).urn


def describe_changes(reader: Reader, number: int, found: Sequence[Row]) -> Iterator[EntryChange]:
    """Yield what was done to each record of a changeset, in words."""
    after, before = reader.open_lookup(number), reader.open_lookup(number - 1)
    for lookup, ended in ((after, False), (before, True)):
        keys = [(each["noun"], each["id"]) for each in found if each["tombstone"] == ended]
        lookup.prefetch(keys)
        lookup.prefetch_referenced(lookup.loaded_records())
    for each in found:
        lookup = before if each["tombstone"] else after
        record = lookup.get(each["noun"], each["id"])
        words = describe_record(each["noun"], record, lookup) if record else each["id"]
        yield EntryChange(describe_action(each["noun"], each), words, _change_url(each, number))


def _change_url(each: Mapping[str, object], number: int) -> str:
    """Return the address of the record as written; of a retracted one, as it was before."""
    known_at = number - 1 if each["tombstone"] else number
    return f"/{each['noun']}/{each['id']}?known_at={known_at}"


def describe_record(noun: str, record: Record, lookup: Labels) -> str:
    """Describe a record; `lookup` has the labels of what it names, at the same moment."""
    if noun in ("positions", "preconditions", "statements"):
        say, said = Sentences(lookup), Sentences(lookup).describe_record(noun, record)
        return said if noun == "statements" else f"{said}, {say.describe_account(record)}"
    if noun == "axioms":
        rule = HardRule("axiom", record["id"], record["kind"], tuple(record["propositions"]), ())
        return Sentences(lookup).describe_rule(rule)
    return f"“{record[NOUNS_BY_NAME[noun].label] or record['id']}”"


def describe_action(noun: str, revision: Mapping[str, object]) -> str:
    """Say whether a record was new, amended or retracted."""
    singular = NOUNS_BY_NAME[noun].singular
    if revision["tombstone"]:
        return f"Retracted {singular}"
    return f"New {singular}" if revision["number"] == 1 else f"Amended {singular}"


def summarise_counts(counts: Mapping[str, int]) -> str:
    """Summarise counts by noun, such as "3 positions, 1 statement"."""
    singulars = {noun: NOUNS_BY_NAME[noun].singular for noun in counts}
    return ", ".join(f"{n} {noun if n > 1 else singulars[noun]}" for noun, n in counts.items())


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
