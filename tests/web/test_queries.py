"""What a list may be asked, and how it refuses what it may not."""

from __future__ import annotations

import pytest

from api.web import requests
from tests.worlds import (
    FILTERABLE_BY_DAY,
    RESOURCE,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
)


def test_through_parts_takes_in_what_is_part_of_the_holder_however_far_down(registry: Registry):
    part = make_draft("actors", id="harbour-police", part_of="sudmark-coast-guard")
    parse_answer(registry.post("/v1/actors", part), 201)
    for id, holder in (("of-the-part", "harbour-police"), ("of-the-guard", "sudmark-coast-guard")):
        written = make_draft("positions", id=id, holder=holder, force="assert")
        parse_answer(registry.post("/v1/positions", written), 201)

    alone = registry.ids("/v1/positions", holder="sudmark", valid_at="any")
    wide = registry.ids("/v1/positions", holder="sudmark", through="parts", valid_at="any")

    assert set(wide) - set(alone) == {"of-the-part", "of-the-guard"}
    assert set(alone) < set(wide)


def test_through_parts_is_as_known_then(registry: Registry):
    written = make_draft("positions", holder="sudmark-coast-guard", force="assert")
    parse_answer(registry.post("/v1/positions", written), 201)
    parse_answer(registry.amend("/v1/actors/sudmark-coast-guard", part_of="kestria"))
    asked = {"holder": "sudmark", "through": "parts", "valid_at": "any"}
    assert "a-new-one" not in registry.ids("/v1/positions", **asked)
    assert "a-new-one" in registry.ids("/v1/positions", **asked, known_at=2)


@pytest.mark.parametrize(
    ("day", "holders"),
    [
        ("1997-12-31", set()),
        ("1998-06-01", {"norland", "sudmark"}),
        ("2004-08-01", {"norland", "sudmark", "kestria"}),
        ("2020-01-01", {"norland", "kestria"}),
        ("2024-03-08", {"norland", "sudmark", "kestria"}),
    ],
)
def test_through_members_takes_in_whoever_belongs_to_it_on_the_day(
    registry: Registry, day: str, holders: set[str]
):
    """Sudmark was out of the council from 2019 to 2021."""
    for holder in ("norland", "sudmark", "kestria", "strait-council"):
        written = make_draft("positions", id=f"by-{holder}", holder=holder, force="assert")
        written |= {"valid_from": "1990", "responds_to": None, "reason": []}
        parse_answer(registry.post("/v1/positions", written), 201)

    asked = {"holder": "strait-council", "through": "members", "valid_at": day}
    found = {each["holder"] for each in registry.data("/v1/positions", **asked)}

    assert found == holders | {"strait-council"}


def test_through_members_of_no_day_takes_in_whoever_ever_belonged_to_it(reading: Registry):
    asked = {"holder": "strait-council", "through": "members", "valid_at": "any"}
    found = {each["holder"] for each in reading.data("/v1/positions", **asked)}
    assert found == {"norland", "sudmark", "kestria"}


def test_preconditions_are_found_through_members_and_parts_too(reading: Registry):
    asked = {"holder": "strait-council", "through": "members", "valid_at": "2024-03-06"}
    found = {each["holder"] for each in reading.data("/v1/preconditions", **asked)}
    assert found == {"norland", "sudmark", "kestria"}


def test_through_widens_nothing_without_a_holder(reading: Registry):
    problem = parse_answer(reading.get("/v1/positions", through="parts"), 422)
    assert problem["errors"] == [
        {"parameter": "through", "detail": "widens holder; give that, too"}
    ]


@pytest.mark.parametrize("form", ["", ".csv", ".json", ".ndjson"])
def test_an_unknown_parameter_is_refused_with_the_nearest_known_name(
    reading: Registry, noun: str, form: str
):
    for known in [each.name for each in RESOURCE[noun].filters] + [
        "limit",
        "known_at",
        "sort",
    ]:
        problem = parse_answer(reading.get(f"/v1/{noun}{form}", **{f"{known}x": "y"}), 422)
        assert problem["errors"] == [
            {"parameter": f"{known}x", "detail": f"unknown parameter; did you mean {known}?"}
        ]


def test_a_parameter_like_no_other_is_told_all_that_there_are(reading: Registry):
    problem = parse_answer(reading.get("/v1/axioms", qqq="1"), 422)
    assert "known here: " in problem["errors"][0]["detail"]
    assert "proposition" in problem["errors"][0]["detail"]


