"""The explorer's pages as HTML: what they say, where they lead, how they are answered."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from api import clock
from api.analysis.engine.days import format_day
from api.explorer import query_string, words
from api.nouns import NOUNS_BY_NAME
from api.vocabulary import END_REASON, FORCE, PARTY_STATUS, TIMELINE_KIND, VERBS, VOICE
from tests.worlds import FIXTURES, SEED_FOLDERS, TEXTS, Registry, parse_answer, read_records

SEED = "/conflicts/war-in-ukraine"
PAGES = (
    "/",
    f"{SEED}?goal=peace",
    f"{SEED}?without=preconditions/ukraine-peace-needs-withdrawal&axioms=peace-implies-end",
    f"{SEED}/matrix",
    f"{SEED}/conditions",
    f"{SEED}/timeline",
    f"{SEED}/changes?valid_at=2023-03-31&since=2023-03-01",
    f"{SEED}/sources",
    f"{SEED}?open=positions/russia-rejects-truce",
    "/conflicts/varn-strait-dispute?valid_at=2024-03-06",
    "/positions/russia-rejects-truce",
    "/preconditions/norland-talks-need-withdrawal",
    "/statements/velden-no-free-passage",
    "/actors",
    "/actors/dmitry-peskov",
    "/proposals",
    "/proposals/kestrian-plan",
    "/search?q=truce",
    "/changes",
    "/changes/2",
    "/agreement?actors=norland,sudmark,kestria&conflict=strait-council-eleventh-session",
)


class Page(HTMLParser):
    """A page as a reader meets it: its words, its links, its elements."""

    def __init__(self, answer: TestResponse, status: int = 200) -> None:
        super().__init__()
        self.source = answer.get_data(as_text=True)
        assert answer.status_code == status, self.source[:2000]
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._said: list[str] = []
        self.feed(self.source)
        self.text = " ".join(" ".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        return [each["href"] or "" for each in self.all("a")]


def page(registry: Registry, path: str, status: int = 200) -> Page:
    return Page(registry.client.get(path), status)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_made(reading: Registry, path: str):
    found = page(reading, path)
    assert len(found.all("h1")) == 1
    assert found.all("main")[0]["id"] == "main"
    assert found.links[0] == "#main"
    assert all(each.get("scope") for each in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))
    ids = [each["id"] for _, each in found.elements if each.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_and_wears_no_style_but_ours(reading: Registry, path: str):
    answer = reading.client.get(path)
    found = Page(answer)
    scripts = [each for each in found.all("script") if each.get("type") != "application/ld+json"]
    assert all((each["src"] or "").startswith("/assets/") for each in scripts)
    assert not found.all("style")
    assert not any("style" in each or any(n.startswith("on") for n in each)
                   for _, each in found.elements)  # fmt: skip
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("noun", NOUNS_BY_NAME)
def test_every_record_has_a_page(reading: Registry, noun: str):
    for record in (
        each for folder in (FIXTURES, *SEED_FOLDERS) for each in read_records(noun, folder)
    ):
        found = page(reading, f"/{noun}/{record['id']}")
        assert f"/v1/{noun}/{record['id']}" in found.source


def test_all_that_the_pages_lead_to_is_there(reading: Registry):
    paths = {link.partition("#")[0] for each in PAGES for link in page(reading, each).links}
    inner = sorted(each for each in paths if each.startswith("/"))
    assert len(inner) > 150
    for path in inner:
        with reading.client.get(path) as answer:
            assert answer.status_code == 200, path


def test_what_a_page_loads_is_there(reading: Registry):
    found = page(reading, "/")
    linked = [each["href"] for each in found.all("link") if each["rel"] != "alternate"]
    loaded = [*linked, *(each["src"] for each in found.all("script") if "src" in each)]
    for path in (each for each in loaded if not (each or "").startswith("http")):
        with reading.client.get(path) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]


def test_the_first_page_with_all_that_it_loads_is_light(reading: Registry):
    found = page(reading, "/")
    names = [
        "style.css",
        "explorer.js",
        "live.js",
        "suggest.js",
        "fetching.js",
        "icon.svg",
    ]
    folder = (found.all("script")[0]["src"] or "").rpartition("/")[0]
    total = len(found.source)
    for name in names:
        with reading.client.get(f"{folder}/{name}") as answer:
            total += len(answer.get_data())
    assert total < 100_000


# What the pages say


def test_a_collision_shows_the_words_of_both_sides(reading: Registry):
    found = page(reading, f"{SEED}?goal=peace")
    assert found.source.count('<li class="collision">') == 3
    assert "As for Ukraine, nothing changes" in found.text
    assert "We have to stop now" in found.text


def test_what_is_inferred_is_marked_and_its_rule_named_with_its_author(reading: Registry):
    found = page(reading, f"{SEED}?goal=peace")
    assert "inference by rule 1 of analyst Switch off rule 1 and rule 3 of analyst" in found.text
    assert "By analyst: " in found.text


def test_without_a_rule_its_collision_is_gone(reading: Registry):
    rules = "annexation-excludes-withdrawal,peace-implies-end"
    found = page(reading, f"{SEED}?goal=peace&axioms={rules}")
    assert found.source.count('<li class="collision">') == 2


def test_what_is_not_recorded_is_no_neutral_stance(reading: Registry):
    found = page(reading, f"{SEED}/matrix")
    assert '<td class="none">' in found.source
    assert "none recorded" in found.text
    assert "nothing recorded, which is not neutral" in found.text
    assert 'class="stance aside"' in found.source


def test_a_stance_has_a_sign_and_a_word(reading: Registry):
    text = page(reading, f"{SEED}/matrix").text
    assert "Russia ✕ rejects" in text
    assert "Belarus ◇ proposes" in text


def test_a_stance_under_conditions_says_so(reading: Registry):
    found = page(reading, f"{SEED}/matrix")
    assert 'class="stance for conditional"' in found.source
    assert "on a condition" in found.text


def test_records_that_disagree_are_marked(registry: Registry):
    position = registry.get("/v1/positions/sudmark-rejects-free-passage").get_json()
    registry.post("/v1/positions", {
        **{n: v for n, v in position.items() if n in ("holder", "proposition", "evidence",
           "speaker", "attestation", "attested_on", "valid_from")},
        "id": "sudmark-accepts-free-passage", "force": "accept",
    })  # fmt: skip
    found = page(registry, "/conflicts/varn-strait-dispute/matrix?valid_at=2024-03-06")
    assert "disputed" in found.source
    assert "records disagree" in found.text


def test_nothing_is_called_silent_or_still_so(reading: Registry):
    for path in PAGES:
        plain = re.sub(r"<(q|blockquote|mark|ins|del|code)[^>]*>.*?</\1>", "",
                       page(reading, path).source, flags=re.DOTALL)  # fmt: skip
        assert not re.search(r"\b(silent|still)\b", plain), path


def test_a_day_before_anything_was_said_shows_what_would_fill_it(reading: Registry):
    found = page(reading, f"{SEED}/matrix?valid_at=2020-01-01")
    assert "No position is recorded as in force on 1 January 2020" in found.text
    found = page(reading, f"{SEED}?valid_at=2020-01-01")
    assert "A source coded for this day would fill it" in found.text
    assert "another goal or a newly coded source may show more" in found.text


def test_what_changed_since_a_day_is_told(reading: Registry):
    found = page(reading, f"{SEED}/changes?valid_at=2023-03-31&since=2023-03-30")
    assert "opened Russia rejects “A cessation of hostilities is in effect”" in found.text
    assert "clash appeared" in found.text


@pytest.mark.parametrize("day", ["any", "2023-03-31"])
def test_the_timeline_leads_to_each_of_its_days(reading: Registry, day: str):
    found = page(reading, f"{SEED}/timeline?valid_at={day}&goal=peace&known_at=3")
    days = [each["href"] or "" for each in found.all("a") if each.get("class") == "as-on"]
    assert days
    for path in days:
        assert re.fullmatch(rf"{SEED}\?valid_at=\d{{4}}-\d\d-\d\d&goal=peace&known_at=3", path), (
            path
        )
        assert reading.client.get(path).status_code == 200


def test_changes_that_are_cut_say_so_and_their_data_is_cut_alike(
    reading: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.explorer.conflict._MANY", 5)
    monkeypatch.setattr("api.explorer.conflict._QUICK_LIMIT", 1)
    found = page(reading, f"{SEED}/changes?goal=peace&since=2023-03-26&valid_at=2023-03-31")
    assert "The search stopped early, so there may be more than is shown here." in found.text
    data = next(each for each in found.links if "/diff?" in each)
    assert "limit=1&" in f"{data}&"
    appeared = parse_answer(reading.client.get(data))["collisions"]["appeared"]
    assert found.source.count("clash appeared</i>") == len(appeared)


def test_the_form_of_changes_keeps_all_other_choices(reading: Registry):
    chosen = {"axioms": "none", "voices": "own", "holders": "parties", "demands": "standing",
              "offers": "literal", "measures": "off", "goals": "soft",
              "attested_since": "2023-01-01", "without": "positions/russia-rejects-truce",
              "limit": "7"}  # fmt: skip
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    path = f"{SEED}/changes?{query}&goal=peace&since=2023-03-26&valid_at=2023-03-31"
    source = page(reading, path).source
    [form] = re.findall(r'<form id="ask".*?</form>', source, re.DOTALL)
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert kept == {**chosen, "valid_at": "2023-03-31"}


def test_a_conflict_that_is_too_much_says_so_and_where_to_read_on(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.analysis.loading.MOST", 3)
    found = page(registry, "/conflicts/varn-strait-dispute?valid_at=any")
    assert "More than 3 positions are in force on any day" in found.text
    assert "/v1/positions?conflict=varn-strait-dispute" in found.links


def test_each_condition_is_told_in_words_under_whom_it_asks(reading: Registry):
    text = page(reading, f"{SEED}/conditions").text
    of_russia = text.partition("Asked of Russia")[2]
    assert "Ukraine: “There is peace between Russia and Ukraine” only if" in of_russia
    assert "5 conditions are on record, set by 3 actors. Most is asked of Ukraine: 4" in text


def test_a_conflict_opens_on_its_last_attested_day_and_says_so(reading: Registry):
    found = page(reading, SEED)
    assert "last word 23 November 2025" in found.text
    assert "Day: 23 November 2025" in found.text
    assert "The last day on which anything is attested" in found.text
    assert any("valid_at=2025-11-23" in each for each in found.links if "/v1/" in each)
    today = page(reading, f"{SEED}?valid_at={clock.today()}")
    assert f"Day: {format_day(clock.today())}" in today.text


def test_the_slider_submits_a_number_that_becomes_a_day(reading: Registry):
    slider = next(e for e in page(reading, SEED).all("input") if e.get("type") == "range")
    answer = reading.client.get(f"{SEED}?{slider['name']}={slider['min']}&goal=peace")
    assert answer.headers["Location"] == f"{SEED}?goal=peace&valid_at=2023-03-26"
    for wrong in ("0", "²", "99999999999"):
        page(reading, f"{SEED}?day={wrong}", 422)


def test_a_goal_is_chosen_on_which_the_parties_set_conditions(reading: Registry):
    assert "stands in the way of “There is peace" in page(reading, SEED).text
    assert "Two clashes between Russia and Belarus are on record" in (
        page(reading, f"{SEED}?goal=none").text
    )


def test_a_claim_left_out_is_a_hypothesis_and_the_data_says_the_same(reading: Registry):
    off = next(e for e in page(reading, SEED).links if "without=" in e)
    found = page(reading, off)
    assert "This is a hypothesis, not what is recorded" in found.text
    assert "If so: No obstacle on record." in found.text
    assert 'class="verdict no_recorded_obstacle"' in found.source
    data = next(each for each in found.links if "/deadlock?" in each)
    answer = parse_answer(reading.client.get(data))
    assert answer["basis"]["sentence"] in found.text
    assert answer["sentence"].removesuffix(answer["basis"]["sentence"]) in found.text
    assert any(each == SEED for each in found.links)  # the way back
    page(reading, f"{SEED}?without=positions/never-there", 422)


def test_actors_beyond_the_screen_are_counted_and_can_be_chosen(reading: Registry):
    found = page(reading, "/conflicts/varn-strait-dispute/matrix?actors=norland")
    assert re.search(r"; 1 is shown, \d more are in the list below", found.text)
    assert [e["value"] for e in found.all("input") if e["name"] == "actors" and "checked" in e] == [
        "norland"
    ]


def test_a_proposal_tells_its_silences_apart(reading: Registry):
    text = page(reading, "/proposals/belarus-truce-call").text
    assert "✕ rejects" in text
    assert "this part not addressed" in text
    assert "none recorded" in text


def test_a_proposal_says_when_each_part_is_due(reading: Registry):
    text = page(reading, "/proposals/kestrian-timetable").text
    assert "after Patrols and Fee" in text
    assert "only if “Norland and Sudmark leave the ownership of Gull Rock open”" in text


def test_a_record_shows_what_ended_it_and_who_holds_it_jointly(reading: Registry):
    ended = page(reading, "/preconditions/norland-talks-need-withdrawal").text
    assert "Norland accepts talks at once" in ended.partition("What shows its end")[2]
    joint = page(reading, "/actors/strait-council")
    assert "/preconditions/kestria-talks-no-preconditions" in joint.links


def test_a_dossier_tells_what_began(reading: Registry):
    text = page(reading, "/actors/belarus?since=2023-01-01").text
    assert "opened 31 March 2023: Belarus proposes" in text


def test_search_finds_words_and_says_when_there_are_none(reading: Registry):
    assert "Russia rejects" in page(reading, "/search?q=OPERATION+continues&noun=positions").text
    found = page(reading, "/search?q=nowhere+said")
    assert "Nothing that is recorded has all of these words" in found.text


def test_search_highlights_what_a_name_stands_for(reading: Registry):
    found = page(reading, "/search?q=Kiev+annexation")
    assert "<mark>Kyiv</mark>" in found.source
    assert 'value="Kiev annexation"' in found.source


def test_search_counts_what_each_kind_and_conflict_would_find(reading: Registry):
    found = page(reading, "/search?q=talks")
    counts = re.findall(r">([a-z]+)</a> <span class=\"meta\">(\d+)</span>", found.source)
    assert len(counts) > 2
    for noun, count in counts:
        query = {"q": "talks", "noun": noun, "match": "forms", "limit": 1000}
        answer = parse_answer(reading.get("/v1/search", **query))
        assert len(answer["data"]) == int(count), noun
    link = next(each for each in found.links if "conflict=war-in-ukraine" in each and "q=" in each)
    narrowed = page(reading, link)
    assert "· War in Ukraine" in narrowed.text
    assert "· Varn Strait" not in narrowed.text


def test_search_goes_on_where_a_page_ends(reading: Registry):
    path = "/search?q=talks&limit=2"
    seen: list[str] = []
    while path:
        found = page(reading, path)
        hits = re.findall(r'<p><a class="quiet" href="([^"]+)"', found.source)
        seen += hits
        following = [each["href"] for each in found.all("a") if each.get("rel") == "next"]
        path = following[0] if following else None
    answer = parse_answer(reading.get("/v1/search", q="talks", match="forms", limit=1000))
    assert len(seen) == len(answer["data"]) == len(set(seen)) > 2


@pytest.mark.parametrize(("typed", "found"), [
    ("hostilties", "A cessation of hostilities is in effect."),
    ("cease-fires", "ceasefire"),
    ("negotiate", "there is only one solution: negotiations"),
    ("Lukashenka", "Alexander Lukashenko"),
])  # fmt: skip
def test_search_forgives_spelling_forms_and_hyphens(reading: Registry, typed: str, found: str):
    told = page(reading, f"/search?q={typed}")
    assert found in told.text
    assert told.source.count("<mark>") > 0


def test_search_says_what_it_shows_instead_and_gives_the_same_as_data(reading: Registry):
    found = page(reading, "/search?q=hostilties")
    assert (
        "Nothing that is recorded has all of these words. Shown instead: hostilities" in found.text
    )
    data = next(each for each in found.links if each.startswith("/v1/search?"))
    hits = [each["id"] for each in reading.client.get(data).get_json()["data"]]
    shown = re.findall(r'<p><a class="quiet" href="/[a-z]+/([^"?]+)"', found.source)
    assert len(hits) > 1
    assert set(shown) <= set(hits)


def test_search_corrects_only_what_is_misspelt(reading: Registry):
    typed = "lukasehnko -truce"
    found = page(reading, f"/search?q={typed}")
    assert "Shown instead: lukashenko -truce" in found.text
    data = next(each for each in found.links if each.startswith("/v1/search?"))
    hits = reading.client.get(data).get_json()["data"]
    assert len(hits) == found.source.count('<p class="kicker">')
    assert all("truce" not in each["id"] for each in hits if each["noun"] == "propositions")


def test_an_empty_search_says_what_would_fill_it(reading: Registry):
    found = page(reading, "/search?q=qqxxzz")
    assert "so may a newly coded source" in found.text
    assert "/about#contribute" in found.links


def test_search_lists_what_is_named_so_with_its_alias(reading: Registry):
    found = page(reading, "/search?q=Kiev")
    assert "/conflicts/war-in-ukraine" in page(reading, "/search?q=war+in+ukrane").links
    assert any(each.startswith("/actors/") for each in found.links)


def test_search_takes_what_holds_no_word_for_a_slip(reading: Registry):
    assert "a word has a letter or a digit" in page(reading, "/search?q=%3F%21").text


def test_a_proposition_that_is_found_leads_to_what_stands_in_its_way(reading: Registry):
    found = page(reading, "/search?q=hostilities&noun=propositions")
    assert "/conflicts/war-in-ukraine?goal=truce" in found.links


def test_a_changeset_leads_to_what_it_wrote(reading: Registry):
    links = page(reading, "/changes/2?limit=1000").links
    assert "/positions/russia-rejects-truce?known_at=2" in links
    assert "/propositions/truce?known_at=2" in links


def test_changes_are_told_in_words_and_by_conflict(reading: Registry):
    found = page(reading, "/changes?conflict=war-in-ukraine")
    assert "New conflict “War in Ukraine”" in page(reading, "/changes/2?limit=1000").text
    assert "Varn Strait" not in found.text.partition("all conflicts")[2].partition("Show")[2]
    assert "/v1/changes.atom?conflict=war-in-ukraine" in found.links
    page(reading, "/changes?conflict=nowhere-at-all", 404)


def test_the_data_of_changes_is_about_the_same_and_as_known_then(reading: Registry):
    found = page(reading, "/changes?actor=belarus&known_at=3")
    assert "Only with the actor: Belarus" in found.text
    feed = "/v1/changes.atom?known_at=3&actor=belarus"
    assert feed in found.links
    assert feed in [each["href"] for each in found.all("link") if each["rel"] == "alternate"]
    [data] = [each for each in found.links if each.startswith("/v1/changes?")]
    assert data == "/v1/changes?actor=belarus"
    for path in (feed, data):
        assert reading.client.get(path).status_code == 200


def test_a_changeset_tells_which_fields_it_amended(registry: Registry):
    url = "/v1/issues/transit"
    issue = registry.get(url)
    record = {**{n: issue.get_json()[n] for n in ("name", "conflict")}, "note": "Read again."}
    changed = registry.put(url, record, issue.headers["ETag"])
    assert changed.status_code == 200, changed.get_data()
    number = parse_answer(registry.get("/v1/changesets", limit=1))["data"][0]["number"]
    found = page(registry, f"/changes/{number}")
    assert "Amended issue" in found.text
    assert "note Read again." in found.text


FORUM = "strait-council-eleventh-session"


@pytest.fixture
def voting(registry: Registry) -> Registry:
    """Let two states vote against each other where a third abstains."""
    registry.post("/v1/proposals", {
        "id": "roll-call-4", "title": "Roll call 4", "conflict": FORUM, "proposers": ["kestria"],
        "made_on": "2024-03-08",
        "components": [{"id": "a", "phase": "session 11", "propositions": ["survey-funded"]}],
    })  # fmt: skip
    for holder, force in (("norland", "accept"), ("sudmark", "reject")):
        registry.post("/v1/positions", {
            "id": f"{holder}-votes", "holder": holder, "force": force,
            "proposition": "survey-funded", "sources": ["strait-council-vote-2024-03-08"],
            "attestation": "recorded_vote", "attested_on": "2024-03-08",
        })  # fmt: skip
    return registry


def test_agreement_never_comes_without_its_counts(voting: Registry):
    found = page(voting, f"/agreement?actors=norland,sudmark,kestria&conflict={FORUM}")
    assert "Norland \N{EN DASH} Sudmark 0.00 1 0 0 1" in found.text
    assert "Norland \N{EN DASH} Kestria 0.50 1 0 1 0" in found.text


def test_a_deprecated_vote_is_in_no_tally(voting: Registry):
    voting.post("/v1/positions", {
        "id": "wrong-vote", "holder": "map-readers", "force": "accept", "rank": "deprecated",
        "proposition": "survey-funded", "sources": ["strait-council-vote-2024-03-08"],
        "attestation": "recorded_vote", "attested_on": "2024-03-08",
    })  # fmt: skip
    assert "Roll call 4 8 March 2024 1 1 1 " in page(voting, f"/conflicts/{FORUM}/votes").text


def test_who_always_disagrees_comes_before_who_never_both_voted(voting: Registry):
    found = page(voting, f"/agreement?actors=norland,map-readers,sudmark&conflict={FORUM}").text
    never = found.index("Norland \N{EN DASH} the map-readers none 0")
    assert found.index("Norland \N{EN DASH} Sudmark 0.00 1") < never


def test_agreement_tells_actors_of_the_same_name_apart(voting: Registry):
    voting.amend("/v1/actors/sudmark", name="Norland")
    path = f"agreement?actors=norland,sudmark,kestria&conflict={FORUM}"
    text = page(voting, f"/{path}&least=0").text
    for pair in (
        "Norland (norland) \N{EN DASH} Norland (sudmark)",
        "Norland (sudmark) \N{EN DASH} Kestria",
    ):
        assert text.count(pair) == 2
    drawn = parse_answer(voting.client.get(f"/v1/{path}".replace("?", ".vl.json?")))
    assert len({each["pair"] for each in drawn["data"]["values"]}) == 3


def test_agreement_of_nobody_yet_reads_its_clock_and_refuses_what_it_does_not_know(
    voting: Registry,
):
    assert "As known at changeset 1." in page(voting, "/agreement?known_at=1").text
    assert "Atlantis" in page(voting, "/agreement?actors=Atlantis").text
    for wrong in ("known_at=rubbish", "foo=bar", "by=moon"):
        page(voting, f"/agreement?{wrong}", 422)


@pytest.mark.parametrize("section", ["matrix", "timeline", "conditions", "changes", "sources"])
def test_a_forum_has_the_sections_of_a_conflict(voting: Registry, section: str):
    years = page(voting, f"/conflicts/{FORUM}?valid_at=2024-03-09")
    assert "Roll calls by year" in years.text
    assert f"/conflicts/{FORUM}/matrix?valid_at=2024-03-09" in years.links
    found = page(voting, f"/conflicts/{FORUM}/{section}?valid_at=2024-03-09")
    assert "Roll calls by year" not in found.text
    assert f"/conflicts/{FORUM}/timeline?valid_at=2024-03-09" in found.links


def test_agreement_without_votes_says_what_would_bring_them(registry_of: Any):
    found = page(registry_of("seed"), "/agreement")
    assert "No votes are recorded. sinequanon import countries" in found.text
    assert [each["action"] for each in found.all("form")] == ["/search"]


def test_who_demands_the_opposite_is_against_it(reading: Registry):
    found = page(reading, "/conflicts/varn-strait-dispute/matrix?valid_at=2024-03-06")
    assert "Norland ✕ demands the opposite Sudmark closes the Varn Strait." in found.text
    assert words.describe_stance("reject", 1, negated=True) == ("✓", "rejects the opposite")


# To take away


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/conflicts/varn-strait-dispute?valid_at=2024-03-06", ["deadlock"]),
        ("/conflicts/varn-strait-dispute/matrix?valid_at=2024-03-06", ["matrix"]),
        ("/conflicts/varn-strait-dispute/timeline?valid_at=2024-03-06", ["timeline"]),
        (f"/agreement?actors=norland,sudmark&conflict={FORUM}", ["agreement"]),
    ],
)
def test_every_picture_of_a_page_can_be_taken_away(voting: Registry, path: str, names: list[str]):
    links = page(voting, path).links
    for name in names:
        found = [each for each in links if re.search(rf"/{name}(\.(svg|png|vl)|/table|\?|$)", each)]
        taken = [each for each in found if each.startswith("/embed/") or "." in urlsplit(each).path]
        assert len(taken) == 5
        for url in taken:
            assert voting.client.get(url).status_code == 200, url


def test_what_is_to_be_pasted_leads_to_what_is_shown(reading: Registry):
    found = page(reading, f"{SEED}?goal=peace&axioms=none")
    snippets = [
        Pasted(unescape(each)) for each in re.findall(r"<code>(&lt;.*?)</code>", found.source)
    ]
    assert len(snippets) == 2
    for tag, attributes in (each for one in snippets for each in one.elements):
        url = attributes.get("src") or attributes["href"] or ""
        assert url.startswith("http://localhost/")
        assert reading.client.get(url.removeprefix("http://localhost")).status_code == 200
        assert tag == "a" or attributes.get("alt") or attributes.get("title")
    shown = snippets[0].elements[1][1]["src"] or ""
    assert "axioms=none" in shown
    assert "goal=peace" in shown


class Pasted(HTMLParser):
    """What a page says is to be pasted into another one."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("path", "feed"),
    [
        ("/", "/v1/changes.atom"),
        ("/changes", "/v1/changes.atom"),
        (SEED, "/v1/changes.atom?conflict=war-in-ukraine"),
        ("/actors/belarus", "/v1/changes.atom?actor=belarus"),
    ],
)
def test_a_reader_of_feeds_finds_the_feed_of_a_page(reading: Registry, path: str, feed: str):
    found = page(reading, path)
    [named] = [each for each in found.all("link") if each["rel"] == "alternate"]
    assert named["href"] == feed
    assert named["type"] == reading.client.get(feed).mimetype
    assert path == "/" or feed in found.links


