"""Two clocks: what the registry said then, what held in the world on a day."""

from __future__ import annotations

from contextlib import closing

import pytest
from werkzeug.datastructures import Headers

from api import clock
from tests.worlds import (
    FILTERABLE_BY_DAY,
    RESOURCE,
    TEXTS,
    Registry,
    make_any_day_query,
    make_draft,
    parse_answer,
    read_records,
)

MIDNIGHT = 1_712_016_000_000_000
"""2024-04-02T00:00:00Z, in microseconds: on that day some positions of the world change."""


def change_everything(registry: Registry) -> None:
    """Change all records that another answer could depend on."""
    for noun in RESOURCE:
        for record in read_records(noun):
            url = f"/v1/{noun}/{record['id']}"
            changes = {"note": "amended"}
            for name in ("name", "title", "text", "gist"):
                if name in record:
                    changes[name] = f"{record[name]} (renamed)"
            parse_answer(registry.amend(url, **changes))
    parse_answer(registry.amend("/v1/actors/ilse-aarvik", offices=[]))
    parse_answer(registry.amend("/v1/actors/sudmark-coast-guard", part_of="kestria"))
    parse_answer(
        registry.put_text(
            "kestrian-plan-2024-04-02", TEXTS["kestrian-plan-2024-04-02"].read_bytes()
        )
    )
    for id in ("solm-fears-closure", "kestria-abstains-on-survey", "sudmark-defers-survey"):
        assert registry.retract(f"/v1/positions/{id}").status_code == 204
    for noun in RESOURCE:
        parse_answer(registry.post(f"/v1/{noun}", make_draft(noun)), 201)


def pinned_paths(number: int) -> list[str]:
    """Return the addresses of lists, rows and records with both clocks."""
    clocks = f"known_at={number}"
    found: list[str] = []
    for noun in RESOURCE:
        days = ("2024-03-05", "2024-04-02", "any") if noun in FILTERABLE_BY_DAY else ("",)
        for day in days:
            both = f"{clocks}&valid_at={day}" if day else clocks
            found += [f"/v1/{noun}{form}?{both}" for form in ("", ".json", ".csv", ".ndjson")]
            found.append(f"/v1/{noun}?{both}&limit=2&sort=-id")
        found += [
            f"/v1/{noun}/{each['id']}?{clocks}&valid_at=2024-03-05" for each in read_records(noun)
        ]
    members = "holder=strait-council&through=members&valid_at=2024-03-05"
    parts = "holder=sudmark&through=parts&valid_at=any"
    return [*found, f"/v1/positions?{clocks}&{members}", f"/v1/positions.csv?{clocks}&{parts}"]


def test_with_both_clocks_no_answer_ever_changes(registry_of, engine: str, monkeypatch):
    """Not after writes, not across midnight, not in another process over the same database."""
    registry = registry_of("fixtures", engine=engine)
    before = {path: registry.get(path) for path in pinned_paths(1)}

    change_everything(registry)
    monkeypatch.setattr("api.clock.now", lambda: MIDNIGHT + 10 * 365 * 86_400_000_000)

    with closing(Registry(registry.url)) as restarted:
        for path, then in before.items():
            for now in (registry.get(path), restarted.get(path)):
                assert now.status_code == 200, path
                assert now.get_data() == then.get_data(), path
                assert drop_date(now.headers) == drop_date(then.headers), path


def drop_date(headers: Headers) -> list[tuple[str, str]]:
    """Return the headers without that which tells when they were sent."""
    return [each for each in headers.to_wsgi_list() if each[0] != "Date"]


def test_without_clocks_the_same_addresses_answer_anew(registry: Registry):
    """That the test above could fail."""
    before = {noun: registry.get(f"/v1/{noun}.csv").get_data() for noun in RESOURCE}
    change_everything(registry)
    assert all(registry.get(f"/v1/{noun}.csv").get_data() != before[noun] for noun in RESOURCE)


