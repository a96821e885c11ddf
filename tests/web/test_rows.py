"""Flat rows: one record, one row, the same in each form, usable as it stands."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.worlds import (
    FILTERABLE_BY_DAY,
    RESOURCE,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
    read_records,
)

SHARED_COLUMNS = """
quote gist speaker speaker_label voice attestation stated_on attested_on last_attested_on
valid_from valid_from_date valid_to valid_to_date end_reason rank coder source source_title
source_url verified revision changeset recorded_at url derived co_holders end_evidence
"""
PROMISED = {
    "positions": """
    id conflict conflict_label holder holder_label force negated proposition proposition_text
    issue issue_label issues under for_text responds_to_proposal responds_to_component
    """,
    "preconditions": """
    id conflict conflict_label holder holder_label antecedents_kind antecedents_text antecedents
    obligors consequents consequents_text modality timing deadline scope exhaustive cue
    """,
}
COLUMNS = {noun: [*own.split(), *SHARED_COLUMNS.split()] for noun, own in PROMISED.items()}
"""As the page on records promises them; `conflict_label` as well, so that a row stands alone."""

PARTS = {
    "propositions": {"measure": ["scale", "op", "value", "unit"]},
    "proposals": {"responds_to": ["proposal"]},
}
"""Objects in records, which are spread into columns."""

WAR = "/v1/conflicts/war-in-ukraine"

TEXTS = {each["id"]: each["text"] for each in read_records("propositions")}

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
}


def read_rows(registry: Registry, path: str, **query: Any) -> list[dict[str, str]]:
    """Read rows from CSV."""
    text = registry.get(path, **query).get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_columns(registry: Registry, noun: str, **query: Any) -> list[str]:
    text = registry.get(f"/v1/{noun}.csv", **query).get_data(as_text=True)
    return next(csv.reader(io.StringIO(text)))


def encode_cell(value: Any) -> str:
    """Write a value as a cell of CSV."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def test_the_three_forms_hold_the_same_rows(reading: Registry, noun: str):
    asked = {**make_any_day_query(noun), "limit": 1000}
    as_json = parse_answer(reading.get(f"/v1/{noun}.json", **asked))
    lines = reading.get(f"/v1/{noun}.ndjson", **asked).get_data(as_text=True)
    as_csv = read_rows(reading, f"/v1/{noun}.csv", **asked)

    assert [json.loads(line) for line in lines.splitlines()] == as_json
    assert as_csv == [{name: encode_cell(value) for name, value in row.items()} for row in as_json]
    assert [row["id"] for row in as_json] == reading.ids(f"/v1/{noun}", **asked)
    assert lines.endswith("\n")


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_each_form_has_its_media_type(reading: Registry, noun: str, form: str):
    assert reading.get(f"/v1/{noun}.{form}").headers["Content-Type"] == MEDIA_TYPES[form]


def test_columns_are_the_same_whatever_the_rows_hold(reading: Registry, noun: str):
    full = parse_answer(reading.get(f"/v1/{noun}.json", **make_any_day_query(noun), limit=1000))
    assert {tuple(row) for row in full} == {tuple(read_columns(reading, noun, known_at=0))}


@pytest.mark.parametrize("noun", COLUMNS)
def test_positions_and_preconditions_have_the_columns_promised(reading: Registry, noun: str):
    assert read_columns(reading, noun) == COLUMNS[noun]