# Evidence


def test_evidence_gives_place_and_hash_where_the_text_is_not_shown(reading: Registry):
    text = page(reading, "/positions/russia-rejects-truce").text
    assert "Dmitry Peskov , for Kremlin (Presidency of Russia) · to reporters" in text
    assert "characters 433\N{EN DASH}579" in text
    assert "text not shown here; sha256" in text


def test_a_gist_is_never_shown_as_a_quote(reading: Registry):
    found = page(reading, "/statements/headline-kremlin-rules-out-truce")
    assert "in the coder\N{RIGHT SINGLE QUOTATION MARK}s words Headline:" in found.text
    assert not found.all("blockquote")


def test_a_quote_stands_in_its_place_where_the_text_is_public(registry: Registry):
    source = "strait-courier-2024-03-05"
    path = "/statements/velden-no-free-passage"
    registry.put_text(source, TEXTS[source].read_text(encoding="utf-8"))
    answer = registry.client.get(path)
    found = Page(answer)
    assert "<mark>Free passage without notice is out of the question,</mark>" in found.source
    assert "found in the source\N{RIGHT SINGLE QUOTATION MARK}s text" in found.text
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_text_that_is_taken_down_is_gone_from_what_was_kept(registry: Registry):
    source = "strait-courier-2024-03-05"
    path = "/conflicts/varn-strait-dispute?open=statements/velden-no-free-passage"
    registry.put_text(source, TEXTS[source].read_text(encoding="utf-8"))
    kept = registry.client.get(path).headers["ETag"]
    registry.delete(f"/v1/sources/{source}/text", None)
    assert "<mark>" not in Page(registry.client.get(path, headers={"If-None-Match": kept})).source


