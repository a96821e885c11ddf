"""Exports as tables: CSV and Parquet, over HTTP and as files."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from api.bulk import downloads, exporting
from api.errors import Busy
from api.ledger.reading.reader import Reader
from tests.cli.commands import expect_refusal, expect_success, run_command
from tests.contract.test_answers import check_answer
from tests.worlds import RESOURCE, Registry, make_any_day_query, make_draft, read_records

FORMS = ["csv", "parquet"]


def fetch_rows(registry: Registry, noun: str) -> list[dict[str, Any]]:
    """Return the flat rows of a noun's list."""
    return registry.get(
        f"/v1/{noun}.json", sort="recorded", limit=1000, **make_any_day_query(noun)
    ).get_json()


def read_parquet(raw: bytes) -> list[dict[str, Any]]:
    return pq.read_table(io.BytesIO(raw)).to_pylist()


@pytest.mark.parametrize("noun", RESOURCE)
def test_a_table_holds_what_the_list_holds(registry: Registry, noun: str):
    answer = registry.get(f"/v1/export/{noun}.csv")
    check_answer("exportTable", answer)
    whole = registry.get(f"/v1/{noun}.csv", sort="recorded", limit=1000, **make_any_day_query(noun))
    assert answer.get_data() == whole.get_data()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{noun}.csv"'


@pytest.mark.parametrize("noun", RESOURCE)
def test_parquet_holds_the_same_rows_with_types(registry: Registry, noun: str):
    answer = registry.get(f"/v1/export/{noun}.parquet")
    check_answer("exportTable", answer)
    rows = read_parquet(answer.get_data())
    assert [{k: convert_to_json(v) for k, v in row.items()} for row in rows] == fetch_rows(
        registry, noun
    )
    kinds = {int: "int64", bool: "bool_", float: "float64", date: "date32", datetime: "timestamp"}
    types = exporting.map_column_types(RESOURCE[noun])
    for row in rows:
        for name, value in row.items():
            assert value is None or kinds.get(type(value), "string") == types[name]


def convert_to_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return value


def test_columns_have_the_types_that_charts_need(registry: Registry):
    types = exporting.map_column_types(RESOURCE["positions"])
    assert {name: types[name] for name in (
        "negated", "attested_on", "stated_on", "valid_from", "valid_from_date", "recorded_at",
        "revision", "verified", "holder",
    )} == {
        "negated": "bool_", "attested_on": "date32", "stated_on": "string", "valid_from": "string",
        "valid_from_date": "date32", "recorded_at": "timestamp", "revision": "int64",
        "verified": "bool_", "holder": "string",
    }  # fmt: skip
    assert exporting.map_column_types(RESOURCE["propositions"])["measure_value"] == "float64"


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_as_known_then_and_not_sent_again(registry: Registry, form: str):
    path = f"/v1/export/actors.{form}"
    before = registry.get(path)
    registry.post("/v1/actors", make_draft("actors"))
    after = registry.get(path)
    assert after.headers["ETag"] != before.headers["ETag"]
    then = registry.get(path, known_at=1)
    assert then.get_data() == before.get_data()
    assert "max-age" in then.headers["Cache-Control"]
    again = registry.get(path, headers={"If-None-Match": after.headers["ETag"]})
    check_answer("exportTable", again)
    assert (again.status_code, again.get_data()) == (304, b"")


def test_many_rows_come_in_pieces_with_one_header(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exporting, "_PAGE_SIZE", 3)
    monkeypatch.setattr(exporting, "_ROW_GROUP", 5)
    rows = fetch_rows(registry, "actors")
    assert len(rows) > 6
    text = registry.get("/v1/export/actors.csv").get_data(as_text=True)
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == [r["id"] for r in rows]
    raw = registry.get("/v1/export/actors.parquet").get_data()
    assert [row["id"] for row in read_parquet(raw)] == [row["id"] for row in rows]
    assert pq.ParquetFile(io.BytesIO(raw)).num_row_groups > 1


@pytest.mark.parametrize("path", ["planets.csv", "actors.xml", "actors"])
def test_there_are_no_other_tables(registry: Registry, path: str):
    assert registry.get(f"/v1/export/{path}").status_code == 404