def test_other_nouns_have_their_fields_with_labels_beside_references(reading: Registry, noun: str):
    if noun in COLUMNS:
        return
    resource = RESOURCE[noun]
    references = {each.path for each in resource.references}
    expected: list[str] = []
    for name in resource.fields:
        parts = PARTS.get(noun, {}).get(name)
        expected += [f"{name}_{part}" for part in parts] if parts else [name]
        expected += [f"{name}_label"] if name in references else []
    own_address = "record_url" if "url" in expected else "url"
    expected += ["revision", "changeset", "recorded_at", own_address]
    assert read_columns(reading, noun) == expected


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_columns_can_be_chosen_in_any_order(reading: Registry, noun: str, form: str):
    chosen = ["url", "id", "revision"]
    asked = {**make_any_day_query(noun), "columns": ",".join(chosen), "limit": 3}
    text = reading.get(f"/v1/{noun}.{form}", **asked).get_data(as_text=True)
    if form == "csv":
        assert text.splitlines()[0] == ",".join(chosen)
    else:
        first = json.loads(text)[0] if form == "json" else json.loads(text.splitlines()[0])
        assert list(first) == chosen
    whole = reading.ids(f"/v1/{noun}", **make_any_day_query(noun), limit=3)
    assert ids_in(text, form) == whole


def test_the_link_header_keeps_the_chosen_columns(reading: Registry):
    answer = reading.get("/v1/actors.csv", columns="id,name", limit=1)
    following = reading.get(answer.headers["Link"][1:].partition(">")[0])
    assert following.get_data(as_text=True).splitlines()[0] == "id,name"


