"""`sinequanon import countries`: states and groups are amended and never duplicated."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import count_changesets, expect_refusal, expect_success, run_command
from tests.worlds import Databases, Registry, make_draft, parse_answer

COLUMNS = (
    "ISO3166-1-Alpha-3", "CLDR display name", "is_independent", "wikidata_id", "official_name_en",
    "UNTERM English Short", "UNTERM English Formal", "official_name_fr", "official_name_es",
    "official_name_ru", "official_name_ar", "official_name_cn",
)  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a table of countries; missing cells are empty."""

    def write(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
        path = tmp_path / "countries.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def make_row(code: str, name: str, **more: str) -> dict[str, str]:
    return {"ISO3166-1-Alpha-3": code, "CLDR display name": name, "is_independent": "Yes", **more}


def fetch_actor(url: str, id: str) -> dict[str, Any]:
    registry = Registry(url)
    try:
        return parse_answer(registry.get(f"/v1/actors/{id}"))
    finally:
        registry.close()


def test_a_state_that_is_there_keeps_its_id_and_gets_what_it_lacks(filled: str, table):
    row = make_row("NRL", "Norland", wikidata_id="https://example.org/wiki/Q42",
                  official_name_fr="Norlande", official_name_en="Kingdom of Norland")  # fmt: skip
    told = expect_success(run_command(filled, "import", "countries", table(row)))
    assert "1 records read, 1 revisions written" in told
    found = fetch_actor(filled, "norland")
    assert (found["iso3166"], found["wikidata"], found["revision"]) == ("NRL", "Q42", 2)
    assert found["aliases"] == ["Republic of Norland", "Kingdom of Norland", "Norlande"]


def test_what_its_author_wrote_of_an_actor_stays(filled: str, table, folder):
    """A state of the same name with another code is another actor; the kind stays, too."""
    expect_success(run_command(filled, "import", "countries", table(make_row("NRL", "Norland"))))
    expect_success(run_command(filled, "import", "countries", table(make_row("XNR", "Norland"))))
    assert fetch_actor(filled, "norland")["iso3166"] == "NRL"
    assert fetch_actor(filled, "norland-xnr")["iso3166"] == "XNR"
    there = make_draft("actors", kind="collective", iso3166="ARD")
    expect_success(run_command(filled, "import", folder(actors=[there]) / "actors.ndjson"))
    expect_success(run_command(filled, "import", "countries", table(make_row("ARD", "Ardo"))))
    found = fetch_actor(filled, "a-new-one")
    assert found["kind"] == "collective"
    assert "Ardo" in found["aliases"]


def test_a_row_without_a_name_is_left_out_or_refused(empty: str, table):
    nameless = {**make_row("BLM", ""), "is_independent": "No"}
    result = run_command(empty, "import", "countries", table(make_row("ARD", "Ardo"), nameless))
    assert "BLM: No" in result.stderr
    expect_success(result)
    told = expect_refusal(run_command(empty, "import", "countries", table(make_row("BEL", ""))))
    assert "the state with the code 'BEL' has no name" in told


def test_a_cell_that_does_not_fit_is_refused_by_actor_and_field(empty: str, table, tmp_path: Path):
    (tmp_path / "group_g1.csv").write_text("Code,Name,Member-Since\nARD,Ardo,1/1/1995\n")
    good = table(make_row("ARD", "Ardo"))
    told = expect_refusal(run_command(empty, "import", "countries", good, "--groups", tmp_path))
    assert "the actor g1: /members/0/from: " in told
    told = expect_refusal(run_command(empty, "import", "countries", table(make_row("A1", "Ardo"))))
    assert "the actor ardo: /iso3166: " in told
    assert count_changesets(empty) == 0


def test_a_second_import_writes_nothing(filled: str, table):
    rows = [make_row("NRL", "Norland"), make_row("ARD", "Ardo")]
    expect_success(run_command(filled, "import", "countries", table(*rows)))
    told = expect_success(run_command(filled, "import", "countries", table(*rows)))
    assert "nothing was written" in told
    assert count_changesets(filled) == 2


def test_a_code_that_looks_like_a_missing_value_is_a_code(empty: str, table):
    expect_success(run_command(empty, "import", "countries", table(make_row("NAM", "Namibia"))))
    assert fetch_actor(empty, "namibia")["iso3166"] == "NAM"


def test_an_abbreviated_name_gives_way_to_the_official_one(empty: str, table):
    row = make_row("ARD", "UA", official_name_en="United Ardo")
    expect_success(run_command(empty, "import", "countries", table(row)))
    found = fetch_actor(empty, "united-ardo")
    assert (found["name"], found["aliases"]) == ("United Ardo", ["UA"])


def test_what_is_no_independent_state_is_left_out_and_named(empty: str, table):
    rows = [make_row("ARD", "Ardo"), {**make_row("BLM", "Belm"), "is_independent": "Part of FR"}]
    result = run_command(empty, "import", "countries", table(*rows))
    assert "1 records read" in expect_success(result)
    assert (
        "1 rows were left out: they are not independent states.\n  Belm: Part of FR\n"
        in result.stderr
    )


def test_groups_have_dated_members(empty: str, table, tmp_path: Path):
    (tmp_path / "group_g2.csv").write_text(
        "Code,Name,Member-Since\nARD,Ardo,1995-01-01\nBEL,Belm,\n"
    )
    (tmp_path / "group_regions.csv").write_text(
        "Code,Name,Region\nARD,Ardo,North\nBEL,Belm,South\n"
    )
    rows = [make_row("ARD", "Ardo"), make_row("BEL", "Belm")]
    expect_success(run_command(empty, "import", "countries", table(*rows), "--groups", tmp_path))
    group = fetch_actor(empty, "g2")
    assert (group["name"], group["kind"], group["members_kind"]) == ("G2", "collective", "listed")
    assert group["members"] == [{"actor": "ardo", "from": "1995-01-01"}, {"actor": "belm"}]
    assert [m["actor"] for m in fetch_actor(empty, "south")["members"]] == ["belm"]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["countries"], "give one file"),
    (["seeds", "--groups", "."], "--groups goes with `import countries`, not with `import FILE…`"),
    (["countries", "x.csv", "--lot", "9"], "--lot goes with `import FILE…`, not with"),
    (["unga-votes", "--dry-run"], "`import FILE.yaml` and `import FILE…`, not with `import unga"),
    (["unga-votes", "votes.csv"], "unga-votes takes its files by --votes"),
])  # fmt: skip
def test_a_wrong_call_says_how_to_call(empty: str, arguments, sentence):
    assert sentence in expect_refusal(run_command(empty, "import", *arguments))