def test_the_usual_day_is_today_in_utc(registry: Registry, monkeypatch):
    monkeypatch.setattr("api.clock.now", lambda: MIDNIGHT - 1)
    evening = registry.get("/v1/positions")
    monkeypatch.setattr("api.clock.now", lambda: MIDNIGHT)
    morning = registry.get("/v1/positions")

    assert evening.headers["Sinequanon-Valid-At"] == "2024-04-01"
    assert morning.headers["Sinequanon-Valid-At"] == "2024-04-02"
    assert evening.headers["ETag"] != morning.headers["ETag"]
    ended, begun = "norland-accepts-talks-conditionally", "norland-accepts-talks"
    ids = [[each["id"] for each in parse_answer(answer)["data"]] for answer in (evening, morning)]
    assert ended in ids[0]
    assert begun not in ids[0]
    assert ended not in ids[1]
    assert begun in ids[1]


@pytest.mark.parametrize("noun", FILTERABLE_BY_DAY)
def test_a_list_of_a_day_holds_what_holds_on_it(reading: Registry, noun: str):
    """The first day counts, the one on which it ends does not; a month or ~ is bounded outward."""

    def holds(record: dict, day: str) -> bool:
        start = record["valid_from"] or record.get("attested_on") or "0000"
        first = f"{start.strip('~?%')}-01-01"[:10] if len(start) < 10 else start
        end = record["valid_to"]
        return first <= day and (end is None or day < end)

    every = reading.data(f"/v1/{noun}", valid_at="any", limit=1000)
    seen = set()
    for day in ("2019-04-30", "2019-05-01", "2022-12-31", "2024-03-04", "2024-03-05",
                "2024-03-08", "2024-03-09", "2024-04-01", "2024-04-02", "2024-05-17"):  # fmt: skip
        expected = [each["id"] for each in every if holds(each, day)]
        found = reading.get(f"/v1/{noun}", valid_at=day, limit=1000)
        assert [each["id"] for each in parse_answer(found)["data"]] == expected, day
        assert found.headers["Sinequanon-Valid-At"] == day
        seen.add(tuple(expected))
    assert len(seen) > (1 if noun == "axioms" else 2)


def test_a_fact_counts_from_the_day_of_its_evidence_where_no_start_is_known(registry: Registry):
    fact = {"conflict": "varn-strait-dispute", "author": "ann", "kind": "fact", "id": "shots",
            "propositions": ["warning-shots-fired"]}  # fmt: skip
    created = parse_answer(registry.post("/v1/axioms", fact), 201)
    assert [each["pointer"] for each in created["warnings"]] == ["/evidence"]
    assert "shots" in registry.ids("/v1/axioms", valid_at="1900-01-01")
    parse_answer(registry.amend("/v1/axioms/shots", evidence=["aarvik-warning-shots"]))
    assert "shots" not in registry.ids("/v1/axioms", valid_at="2024-03-04")
    parse_answer(registry.amend("/v1/statements/aarvik-warning-shots", attested_on="2024-03-04"))
    assert "shots" in registry.ids("/v1/axioms", valid_at="2024-03-04")


@pytest.mark.parametrize("fields", [{"valid_from": "2024"}, {"evidence": ["courier-talks-held"]}])
def test_no_rule_but_a_fact_has_a_period_or_evidence(registry: Registry, fields: dict):
    draft = {"conflict": "varn-strait-dispute", "author": "ann", "kind": "excludes",
             "propositions": ["talks-held", "strait-closed"]}  # fmt: skip
    problem = parse_answer(registry.post("/v1/axioms", {**draft, **fields}), 422)
    assert problem["errors"] == [
        {"pointer": f"/{name}", "detail": "goes with the kind fact alone; leave it out"}
        for name in fields
    ]


def test_any_day_lists_changes_of_mind_side_by_side(reading: Registry):
    asked = {"holder": "norland", "proposition": "talks-held", "sort": "valid_from"}
    told = reading.data("/v1/positions", **asked, valid_at="any")
    assert [(each["force"], each["valid_from"], each["valid_to"]) for each in told] == [
        ("accept_conditionally", "2024-03-05", "2024-04-02"),
        ("accept", "2024-04-02", None),
    ]


def test_any_is_named_in_the_answer(reading: Registry):
    assert reading.get("/v1/positions", valid_at="any").headers["Sinequanon-Valid-At"] == "any"


