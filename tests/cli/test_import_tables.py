"""`sinequanon import` of CSV files, as people, spreadsheets and the API write them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.bulk.cells import map_columns
from api.bulk.importing import ImportOptions, import_files
from api.ledger import Ledger
from tests.cli.commands import count_changesets, expect_refusal, expect_success, run_command
from tests.worlds import (
    FIXTURES,
    RESOURCE,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
    read_records,
)

Write = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Write:
    """Return a function that writes a table: `table("actors", text)`."""

    def write(noun: str, text: str | bytes) -> Path:
        path = tmp_path / f"{noun}.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def format_table(noun: str, listed: list[dict[str, Any]]) -> str:
    """Format records as a table, by the documented rules."""
    out = io.StringIO()
    names = list(map_columns(RESOURCE[noun].draft_schema))
    writer = csv.DictWriter(out, names, extrasaction="raise")
    writer.writeheader()
    writer.writerows(
        {k: v for name in each for k, v in format_cells(name, each[name])} for each in listed
    )
    return out.getvalue()


def format_cells(name: str, value: Any) -> list[tuple[str, str]]:
    match value:
        case dict():
            return [(f"{name}_{part}", str(inner)) for part, inner in value.items()]
        case list() if all(isinstance(each, str) for each in value):
            return [(name, "|".join(value))]
        case bool() | list():
            return [(name, json.dumps(value))]
        case _:
            return [(name, str(value))]


def test_the_whole_invented_world_comes_as_tables_as_it_comes_as_lines(
    filled: str, empty: str, tmp_path: Path
):
    for noun in RESOURCE:
        (tmp_path / f"{noun}.csv").write_text(format_table(noun, read_records(noun)))
    expect_success(run_command(empty, "import", tmp_path))
    assert run_command(empty, "export").stdout == run_command(filled, "export").stdout
    assert "nothing was written" in expect_success(run_command(filled, "import", tmp_path))


@pytest.mark.parametrize("noun", RESOURCE)
@pytest.mark.parametrize("world", ["fixtures", "seed"])
def test_a_downloaded_table_says_nothing_new(
    registry_of: Callable[..., Registry], tmp_path: Path, noun: str, world: str
):
    registry = registry_of(world)
    for excel, suffix in (("0", "csv"), ("1", "csv"), ("0", "tsv")):
        rows = registry.get(f"/v1/{noun}.csv", limit=1000, excel=excel, **make_any_day_query(noun))
        text = rows.get_data().decode()
        if suffix == "tsv":
            text = separate(text, "\t")
        elif excel == "1":
            text = "\ufeff" + separate(text.removeprefix("\ufeff"), ";")
        file = tmp_path / f"downloaded.{suffix}"
        file.write_text(text, encoding="utf-8", newline="")
        options = ImportOptions(author="a", message="", noun=noun)
        done = import_files(registry.ledger, [file], {}, options)
        assert (done.read > 0, done.written) == (True, 0)


def separate(text: str, delimiter: str) -> str:
    """Write a table with another delimiter, as a spreadsheet does."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


@pytest.mark.parametrize("noun", ["positions", "preconditions"])
def test_a_downloaded_table_makes_no_record_without_the_fields_that_it_lacks(
    registry: Registry, empty: str, table: Write, noun: str
):
    text = registry.get(f"/v1/{noun}.csv", limit=1, **make_any_day_query(noun)).get_data()
    told = expect_refusal(run_command(empty, "import", table(noun, text)))
    assert f"there is no such record, and flat rows of {noun} do not hold " in told


def test_an_edited_cell_of_a_position_amends_that_alone(registry: Registry, table: Write):
    text = registry.get("/v1/positions.csv", limit=1000, valid_at="any").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    before = registry.get(f"/v1/positions/{rows[3]['id']}").get_json()
    rows[3]["rank"] = "deprecated"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    told = expect_success(run_command(registry.url, "import", table("positions", out.getvalue())))
    assert "0 created, 1 amended" in told
    after = registry.get(f"/v1/positions/{rows[3]['id']}").get_json()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"rank", "revision", "changeset", "recorded_at", "recorded_by"}