def test_a_table_or_group_of_another_form_is_refused(empty: str, table, tmp_path: Path):
    wrong = table(make_row("ARD", "Ardo"), columns=COLUMNS[:3])
    latin = tmp_path / "latin.csv"
    latin.write_bytes("Åland\n".encode("latin-1"))
    assert f"{latin} is not UTF-8" in expect_refusal(
        run_command(empty, "import", "countries", latin)
    )
    assert "has no column wikidata_id" in expect_refusal(
        run_command(empty, "import", "countries", wrong)
    )
    (tmp_path / "group_x.csv").write_text("Code,Name\nZZZ,Nowhere\n")
    good = table(make_row("ARD", "Ardo"))
    told = expect_refusal(run_command(empty, "import", "countries", good, "--groups", tmp_path))
    assert "ZZZ Nowhere is not a known actor" in told
    endless = tmp_path / "endless.csv"
    endless.write_text(f'{",".join(COLUMNS)}\n"' + "x" * 2_100_000)
    told = expect_refusal(run_command(empty, "import", "countries", endless))
    assert f"{endless}: field larger than field limit" in told
    assert count_changesets(empty) == 0


def test_the_world_s_states_merge_with_those_of_the_seed(databases: Databases, shared: Path):
    folder = (
        shared / "country_codes"
        if (shared / "country_codes").is_dir()
        else (shared / "data" / "country_codes")
    )
    with databases.fresh("sqlite", "seed") as url:
        told = expect_success(
            run_command(
                url, "import", "countries", folder / "country-codes.csv", "--groups", folder
            )
        )
        assert "204 records read, 204 revisions written" in told
        registry = Registry(url)
        states = registry.data("/v1/actors", kind="state", limit=1000)
        codes = [each["iso3166"] for each in states]
        assert len(codes) == len(set(codes)) == 195
        merged = {each["iso3166"]: each["id"] for each in states}
        for code, id in (("RUS", "russia"), ("UKR", "ukraine"), ("BLR", "belarus"),
                         ("USA", "united-states"), ("NAM", "namibia")):  # fmt: skip
            assert merged[code] == id
        union = parse_answer(registry.get("/v1/actors/european-union"))
        assert {"actor": "austria", "from": "1995-01-01"} in union["members"]
        registry.close()