@pytest.mark.parametrize(
    ("columns", "detail"),
    [
        ("id,nmae", "name"),
        ("id,id", ""),
        ("id,", ""),
        ("", ""),
        ("qqqq", "id"),
    ],
)
def test_a_column_that_there_is_not_is_refused(reading: Registry, columns: str, detail: str):
    problem = parse_answer(reading.get("/v1/actors.csv", columns=columns), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["columns"]
    assert detail in problem["errors"][0]["detail"]


@pytest.mark.parametrize("path", [
    "/v1/actors", "/v1/positions/counts?by=force", "/v1/search?q=truce", f"{WAR}/timeline",
    "/v1/agreement?actors=norland,sudmark&conflict=strait-council-eleventh-session",
])  # fmt: skip
@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_format_and_an_extension_give_the_same(reading: Registry, path: str, form: str):
    address, mark, query = path.partition("?")
    behind = reading.get(f"{address}.{form}{mark}{query}")
    named = reading.get(f"{path}{'&' if mark else '?'}format={form}")
    assert (named.status_code, named.get_data()) == (200, behind.get_data())
    assert named.headers["Content-Type"] == behind.headers["Content-Type"] == MEDIA_TYPES[form]
    both = reading.get(f"{address}.{form}?{query}&format={form}")
    assert both.get_data() == behind.get_data()


def test_a_format_other_than_the_extension_is_refused(reading: Registry):
    problem = parse_answer(reading.get("/v1/actors.csv", format="json"), 422)
    assert problem["errors"] == [
        {"parameter": "format", "detail": "differs from .csv behind the path; give one"}
    ]


def test_a_format_that_there_is_not_is_refused_with_those_that_there_are(reading: Registry):
    problem = parse_answer(reading.get("/v1/actors", format="svg"), 422)
    assert problem["errors"] == [
        {"parameter": "format", "detail": "must be one of csv, json, ndjson"}
    ]


def test_the_link_header_of_a_format_keeps_the_format(reading: Registry):
    link = reading.get("/v1/actors", format="csv", limit=1).headers["Link"]
    assert link.startswith("</v1/actors?format=csv&limit=1&cursor=")


def test_a_cursor_leads_on_in_another_format(reading: Registry):
    following = parse_answer(reading.get("/v1/actors", limit=2))["next"]
    rows = parse_answer(reading.get(f"{following}&format=json"))
    assert [each["id"] for each in rows] == reading.ids("/v1/actors", limit=4)[2:]


@pytest.mark.parametrize("path", ["/actors", "/search?q=truce", "/embed/agreement"])
def test_a_page_has_no_other_format(reading: Registry, path: str):
    assert reading.get(f"{path}{'&' if '?' in path else '?'}format=csv").status_code == 422


def test_cells_are_scalars_and_lists_of_texts_are_joined(reading: Registry, noun: str):
    for row in parse_answer(
        reading.get(f"/v1/{noun}.json", **make_any_day_query(noun), limit=1000)
    ):
        assert all(type(v) in (str, int, float, bool, type(None)) for v in row.values()), row
        assert row.get("record_url", row["url"]) == f"/v1/{noun}/{row['id']}"
    if noun == "propositions":
        row = row_of(reading, "/v1/propositions.json", "gull-rock-left-open")
        assert row["by"] == "norland|sudmark"
        assert row["conflict_label"] == "Varn Strait dispute"


def test_a_source_keeps_its_own_url(reading: Registry):
    row = row_of(reading, "/v1/sources.json", "strait-courier-2024-03-05")
    assert row["url"] == "https://courier.example/2024/03/05/free-passage"


def test_a_measure_is_spread_into_columns(reading: Registry):
    with_one = row_of(reading, "/v1/propositions.json", "fee-at-most-150")
    without = row_of(reading, "/v1/propositions.json", "free-passage")
    names = [f"measure_{part}" for part in ("scale", "op", "value", "unit")]
    assert [with_one[name] for name in names] == ["transit fee", "le", 150, "crowns a ship"]
    assert [without[name] for name in names] == [None] * 4


def row_of(registry: Registry, path: str, id: str, **query: Any) -> dict[str, Any]:
    found = parse_answer(registry.get(path, **query, limit=1000))
    return next(row for row in found if row["id"] == id)


def test_a_position_reads_as_a_row(reading: Registry):
    row = row_of(reading, "/v1/positions.json", "sudmark-demands-gull-rock", valid_at="any")
    assert {**row, "recorded_at": None} == {
        "id": "sudmark-demands-gull-rock",
        "conflict": "varn-strait-dispute",
        "conflict_label": "Varn Strait dispute",
        "holder": "sudmark",
        "holder_label": "Sudmark",
        "force": "demand",
        "negated": False,
        "proposition": "gull-rock-recognised",
        "proposition_text": TEXTS["gull-rock-recognised"],
        "issue": "gull-rock",
        "issue_label": "Ownership of Gull Rock",
        "issues": "gull-rock",
        "under": "sudmark-fee-for-gull-rock",
        "for_text": "The transit fee is at most 200 crowns a ship",
        "responds_to_proposal": None,
        "responds_to_component": None,
        "quote": "If Norland recognises Gull Rock as ours, the fee comes down to 200 crowns the "
        "same day.",
        "gist": None,
        "speaker": "tomas-velden",
        "speaker_label": "Tomas Velden",
        "voice": "authorised",
        "attestation": "verbatim_sentence",
        "stated_on": "2024-03-05",
        "attested_on": "2024-03-05",
        "last_attested_on": "2024-03-05",
        "valid_from": "2024-03-05",
        "valid_from_date": "2024-03-05",
        "valid_to": None,
        "valid_to_date": None,
        "end_reason": None,
        "rank": "normal",
        "coder": None,
        "source": "strait-courier-2024-03-05",
        "source_title": "Sudmark shuts the door on free passage",
        "source_url": "https://courier.example/2024/03/05/free-passage",
        "verified": False,
        "revision": 1,
        "changeset": 1,
        "recorded_at": None,
        "url": "/v1/positions/sudmark-demands-gull-rock",
        "derived": None,
        "co_holders": None,
        "end_evidence": None,
    }


def test_a_precondition_reads_as_a_row(reading: Registry):
    id = "sudmark-plan-needs-recognition-or-commission"
    row = row_of(reading, "/v1/preconditions.json", id, valid_at="any")
    recognised, commission, left_open = (
        TEXTS[each].removesuffix(".")
        for each in ("gull-rock-recognised", "joint-commission", "gull-rock-left-open")
    )
    assert {name: row[name] for name in COLUMNS["preconditions"][5:17]} == {
        "antecedents_kind": "stated",
        "antecedents_text": f"{recognised} or {commission} and {left_open}",
        "antecedents": "gull-rock-recognised|joint-commission&gull-rock-left-open",
        "obligors": "norland|sudmark",
        "consequents": "talks-held|northern-channel-unpatrolled|fee-at-most-150",
        "consequents_text": "Norland and Sudmark hold talks|Nobody patrols the northern channel|"
        "The transit fee is at most 150 crowns a ship",
        "modality": "sufficient",
        "timing": "before",
        "deadline": "2024-06-30",
        "scope": None,
        "exhaustive": True,
        "cue": "if, by 30 June",
    }


def test_texts_with_the_sign_that_joins_them_are_an_array(registry: Registry):
    lanes = {"id": "lanes", "text": "Lanes A|B are open.", "conflict": "varn-strait-dispute"}
    registry.post("/v1/propositions", lanes)
    said = {"holder": "sudmark", "evidence": ["velden-no-free-passage"]}
    registry.post("/v1/preconditions", {
        **said, "id": "lanes-tie", "antecedents": [["talks-held"]], "modality": "necessary",
        "consequents": ["lanes", "free-passage"],
    })  # fmt: skip
    registry.post(
        "/v1/positions",
        {
            **said,
            "id": "lanes-held",
            "force": "accept",
            "proposition": "joint-commission",
            "under": ["lanes-tie"],
        },
    )
    tie = row_of(registry, "/v1/preconditions.json", "lanes-tie", valid_at="any")
    held = row_of(registry, "/v1/positions.json", "lanes-held", valid_at="any")
    texts = ["Lanes A|B are open", TEXTS["free-passage"].removesuffix(".")]
    assert [json.loads(row) for row in (tie["consequents_text"], held["for_text"])] == [texts] * 2
    assert tie["consequents"] == "lanes|free-passage"


def test_uncertain_dates_stand_beside_the_day_that_bounds_them(reading: Registry):
    """EDTF as text for people, an ISO day for spreadsheets, which would mangle the other."""
    row = row_of(reading, "/v1/positions.json", "sudmark-concedes-patrols", valid_at="any")
    assert (row["valid_from"], row["valid_from_date"]) == ("2024-03?", "2024-03-01")


def test_a_negated_literal_says_so(reading: Registry):
    id = "norland-talks-need-withdrawal"
    row = row_of(reading, "/v1/preconditions.json", id, valid_at="any")
    assert row["antecedents"] == "patrols-withdrawn&!strait-closed"
    assert row["antecedents_text"].endswith(" and not: Sudmark closes the Varn Strait")


def test_a_row_backed_by_a_vote_alone_names_its_source(reading: Registry):
    row = row_of(reading, "/v1/positions.json", "kestria-abstains-on-survey", valid_at="any")
    assert row["source"] == "strait-council-vote-2024-03-08"
    assert row["quote"] is None
    assert row["verified"] is None


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_the_link_header_leads_through_all_rows(reading: Registry, noun: str, form: str):
    address, seen = f"/v1/{noun}.{form}?limit=3&sort=-id", []
    if noun in FILTERABLE_BY_DAY:
        address += "&valid_at=any"
    whole = reading.ids(f"/v1/{noun}", sort="-id", limit=1000, **make_any_day_query(noun))
    while address:
        answer = reading.get(address)
        seen += ids_in(answer.get_data(as_text=True), form)
        link = answer.headers.get("Link", "")
        assert link == "" or link.endswith('>; rel="next"')
        address = link[1:].partition(">")[0]
    assert seen == whole


def ids_in(text: str, form: str) -> list[str]:
    if form == "csv":
        return [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    lines = json.loads(text) if form == "json" else map(json.loads, text.splitlines())
    return [row["id"] for row in lines]


@pytest.mark.parametrize(
    "dangerous", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'-90s' talk", "''=1"]
)
def test_for_spreadsheets_no_cell_runs_as_a_formula(registry: Registry, dangerous: str):
    draft = make_draft("conflicts", summary=dangerous)
    parse_answer(registry.post("/v1/conflicts", draft), 201)

    usual = registry.get("/v1/conflicts.csv", id=draft["id"])
    guarded = registry.get("/v1/conflicts.csv", id=draft["id"], excel=1)

    assert not usual.get_data().startswith(b"\xef\xbb\xbf")
    assert guarded.get_data().startswith(b"\xef\xbb\xbf")
    for answer, cell in ((usual, dangerous), (guarded, f"'{dangerous}")):
        text = answer.get_data().decode("utf-8-sig")
        assert [r["summary"] for r in csv.DictReader(io.StringIO(text, newline=""))] == [cell]


def test_for_spreadsheets_numbers_stay_numbers(registry: Registry):
    measure = {"scale": "depth", "op": "le", "value": -5, "unit": "m"}
    parse_answer(
        registry.post("/v1/propositions", make_draft("propositions", measure=measure)), 201
    )
    text = registry.get("/v1/propositions.csv", excel=1).get_data().decode("utf-8-sig")
    row = next(r for r in csv.DictReader(io.StringIO(text)) if r["id"] == "a-new-one")
    assert row["measure_value"] == "-5"


@pytest.mark.parametrize("excel", ["true", "yes", "", "2"])
def test_excel_is_one_or_nothing(reading: Registry, excel: str):
    problem = parse_answer(reading.get("/v1/actors.csv", excel=excel), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["excel"]


@pytest.mark.parametrize("text", ["a, b", 'say "so"', "two\nlines", "Måke 🚢", "  blanks  "])
def test_any_text_survives_csv(registry: Registry, text: str):
    parse_answer(registry.post("/v1/conflicts", make_draft("conflicts", summary=text)), 201)
    raw = registry.get("/v1/conflicts.csv", sort="-recorded", limit=1).get_data(as_text=True)
    assert next(csv.DictReader(io.StringIO(raw, newline="")))["summary"] == text


def test_rows_are_served_in_byte_ranges(reading: Registry):
    """As readers of tables ask for them."""
    whole = reading.get("/v1/actors.csv").get_data()
    head = reading.client.head("/v1/actors.csv")
    assert head.headers["Accept-Ranges"] == "bytes"
    assert int(head.headers["Content-Length"]) == len(whole)

    part = reading.get("/v1/actors.csv", headers={"Range": "bytes=10-29"})

    assert part.status_code == 206
    assert part.get_data() == whole[10:30]
    assert part.headers["Content-Range"] == f"bytes 10-29/{len(whole)}"


def test_a_range_behind_the_end_is_refused(reading: Registry):
    answer = reading.get("/v1/actors.csv", headers={"Range": "bytes=9999999-"})
    problem = parse_answer(answer, 416)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"]


@pytest.mark.parametrize("range_", ["foo", "bytes=9-0", "bytes", "bytes=x-y", "rows=0-9", ""])
def test_a_range_that_nobody_can_read_is_ignored(reading: Registry, range_: str):
    answer = reading.get("/v1/actors.csv", headers={"Range": range_})
    assert (answer.status_code, answer.headers["Accept-Ranges"]) == (200, "bytes")
    assert answer.get_data() == reading.get("/v1/actors.csv").get_data()


def test_rows_of_records_from_before_a_field_was_added_have_it_empty(registry: Registry):
    with registry.ledger.database.begin_write() as write:
        write.connection.exec_driver_sql(
            "UPDATE actors SET body = replace(CAST(body AS TEXT), '\"wikidata\":null,', '')"
        )
        write.connection.exec_driver_sql("UPDATE actors SET body = CAST(body AS BLOB)")
    assert "wikidata" not in registry.get("/v1/actors/norland").get_json()
    rows = registry.get("/v1/actors.json").get_json()
    assert {row["wikidata"] for row in rows} == {None}
    assert registry.get("/v1/positions.csv").status_code == 200