def test_a_field_without_a_column_stays_and_an_empty_cell_empties(registry: Registry):
    before = registry.get("/v1/actors/norland").get_json()
    header = {"Authorization": f"Bearer {registry.key}", "Content-Type": "text/csv"}
    for table, changed in (
        ("id,name\nnorland,The Norland\n", {"name": "The Norland"}),
        ("id,aliases\nnorland,\n", {"name": "The Norland", "aliases": []}),
    ):
        sent = registry.client.post("/v1/changesets?noun=actors", data=table, headers=header)
        assert (sent.status_code, sent.get_json()["amended"]) == (200, 1), sent.get_json()
        after = registry.get("/v1/actors/norland").get_json()
        assert {**before, **changed}["kind"] == after["kind"]
        assert {name: after[name] for name in changed} == changed


def test_a_row_without_an_id_keeps_what_is_on_record(registry: Registry):
    """Its id is made from its content, so the same table names the same record again."""
    header = {"Authorization": f"Bearer {registry.key}", "Content-Type": "text/csv"}
    send = lambda table: parse_answer(  # noqa: E731
        registry.client.post("/v1/changesets?noun=actors", data=table, headers=header)
    )
    made = send("name,kind\nArdo,state\n")
    [id] = registry.ids("/v1/actors", text="Ardo")
    parse_answer(registry.amend(f"/v1/actors/{id}", iso3166="ARD"))
    assert (made["created"], send("name,kind\nArdo,state\n")["written"]) == (1, 0)
    assert send("name,kind,note\nArdo,state,\n")["written"] == 0
    assert parse_answer(registry.get(f"/v1/actors/{id}"))["iso3166"] == "ARD"


def test_a_row_without_an_id_undoes_no_other_write(empty: str, table: Write, monkeypatch):
    registry = Registry(empty)
    registry.make_key()
    file = table("actors", "name,kind\nArdo,state\n")
    expect_success(run_command(empty, "import", file))
    [path] = [f"/v1/actors/{each}" for each in registry.ids("/v1/actors")]
    amended = parse_answer(registry.amend(path, note="first"))
    assert amended["revision"] == 2
    find, notes = Ledger.find_record, iter(["second"])

    def find_then_amend(*given: Any) -> Any:
        found = find(*given)
        for note in notes:
            parse_answer(registry.amend(path, note=note))
        return found

    monkeypatch.setattr(Ledger, "find_record", find_then_amend)
    told = expect_refusal(run_command(empty, "import", file))
    assert "was amended meanwhile" in told
    assert parse_answer(registry.get(path))["note"] == "second"
    registry.close()


def test_a_cell_that_is_edited_amends_its_record_alone(registry: Registry, table: Write):
    text = registry.get("/v1/actors.csv", limit=1000).get_data(as_text=True)
    edited = text.replace("Norland", "The Norland", 1)
    assert edited != text
    told = expect_success(run_command(registry.url, "import", table("actors", edited)))
    assert "1 revisions written as changeset 2" in told


@pytest.mark.parametrize(
    "text",
    [
        "id,name,kind,aliases\nardo,Ardo,state,Ardia|Ardoland\n",
        "\ufeffid;name;kind;aliases\r\nardo;Ardo;state;Ardia|Ardoland\r\n;;;\r\n",
        "sep=;\r\nid;name;kind;aliases\r\nardo;Ardo;state;Ardia|Ardoland\r\n",
        "id\tname\tkind\taliases\nardo\tArdo\tstate\tArdia|Ardoland\n",
        'aliases,kind,name,id,,\n"[""Ardia"", ""Ardoland""]",state,Ardo,ardo,,\n,,,,,\n',
    ],
    ids=["plain", "semicolons", "sep", "tabs", "json"],
)
def test_spreadsheets_may_part_mark_and_pad_as_they_do(empty: str, table: Write, text: str):
    expect_success(run_command(empty, "import", table("actors", text)))
    [line] = run_command(empty, "export").stdout.splitlines()
    assert json.loads(line)["record"] == {
        "id": "ardo", "name": "Ardo", "kind": "state", "aliases": ["Ardia", "Ardoland"],
    }  # fmt: skip


def test_a_bar_within_an_entry_is_kept(registry: Registry, table: Write):
    registry.post("/v1/actors", make_draft("actors", aliases=["a|b", "c"]))
    rows = registry.get("/v1/actors.csv", limit=1000).get_data()
    assert b'"[""a|b"",""c""]"' in rows
    told = expect_success(run_command(registry.url, "import", table("actors", rows)))
    assert "nothing was written" in told