def test_a_text_kept_to_check_quotes_is_not_shown(registry: Registry):
    source = "strait-courier-2024-03-05"
    registry.amend(f"/v1/sources/{source}", text_public=False)
    registry.put_text(source, TEXTS[source].read_text(encoding="utf-8"))
    found = page(registry, "/statements/velden-no-free-passage")
    assert "<mark>" not in found.source
    assert "found in the source\N{RIGHT SINGLE QUOTATION MARK}s text" in found.text


def test_other_renderings_of_the_same_words_stand_beside_them(registry: Registry):
    statement = "velden-no-free-passage"
    registry.post("/v1/statements", {
        "id": "velden-in-another-tongue", "source": "kestrian-plan-2024-04-02",
        "start": 0, "end": 9, "gist": "Nobody passes unannounced.", "attestation": "indirect",
        "speaker": "tomas-velden", "rendering_of": statement, "attested_on": "2024-04-02",
    })  # fmt: skip
    text = page(registry, f"/statements/{statement}").text
    assert "another rendering of the same words" in text
    assert "Nobody passes unannounced." in text


def test_history_shows_what_a_revision_changed(registry: Registry):
    path = "/positions/solm-fears-closure"
    registry.amend(f"/v1{path}", note="Said twice.")
    registry.amend(f"/v1{path}", note="Said once.")
    source = page(registry, path).source
    assert "<ins>Said twice.</ins>" in source
    assert "<del>Said twice.</del> <ins>Said once.</ins>" in source