def test_an_instant_comes_to_the_changeset_that_was_the_newest_then(registry: Registry):
    parse_answer(registry.amend("/v1/actors/norland", note="second"))
    parse_answer(registry.amend("/v1/actors/norland", note="third"))
    times = {e["number"]: e["recorded_at"] for e in registry.data("/v1/changesets")}
    just_before = f"{times[3][:-7]}{int(times[3][-7:-1]) - 1:06d}Z"
    for instant, number in (
        ("1999-12-31T23:59:59Z", 0),
        (times[1], 1),
        (times[2], 2),
        (just_before, 2),
        (times[3], 3),
        (times[3].replace("Z", "+00:00"), 3),
        (f"{times[3][:-1]}999Z", 3),
    ):
        by_instant = registry.get("/v1/actors", known_at=instant)
        by_number = registry.get("/v1/actors", known_at=number)
        assert by_instant.headers["Sinequanon-Known-At"] == str(number), instant
        assert parse_answer(by_instant)["data"] == parse_answer(by_number)["data"]


def test_an_instant_may_have_any_offset(registry: Registry):
    for instant in ("2024-03-05T10:00:00+02:00", "2024-03-05t08:00:00z", "2024-03-05T08:00:00.5Z"):
        assert registry.get("/v1/actors", known_at=instant).headers["Sinequanon-Known-At"] == "0"


def test_an_instant_since_the_newest_changeset_keeps_its_answer(registry: Registry, monkeypatch):
    recorded = registry.data("/v1/changesets")[0]["recorded_at"]
    newest = parse_answer(registry.get("/v1/changesets/1"))["recorded_at"]
    assert recorded == newest
    year = int(newest[:4]) + 1
    monkeypatch.setattr("api.clock.now", lambda: instant_of(year, 2))
    between = f"{year}-01-01T00:00:00Z"
    before = registry.get("/v1/actors", known_at=between, sort="id")
    parse_answer(registry.amend("/v1/actors/norland", note="afterwards"))
    after = registry.get("/v1/actors", known_at=between, sort="id")
    assert before.headers["Sinequanon-Known-At"] == "1"
    assert after.get_data() == before.get_data()


def instant_of(year: int, month: int) -> int:
    """Return the first instant of a month, roughly: microseconds since 1970."""
    return int(((year - 1970) * 365.2425 + (month - 1) * 31) * 86_400_000_000)


@pytest.mark.parametrize("path", ["/v1/actors", "/v1/actors.csv", "/v1/actors/norland",
                                  "/v1/actors/norland/history", "/v1/changesets"])  # fmt: skip
