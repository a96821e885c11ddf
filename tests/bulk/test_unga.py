"""The votes of the UN General Assembly: imported completely, and scored as published."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.cli.commands import (
    count_changesets,
    expect_refusal,
    expect_success,
    open_raw_database,
    run_command,
)
from tests.worlds import Databases, Registry, parse_answer

Tables = Callable[..., list[str]]

ROLL_CALLS = [
    {"rcid": "1", "session": "74", "date": "2019-12-09", "unres": "R/74/1", "amend": "0",
     "para": "0", "short": "Peace", "descr": "On peace"},
    {"rcid": "2", "session": "74", "date": "2020-01-14", "unres": "A/RES/74/2", "amend": "1",
     "para": "0", "short": "", "descr": "On\x08war"},
    {"rcid": "3", "session": "75", "date": "2020-12-01", "unres": "", "amend": "", "para": "",
     "short": "", "descr": ""},
]  # fmt: skip
VOTES = {
    "1": {"Norland": "yes", "Sudmark": "no", "Namibia": "abstain"},
    "2": {"Norland": "yes", "Sudmark": "yes", "Namibia": "yes"},
    "3": {"Norland": "abstain", "Sudmark": "no"},
}


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """Return a function that writes the three tables and returns the options that name them."""

    def write(
        *more_votes: dict[str, str],
        topics: tuple[tuple[str, str, str], ...] = (("1", "hr", "Rights"),),
    ) -> list[str]:
        votes = [
            {"rcid": rcid, "country_code": "NA", "country": country, "vote": vote}
            for rcid, cast in VOTES.items()
            for country, vote in cast.items()
        ]
        named = [dict(zip(("rcid", "short_name", "issue"), each, strict=True)) for each in topics]
        options: list[str] = []
        for name, rows in (("votes", [*votes, *more_votes]), ("roll-calls", ROLL_CALLS),
                           ("topics", named)):  # fmt: skip
            path = tmp_path / f"{name}.csv.gz"
            with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            options += [f"--{name}", str(path)]
        return options

    return write


@pytest.fixture
def served(filled: str) -> Iterator[Registry]:
    """Serve the invented world, to query it after an import."""
    registry = Registry(filled)
    yield registry
    registry.close()


def test_a_roll_call_is_a_proposal_and_a_vote_an_answer(
    filled: str, served: Registry, tables: Tables
):
    told = expect_success(run_command(filled, "import", "unga-votes", *tables()))
    assert told.startswith("8 votes read, ")
    assert "0 rows skipped" in told
    proposal = parse_answer(served.get("/v1/proposals/unga-1"))
    assert (proposal["title"], proposal["made_on"]) == ("A/RES/74/1: Peace", "2019-12-09")
    assert proposal["components"][0]["phase"] == "session 74"
    position = parse_answer(served.get("/v1/positions/unga-1-sudmark"))
    assert (position["force"], position["attestation"]) == ("reject", "recorded_vote")
    assert (position["holder"], position["sources"]) == ("sudmark", ["unga-1"])
    assert (position["issues"], position["attested_on"]) == (["unga-hr"], "2019-12-09")
    assert parse_answer(served.get("/v1/actors/namibia"))["kind"] == "state"
    amended = parse_answer(served.get("/v1/proposals/unga-2"))["title"]
    assert amended == "an amendment to A/RES/74/2: On war"
    assert parse_answer(served.get("/v1/proposals/unga-3"))["title"] == "roll call 3"
    rows = parse_answer(served.get("/v1/proposals/unga-1/responses"))["responses"]
    assert {each["actor"]: each["response"] for each in rows} == {
        "norland": "accept", "sudmark": "reject", "namibia": "abstain"
    }  # fmt: skip


def test_a_second_import_writes_nothing(filled: str, tables: Tables):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    before = count_changesets(filled)
    assert " 0 revisions written" in expect_success(
        run_command(filled, "import", "unga-votes", *tables())
    )
    assert count_changesets(filled) == before


def test_an_import_goes_on_where_another_one_ended(
    filled: str, tables: Tables, monkeypatch: pytest.MonkeyPatch, databases: Databases
):
    monkeypatch.setattr("api.bulk.unga._LOT_SIZE", 3)
    with databases.fresh("sqlite", "fixtures") as other:
        expect_success(run_command(other, "import", "unga-votes", *tables()))
        clean = run_command(other, "export").stdout_bytes
    calls: list[int] = []

    from api.app import open_ledger  # noqa: PLC0415
    from api.bulk.importing import ImportOptions  # noqa: PLC0415
    from api.bulk.unga import VoteFiles, import_votes  # noqa: PLC0415
    from api.ledger.upkeep.rebuild import ProgressWatch  # noqa: PLC0415
    from api.settings import Settings  # noqa: PLC0415

    class Ending(ProgressWatch):
        def report_progress(self, done: int, **_: Any) -> None:
            calls.append(done)
            raise KeyboardInterrupt

    ledger = open_ledger(Settings(database_url=filled))
    options = ImportOptions("test", "", watch=Ending())
    files = VoteFiles(*(Path(each) for each in tables()[1::2]))
    with pytest.raises(KeyboardInterrupt):
        import_votes(ledger, files, options)
    ledger.database.close_connections()
    assert calls == [3]
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    assert run_command(filled, "export").stdout_bytes == clean


@pytest.mark.parametrize(("row", "said"), [
    ({"rcid": "9", "country": "Norland", "vote": "yes"}, "rcid: there is no roll call 9"),
    ({"rcid": "1", "country": "Kestria", "vote": "maybe"}, "vote: 'maybe' is not one of"),
    ({"rcid": "1", "country": "", "vote": "yes"}, "country: is empty"),
    ({"rcid": "1", "country": "Norland", "vote": "no"}, "country: Norland votes twice"),
])  # fmt: skip
def test_a_row_that_does_not_fit_stops_all_or_is_skipped_and_told(filled, tables, row, said):
    options = tables({"country_code": "", **row})
    stopped = expect_refusal(run_command(filled, "import", "unga-votes", *options))
    assert f"votes.csv.gz:10: {said}" in stopped
    assert count_changesets(filled) == 1
    skipped = run_command(filled, "import", "unga-votes", *options, "--on-error", "skip")
    assert "1 rows skipped" in expect_success(skipped)
    assert said in skipped.stderr


def test_tables_may_begin_with_a_mark_and_may_not_end_early(filled: str, tables: Tables):
    options = tables()
    votes = Path(options[1])
    votes.write_bytes(gzip.compress(b"\xef\xbb\xbf" + gzip.decompress(votes.read_bytes())))
    whole = votes.read_bytes()
    votes.write_bytes(whole[:-12])
    assert f"{votes}: " in expect_refusal(run_command(filled, "import", "unga-votes", *options))
    votes.write_bytes(whole)
    assert "8 votes read" in expect_success(run_command(filled, "import", "unga-votes", *options))


def test_a_state_whose_id_was_retracted_gets_another(
    filled: str, tables: Tables, served: Registry, tmp_path: Path
):
    namibia = {"id": "namibia", "name": "Namibia", "kind": "state"}
    for line in ({"noun": "actors", "record": namibia}, {"noun": "actors", "retract": "namibia"}):
        path = tmp_path / "lines.ndjson"
        path.write_text(json.dumps(line))
        expect_success(run_command(filled, "import", path))
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    assert parse_answer(served.get("/v1/actors/namibia-state"))["name"] == "Namibia"


def test_the_tables_are_all_needed(filled: str, tables: Tables):
    assert "unga-votes needs --topics" in expect_refusal(
        run_command(filled, "import", "unga-votes", *tables()[:4])
    )


def test_agreement_is_counted_by_hand(filled: str, served: Registry, tables: Tables):
    """Session 74: one opposite vote, and a dropped unanimous one; session 75: an abstention."""
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    asked = {"actors": "norland,sudmark"}
    by_session = parse_answer(served.get("/v1/agreement", **asked))["data"]
    found = [(r["group"], r["score"], r["both_voted"], r["unanimous_dropped"]) for r in by_session]
    assert found == [("74", 0.0, 1, 1), ("75", 0.5, 1, 0)]
    kept = parse_answer(served.get("/v1/agreement", unanimous="keep", **asked))["data"]
    assert [r["score"] for r in kept] == [0.5, 0.5]
    by_year = parse_answer(served.get("/v1/agreement", by="year", **asked))["data"]
    assert [(r["group"], r["both_voted"]) for r in by_year] == [("2019", 1), ("2020", 1)]
    by_issue = parse_answer(served.get("/v1/agreement", by="issue", **asked))["data"]
    assert [(r["group"], r["group_label"], r["score"]) for r in by_issue] == [
        (None, None, 0.5), ("unga-hr", "Rights", 0.0)
    ]  # fmt: skip
    early = parse_answer(served.get("/v1/agreement", to="2019", **asked))["data"]
    assert [r["group"] for r in early] == ["74"]
    absent = parse_answer(served.get("/v1/agreement", actors="norland,namibia"))["data"]
    assert [(r["score"], r["one_absent"]) for r in absent] == [(0.5, 0), (None, 1)]


def test_only_votes_of_the_forum_count(filled: str, served: Registry, tables: Tables):
    """Other positions, and votes in other conflicts, do not change what is unanimous."""
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    asked = {"actors": "norland,sudmark"}
    before = parse_answer(served.get("/v1/agreement", **asked))["data"]
    served.make_key()
    said = {"holder": "sudmark", "force": "reject", "evidence": ["velden-no-free-passage"],
            "speaker": "tomas-velden", "attestation": "indirect",
            "attested_on": "2020-01-14"}  # fmt: skip
    vote = {"holder": "sudmark", "force": "reject", "sources": ["strait-council-vote-2024-03-08"],
            "attestation": "recorded_vote", "attested_on": "2024-03-08"}  # fmt: skip
    assert served.post("/v1/positions", {**said, "proposition": "unga-2"}).status_code == 201
    assert served.post("/v1/positions", {**vote, "proposition": "survey-funded"}).status_code == 201
    assert parse_answer(served.get("/v1/agreement", **asked))["data"] == before
    dissent = {**vote, "holder": "kestria", "proposition": "unga-2", "sources": ["unga-2"]}
    assert served.post("/v1/positions", {**dissent, "attested_on": "2020-01-14"}).status_code == 201
    after = parse_answer(served.get("/v1/agreement", **asked))["data"]
    assert [(r["both_voted"], r["unanimous_dropped"]) for r in after] == [(2, 0), (1, 0)]


@pytest.fixture
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collect the SQL statements that run, with their parameters."""
    noted: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        noted.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield noted
    event.remove(Engine, "before_cursor_execute", note)