def test_doubts_are_shown_with_their_kind(reading: Registry):
    text = page(reading, "/positions/russia-intends-nuclear-weapons-in-belarus").text
    assert "inferred valid from : The source gives the day" in text


# Addresses


def test_what_a_form_sends_gets_one_tidy_address(reading: Registry):
    sent = f"{SEED}?valid_at=&known_at=&goal=peace&axioms=none&axioms=peace-implies-end&holders="
    answer = reading.client.get(sent)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{SEED}?goal=peace&axioms=peace-implies-end"


def test_all_rules_switched_on_are_the_same_as_none_named(reading: Registry):
    rules = "annexation-excludes-withdrawal,truce-ends-operation,peace-implies-end"
    answer = reading.client.get(f"{SEED}?axioms=none,{rules}")
    assert answer.status_code == 303
    answer = reading.client.get(f"{SEED}?axioms={rules}")
    assert answer.headers["Location"] == SEED


@pytest.mark.parametrize(
    ("sent", "tidy"),
    [
        ([("goal", "a"), ("goal", "b")], [("goal", "a,b")]),
        ([("axioms", "none")], [("axioms", "none")]),
        ([("voices", "own"), ("voices", "narrated")], [("voices", "own,narrated")]),
        ([("voices", "narrated,own"), ("voices", "authorised")], []),
        ([("known_at", "2023-05-03")], [("known_at", "2023-05-03T23:59:59.999999Z")]),
        ([("known_at", "12")], [("known_at", "12")]),
        ([("known_at", "9999-01-01")], []),
        ([("valid_at", "a"), ("valid_at", "b")], [("valid_at", "a"), ("valid_at", "b")]),
    ],
)
def test_sent_parameters_are_tidied(sent: list[Any], tidy: list[Any]):
    assert query_string.normalise_parameters(sent) == tidy
    assert query_string.normalise_parameters(tidy) == tidy


