"""Counts: what a chart needs, equal to what the lists would give when counted by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from api.positions import POSITIONS
from tests.worlds import Registry, parse_answer

URL = "/v1/positions/counts"


@pytest.mark.parametrize("grouping", POSITIONS.groupings, ids=lambda each: each.name)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_counts_are_those_of_the_list(registry_of, grouping, engine):
    both = registry_of("both", engine=engine)
    by_hand: Counter[str | None] = Counter()
    for record in both.data("/v1/positions", limit=1000, valid_at="any"):
        served = {"issue": record["issues"], "source": [q["source"] for q in record["quotes"]]
                  + record["sources"], "year": [record["attested_on"][:4]],
                  "month": [record["attested_on"][:7]]}  # fmt: skip
        for value in set(served.get(grouping.name, [record.get(grouping.name)])) or {None}:
            by_hand[value] += 1
    found = parse_answer(both.get(URL, by=grouping.name, valid_at="any"))
    assert {each[grouping.name]: each["count"] for each in found["data"]} == by_hand
    sizes = [each["count"] for each in found["data"]]
    assert sizes == sorted(sizes, reverse=True)


def test_counts_are_filtered_and_combined_and_labelled(reading: Registry):
    query = {
        "by": "holder,force",
        "conflict": "war-in-ukraine",
        "force": "accuse,demand",
        "valid_at": "2023-03-31",
    }
    assert parse_answer(reading.get(URL, **query)) == {
        "by": ["holder", "force"],
        "data": [
            {"holder": "belarus", "holder_label": "Belarus", "force": "accuse", "count": 2},
            {"holder": "belarus", "holder_label": "Belarus", "force": "demand", "count": 2},
            {"holder": "russia", "holder_label": "Russia", "force": "demand", "count": 2},
            {"holder": "ukraine", "holder_label": "Ukraine", "force": "demand", "count": 1},
        ],
    }


def test_counts_as_rows_have_the_columns_asked_by(reading: Registry):
    rows = reading.get(f"{URL}.csv", by="voice", holder="russia").get_data(as_text=True)
    assert rows.splitlines()[0] == "voice,count"
    some = reading.get(f"{URL}.json", by="holder", columns="holder_label,count").get_json()
    assert all(list(each) == ["holder_label", "count"] for each in some)


def test_counts_know_both_clocks(reading: Registry):
    early = parse_answer(
        reading.get(URL, by="holder", conflict="war-in-ukraine", valid_at="2023-03-28")
    )
    assert {each["holder"]: each["count"] for each in early["data"]} == {
        "russia": 1, "ukraine": 1, "west": 1
    }  # fmt: skip
    assert parse_answer(reading.get(URL, by="holder", known_at="0"))["data"] == []


def test_two_lists_are_not_counted_together(reading: Registry):
    answer = reading.get(URL, by="issue,source")
    assert answer.status_code == 422
    assert "one of them at a time" in answer.get_json()["errors"][0]["detail"]


def test_what_lacks_a_value_is_counted_with_the_other_groupings(reading: Registry):
    rows = parse_answer(reading.get(URL, by="force,issue", conflict="war-in-ukraine"))["data"]
    assert all(list(row)[:2] == ["force", "issue"] for row in rows)
    total = sum(row["count"] for row in parse_answer(reading.get(URL, by="force"))["data"])
    assert total == len(reading.data("/v1/positions", limit=1000))


def test_more_groups_than_a_chart_can_show_are_refused(reading: Registry, monkeypatch):
    monkeypatch.setattr("api.ledger.reading.counts.MOST_GROUPS", 3)
    answer = reading.get(URL, by="proposition")
    assert answer.status_code == 422
    assert "group by less" in answer.get_json()["errors"][0]["detail"]


def test_proposals_are_counted_by_year(reading: Registry):
    found = parse_answer(reading.get("/v1/proposals/counts", by="year,conflict"))["data"]
    by_hand = Counter((each["made_on"] or "")[:4] for each in reading.data("/v1/proposals"))
    years = Counter[str]()
    for each in found:
        years[each["year"] or ""] += each["count"]
    assert years == by_hand
