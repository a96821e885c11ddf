"""The page of a conflict: how the answer of its deadlock is told, from two real negotiations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.test_explorer import SEED, Page, page
from tests.worlds import PROJECT, Databases, Registry, parse_answer

IRAN, CYPRUS = "/conflicts/iran-nuclear-return", "/conflicts/cyprus-settlement"
NEGOTIATIONS = PROJECT / "tests" / "analysis" / "negotiations"


@pytest.fixture(scope="module")
def talks(databases: Databases) -> Iterator[Registry]:
    """Yield a registry with the two negotiations."""
    with databases.fresh("sqlite") as url:
        registry = Registry(url)
        registry.make_key()
        for name in ("iran-nuclear-return-2021-22", "cyprus-crans-montana-2017"):
            sent = registry.client.post(
                "/v1/changesets",
                data=(NEGOTIATIONS / f"{name}.ndjson").read_bytes(),
                headers={
                    "Authorization": f"Bearer {registry.key}",
                    "Content-Type": "application/x-ndjson",
                },
            )
            assert sent.status_code == 200, sent.get_data(as_text=True)
        yield registry
        registry.close()


def answer_text(found: Page) -> str:
    """Return the words of the deadlock, without those of its choices."""
    return found.text[: found.text.index("Rules, voices and other choices")]


def test_each_quarrel_has_its_own_ways_out_and_the_goals_come_first(reading: Registry):
    told = answer_text(page(reading, f"{SEED}?goal=peace"))
    parts = ("In the way of the goal", "Quarrel A: Russia and Ukraine", "A1 given up",
             "A2 given up", "In which order?", "Whatever the goal", "Quarrel B: Russia and Belarus",
             "B1 given up Russia rejects", "B2 not met Belarus proposes")  # fmt: skip
    places = [told.index(each) for each in parts]
    assert places == sorted(places)
    assert not re.search(r"\bA3\b|\bB3\b|Quarrel C", told)
    assert "All 4 combinations" in told


def test_what_the_verdict_rests_on_follows_it(reading: Registry):
    found = page(reading, f"{SEED}?goal=peace&valid_at=2023-03-31")
    rests = "This rests on nine records from one source, the latest of 31 March 2023."
    assert rests in found.text.partition("has no answer on record.")[2]
    assert "/sources/kremlin-rules-out-truce?valid_at=2023-03-31" in found.links
    assert "as “War in Ukraine: Kremlin rules out any truce proposed by Belarus” reports, " in (
        found.text
    )
    assert "inferred from its" in answer_text(found)  # a doubt of the source, beside its record
    assert "No order of moves is recorded." in found.text


def test_the_order_of_moves_is_a_list_of_stages_with_who_acts(talks: Registry):
    found = page(talks, f"{IRAN}?goal=jcpoa-restored&valid_at=2022-09-15")
    first = found.source.partition('<ol class="stages">')[2].partition("</ol>")[0]
    leads = re.findall(r'<span class="term">([^<]+)', first)
    assert leads == ["First", "Then, at the same time", "Then, at the same time"]
    who = re.findall(r"<li><b>([^<]+)</b>: [“&]", first)
    assert who == [
        "United States",
        "Iran",
        "Iran",
        "United States",
        "Iran",
        "Iran and United States",
    ]
    assert "(up to" not in first


def test_a_circle_tells_its_ways_out(talks: Registry):
    told = answer_text(page(talks, f"{IRAN}?goal=jcpoa-restored&valid_at=2021-02-28"))
    assert told.index("Blocked.") < told.index("Who moves first? Nobody can begin: ")
    ways = told.partition("Any one of these would let it begin")[2]
    assert "Iran no longer makes" in ways
    assert "United States no longer makes" in ways
    assert "In which order?" not in told


def test_what_a_circle_blocks_never_reads_as_opening(talks: Registry):
    told = answer_text(page(talks, f"{IRAN}?goal=jcpoa-restored&valid_at=2022-03-10"))
    ways = told.partition("would end quarrel A")[2].partition("Who moves first?")[0]
    assert len(re.findall(r"A\d given up", ways)) == 2
    assert ways.count("does not open the way Even so, nobody can begin") == 2
    order = told.partition("In which order?")[2]
    assert order.count("All the rest fits if") == order.count("Even so, nobody can begin") == 2


def test_a_disputed_answer_tells_each_case_by_whose_word(talks: Registry):
    found = page(talks, f"{CYPRUS}?goal=cy-intervention-right-ended&valid_at=2017-07-12")
    told = answer_text(found)
    assert 'class="verdict disputed"' in found.source
    assert told.count("If it counts that Türkiye") == 2
    assert (
        "concedes “The guarantors no longer have a right to intervene in Cyprus”, nothing" in told
    )
    assert told.count("shown below") == 1
    assert "by Mevlüt Çavuşoğlu, for Türkiye, 6 July 2017" in told
    assert "on record since 13 January 2017, last by Mevlüt Çavuşoğlu" in told
    assert "Without these records the answer would be another" in told


def test_no_obstacle_is_grey_and_tells_what_it_rests_on(reading: Registry):
    found = page(reading, "/conflicts/varn-strait-dispute?valid_at=2024-07-01")
    told = answer_text(found)
    assert "No obstacle on record. Nothing that was recorded collides." in told
    assert "This rests on" in told
    assert "Without this record the answer would be another: Norland accepts" in told
    assert "deadline passed The deadline that Sudmark set, 30 June 2024, has passed" in told
    style = (PROJECT / "api" / "explorer" / "assets" / "conflict.css").read_text(encoding="utf-8")
    assert ".no_recorded_obstacle" not in style
    assert re.search(r"\n\.verdict \{[^}]* solid var\(--edge\)", style)
    assert re.search(r"\n\.verdict\.disputed \{[^}]* double var\(--ink\)", style)


def test_what_is_left_out_in_part_is_told_with_the_part(registry: Registry):
    stated = {"antecedents": [["gull-rock-recognised"]], "evidence": ["velden-shut-the-strait"],
              "consequents": ["talks-held", "joint-commission"]}  # fmt: skip
    none = {"antecedents_kind": "none", "antecedents": None, "consequents": ["talks-held"],
            "evidence": ["velden-rock-not-excluded"]}  # fmt: skip
    for id, fields in (("stated", stated), ("none", none)):
        draft = {"id": id, "holder": "sudmark", "speaker": "tomas-velden",
                 "modality": "necessary", **fields}  # fmt: skip
        parse_answer(registry.post("/v1/preconditions", draft), 201)
    told = page(registry, "/conflicts/varn-strait-dispute?goal=joint-commission").text
    _, _, left_out = told.partition("says the opposite, or took its place")
    assert "(only as to “Norland and Sudmark hold talks" in left_out


def test_records_of_two_nouns_with_one_id_are_told_apart(registry: Registry):
    told = "gull-rock-left-open"
    position = {"id": "twin", "holder": "sudmark", "force": "reject", "proposition": told,
                "evidence": ["velden-rock-not-excluded"], "rank": "deprecated"}  # fmt: skip
    condition = {"id": "twin", "holder": "sudmark", "antecedents_kind": "none",
                 "consequents": [told], "evidence": ["velden-rock-not-excluded"]}  # fmt: skip
    parse_answer(registry.post("/v1/positions", position), 201)
    parse_answer(registry.post("/v1/preconditions", condition), 201)
    found = page(registry, "/conflicts/varn-strait-dispute")
    assert "/positions/twin" in found.links
    left_out = found.text.partition("Records that do not count here, and why")[2]
    assert "Sudmark rejects “Norland and Sudmark leave" in left_out