def test_today_is_left_out_unless_the_answer_is_pinned():
    today = ("valid_at", clock.today())
    assert query_string.normalise_parameters([today]) == []
    assert query_string.normalise_parameters([today, ("known_at", "3")]) == [
        today,
        ("known_at", "3"),
    ]


def test_a_permalink_never_changes(registry: Registry):
    path = "/conflicts/varn-strait-dispute?valid_at=2024-03-06"
    link = next(each for each in page(registry, path).links if "known_at=" in each)
    before = registry.client.get(link)
    assert before.headers["Cache-Control"] == "public, max-age=86400"
    registry.retract("/v1/positions/solm-fears-closure")
    assert registry.client.get(link).get_data() == before.get_data()
    assert registry.client.get(path).get_data() != before.get_data()


@pytest.mark.parametrize("path", PAGES)
def test_who_has_a_page_gets_304(reading: Registry, path: str):
    first = reading.client.get(path)
    again = reading.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""
    assert "Content-Security-Policy" in again.headers


def test_links_keep_both_clocks(reading: Registry):
    links = page(reading, f"{SEED}?valid_at=2023-03-31&known_at=2").links
    records = [each for each in links if each.startswith(("/positions/", "/actors/"))]
    assert records
    assert all("valid_at=2023-03-31&known_at=2" in each for each in records)