def test_the_page_of_a_forum_shows_votes_that_nobody_put_into_words(
    filled: str, served: Registry, tables: Tables
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    page = served.get("/conflicts/un-general-assembly", goal="unga-1")
    assert (page.status_code, "unga-1-norland" in page.get_data(as_text=True)) == (200, True)


def test_a_forum_leads_from_its_years_to_a_roll_call_and_to_an_actor(
    filled: str, served: Registry, tables: Tables
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    years = served.get("/conflicts/un-general-assembly").get_data(as_text=True)
    assert "3 roll calls, 2019\N{EN DASH}2020" in years
    assert '/votes?made_on=2020">2020</a> <span class="meta">2 roll calls' in years
    calls = served.get("/conflicts/un-general-assembly/votes?made_on=2019").get_data(as_text=True)
    assert '<a href="/proposals/unga-1"><bdi>A/RES/74/1: Peace' in calls
    assert "<td>1</td><td>1</td><td>1</td>" in calls
    found = served.get("/conflicts/un-general-assembly/votes?text=war").get_data(as_text=True)
    assert re.findall("/proposals/unga-([0-9])", found) == ["2"]
    none = served.get("/conflicts/un-general-assembly/votes?made_on=1964").get_data(as_text=True)
    assert "No such roll call is recorded in this forum" in none


def test_a_roll_call_names_who_voted_how_and_whose_vote_is_missing(
    filled: str, served: Registry, tables: Tables
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    told = served.get("/proposals/unga-3").get_data(as_text=True)
    groups = re.findall(r'<h3 id="a-([a-z]+)">.*?</h3>(.*?)</section>', told, re.DOTALL)
    names = {name: re.findall("/actors/([a-z-]+)", listed) for name, listed in groups}
    assert names == {"abstain": ["norland"], "reject": ["sudmark"], "absent": ["namibia"]}
    assert "They voted in other roll calls of 2020" in told
    unknown = served.get("/conflicts/strait-council-eleventh-session").get_data(as_text=True)
    assert "Roll calls by year" not in unknown


def test_actors_are_picked_by_name_and_points_of_few_roll_calls_wait(
    filled: str, served: Registry, tables: Tables
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    picked = served.get("/agreement", actors="norland,Sudmrk")
    assert picked.headers["Location"] == "/agreement?actors=norland,sudmark"
    found = served.get("/agreement?actors=norland,sudmark").get_data(as_text=True)
    assert "2 points with fewer than ten roll calls are hidden" in found
    assert "Norland \N{EN DASH} Sudmark</th><td>0.25</td><td>2</td>" in found
    everything = served.get("/agreement?actors=norland,sudmark&least=0").get_data(as_text=True)
    assert '0.50 <span class="meta">n 1</span>' in everything
    few = parse_answer(served.get("/v1/agreement", actors="norland,sudmark", least=2))
    assert few["data"] == []


def test_a_roll_call_of_a_forum_too_large_for_one_answer_has_its_responses(
    filled: str, served: Registry, tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    monkeypatch.setattr("api.analysis.loading.MOST", 3)
    assert served.get("/v1/conflicts/un-general-assembly/matrix").status_code == 422
    rows = parse_answer(served.get("/v1/proposals/unga-1/responses"))["responses"]
    assert len(rows) == 3
    assert served.get("/proposals/unga-1").status_code == 200


def test_an_actor_page_shows_some_of_many_positions_and_counts_the_rest(
    filled: str, served: Registry, tables: Tables, monkeypatch: pytest.MonkeyPatch
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    whole = served.get("/actors/norland").get_data(as_text=True)
    monkeypatch.setattr("api.explorer.actors._MAX_PER_ISSUE", 1)
    served = Registry(filled)
    cut = served.get("/actors/norland").get_data(as_text=True)
    served.close()
    shown = [{n for n in (1, 2, 3) if f"unga-{n}-norland" in page} for page in (whole, cut)]
    assert shown == [{1, 2, 3}, {1}]
    assert (" more: <a" in whole, " more: <a" in cut) == (False, True)


def test_agreement_is_told_by_indexes_and_looks_once_for_votes_with_a_rank(
    filled: str, served: Registry, tables: Tables, statements: list[tuple[str, Any]]
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    statements.clear()
    asked: list[tuple[str, Any]] = []
    for actors, large in (("norland,sudmark", 2), ("norland,namibia", 1)):
        parse_answer(served.get("/v1/agreement", actors=actors))
        found = [each for each in statements if "FROM positions" in each[0]]
        rare = [e for e in found if "positions.rank IN" in e[0] or "positions.force IN" in e[0]]
        assert (len(found) - len(rare), len(rare)) == (large, 2 * (large - 1))
        asked += [each for each in found if each not in rare]
        statements.clear()
    with closing(open_raw_database(filled)) as connection:
        for statement, parameters in asked:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            assert "SEARCH positions USING COVERING INDEX" in plan[0][-1]


def test_agreement_of_several_is_a_row_a_pair_and_flat(
    filled: str, served: Registry, tables: Tables
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    rows = served.get("/v1/agreement.json", actors="norland,sudmark,namibia").get_json()
    assert Counter((r["actor_label"], r["other_label"]) for r in rows) == {
        ("Norland", "Sudmark"): 2, ("Norland", "Namibia"): 2, ("Sudmark", "Namibia"): 2
    }  # fmt: skip
    table = served.get("/v1/agreement.csv", actors="norland,sudmark", columns="group,score")
    assert table.get_data(as_text=True) == "group,score\r\n74,0.0\r\n75,0.5\r\n"


@pytest.mark.parametrize(("query", "status", "parameter"), [
    ({}, 422, "actors"), ({"actors": "norland"}, 422, "actors"),
    ({"actors": "norland,sudmark", "by": "decade"}, 422, "by"),
    ({"actors": "norland,sudmark", "conflict": "a,b"}, 422, "conflict"),
    ({"actors": "norland,nobody"}, 404, None),
    ({"actors": "norland,sudmark", "conflict": "nowhere"}, 404, None),
])  # fmt: skip
def test_a_wrong_question_about_agreement_is_refused(
    filled, served, tables, query, status, parameter
):
    expect_success(run_command(filled, "import", "unga-votes", *tables()))
    answer = served.get("/v1/agreement", **query)
    assert answer.status_code == status
    if parameter:
        assert [each["parameter"] for each in answer.get_json()["errors"]] == [parameter]


def test_published_scores_and_tallies_come_out(databases: Databases, shared: Path, tmp_path: Path):
    """Three sessions and one resolution of the real data; the whole takes some minutes."""
    folder = shared / "data" / "unvotes"
    with gzip.open(folder / "un_roll_calls.csv.gz", "rt", encoding="utf-8", newline="") as file:
        calls = [r for r in csv.DictReader(file)
                 if r["session"] in ("63", "73", "74") or r["unres"] == "R/68/262"]  # fmt: skip
    kept = {row["rcid"] for row in calls}
    with gzip.open(folder / "un_votes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        votes = [row for row in csv.DictReader(file) if row["rcid"] in kept]
    options: list[str | Path] = ["--topics", folder / "un_roll_call_issues.csv"]
    for name, rows in (("votes", votes), ("roll-calls", calls)):
        path = tmp_path / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        options += [f"--{name}", path]
    with databases.fresh("sqlite", "seed") as url:
        expect_success(run_command(url, "import", "unga-votes", *options))
        registry = Registry(url)
        found = parse_answer(registry.get("/v1/agreement", actors="china,united-states"))["data"]
        scores = {each["group"]: each["score"] for each in found}
        assert {group: round(scores[group], 6) for group in ("63", "73", "74")} == {
            "63": 0.223404, "73": 0.215054, "74": 0.202247
        }  # fmt: skip
        titles = {r["unres"]: f"unga-{r['rcid']}" for r in calls}
        for symbol, tally in (("R/68/262", (100, 11, 58)), ("A/RES/74/17", (63, 19, 66)),
                              ("A/RES/74/168", (65, 23, 83))):  # fmt: skip
            counted = parse_answer(registry.get("/v1/positions/counts", by="force",
                                          proposition=titles[symbol]))["data"]  # fmt: skip
            sizes = {each["force"]: each["count"] for each in counted}
            assert (sizes["accept"], sizes["reject"], sizes["abstain"]) == tally
        registry.close()