@pytest.mark.parametrize("clock", ["2", "999999999999999", "9999-01-01T00:00:00Z"])
def test_the_future_is_not_known(registry: Registry, path: str, clock: str):
    problem = parse_answer(registry.get(path, known_at=clock), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["known_at"]
    expected = "the newest changeset is 1" if clock.isdecimal() else "lies in the future"
    assert expected in problem["errors"][0]["detail"]


def test_nothing_is_known_before_the_first_changeset(registry: Registry, noun: str):
    day = make_any_day_query(noun)
    empty = registry.get(f"/v1/{noun}", known_at=0, **day)
    assert parse_answer(empty) == {"data": [], "next": None}
    assert empty.headers["Sinequanon-Known-At"] == "0"
    assert parse_answer(registry.get(f"/v1/{noun}.json", known_at=0, **day)) == []
    header = registry.get(f"/v1/{noun}.csv", known_at=0, **day).get_data(as_text=True)
    assert header.startswith("id,")
    assert header.count("\n") == 1
    assert registry.get(f"/v1/{noun}/{read_records(noun)[0]['id']}", known_at=0).status_code == 404


def test_an_empty_registry_answers(registry_of, noun: str):
    empty = registry_of("empty")
    assert parse_answer(empty.get(f"/v1/{noun}")) == {"data": [], "next": None}
    assert empty.get(f"/v1/{noun}").headers["Sinequanon-Known-At"] == "0"
    assert parse_answer(empty.get("/v1/changesets")) == {"data": [], "next": None}
    instant = empty.get(f"/v1/{noun}", known_at="2024-03-05T00:00:00Z")
    assert instant.headers["Sinequanon-Known-At"] == "0"


def test_recorded_time_never_runs_backwards(registry: Registry, monkeypatch):
    """The machine's clock is set back between two writes."""
    monkeypatch.setattr("api.clock.now", lambda: MIDNIGHT)
    for note in ("one", "two"):
        parse_answer(registry.amend("/v1/actors/norland", note=note))
    times = [each["recorded_at"] for each in registry.data("/v1/changesets")]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 3


def test_the_speaker_of_a_position_is_seen_as_known_then(registry: Registry):
    url = "/v1/positions/norland-demands-open-strait"
    assert parse_answer(registry.get(url))["voice"] == "authorised"
    parse_answer(registry.amend("/v1/actors/ilse-aarvik", offices=[]))
    assert parse_answer(registry.get(url))["voice"] == "relayed"
    assert parse_answer(registry.get(url, known_at=1))["voice"] == "authorised"
    for number, voice in ((1, "authorised"), (2, "relayed")):
        found = registry.ids("/v1/positions", voice=voice, known_at=number, valid_at="any")
        assert "norland-demands-open-strait" in found


def test_labels_of_rows_are_as_known_then(registry: Registry):
    parse_answer(registry.amend("/v1/actors/norland", name="Nordland"))
    asked = {"holder": "norland", "valid_at": "any", "limit": 1}
    now = registry.get("/v1/positions.json", **asked).get_json()
    then = registry.get("/v1/positions.json", **asked, known_at=1).get_json()
    assert (now[0]["holder_label"], then[0]["holder_label"]) == ("Nordland", "Norland")


def test_changesets_are_listed_newest_first_as_known_then(registry: Registry):
    for note in ("one", "two"):
        parse_answer(registry.amend("/v1/actors/norland", note=note))
    assert [each["number"] for each in registry.data("/v1/changesets")] == [3, 2, 1]
    assert [each["number"] for each in registry.data("/v1/changesets", known_at=2)] == [2, 1]
    first = parse_answer(registry.get("/v1/changesets", limit=2))
    assert [each["number"] for each in parse_answer(registry.get(first["next"]))["data"]] == [1]
    assert registry.get("/v1/changesets/3", known_at=2).status_code == 404
    assert registry.get("/v1/changesets/0").status_code == 404
    assert registry.get("/v1/changesets/4").status_code == 404


def test_a_changeset_is_chained_to_the_one_before(registry: Registry):
    parse_answer(registry.amend("/v1/actors/norland", note="one"))
    second, first = registry.data("/v1/changesets")
    assert second["previous"] == first["hash"]
    assert first["previous"] == "0" * 64


def test_the_changes_of_a_large_changeset_come_in_pages(registry: Registry):
    page = parse_answer(registry.get("/v1/changesets/1", limit=40))
    changes = page["changes"]
    while page["next"]:
        page = parse_answer(registry.get(page["next"]))
        changes += page["changes"]
    written = {f"/v1/{noun}/{each['id']}" for noun in RESOURCE for each in read_records(noun)}
    assert {each["url"] for each in changes} == written
    assert len(changes) == len(written)
    assert {each["revision"] for each in changes} == {1}


def test_a_history_ends_where_a_record_has_no_more_and_nobody_else_has_one(registry: Registry):
    assert parse_answer(registry.get("/v1/actors/norland/history", after=3))["data"] == []
    assert registry.get("/v1/actors/nobody/history", after=3).status_code == 404


@pytest.mark.parametrize("path", ["/v1/actors/norland/history", "/v1/changesets", "/v1/actors"])
def test_what_depends_on_no_day_is_the_same_after_midnight(registry: Registry, monkeypatch, path):
    evening = registry.get(path)
    tomorrow = clock.now() + 86_400_000_000
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    morning = registry.get(path)
    assert evening.headers["Sinequanon-Valid-At"] == morning.headers["Sinequanon-Valid-At"] == "any"
    assert evening.headers["ETag"] == morning.headers["ETag"]


def test_a_record_is_answered_for_any_day(registry: Registry):
    asked = registry.get("/v1/positions/solm-fears-closure", valid_at="1990-01-01")
    assert asked.status_code == 200
    assert asked.headers["Sinequanon-Valid-At"] == "any"
