"""The feed of changes: valid Atom (RFC 4287), in plain words, with entries that never change."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import feedparser
import pytest

from api.feeds.atom import MAX_CHANGES
from api.ledger import Change
from api.ledger.reading import page_queries
from tests.contract.test_answers import OPERATIONS, check_answer, resolve_reference
from tests.worlds import Registry, make_draft, parse_answer

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/v1/changes.atom"
STRAIT = "varn-strait-dispute"


def read_feed(registry: Registry, **query: object) -> ET.Element:
    answer = registry.get(FEED, **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return ET.fromstring(answer.get_data())  # noqa: S314 (our own)


def child_text(node: ET.Element, name: str) -> str:
    [found] = node.findall(f"{ATOM}{name}")
    return found.text or ""


def list_entries(root: ET.Element) -> list[ET.Element]:
    return root.findall(f"{ATOM}entry")


def link_href(node: ET.Element, rel: str) -> str | None:
    found = [each.get("href") for each in node.findall(f"{ATOM}link") if each.get("rel") == rel]
    assert len(found) <= 1
    return found[0] if found else None


def list_lines(entry: ET.Element) -> list[str]:
    """Return the lines of an entry without HTML tags."""
    items = re.findall(r"<li>(.*?)</li>", child_text(entry, "content"))
    return [re.sub(r"<[^>]+>", "", each) for each in items]


def write_history(registry: Registry) -> None:
    """Write a short history: a new actor, an amended position, a retracted one."""
    assert registry.post("/v1/actors", make_draft("actors", name="Eastmark")).status_code == 201
    amended = registry.amend("/v1/positions/solm-fears-closure", note="Read again.")
    assert amended.status_code == 200
    assert registry.retract("/v1/positions/sudmark-denies-warning-shots").status_code == 204


@pytest.fixture
def history(registry: Registry) -> Registry:
    write_history(registry)
    return registry


def read_feeds(registry: Registry) -> Iterator[ET.Element]:
    for query in ({}, {"conflict": STRAIT}, {"actor": "sudmark"}, {"limit": 1}, {"known_at": 0}):
        yield read_feed(registry, **query)


def test_a_feed_has_what_rfc_4287_asks_of_it(history: Registry):
    for root in read_feeds(history):
        assert root.tag == f"{ATOM}feed"
        UUID(child_text(root, "id").removeprefix("urn:uuid:"))
        assert child_text(root, "title")
        assert datetime.fromisoformat(child_text(root, "updated")).tzinfo
        assert link_href(root, "self")
        ids = [child_text(each, "id") for each in list_entries(root)]
        assert len(set(ids)) == len(ids)


def test_an_entry_has_what_rfc_4287_asks_of_it(history: Registry):
    seen = 0
    for root in read_feeds(history):
        for entry in list_entries(root):
            seen += 1
            UUID(child_text(entry, "id").removeprefix("urn:uuid:"))
            assert child_text(entry, "title")
            assert datetime.fromisoformat(child_text(entry, "updated")).tzinfo
            [author] = entry.findall(f"{ATOM}author")
            assert child_text(author, "name")
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
    for root in read_feeds(history):
        assert {each.tag.removeprefix(ATOM) for each in root} <= of_feed
        for entry in list_entries(root):
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
    new, amended, gone = (
        list_lines(each) for each in reversed(list_entries(read_feed(history))[:3])
    )
    assert new == ["New actor: “Eastmark”"]
    said = "Amended position: Henrike Solm is concerned about “Sudmark closes the Varn Strait”"
    assert amended == [f"{said}, by their own word"]
    [line] = gone
    assert line.startswith("Retracted position: Sudmark denies “Sudmark")
    assert line.endswith(
        "coast guard fired warning shots at the trawler Måke”, by Tomas Velden, for Sudmark"
    )


def test_the_seed_is_told_in_its_own_words(registry_of: Callable[..., Registry]):
    registry = registry_of("seed")
    registry.amend("/v1/axioms/annexation-excludes-withdrawal", rationale="They do.")
    amended, _, first = list_entries(read_feed(registry, conflict="war-in-ukraine"))
    said = "New position: Russia rejects “A cessation of hostilities is in effect”"
    assert f"{said}, by Dmitry Peskov, for Russia" in list_lines(first)
    [line] = list_lines(amended)
    assert line.startswith("Amended axiom: ")
    assert line.endswith("exclude each other")


def test_every_link_of_an_entry_leads_to_a_record(history: Registry):
    for entry in list_entries(read_feed(history)):
        assert history.get(link_href(entry, "alternate") or "").status_code == 200
        for url in re.findall(r'href="([^"]+)"', child_text(entry, "content"))[:5]:
            assert history.get(url).status_code == 200, url


def test_a_feed_of_a_conflict_tells_of_nothing_else(history: Registry):
    root = read_feed(history, conflict=STRAIT)
    assert child_text(root, "title") == "Sine Qua Non: changes about Varn Strait dispute"
    numbers = [link_href(each, "alternate") for each in list_entries(root)]
    assert numbers == [f"/changes/{n}" for n in (4, 3, 1)]
    lines = [line for each in list_entries(root) for line in list_lines(each)]
    assert not any("actor" in each.partition(":")[0] for each in lines)


def test_a_feed_of_an_actor_tells_what_it_holds_and_says(history: Registry):
    lines = [
        line
        for each in list_entries(read_feed(history, actor="sudmark"))
        for line in list_lines(each)
    ]
    assert lines[0].startswith("Retracted position: Sudmark denies")
    assert "New actor: “Sudmark”" in lines
    assert all("Sudmark" in each for each in lines)


def test_a_conflict_and_an_actor_together_narrow_to_both(history: Registry):
    both = read_feed(history, conflict=STRAIT, actor="sudmark")
    lines = [line for each in list_entries(both) for line in list_lines(each)]
    assert "New actor: “Sudmark”" not in lines
    assert any(each.startswith("New precondition: Sudmark") for each in lines)


def test_both_engines_give_the_same_entries(registry_of: Callable[..., Registry], engine: str):
    registry = registry_of("fixtures", engine=engine)
    write_history(registry)
    narrowed = list_entries(read_feed(registry, conflict=STRAIT, actor="sudmark"))
    assert [link_href(each, "alternate") for each in narrowed] == [
        "/changes/4",
        "/changes/1",
    ]
    [gone] = list_lines(narrowed[0])
    assert gone.startswith("Retracted position: Sudmark denies")


def test_a_revived_record_is_told_as_amended(history: Registry):
    retracted = history.get("/v1/positions/sudmark-denies-warning-shots")
    record = history.get("/v1/positions/sudmark-denies-warning-shots", known_at=1).get_json()
    etag = retracted.headers["ETag"]
    assert (
        history.put("/v1/positions/sudmark-denies-warning-shots", record, etag).status_code == 200
    )
    newest = list_entries(read_feed(history, actor="sudmark"))[0]
    assert list_lines(newest)[0].startswith("Amended position: Sudmark denies")


def test_an_entry_stays_as_it_was_whatever_is_written_later(history: Registry):
    before = {
        child_text(each, "id"): ET.tostring(each) for each in list_entries(read_feed(history))
    }
    history.amend("/v1/actors/sudmark", name="Sudmark Republic")
    after = {child_text(each, "id"): ET.tostring(each) for each in list_entries(read_feed(history))}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_ids_tell_feeds_apart(history: Registry):
    whole, narrow = read_feed(history), read_feed(history, conflict=STRAIT)
    assert child_text(whole, "id") != child_text(narrow, "id")
    ids = {child_text(each, "id") for each in list_entries(whole)}
    assert ids.isdisjoint(child_text(each, "id") for each in list_entries(narrow))


def test_following_next_gives_every_entry_once(history: Registry):
    url, found = f"{FEED}?limit=2", []
    while url:
        root = ET.fromstring(history.get(url).get_data())  # noqa: S314 (our own)
        assert link_href(root, "first") == f"{FEED}?limit=2"
        found += [link_href(each, "alternate") for each in list_entries(root)]
        url = link_href(root, "next") or ""
    assert found == [f"/changes/{n}" for n in (4, 3, 2, 1)]


def test_a_page_ends_early_if_its_words_are_many(registry_of, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_queries, "PAGE_BYTES", 1)
    registry = registry_of("both")
    for page, link in ((FEED, 'rel="next"'), ("/changes", "Earlier changes")):
        assert link in registry.get(page).get_data(as_text=True)
    url, found = FEED, []
    while url:
        root = ET.fromstring(registry.get(url).get_data())  # noqa: S314 (our own)
        found += [link_href(each, "alternate") for each in list_entries(root)]
        url = link_href(root, "next") or ""
    assert found == [f"/changes/{n}" for n in (3, 2, 1)]


def test_a_large_changeset_is_told_in_part_and_linked(reading: Registry):
    entry = list_entries(read_feed(reading))[0]
    assert len(list_lines(entry)) == MAX_CHANGES
    assert "And more: " in child_text(entry, "content")


def test_a_feed_that_the_reader_has_is_not_sent_again(history: Registry):
    first = history.get(FEED)
    again = history.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    history.post("/v1/actors", make_draft("actors", id="one-more"))
    changed = history.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_characters_that_xml_has_no_place_for_are_replaced(registry: Registry):
    # HTTP refuses such a name; older versions wrote it.
    old = Change("actors", "a-new-one", make_draft("actors", name="Bell\x07 & <Co>"))
    registry.ledger.append_changes([old], author="analyst")
    assert list_lines(list_entries(read_feed(registry))[0]) == [
        "New actor: “Bell� &amp; &lt;Co&gt;”"
    ]


def test_the_retraction_of_a_conflict_is_news(registry: Registry):
    conflict = make_draft("conflicts")
    assert registry.post("/v1/conflicts", conflict).status_code == 201
    registry.retract("/v1/conflicts/a-new-one")
    [gone, new] = list_entries(read_feed(registry, conflict="a-new-one"))
    assert [list_lines(each)[0].partition(":")[0] for each in (gone, new)] == [
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
    assert "detail" in parse_answer(reading.get(FEED, **query), status)


def test_as_many_entries_come_as_documented(registry: Registry):
    given = map(resolve_reference, OPERATIONS["getChangesFeed"]["parameters"])
    [limit] = [each["schema"] for each in given if each["name"] == "limit"]
    for number in range(limit["default"]):
        registry.post("/v1/actors", make_draft("actors", id=f"n-{number}", name=f"N {number}"))
    assert len(list_entries(read_feed(registry))) == limit["default"]


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
        check_answer("getChangesFeed", reading.get(FEED, **query, headers=headers))


def test_links_are_paths_that_hold_whatever_the_server_is_called(reading: Registry):
    root = read_feed(reading)
    for each in root.iter(f"{ATOM}link"):
        parts = urlsplit(each.get("href") or "")
        assert (parts.scheme, parts.netloc) == ("", "")