@pytest.mark.parametrize("said", ["TRUE", "true", "True"])
def test_truth_may_be_written_as_spreadsheets_write_it(empty: str, table: Write, said: str):
    header = "id,title,kind,language,text_public"
    expect_success(
        run_command(empty, "import", table("sources", f"{header}\na,A,post,en,{said}\n"))
    )
    [line] = run_command(empty, "export").stdout.splitlines()
    assert json.loads(line)["record"]["text_public"] is True


def test_faults_are_told_by_line_and_column(filled: str, table: Write):
    path = table("propositions", (
        "id,text,conflict,by,measure_value,measure_op,note\n"
        'a,"A text",strait-dispute,norland,,,"of two\nlines."\n'
        "b,B,strait-dispute,,many,eq,\n"
        'c,C,strait-dispute,"[norland",,,\n'
        "d,D,strait-dispute\n"
    ))  # fmt: skip
    told = expect_refusal(run_command(filled, "import", path)).removeprefix("Error: ").splitlines()
    assert told[0].startswith(f"{path}:4: measure_scale: is required")
    assert told[1].startswith(f"{path}:4: measure_value: must be a number")
    assert told[2].startswith(f"{path}:5: by: is not a JSON list: ")
    assert told[3] == f"{path}:6: the line: the row has 3 cells, but the header has 7"
    assert len(told) == 4
    assert count_changesets(filled) == 1


def test_a_rule_that_is_broken_is_told_by_line_and_column(filled: str, table: Write):
    path = table("actors", "id,name,kind,part_of,members\na,A,state,nowhere,\n")
    told = expect_refusal(run_command(filled, "import", path))
    assert f"{path}:2: part_of: there is no 'nowhere' in actors" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,nmae,kind\n", ":1: nmae: unknown column; did you mean name?"),
        ("id,zzzz\n", ":1: zzzz: unknown column; known here: id, note, "),
        ("id,name,id\n", ":1: id: this column occurs twice"),
        ("id,name,\na,A,x\n", ":2: the line: this cell is in a column without a name"),
        ("id,name,kind,offices\na,A,person,spokesman\n", ":2: offices: must be a JSON list"),
        ('id,name\na,"A\n', ": line 2: unexpected end of data"),
        ("id,name,kind\na,A\0,state\n", ":2: the line: the row contains a NUL"),
        ("sep=\nid,name\n", "line 1: sep= must be followed by a comma, a semicolon or a tab"),
        ("id,name\na,Å\n".encode("latin-1"), 'it is not UTF-8; in a spreadsheet, save it as "CSV'),
    ],
)
def test_what_is_no_table_of_actors_is_refused(empty: str, table: Write, text: Any, told: str):
    assert told in expect_refusal(run_command(empty, "import", table("actors", text)))
    assert count_changesets(empty) == 0


def test_packed_files_are_unpacked_and_damaged_ones_told(empty: str, tmp_path: Path):
    for noun in RESOURCE:
        lines = (FIXTURES / f"{noun}.ndjson").read_bytes()
        packed = noun in ("actors", "sources")
        path = tmp_path / f"{noun}.ndjson{'.gz' if packed else ''}"
        path.write_bytes(gzip.compress(lines) if packed else lines)
    statements = format_table("statements", read_records("statements")).encode()
    (tmp_path / "statements.ndjson").unlink()
    (tmp_path / "statements.csv.gz").write_bytes(gzip.compress(statements))
    assert "written as changeset 1" in expect_success(run_command(empty, "import", tmp_path))
    damaged = tmp_path / "statements.csv.gz"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert f"{damaged}: Compressed file ended" in expect_refusal(
        run_command(empty, "import", damaged)
    )


def test_a_record_that_stands_in_a_table_and_in_lines_is_told(filled: str, folder, tmp_path: Path):
    where = folder(actors=[make_draft("actors")])
    (where / "actors.csv").write_text("id,name,kind\na-new-one,A,state\n")
    told = expect_refusal(run_command(filled, "import", where))
    assert f"{where / 'actors.ndjson'}:1: /id: is already at {where / 'actors.csv'}:2" in told


def test_the_columns_of_a_table_are_told_apart():
    for resource in RESOURCE.values():
        fields = resource.draft_schema.fields
        parts = [k for k, v in map_columns(resource.draft_schema).items() if v.part is not None]
        assert set(parts).isdisjoint(fields)