def test_unknown_parameters_are_told_in_the_order_of_their_names(reading: Registry):
    names = [f"{letter}-{number}" for letter in "dbca" for number in range(5)]
    problem = parse_answer(reading.get("/v1/actors", limit="x", **dict.fromkeys(names, "1")), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["limit", *sorted(names)]


def test_where_there_are_no_parameters_none_is_listed(reading: Registry):
    problem = parse_answer(reading.get("/v1/vocabulary", x="1"), 422)
    assert problem["errors"][0]["detail"] == "unknown parameter; known here: none at all"


@pytest.mark.parametrize(("path", "column"), [
    ("/v1/positions", "id"), ("/v1/positions/counts", "count"), ("/v1/search", "snippet"),
    ("/v1/conflicts/war-in-ukraine/deadlock", "kind"), ("/v1/agreement", "score"),
    ("/v1/conflicts/war-in-ukraine/matrix.svg", "holder"),
])  # fmt: skip
def test_what_only_tables_take_says_where_it_belongs(reading: Registry, path: str, column: str):
    detail = "goes with format=csv, json or ndjson, or .csv behind the path"
    problem = parse_answer(reading.get(path, columns=column, excel="1"), 422)
    assert problem["errors"] == [
        {"parameter": "columns", "detail": detail}, {"parameter": "excel", "detail": detail}
    ]  # fmt: skip


def test_what_has_no_tables_takes_nothing_of_them(reading: Registry):
    problem = parse_answer(reading.get("/v1/actors/russia/history", columns="id"), 422)
    assert "unknown parameter" in problem["errors"][0]["detail"]


def test_nouns_without_a_period_know_no_valid_at(reading: Registry, noun: str):
    status = reading.get(f"/v1/{noun}", valid_at="2024-03-05").status_code
    assert status == (200 if noun in FILTERABLE_BY_DAY else 422)
    one = reading.ids(f"/v1/{noun}", limit=1, **make_any_day_query(noun))[0]
    assert reading.get(f"/v1/{noun}/{one}", valid_at="2024-03-05").status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("holder=russia&holder=ukraine", "holder"),
        ("limit=1&limit=2", "limit"),
        ("force=demand&force=", "force"),
        ("holder=", "holder"),
        ("holder=a,,b", "holder"),
        ("holder=,", "holder"),
        ("holder=Sudmark", "holder"),
        ("holder=" + "x" * 97, "holder"),
        ("coder=" + "x" * 201, "coder"),
        ("holder=a%0A", "holder"),
        ("holder=a%00", "holder"),
        ("holder=" + ",".join(f"a{n}" for n in range(201)), "holder"),
        ("force=demands", "force"),
        ("voice=", "voice"),
        ("negated=yes", "negated"),
        ("negated=True", "negated"),
        ("negated=1", "negated"),
        ("text=", "text"),
        ("text=%20", "text"),
        ("text=" + "x" * 201, "text"),
        ("stated_on=yesterday", "stated_on"),
        ("stated_on=2024-13", "stated_on"),
        ("stated_on_gte=2023-02-29", "stated_on_gte"),
        ("stated_on_lte=05.03.2024", "stated_on_lte"),
        ("attested_on=", "attested_on"),
        ("through=friends", "through"),
        ("sort=name", "sort"),
        ("sort=--id", "sort"),
        ("sort=", "sort"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=", "limit"),
        ("valid_at=2024-03", "valid_at"),
        ("valid_at=2023-02-29", "valid_at"),
        ("valid_at=today", "valid_at"),
        ("valid_at=", "valid_at"),
        ("known_at=now", "known_at"),
        ("known_at=-1", "known_at"),
        ("known_at=2024-03-05", "known_at"),
        ("known_at=2024-03-05T10:00:00", "known_at"),
        ("known_at=2024-03-05T25:00:00Z", "known_at"),
        ("known_at=", "known_at"),
        ("excel=1", "excel"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_its_place(
    reading: Registry, query: str, parameter: str
):
    problem = parse_answer(reading.client.get(f"/v1/positions?{query}"), 422)
    assert [each["parameter"] for each in problem["errors"]] == [parameter]
    assert len(problem["errors"][0]["detail"]) > 10


def test_a_query_that_is_not_utf_8_is_refused(reading: Registry):
    problem = parse_answer(reading.client.get("/v1/positions?text=%ff"), 400)
    assert "UTF-8" in problem["detail"]


def test_everything_wrong_with_a_query_is_told_at_once(reading: Registry):
    problem = parse_answer(
        reading.get("/v1/positions", forze="demand", limit="many", sort="up"), 422
    )
    assert {each["parameter"] for each in problem["errors"]} == {"forze", "limit", "sort"}


def test_long_queries_are_answered_and_not_cached(reading: Registry):
    ids = reading.ids("/v1/propositions", limit=100)
    requests._parse_query.cache_clear()
    assert len(reading.data(f"/v1/propositions?limit=101&id={','.join(ids)}")) == len(ids)
    assert requests._parse_query.cache_info().currsize == 0
    assert reading.ids(f"/v1/propositions?limit=101&id={ids[0]}") == ids[:1]
    assert requests._parse_query.cache_info().currsize == 1