def test_the_data_behind_a_page_is_what_the_page_asked_for(reading: Registry):
    found = page(reading, f"{SEED}?goal=peace&axioms=none&valid_at=2023-03-31")
    data = next(each for each in found.links if "/deadlock?" in each)
    answer = parse_answer(reading.client.get(data))
    assert answer["parameters"]["goal"] == ["peace"]
    assert answer["parameters"]["axioms"] == []
    assert answer["basis"]["sentence"] in found.text
    assert answer["sentence"].removesuffix(answer["basis"]["sentence"]) in found.text
    assert urlsplit(data).path + ".csv" in [urlsplit(each).path for each in found.links]


# Errors


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "nothing at this address"),
        ("/conflicts/never-there", 404, "No conflict has the id never-there."),
        (f"{SEED}?gaol=peace", 422, "did you mean goal?"),
        (f"{SEED}?goal=no-such-thing", 422, "no-such-thing"),
        (f"{SEED}?open=axioms/x", 422, "positions/ID"),
        (f"{SEED}?valid_at=31.3.2023", 422, "not a day"),
        ("/changes/99", 404, "There is no changeset 99"),
        ("/agreement?actors=norland,sudmark&by=decade", 422, "session"),
    ],
)
def test_an_error_of_a_page_is_a_page(reading: Registry, path: str, status: int, says: str):
    assert says in page(reading, path, status).text


