"""Lists in order and in pages: a list that is paged through is one list."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator

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

ORDERS = [
    pytest.param(noun, sign + order, id=f"{noun}.{sign}{order}")
    for noun, resource in RESOURCE.items()
    for order in resource.sorts
    for sign in ("", "-")
]

SORTED_BY = {
    "id": lambda r: r["id"],
    "attested_on": lambda r: r["attested_on"],
    "stated_on": lambda r: (r["stated_on"] or "")[:7],
    "published": lambda r: r["published"] or "",
    "made_on": lambda r: r["made_on"] or "",
    "valid_from": lambda r: (r["valid_from"] or r.get("attested_on", ""))[:7],
}
"""What each order goes by; uncertain days are compared by their month here."""


def follow_pages(registry: Registry, path: str, **query: object) -> Iterator[list[str]]:
    """Follow `next` from page to page; give the ids on each."""
    address: str | None = path
    while address:
        page = parse_answer(registry.get(address, **query))
        yield [each["id"] for each in page["data"]]
        address, query = page["next"], {}


@pytest.mark.parametrize(("noun", "sort"), ORDERS)
def test_a_list_comes_in_the_order_asked_for(reading: Registry, noun: str, sort: str):
    as_recorded = reading.ids(
        f"/v1/{noun}", sort="recorded", limit=1000, **make_any_day_query(noun)
    )
    found = reading.data(f"/v1/{noun}", sort=sort, limit=1000, **make_any_day_query(noun))
    by = SORTED_BY.get(sort.removeprefix("-"), lambda r: as_recorded.index(r["id"]))
    assert sorted(each["id"] for each in found) == sorted(as_recorded)
    assert [by(each) for each in found] == sorted(map(by, found), reverse=sort.startswith("-"))


@pytest.mark.parametrize("noun", FILTERABLE_BY_DAY)
def test_what_holds_for_a_time_is_listed_from_the_newest_start_back(reading: Registry, noun: str):
    usual = reading.ids(f"/v1/{noun}", valid_at="any", limit=1000)
    assert usual == reading.ids(f"/v1/{noun}", valid_at="any", sort="-valid_from", limit=1000)
    assert usual != reading.ids(f"/v1/{noun}", valid_at="any", sort="recorded", limit=1000)


def test_all_else_is_listed_in_the_order_in_which_the_registry_learned_of_it(registry: Registry):
    parse_answer(registry.amend("/v1/actors/norland", note="amended, and still the first"))
    assert registry.ids("/v1/actors") == [each["id"] for each in read_records("actors")]


@pytest.mark.parametrize(("noun", "sort"), ORDERS)
@pytest.mark.parametrize("limit", [1, 3])
def test_the_pages_together_are_the_whole_list(reading: Registry, noun: str, sort: str, limit: int):
    asked = {"sort": sort, **make_any_day_query(noun)}
    whole = reading.ids(f"/v1/{noun}", limit=1000, **asked)

    found = list(follow_pages(reading, f"/v1/{noun}", limit=limit, **asked))

    assert list(itertools.chain.from_iterable(found)) == whole
    assert {len(each) for each in found[:-1]} <= {limit}
    assert 0 < len(found[-1]) <= limit


def test_a_list_that_ends_with_its_page_has_no_next(reading: Registry):
    assert parse_answer(reading.get("/v1/axioms", limit=8))["next"] is None
    assert len(reading.data("/v1/axioms")) == 8


def test_a_list_without_records_is_an_empty_page(reading: Registry):
    assert parse_answer(reading.get("/v1/actors", text="zzzyx")) == {"data": [], "next": None}


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("sort", ["recorded", "-recorded", "id", "-id", "attested_on"])
def test_pages_stay_one_list_whatever_is_written_between_them(registry_of, engine, sort: str):
    """Records come, go and change their place in the order while somebody reads."""
    registry = registry_of("fixtures", engine=engine)
    asked = {"sort": sort, "valid_at": "any"}
    whole = registry.ids("/v1/positions", limit=1000, **asked)
    # Nobody names these, so they can go.
    leaving = ["solm-fears-closure", "sudmark-defers-survey", "kestria-abstains-on-survey"]
    amended = [each for each in reversed(whole) if each not in leaving]

    found = []
    for number, page in enumerate(follow_pages(registry, "/v1/positions", limit=4, **asked)):
        found += page
        new = {"id": f"{'am'[number % 2]}-{number}", "attested_on": f"20{number + 10}-01-01"}
        parse_answer(registry.post("/v1/positions", make_draft("positions", **new)), 201)
        parse_answer(registry.amend(f"/v1/positions/{amended[number]}", attested_on="2030-01-01"))
        for id in leaving[number : number + 1]:
            assert registry.retract(f"/v1/positions/{id}").status_code == 204

    assert found == whole
    assert registry.ids("/v1/positions", limit=1000, **asked) != whole


def test_the_bytes_of_a_page_are_those_of_the_moment_of_the_first(registry: Registry):
    first = parse_answer(registry.get("/v1/actors", limit=2))
    second = registry.get(first["next"]).get_data()
    registry.amend("/v1/actors/kestria", note="written between the pages")
    assert registry.get(first["next"]).get_data() == second


def test_pages_stay_one_list_across_midnight(registry: Registry, monkeypatch):
    """The second page is asked for on the day after a position has ended."""
    evening = 1_712_015_999_000_000  # 2024-04-01T23:59:59Z
    monkeypatch.setattr("api.clock.now", lambda: evening)
    whole = registry.ids("/v1/positions")
    assert "norland-accepts-talks-conditionally" in whole
    asked = follow_pages(registry, "/v1/positions", limit=3)
    found = next(asked)

    monkeypatch.setattr("api.clock.now", lambda: evening + 86_400_000_000)
    found += itertools.chain.from_iterable(asked)

    assert found == whole
    assert registry.ids("/v1/positions") != whole


def test_the_next_page_keeps_the_question(reading: Registry):
    asked = {"text": "måke", "holder": "norland,sudmark", "valid_at": "any", "limit": 1}
    first = parse_answer(reading.get("/v1/positions", **asked))
    second = parse_answer(reading.get(first["next"]))
    found = [each["id"] for each in first["data"] + second["data"]]
    assert found == ["sudmark-denies-warning-shots", "norland-alleges-warning-shots"]
    assert second["next"] is None


def test_pages_may_change_their_size(reading: Registry):
    whole = reading.ids("/v1/positions", limit=1000, valid_at="any")
    cursor = cursor_of(reading, "/v1/positions", valid_at="any", limit=2)
    rest = reading.ids("/v1/positions", valid_at="any", cursor=cursor, limit=1000)
    assert whole[2:] == rest


def test_a_cursor_goes_with_its_own_question_alone(reading: Registry):
    asked = {"holder": "sudmark", "valid_at": "any"}
    cursor = cursor_of(reading, "/v1/positions", **asked, limit=1)
    for other in (
        {"valid_at": "any"},
        {**asked, "holder": "norland"},
        {**asked, "force": "reject"},
        {**asked, "sort": "id"},
        {**asked, "sort": "-recorded"},
        {**asked, "known_at": "1"},
        {**asked, "valid_at": "2024-03-05"},
        {"holder": "sudmark"},
    ):
        problem = parse_answer(reading.get("/v1/positions", **other, cursor=cursor), 422)
        assert [each["parameter"] for each in problem["errors"]] == ["cursor"]
        assert "another question" in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    "given",
    [
        "holder=sudmark",
        "holder=norland",
        "holder=sudmark&sort=id",
        "holder=sudmark&limit=0",
        "holder=sudmark&hodler=x",
        "holder=sudmark&cursor=AAAA",
        "holder=sudmark&text=" + 8000 * "x",
        "&".join(["holder=sudmark", *("limit=1" for _ in range(200))]),
    ],
)
def test_it_is_the_same_where_a_cursor_stands(reading: Registry, given: str):
    """One at the end takes the short way."""
    cursor = cursor_of(reading, "/v1/positions", holder="sudmark", valid_at="any", limit=1)
    last, first = (
        reading.get(f"/v1/positions?valid_at=any&{query}").json
        for query in (f"{given}&cursor={cursor}", f"cursor={cursor}&{given}")
    )
    assert last is not None
    assert first is not None
    assert {**last, "next": None} == {**first, "next": None}


def test_a_cursor_of_another_noun_is_refused(reading: Registry):
    """Their questions look alike, and so do their keys."""
    cursor = cursor_of(reading, "/v1/issues", limit=1)
    problem = parse_answer(reading.get("/v1/propositions", cursor=cursor), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["cursor"]


def encode_cursor(value: object) -> str:
    raw = json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "nonsense",
        "AAAA",
        "%",
        "é",
        "",
        encode_cursor({}),
        encode_cursor([]),
        encode_cursor([1, "any", "q"]),
        encode_cursor([1, "any", "q", [1], 5]),
        encode_cursor([1, "any", "q", []]),
        encode_cursor([1, "any", "q", None]),
        encode_cursor([1, "any", "q", ["a"]]),
        encode_cursor([1, "any", "q", [1, 2, 3]]),
        encode_cursor([1, "any", "q", [{"a": 1}, 2]]),
        encode_cursor([1, "any", "q", [-1]]),
        encode_cursor([1, "any", "q", [2**63]]),
        encode_cursor([1.5, "any", "q", [1]]),
        encode_cursor([True, "any", "q", [1]]),
        encode_cursor(["1", "any", "q", [1]]),
        encode_cursor([-1, "any", "q", [1]]),
        encode_cursor([10**30, "any", "q", [1]]),
        encode_cursor([1, "never", "q", [1]]),
        encode_cursor([1, None, "q", [1]]),
        encode_cursor([1, "any", 3, [1]]),
    ],
)
def test_what_is_no_cursor_is_refused(reading: Registry, cursor: str):
    problem = parse_answer(reading.get("/v1/positions", cursor=cursor), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize("part", [0, 1, 3])
def test_a_cursor_that_was_tampered_with_crashes_nothing(reading: Registry, part: int):
    cursor = cursor_of(reading, "/v1/positions", valid_at="any", limit=1)
    value = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    value[part] = {0: 10**12, 1: "2024-03-05", 3: ["x", 1]}[part]
    answer = reading.get("/v1/positions", valid_at="any", cursor=encode_cursor(value))
    assert answer.status_code in (200, 422)


def cursor_of(registry: Registry, path: str, **query: object) -> str:
    """Give the cursor of the second page."""
    address = parse_answer(registry.get(path, **query))["next"]
    return address.rpartition("cursor=")[2]
