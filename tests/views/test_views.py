"""The views have the same rows as the tables of the API, on both engines, in both worlds."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from api.positions import POSITIONS_TABLE
from tests.servers import run_sinequanon
from tests.worlds import Registry, make_draft, read_records

NOUNS = ("positions", "preconditions")
DROPPED = "unanimous_dropped"
ROLL_CALLS = [
    {"rcid": "1", "session": "73", "date": "2018-12-09", "short": "Peace"},
    {"rcid": "2", "session": "74", "date": "2020-01-14", "short": "War"},
    {"rcid": "3", "session": "74", "date": "2020-01-15", "short": "Fish"},
    {"rcid": "4", "session": "74", "date": "2020-01-16", "short": "Ships"},
]
VOTES = {
    "1": {"Norland": "yes", "Sudmark": "no", "Namibia": "abstain"},
    "2": {"Norland": "yes", "Sudmark": "yes", "Namibia": "yes"},
    "3": {"Norland": "abstain", "Sudmark": "no"},
    "4": {"Sudmark": "no", "Kestria": "yes"},
}


def format_cell(value: Any, *, flag: bool) -> str:
    """Format a cell as in the CSV; SQLite has no truth values, only 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, bool) or flag:
        return "true" if value else "false"
    return str(value)


def read_view(engine: Engine, name: str, where: str = "") -> list[dict[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {name} {where}")).mappings().all()
    flags = ("negated", "exhaustive", "verified")
    return [{key: format_cell(v, flag=key in flags) for key, v in row.items()} for row in rows]


def fetch_table(registry: Registry, path: str, **query: str) -> list[dict[str, str]]:
    answer = registry.get(path, **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


@pytest.fixture
def bare() -> Iterator[Callable[[Registry], Engine]]:
    """Return a function that opens a database as other programs do, without our own layer."""
    engines: list[Engine] = []

    def make(registry: Registry) -> Engine:
        engines.append(create_engine(registry.url))
        return engines[-1]

    yield make
    for each in engines:
        each.dispose()


def index_by_id(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {each["id"]: each for each in rows}


@pytest.mark.parametrize("noun", NOUNS)
def test_a_view_has_the_rows_and_columns_of_the_table(registry_of, bare, engine: str, noun: str):
    registry = registry_of("both", engine=engine)
    expected = fetch_table(registry, f"/v1/{noun}.csv", valid_at="any", limit="1000")
    found = read_view(bare(registry), f"v_{noun}")
    assert list(found[0]) == list(expected[0])
    assert index_by_id(found) == index_by_id(expected)
    assert len(found) == len(expected) > 5


@pytest.mark.parametrize("noun", NOUNS)
def test_a_view_follows_what_is_written(registry_of, bare, engine: str, noun: str):
    registry = registry_of("both", engine=engine)
    first = registry.ids(f"/v1/{noun}", valid_at="any")[0]
    assert registry.amend("/v1/actors/norland", name="Norland, renamed").status_code == 200
    assert registry.amend(f"/v1/{noun}/{first}", note="Read again.").status_code == 200
    expected = fetch_table(registry, f"/v1/{noun}.csv", valid_at="any", limit="1000")
    assert index_by_id(read_view(bare(registry), f"v_{noun}")) == index_by_id(expected)
    assert any(each["revision"] == "2" for each in expected)
    assert any("renamed" in each["holder_label"] for each in expected)


def test_what_was_retracted_is_in_no_view(registry_of, bare, engine: str):
    registry = registry_of("fixtures", engine=engine)
    assert registry.retract("/v1/positions/solm-fears-closure").status_code == 204
    assert "solm-fears-closure" not in index_by_id(read_view(bare(registry), "v_positions"))


def test_a_view_finds_words_for_negated_literals_and_several_alternatives(
    registry_of, bare, engine
):
    """The worlds that are shipped have few of these."""
    registry = registry_of("fixtures", engine=engine)
    [one, other, third, *_] = registry.ids("/v1/propositions", conflict="varn-strait-dispute")
    record = {
        **make_draft("preconditions"), "antecedents_kind": "stated",
        "antecedents": [[f"!{one}", other], [third]], "consequents": [f"!{third}"],
    }  # fmt: skip
    answer = registry.post("/v1/preconditions", record)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    expected = index_by_id(fetch_table(registry, "/v1/preconditions.csv", valid_at="any"))
    found = index_by_id(read_view(bare(registry), "v_preconditions"))
    assert found == expected
    assert found["a-new-one"]["antecedents"] == f"!{one}&{other}|{third}"
    assert found["a-new-one"]["antecedents_text"].startswith("not: ")


def test_a_filter_on_a_column_of_a_view_uses_the_index_of_the_table(registry_of, bare):
    engine = bare(registry_of("fixtures"))
    query = "EXPLAIN QUERY PLAN SELECT id, holder_label FROM v_positions WHERE holder = 'norland'"
    with engine.connect() as connection:
        plan = " ".join(str(row) for row in connection.execute(text(query)))
    indexes = {each.name for each in POSITIONS_TABLE.indexes if "holder" in str(each.name)}
    assert any(str(name) in plan for name in indexes)


@pytest.mark.parametrize("name", ["v_positions", "v_preconditions", "v_agreement"])
def test_nobody_writes_through_a_view(registry_of, bare, engine: str, name: str):
    database = bare(registry_of("fixtures", engine=engine))
    for statement in (
        f"DELETE FROM {name}",
        f"UPDATE {name} SET conflict = 'x'",
        f"INSERT INTO {name} (conflict) VALUES ('x')",
    ):
        with database.connect() as connection, pytest.raises(DBAPIError, match=r"(?i)view"):
            connection.execute(text(statement))


@pytest.fixture
def voted(registry_of: Callable[..., Registry], engine: str, tmp_path: Path) -> Registry:
    """Serve the invented world with the votes of a few sessions."""
    registry = registry_of("fixtures", engine=engine)
    votes = [
        {"rcid": rcid, "country_code": "NA", "country": country, "vote": vote}
        for rcid, cast in VOTES.items()
        for country, vote in cast.items()
    ]
    rest = {"unres": "", "amend": "", "para": "", "descr": ""}
    calls = [{**each, **rest} for each in ROLL_CALLS]
    topics = [{"rcid": "1", "short_name": "hr", "issue": "Rights"}]
    options: list[str] = []
    for name, rows in (("votes", votes), ("roll-calls", calls), ("topics", topics)):
        path = tmp_path / f"{name}.csv.gz"
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        options += [f"--{name}", str(path)]
    run_sinequanon("import", "unga-votes", *options, url=registry.url)
    return registry


def test_agreement_by_session_is_what_the_api_says(voted: Registry, bare):
    actors = ("norland", "sudmark", "namibia", "kestria")
    found = read_view(bare(voted), "v_agreement", "WHERE conflict = 'un-general-assembly'")
    seen = 0
    for one, other in permutations(actors, 2):
        told = fetch_table(voted, "/v1/agreement.csv", actors=f"{one},{other}")
        together = [each for each in told if int(each["both_voted"]) + int(each[DROPPED])]
        ours = [each for each in found if (each["actor"], each["other"]) == (one, other)]
        ours.sort(key=lambda each: each["group"])
        for mine, theirs in zip(ours, together, strict=True):
            seen += 1
            assert [*mine] == [*theirs, "conflict"]
            score, other_score = mine.pop("score"), theirs.pop("score")
            assert (score == "") == (other_score == "")
            assert float(score or 0) == pytest.approx(float(other_score or 0))
            assert mine.pop("conflict") == "un-general-assembly"
            assert mine == theirs
    assert seen == len(found) == 14


def test_what_was_voted_outside_any_session_is_counted_apart(registry_of, bare, engine: str):
    registry = registry_of("fixtures", engine=engine)
    council = "strait-council-eleventh-session"
    [vote] = [each for each in read_records("positions") if each["attestation"] == "recorded_vote"]
    second = {**vote, "id": "a-second-vote", "holder": "norland", "force": "reject"}
    proposal = {
        "id": "survey", "title": "A joint survey", "conflict": council, "proposers": ["kestria"],
        "components": [{"id": "a", "propositions": [vote["proposition"]]}],
    }  # fmt: skip
    for each in (
        second,
        {**second, "id": "a-mistaken-vote", "force": "accept", "rank": "deprecated"},
    ):
        assert registry.post("/v1/positions", each).status_code == 201
    assert registry.post("/v1/proposals", proposal).status_code == 201
    where = f"WHERE conflict = '{council}' AND actor = 'norland' AND other = 'kestria'"
    [row] = read_view(bare(registry), "v_agreement", where)
    [told] = fetch_table(registry, "/v1/agreement.csv", actors="norland,kestria", conflict=council)
    assert row["group"] == told["group"] == ""
    assert float(row["score"]) == float(told["score"]) == 0.5
    assert row["partly"] == told["partly"] == "1"
