"""Tables as their readers read them: pandas and polars, from a real server with the seed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from tests.servers import Server, start_server
from tests.worlds import Databases

KREMLIN_TITLE = "War in Ukraine: Kremlin rules out any truce proposed by Belarus"


@pytest.fixture(scope="module")
def server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("clients")
    with databases.fresh("sqlite", "seed") as url, start_server(url, folder) as running:
        yield running


def table(server: Server, path: str, **options: Any) -> pd.DataFrame:
    return pd.read_csv(f"{server.address}{path}", **options)


def one(frame: pd.DataFrame, id: str) -> dict[str, Any]:
    """Give a row as plain data, null where a cell is empty."""
    row = frame[frame["id"] == id]
    assert len(row) == 1
    return {name: None if pd.isna(value) else value for name, value in row.iloc[0].items()}


def test_what_russia_demands_and_for_what(server: Server):
    frame = table(server, "/v1/positions.csv?holder=russia&force=demand")
    assert set(frame["id"]) == {"russia-demands-annexation", "russia-demands-ukraine-yields"}
    row = one(frame, "russia-demands-annexation")
    assert row["holder_label"] == "Russia"
    assert row["proposition_text"] == "Ukraine accepts the annexation of five of its regions."
    assert row["for_text"] == "The conflict ends"
    assert row["conflict_label"] == "War in Ukraine"
    assert row["source_title"] == KREMLIN_TITLE
    assert row["verified"] == False  # noqa: E712 (numpy's)


def test_everyones_conditions_for_talks(server: Server):
    path = "/v1/preconditions.csv?conflict=war-in-ukraine&consequent=talks"
    row = one(table(server, path), "belarus-talks-no-preconditions")
    assert row["antecedents_kind"] == "none"
    assert row["antecedents_text"] is None
    assert row["speaker_label"] == "Alexander Lukashenko"
    assert row["voice"] == "authorised"


def test_everyones_conditions_for_peace(server: Server):
    path = "/v1/preconditions.csv?conflict=war-in-ukraine&consequent=peace"
    row = one(table(server, path), "ukraine-peace-needs-withdrawal")
    assert row["antecedents_text"] == (
        "Russian forces withdraw from Ukrainian territory, without exception"
    )
    assert row["obligors"] == "russia"


def test_what_is_asked_of_ukraine(server: Server):
    frame = table(server, "/v1/preconditions.csv?obligor=ukraine&valid_at=2023-03-31")
    row = one(frame, "russia-end-needs-annexation")
    assert len(frame) == 1
    assert row["holder_label"] == "Russia"
    assert "Ukraine accepts the annexation of five of its regions" in row["antecedents_text"]
    assert row["consequents_text"] == "The conflict ends"
    assert row["cue"] == "can only end if"
    assert row["modality"] == "necessary"
    assert not row["exhaustive"]


def test_who_said_no_preconditions(server: Server):
    frame = table(server, "/v1/preconditions.csv?antecedents_kind=none")
    assert list(frame["holder_label"]) == ["Belarus"]
    assert "without preconditions" in frame["quote"][0]


def test_the_exact_words_and_where(server: Server):
    frame = table(server, "/v1/positions.csv?text=truce")
    row = one(frame, "belarus-proposes-truce")
    assert "I take the risk of suggesting a cessation of hostilities" in row["quote"]
    assert row["source_title"] == KREMLIN_TITLE
    assert row["attestation"] == "verbatim_sentence"


def test_when_somebody_shifted_on_something(server: Server):
    frame = table(
        server,
        "/v1/positions.csv?holder=russia&proposition=truce&valid_at=any&sort=valid_from",
        parse_dates=["valid_from_date"],
    )
    assert list(frame["force"]) == ["reject"]
    assert list(frame["valid_from_date"].dt.strftime("%Y-%m-%d")) == ["2023-03-31"]


def test_what_was_said_this_week(server: Server):
    frame = table(
        server,
        "/v1/positions.csv?stated_on_gte=2023-03-27&stated_on_lte=2023-04-02&sort=-stated_on",
    )
    assert len(frame) >= 10
    assert frame["stated_on"].is_monotonic_decreasing
    assert frame["stated_on"].min() >= "2023-03-26"
    assert set(frame["speaker_label"]) >= {"Alexander Lukashenko", "Dmitry Peskov"}


def test_what_the_registry_said_on_a_day_before_it_began(server: Server):
    frame = table(server, "/v1/positions.csv?holder=russia&known_at=2023-05-03T00:00:00Z")
    assert len(frame) == 0
    assert "proposition_text" in frame.columns


def test_the_missions_sentence_is_one_table(server: Server):
    """Russia: for the end of the conflict; Ukraine: for peace; Belarus: for talks, nothing."""
    frame = table(
        server, "/v1/preconditions.csv?conflict=war-in-ukraine&valid_at=2023-03-31&sort=recorded"
    )
    told = frame.set_index("holder_label")
    assert list(told.index) == ["Russia", "Ukraine", "Belarus"]
    assert list(told["antecedents_kind"]) == ["stated", "stated", "none"]
    assert list(told["obligors"].fillna("")) == ["ukraine", "russia", ""]
    assert told.loc["Russia", "exhaustive"] == "false" or not told.loc["Russia", "exhaustive"]
    assert told.loc["Ukraine", "scope"] == "total"
    assert told.loc["Belarus", "consequents"].split("|")[0] == "talks"


def test_pandas_reads_json_and_ndjson_alike(server: Server):
    path = f"{server.address}/v1/positions"
    as_json = pd.read_json(f"{path}.json", dtype=False)
    as_lines = pd.read_json(f"{path}.ndjson", lines=True, dtype=False)
    pd.testing.assert_frame_equal(as_json, as_lines)
    assert list(as_json["id"]) == list(table(server, "/v1/positions.csv")["id"])


def test_pandas_follows_the_link_header_to_the_end(server: Server):
    path, frames = "/v1/statements.csv?limit=10", []
    while path:
        answer = server.ask(path)
        frames.append(pd.read_csv(io.BytesIO(answer.body)))
        path = answer.headers.get("Link", "")[1:].partition(">")[0]
    assert len(frames) > 3
    assert {len(each) for each in frames[:-1]} == {10}
    assert pd.concat(frames)["id"].is_unique


def test_polars_reads_what_pandas_reads(server: Server):
    path = "/v1/positions.csv?conflict=war-in-ukraine&limit=1000"
    address = f"{server.address}{path}"
    read = pl.read_csv(address)
    scanned = pl.scan_csv(address).select("id", "holder", "force").collect()
    expected = list(table(server, path)["id"])
    assert read["id"].to_list() == expected
    assert scanned["id"].to_list() == expected
    assert scanned.filter(pl.col("force") == "reject")["holder"].to_list() == ["russia"]


def test_a_table_can_be_read_by_head_and_ranges(server: Server):
    """As polars does with larger ones."""
    path = "/v1/statements.csv"
    whole = server.ask(path).body
    head = server.ask(path, "HEAD")
    length = int(head.headers["Content-Length"])
    assert head.headers["Accept-Ranges"] == "bytes"
    assert head.body == b""
    ranges = [f"bytes={start}-{start + 4_999}" for start in range(0, length, 5_000)]
    pieces = [server.ask(path, headers={"Range": each}) for each in ranges]
    assert len(pieces) > 2
    assert {each.status for each in pieces} == {206}
    assert b"".join(each.body for each in pieces) == whole
