"""The lists and pages of all nouns, what a page says to machines, and how it cites itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from api.nouns import NOUNS_BY_NAME
from tests.web.test_explorer import SEED, page
from tests.worlds import Registry

ODD = 'Ä "quoted" <b>name</b> with 100% {braces} & co_\\N'


def read_linked(registry: Registry, path: str) -> dict[str, Any]:
    source = page(registry, path).source
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', source, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize("noun", NOUNS_BY_NAME)
def test_every_noun_has_a_list_that_keeps_both_clocks(reading: Registry, noun: str):
    found = page(reading, f"/{noun}?valid_at=2024-03-06&known_at=3")
    records = [each for each in found.links if re.match(rf"/{noun}/", each)]
    assert records
    assert all(each.endswith("?valid_at=2024-03-06&known_at=3") for each in records)
    assert "valid_at=2024-03-06" in page(reading, records[0]).source
    data = next(each for each in found.links if each.startswith(f"/v1/{noun}?"))
    assert len(reading.client.get(data).get_json()["data"]) == len(records)


def test_a_list_says_by_what_it_is_filtered(reading: Registry):
    found = page(reading, "/positions?holder=russia&valid_at=any")
    assert "Only with who holds it: Russia" in found.text
    assert "/positions?valid_at=any" in found.links


def test_a_list_by_letter_begins_there(registry: Registry):
    found = page(registry, "/actors?limit=3")
    letter = next(each for each in found.all("a") if each.get("aria-label") == "From S on")
    shown = [each for each in page(registry, letter["href"] or "").links if "/actors/" in each]
    assert all(each >= "/actors/s" for each in shown)
    assert shown


def test_a_record_leads_to_what_names_it(reading: Registry):
    found = page(reading, "/propositions/truce")
    assert "/positions/russia-rejects-truce" in found.links
    assert "/axioms/truce-ends-operation" in found.links
    assert f"{SEED}?goal=truce" in found.links
    assert "Whose act makes it so Russia ; Ukraine" in found.text


def test_a_source_shows_its_statements_in_their_place_where_that_is_public(reading: Registry):
    source = reading.get("/v1/sources/us-ukraine-joint-statement").get_json()
    said = reading.data("/v1/statements", source=source["id"], limit=1000)
    seen: list[str] = []
    path = f"/sources/{source['id']}"
    while path:
        found = page(reading, path)
        seen += [each["id"] or "" for each in found.all("li") if each.get("id")]
        path = next((e["href"] or "" for e in found.all("a") if e.get("rel") == "next"), "")
    assert sorted(seen) == sorted(each["id"] for each in said)
    assert "<mark>The talks were constructive" in page(reading, f"/sources/{source['id']}").source


def test_a_source_whose_text_is_not_public_shows_no_more_than_the_statements(reading: Registry):
    found = page(reading, "/sources/kremlin-rules-out-truce")
    assert "<mark>" not in found.source
    assert "in the coder\N{RIGHT SINGLE QUOTATION MARK}s words" in found.text


def test_a_source_with_statements_of_no_known_place_is_shown(registry: Registry):
    registry.post("/v1/sources", {
        "id": "half-placed", "title": "Half", "kind": "news_report", "language": "en",
        "published": "2024-05-01",
    })  # fmt: skip
    for id, place in (("without-place", {}), ("placed", {"start": 5, "end": 20}), ("third", {})):
        made = registry.post("/v1/statements", {
            "id": id, "source": "half-placed", "gist": id, "attestation": "indirect",
            "speaker": "tomas-velden", "attested_on": "2024-05-01", **place,
        })  # fmt: skip
        assert made.status_code == 201, made.get_data(as_text=True)
    found = page(registry, "/sources/half-placed")
    assert [e["id"] for e in found.all("li") if e.get("id")] == ["placed", "without-place", "third"]
    assert read_linked(registry, "/statements/third")["target"]["selector"] == []
    [place] = read_linked(registry, "/statements/placed")["target"]["selector"]
    assert (place["start"], place["end"]) == (5, 20)


def test_what_an_actor_holds_is_told_as_it_is(reading: Registry):
    told = page(reading, "/actors/belarus?valid_at=2023-03-31").text
    assert "◆ no condition “" in told
    assert "only if" not in told
    assert "2 conditions are on record, set by 2 actors." in (
        conditions := page(reading, f"{SEED}/conditions?valid_at=2023-03-31").text
    )
    assert "Belarus: “Russia and Ukraine hold talks” and “" in conditions


def hold_jointly(registry: Registry) -> None:
    """Let two actors hold seven positions and a condition jointly, and one of them two alone."""
    names = {"al": "Al", "al-bar": "Al Bar"}
    records = [("actors", {"id": id, "name": name, "kind": "state"}) for id, name in names.items()]
    where = {"conflict": "varn-strait-dispute"}
    records += [("issues", {"id": f"i-{n}", "name": f"Issue {n}", **where}) for n in range(2)]
    said = {"evidence": ["velden-no-free-passage"]}
    for n in range(7):
        issues = ["i-0", "i-1"] if n == 0 else ["i-0"]
        records += [
            ("propositions", {"id": f"p-{n}", "text": f"Thing {n} is.", "issues": issues, **where}),
            ("positions", {"id": f"joint-{n}", "holder": "al-bar", "co_holders": ["al"],
                           "force": "demand", "proposition": f"p-{n}", **said}),
        ]  # fmt: skip
    tied = {"antecedents": [["talks-held"]], "modality": "sufficient", **said}
    records += [
        ("preconditions", {"id": "joint-tie", "holder": "al", "co_holders": ["al-bar"],
                           "consequents": ["p-1"], **tied}),
        ("preconditions", {"id": "own-tie", "holder": "al", "consequents": ["p-2"], **tied}),
    ]  # fmt: skip
    for noun, record in records:
        made = registry.post(f"/v1/{noun}", record)
        assert made.status_code == 201, made.get_data(as_text=True)


def test_an_actor_counts_each_record_once_and_leads_to_those_left_out(registry: Registry):
    hold_jointly(registry)
    found = page(registry, "/actors/al")
    assert "9 positions and conditions on 3 issues" in found.text
    lists = [each for each in found.links if re.match(r"/(positions|preconditions)\?", each)]
    assert lists == ["/positions?issue=i-0&co_holder=al", "/preconditions?issue=i-0&holder=al"]
    assert "4 more: joint positions · conditions" in found.text
    for path in lists:
        assert "is recorded that fits" not in page(registry, path).text


def test_joint_holders_are_named_in_full(registry: Registry):
    hold_jointly(registry)
    told = page(registry, "/actors/al").text
    assert "◆ condition “Thing 2 is” if “" in told
    assert "◆ condition Al and Al Bar: “Thing 1 is” if “" in told
    assert "Al Bar demands “Thing 0 is” (jointly with Al)" in told


def test_home_and_a_conflict_name_the_same_last_word(registry: Registry):
    registry.post(
        "/v1/conflicts",
        {
            "id": "quarry",
            "name": "The quarry",
            "kind": "dispute",
            "parties": [{"actor": "sudmark", "status": "party"}],
        },
    )
    for year in (2011, 2024):
        day = {"attested_on": f"{year}-01-01"}
        registry.post("/v1/sources", {
            "id": f"paper-{year}", "title": f"Paper {year}", "kind": "news_report",
            "language": "en", "published": f"{year}-01-01",
        })  # fmt: skip
        registry.post("/v1/statements", {
            "id": f"said-{year}", "source": f"paper-{year}", "gist": "wants the quarry",
            "attestation": "indirect", "speaker": "tomas-velden", **day,
        })  # fmt: skip
    registry.post("/v1/propositions", {"id": "opens", "text": "It opens.", "conflict": "quarry"})
    made = registry.post("/v1/positions", {
        "holder": "sudmark", "force": "demand", "proposition": "opens",
        "evidence": ["said-2011", "said-2024"],
    })  # fmt: skip
    assert made.get_json()["attested_on"] == "2011-01-01"
    card = page(registry, "/").text.partition("The quarry")[2]
    assert card.partition("last word ")[2].startswith("1 January 2024")
    assert "last word 1 January 2024" in page(registry, "/conflicts/quarry").text
    listed = page(registry, "/positions?conflict=quarry&valid_at=any").text
    assert re.search("“It opens”, as Tomas Velden says 1 January 2024", listed)


def test_an_actor_of_many_issues_is_shown_a_page_at_a_time(registry: Registry):
    for number in range(12):
        registry.post(
            "/v1/issues",
            {"id": f"i-{number}", "conflict": "varn-strait-dispute", "name": f"Issue {number}"},
        )
        registry.post(
            "/v1/propositions",
            {
                "id": f"p-{number}",
                "conflict": "varn-strait-dispute",
                "issues": [f"i-{number}"],
                "text": f"Thing {number} comes about.",
            },
        )
        registry.post("/v1/positions", {
            "holder": "map-readers", "force": "demand", "proposition": f"p-{number}",
            "evidence": ["velden-no-free-passage"]})  # fmt: skip
    first = page(registry, "/actors/map-readers")
    [more] = [each["href"] for each in first.all("a") if each.get("rel") == "next"]
    shown = [page(registry, path) for path in ("/actors/map-readers", more or "")]
    counts = [len({each for each in one.links if each.startswith("/issues/i-")}) for one in shown]
    assert counts == [10, 2]


def test_the_home_page_says_where_a_conflict_stands_and_how_old_that_is(reading: Registry):
    text = page(reading, "/").text
    assert "War in Ukraine Armed conflict · 4 sources · last word 23 November 2025" in text
    assert re.search(r"31 March 2023 \(\d+ (months|years) old\)", text)
    assert "last word 18 May 2024" in page(reading, "/?valid_at=2024-06-01").text


@pytest.mark.parametrize("path", ["/", "/actors/russia", "/positions?valid_at=any", "/about"])
def test_a_page_has_a_canonical_address_and_a_card(reading: Registry, path: str):
    found = page(reading, f"{path}{'&' if '?' in path else '?'}known_at=3")
    [canonical] = [each["href"] for each in found.all("link") if each["rel"] == "canonical"]
    assert canonical == f"http://localhost{path.partition('?')[0]}"
    card = {each["property"]: each["content"] for each in found.all("meta") if "property" in each}
    assert "known_at=3" in (card["og:url"] or "")
    image = reading.client.get((card["og:image"] or "").removeprefix("http://localhost"))
    assert image.mimetype == "image/png"
    assert all(card[name] for name in ("og:title", "og:description"))


def test_a_page_cites_itself_as_it_is_now(registry: Registry):
    registry.post("/v1/actors", {"id": "odd", "name": ODD, "kind": "person"})
    source = page(registry, "/actors/odd?valid_at=2024-03-06").source
    number = registry.get("/v1/actors/odd").get_json()["changeset"]
    url = f"http://localhost/actors/odd?valid_at=2024-03-06&known_at={number}"
    bibtex, csl = (
        unescape(each) for each in re.findall(r"<pre[^>]*>(.*?)</pre>", source, re.DOTALL)
    )
    assert bibtex.startswith(f"@misc{{sinequanon-actors-odd-{number},\n  title = {{{{Ä")
    assert r"100\% \{braces\} \& co\_\textbackslash{}N" in bibtex
    assert f"url = {{{url}}}" in bibtex
    [told] = json.loads(csl)
    assert (told["title"], told["URL"]) == (ODD, url)
    assert registry.client.get(url.removeprefix("http://localhost")).status_code == 200


def test_a_page_of_a_source_cites_the_record_and_not_the_article(reading: Registry):
    cited = page(reading, "/sources/kremlin-rules-out-truce").source
    assert "“Record of the source: War in Ukraine: Kremlin rules out any truce" in cited
    position = page(reading, "/positions/russia-rejects-truce").source
    [title] = re.findall(r"<dd>“(.*)”, Sine Qua Non", position)
    assert not {"“", "”"} & set(title)


def test_pages_say_to_machines_what_they_show(reading: Registry):
    assert read_linked(reading, "/")["@type"] == "Dataset"
    claim = read_linked(reading, "/positions/russia-rejects-truce")
    assert (claim["@type"], claim["author"]["name"]) == ("Claim", "Russia")
    assert [each["@type"] for each in claim["appearance"]] == ["CreativeWork"]
    said = read_linked(reading, "/statements/peskov-operation-continues")
    assert said["type"] == "Annotation"
    assert {each["type"] for each in said["target"]["selector"]} == {
        "TextPositionSelector", "TextQuoteSelector"}  # fmt: skip


def test_robots_and_sitemap_lead_to_pages_that_are_there(reading: Registry):
    robots = reading.client.get("/robots.txt").get_data(as_text=True)
    assert "Sitemap: http://localhost/sitemap.xml" in robots
    sitemap = reading.client.get("/sitemap.xml").get_data(as_text=True)
    urls = re.findall("<loc>(.*?)</loc>", sitemap)
    assert "http://localhost/actors/russia" in urls
    assert all(url.startswith("http://localhost/") for url in urls)
    for url in urls[:20]:
        assert reading.client.get(url.removeprefix("http://localhost")).status_code == 200


def test_the_contact_for_weaknesses_is_there_where_it_is_set(registry_of: Callable[..., Registry]):
    path = "/.well-known/security.txt"
    assert registry_of("empty").client.get(path).status_code == 404
    named = registry_of("empty", security_contact="mailto:x@example.org", path_prefix="/registry")
    text = named.client.get(path, headers={"Host": "localhost"}).get_data(as_text=True)
    assert text.startswith("Contact: mailto:x@example.org\nExpires: 20")
    assert "Canonical: http://localhost/registry/.well-known/security.txt" in text