def test_lines_are_a_file_with_a_name(registry: Registry):
    answer = registry.get("/v1/export.ndjson")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sinequanon.ndjson"'


def test_an_export_that_cannot_begin_is_refused_and_holds_nothing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    def break_off(_reader: Reader) -> Iterator[bytes]:
        yield b"a line"
        raise Busy("too many requests read the registry")

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "export_lines", break_off)
        refused = [registry.get("/v1/export.ndjson") for _ in range(9)]
    assert {each.status_code for each in refused} == {503}
    assert refused[0].headers["Retry-After"]
    assert registry.get("/v1/export.ndjson").status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_the_command_writes_what_the_server_sends(registry: Registry, tmp_path: Path, form: str):
    expect_success(run_command(registry.url, "export", "--format", form, "--to", tmp_path / "out"))
    names = {each.name for each in (tmp_path / "out").iterdir()}
    assert names == {f"{noun}.{form}" for noun in RESOURCE}
    for noun in RESOURCE:
        sent = registry.get(f"/v1/export/{noun}.{form}").get_data()
        assert (tmp_path / "out" / f"{noun}.{form}").read_bytes() == sent


def test_the_command_exports_as_known_at_a_changeset_or_an_instant(
    registry: Registry, tmp_path: Path
):
    before = registry.get("/v1/export.ndjson").get_data()
    [first] = registry.data("/v1/changesets")
    registry.post("/v1/actors", make_draft("actors"))
    for known_at in ("1", first["recorded_at"]):
        assert run_command(registry.url, "export", "--known-at", known_at).stdout_bytes == before
    assert "RFC 3339" in expect_refusal(
        run_command(registry.url, "export", "--known-at", "2024-13")
    )
    out = tmp_path / "then"
    expect_success(
        run_command(registry.url, "export", "--format=csv", "--known-at", "1", "--to", out)
    )
    table = (out / "actors.csv").read_bytes()
    assert table == registry.get("/v1/export/actors.csv", known_at=1).get_data()


def test_tables_need_a_folder(filled: str, tmp_path: Path):
    assert "--to FOLDER" in expect_refusal(run_command(filled, "export", "--format", "csv"))
    file = tmp_path / "file"
    file.touch()
    assert "--to FOLDER" in expect_refusal(
        run_command(filled, "export", "--format", "csv", "--to", file)
    )


def test_tables_of_all_but_evidence_come_back(filled: str, empty: str, tmp_path: Path):
    expect_success(run_command(filled, "export", "--format", "csv", "--to", tmp_path))
    for noun in ("positions", "preconditions"):
        (tmp_path / f"{noun}.csv").unlink()
    told = expect_success(run_command(empty, "import", tmp_path))
    total = sum(len(read_records(n)) for n in RESOURCE if n not in ("positions", "preconditions"))
    assert f"{total} records read, {total} revisions written" in told


def test_without_pyarrow_parquet_is_refused_and_the_rest_works(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # which is how Python notes its absence
    answer = registry.get("/v1/export/actors.parquet")
    assert answer.status_code == 501
    assert "pip install 'sinequanon[parquet]'" in answer.get_json()["detail"]
    assert registry.get("/v1/export/actors.csv").status_code == 200
    told = expect_refusal(
        run_command(registry.url, "export", "--format", "parquet", "--to", tmp_path)
    )
    assert "pip install 'sinequanon[parquet]'" in told


def test_a_client_that_takes_an_export_too_slowly_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    now = iter([0.0, 1.0, 1.0, 25.0])
    monkeypatch.setattr(downloads, "monotonic", lambda: next(now))
    taken = downloads._pace_chunks(iter([bytes(100_000)] * 9))
    assert len(next(taken)) == len(next(taken)) == 100_000
    with pytest.raises(TimeoutError, match="200,000 bytes of an export in 25 s"):
        next(taken)


def test_a_client_that_took_all_of_an_export_is_not_cut_off(monkeypatch: pytest.MonkeyPatch):
    now = iter([0.0, 1.0, 1.0, 25.0])
    monkeypatch.setattr(downloads, "monotonic", lambda: next(now))
    assert len([*downloads._pace_chunks(iter([bytes(100_000)] * 2))]) == 2
