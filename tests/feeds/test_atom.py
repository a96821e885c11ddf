"""The feed of changes: Atom as RFC 4287 has it, in plain words, and the same ever after."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import feedparser
import pytest

from api.feeds.entries import MAX_CHANGES
from tests.contract.test_answers import OPERATIONS, holds
from tests.worlds import Registry, draft, parsed

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/v1/changes.atom"
STRAIT = "varn-strait-dispute"


def read(registry: Registry, **query: object) -> ET.Element:
    answer = registry.get(FEED, **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return ET.fromstring(answer.get_data())  # noqa: S314 (our own)


def text(node: ET.Element, name: str) -> str:
    [found] = node.findall(f"{ATOM}{name}")
    return found.text or ""


def entries(root: ET.Element) -> list[ET.Element]:
    return root.findall(f"{ATOM}entry")


def link(node: ET.Element, rel: str) -> str | None:
    found = [each.get("href") for each in node.findall(f"{ATOM}link") if each.get("rel") == rel]
    assert len(found) <= 1
    return found[0] if found else None


def told(entry: ET.Element) -> list[str]:
    """Give the lines of an entry without their tags."""
    items = re.findall(r"<li>(.*?)</li>", text(entry, "content"))
    return [re.sub(r"<[^>]+>", "", each) for each in items]


def written(registry: Registry) -> None:
    """Write a little history: a new actor, a position amended, another retracted."""
    assert registry.post("/v1/actors", draft("actors", name="Eastmark")).status_code == 201
    amended = registry.amend("/v1/positions/solm-fears-closure", note="Read again.")
    assert amended.status_code == 200
    assert registry.retract("/v1/positions/sudmark-denies-warning-shots").status_code == 204


@pytest.fixture
def history(registry: Registry) -> Registry:
    written(registry)
    return registry


def feeds(registry: Registry) -> Iterator[ET.Element]:
    for query in ({}, {"conflict": STRAIT}, {"actor": "sudmark"}, {"limit": 1}, {"known_at": 0}):
        yield read(registry, **query)


def test_a_feed_has_what_rfc_4287_asks_of_it(history: Registry):
    for root in feeds(history):
        assert root.tag == f"{ATOM}feed"
        UUID(text(root, "id").removeprefix("urn:uuid:"))
        assert text(root, "title")
        assert datetime.fromisoformat(text(root, "updated")).tzinfo
        assert link(root, "self")
        ids = [text(each, "id") for each in entries(root)]
        assert len(set(ids)) == len(ids)


def test_an_entry_has_what_rfc_4287_asks_of_it(history: Registry):
    seen = 0
    for root in feeds(history):
        for entry in entries(root):
            seen += 1
            UUID(text(entry, "id").removeprefix("urn:uuid:"))
            assert text(entry, "title")
            assert datetime.fromisoformat(text(entry, "updated")).tzinfo
            [author] = entry.findall(f"{ATOM}author")
            assert text(author, "name")
            alternates = [
                (each.get("type"), each.get("hreflang"))
                for each in entry.findall(f"{ATOM}link")
                if each.get("rel") == "alternate"
            ]
            assert len(alternates) == 1
            [content] = entry.findall(f"{ATOM}content")
            assert content.get("type") == "html"
            assert not list(content)
    assert seen > 5


def test_no_element_stands_where_rfc_4287_knows_none(history: Registry):
    of_feed = {"id", "title", "updated", "generator", "link", "entry"}
    of_entry = {"id", "title", "updated", "published", "author", "link", "content"}
    for root in feeds(history):
        assert {each.tag.removeprefix(ATOM) for each in root} <= of_feed
        for entry in entries(root):
            assert {each.tag.removeprefix(ATOM) for each in entry} == of_entry


def test_a_real_reader_reads_it(history: Registry):
    found = feedparser.parse(history.get(FEED).get_data())
    assert not found.bozo
    assert found.version == "atom10"
    assert found.feed.title == "Sine Qua Non: changes"
    newest = found.entries[0]
    assert newest.author == "analyst"
    assert "Retracted position" in newest.content[0].value
    assert newest.link == "/changes/4"
    assert newest.updated_parsed.tm_year > 2000


def test_an_entry_says_in_plain_words_what_was_written(history: Registry):
    new, amended, gone = (told(each) for each in reversed(entries(read(history))[:3]))
    assert new == ["New actor: “Eastmark”"]
    assert amended == [
        "Amended position: Henrike Solm is concerned about “Sudmark closes the Varn Strait”"
    ]
    [line] = gone
    assert line.startswith("Retracted position: Sudmark denies “Sudmark")
    assert line.endswith("coast guard fired warning shots at the trawler Måke”")


def test_the_seed_is_told_in_its_own_words(registry_of: Callable[..., Registry]):
    registry = registry_of("seed")
    registry.amend("/v1/axioms/annexation-excludes-withdrawal", rationale="They do.")
    amended, _, first = entries(read(registry, conflict="war-in-ukraine"))
    assert "New position: Russia rejects “A cessation of hostilities is in effect”" in told(first)
    [line] = told(amended)
    assert line.startswith("Amended axiom: ")
    assert line.endswith("exclude each other")


def test_every_link_of_an_entry_leads_to_a_record(history: Registry):
    for entry in entries(read(history)):
        assert history.get(link(entry, "alternate") or "").status_code == 200
        for url in re.findall(r'href="([^"]+)"', text(entry, "content"))[:5]:
            assert history.get(url).status_code == 200, url


def test_a_feed_of_a_conflict_tells_of_nothing_else(history: Registry):
    root = read(history, conflict=STRAIT)
    assert text(root, "title") == "Sine Qua Non: changes about Varn Strait dispute"
    numbers = [link(each, "alternate") for each in entries(root)]
    assert numbers == [f"/changes/{n}" for n in (4, 3, 1)]
    lines = [line for each in entries(root) for line in told(each)]
    assert not any("actor" in each.partition(":")[0] for each in lines)


def test_a_feed_of_an_actor_tells_what_it_holds_and_says(history: Registry):
    lines = [line for each in entries(read(history, actor="sudmark")) for line in told(each)]
    assert lines[0].startswith("Retracted position: Sudmark denies")
    assert "New actor: “Sudmark”" in lines
    assert all("Sudmark" in each for each in lines)


def test_a_conflict_and_an_actor_together_narrow_to_both(history: Registry):
    both = read(history, conflict=STRAIT, actor="sudmark")
    lines = [line for each in entries(both) for line in told(each)]
    assert "New actor: “Sudmark”" not in lines
    assert any(each.startswith("New precondition: Sudmark") for each in lines)


def test_both_engines_give_the_same_entries(registry_of: Callable[..., Registry], engine: str):
    registry = registry_of("fixtures", engine=engine)
    written(registry)
    narrowed = entries(read(registry, conflict=STRAIT, actor="sudmark"))
    assert [link(each, "alternate") for each in narrowed] == [
        "/changes/4",
        "/changes/1",
    ]
    [gone] = told(narrowed[0])
    assert gone.startswith("Retracted position: Sudmark denies")


def test_a_revived_record_is_told_as_amended(history: Registry):
    retracted = history.get("/v1/positions/sudmark-denies-warning-shots")
    record = history.get("/v1/positions/sudmark-denies-warning-shots", known_at=1).get_json()
    etag = retracted.headers["ETag"]
    assert (
        history.put("/v1/positions/sudmark-denies-warning-shots", record, etag).status_code == 200
    )
    newest = entries(read(history, actor="sudmark"))[0]
    assert told(newest)[0].startswith("Amended position: Sudmark denies")


def test_an_entry_stays_as_it_was_whatever_is_written_later(history: Registry):
    before = {text(each, "id"): ET.tostring(each) for each in entries(read(history))}
    history.amend("/v1/actors/sudmark", name="Sudmark Republic")
    after = {text(each, "id"): ET.tostring(each) for each in entries(read(history))}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_ids_tell_feeds_apart(history: Registry):
    whole, narrow = read(history), read(history, conflict=STRAIT)
    assert text(whole, "id") != text(narrow, "id")
    ids = {text(each, "id") for each in entries(whole)}
    assert ids.isdisjoint(text(each, "id") for each in entries(narrow))


def test_following_next_gives_every_entry_once(history: Registry):
    url, found = f"{FEED}?limit=2", []
    while url:
        root = ET.fromstring(history.get(url).get_data())  # noqa: S314 (our own)
        assert link(root, "first") == f"{FEED}?limit=2"
        found += [link(each, "alternate") for each in entries(root)]
        url = link(root, "next") or ""
    assert found == [f"/changes/{n}" for n in (4, 3, 2, 1)]


def test_a_large_changeset_is_told_in_part_and_linked(reading: Registry):
    entry = entries(read(reading))[0]
    assert len(told(entry)) == MAX_CHANGES
    assert "And more: " in text(entry, "content")


def test_a_feed_that_the_reader_has_is_not_sent_again(history: Registry):
    first = history.get(FEED)
    again = history.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    history.post("/v1/actors", draft("actors", id="one-more"))
    changed = history.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_characters_that_xml_has_no_place_for_are_replaced(registry: Registry):
    answer = registry.post("/v1/actors", draft("actors", name="Bell\x07 & <Co>"))
    assert answer.status_code == 201
    assert told(entries(read(registry))[0]) == ["New actor: “Bell� &amp; &lt;Co&gt;”"]


def test_the_retraction_of_a_conflict_is_news(registry: Registry):
    conflict = draft("conflicts")
    assert registry.post("/v1/conflicts", conflict).status_code == 201
    registry.retract("/v1/conflicts/a-new-one")
    [gone, new] = entries(read(registry, conflict="a-new-one"))
    assert [told(each)[0].partition(":")[0] for each in (gone, new)] == [
        "Retracted conflict", "New conflict"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"conflict": "never-there"}, 404),
        ({"actor": "russia,ukraine"}, 422),
        ({"limit": "101"}, 422),
        ({"hodler": "russia"}, 422),
    ],
)
def test_an_unfit_question_is_refused(reading: Registry, query: dict[str, str], status: int):
    assert "detail" in parsed(reading.get(FEED, **query), status)


def test_answers_are_as_documented(reading: Registry):
    assert OPERATIONS["getChangesFeed"]["tags"] == ["registry"]
    etag = reading.get(FEED).headers["ETag"]
    for query, headers in (
        ({}, {}),
        ({}, {"If-None-Match": etag}),
        ({}, {"Range": "bytes=0-9"}),
        ({}, {"Range": "bytes=999999999-"}),
        ({"actor": "never-there"}, {}),
        ({"limit": "no"}, {}),
    ):
        holds("getChangesFeed", reading.get(FEED, **query, headers=headers))


def test_links_are_paths_that_hold_whatever_the_server_is_called(reading: Registry):
    root = read(reading)
    for each in root.iter(f"{ATOM}link"):
        parts = urlsplit(each.get("href") or "")
        assert (parts.scheme, parts.netloc) == ("", "")