def test_a_retracted_record_says_so_as_a_page(registry: Registry):
    registry.retract("/v1/positions/solm-fears-closure")
    assert "was retracted" in page(registry, "/positions/solm-fears-closure", 410).text


def test_a_page_takes_no_post_and_names_what_it_takes(reading: Registry):
    answer = reading.client.post("/")
    assert "GET" in answer.headers["Allow"]
    assert "does not take that method" in Page(answer, 405).text


@pytest.mark.parametrize("path", ["/v1/nowhere", "/v2", "/docs/nowhere", "/assets/x/nowhere.css"])
def test_an_error_of_an_address_for_programs_is_a_problem(reading: Registry, path: str):
    answer = reading.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_empty_registry_says_what_would_fill_it(registry_of: Any):
    registry = registry_of("empty")
    assert "sinequanon import" in page(registry, "/").text
    for path in ("/actors", "/proposals", "/changes", "/agreement", "/search?q=x"):
        assert '<p class="empty">' in page(registry, path).source or "<code>" in page(
            registry, path
        ).source  # fmt: skip


# Words


def test_every_code_that_a_page_may_meet_has_words():
    assert set(VERBS) == set(FORCE.values)
    assert set(words.STATUSES) == set(PARTY_STATUS.values)
    assert set(words.EVENTS) == set(TIMELINE_KIND.values)
    assert set(words.VOICES) == set(VOICE.values)
    assert END_REASON.values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2023-03-31", "31 March 2023"),
        ("2023-03", "March 2023"),
        ("1994", "1994"),
        ("2024-03?", "March 2024 (uncertain)"),
        ("2019-05~", "May 2019 (about)"),
        ("2024-22", "summer 2024"),
        ("2022/2023-03", "2022 to March 2023"),
        ("../2023", "open to 2023"),
        ("/2023", "unknown to 2023"),
        ("201X", "201X"),
        (None, "no date"),
    ],
)
def test_a_date_is_written_as_people_do(text: str | None, said: str):
    assert format_day(text) == said


@pytest.mark.parametrize("path", ["/actors", "/proposals"])
@pytest.mark.parametrize("query", ["limit=3", "limit=3&sort=-recorded"])
def test_lists_are_read_to_their_end_page_by_page(registry: Registry, path: str, query: str):
    """And each page leads to the data that it shows."""
    seen, address = list[str](), f"{path}?{query}"
    while address:
        page = Page(registry.get(address))
        links = [str(each.get("href")) for each in page.all("a")]
        data = next(each for each in links if each.startswith(f"/v1{path}"))
        shown = [each.rpartition("/")[2] for each in links if re.fullmatch(f"{path}/[^?]+", each)]
        assert shown == [each["id"] for each in registry.data(data)]
        seen += shown
        further = re.search(r'class="pages"><a href="([^"]+)"', page.source)
        address = unescape(further[1]) if further else ""
    all_there = [each["id"] for each in registry.data(f"/v1{path}", limit=1000)]
    assert sorted(seen) == sorted(all_there)


def test_a_page_tells_what_only_others_say_from_what_is_held(reading: Registry):
    shown = reading.get("/conflicts/varn-strait-dispute/matrix?by=proposition").get_data(
        as_text=True
    )
    cell = re.search(r'<a class="stance against reported" href="([^"]+)".*?</a>', shown, re.DOTALL)
    assert cell is not None
    assert cell[1].startswith("/positions/sudmark-said-to-reject-commission")
    assert "only reported" in cell[0]
    assert "by an unnamed official in Havnsund" in cell[0]
    denied = "by an unnamed Norland official, which Norland denies (12 May 2024)"
    for path in ("/conflicts/varn-strait-dispute/timeline", "/actors/norland"):
        text = reading.get(path).get_data(as_text=True)
        assert denied in text, path
        assert "denied by the holder" in text, path
