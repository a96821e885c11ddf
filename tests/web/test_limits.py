"""The work for a request is in proportion to its size; what exceeds a limit is told which one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.ledger.reading import page_queries
from api.ledger.reading.page_queries import PAGE_BYTES
from api.ledger.rules import fold_text, text_hash
from api.ledger.versions import referrers
from api.ledger.words import make_slug
from api.web.contract.limits import (
    BRACKETS,
    COLONS,
    COLUMNS,
    COPIED,
    COPIED_AT_ONCE,
    FAULTS,
    KEYS,
    LINES,
    NESTING,
    QUERY,
    SPAN,
)
from tests.worlds import Registry, make_draft, measure_cpu, parse_answer

LINES_OF_JSON = "application/x-ndjson"


def send_body(registry: Registry, path: str, kind: str, raw: str, **query: str) -> Any:
    """Post a body as it is."""
    headers = {"Authorization": f"Bearer {registry.key}"}
    return registry.client.post(
        path, data=raw, content_type=kind, headers=headers, query_string=query
    )


def make_keys(count: int) -> str:
    return ",".join(f'"key-{n}":1' for n in range(count))


ODD_JSON = {
    "a repeat among many keys": (f'{{{make_keys(20_000)},"key-19999":1}}', KEYS),
    "many keys": (f"{{{make_keys(201)}}}", KEYS),
    "many keys within": (f'{{"doubts":[{{{make_keys(201)}}}]}}', KEYS),
    "deep": ('{"a":' * 32 + "[]" + "}" * 32, NESTING),
    "deeper than its parser goes": ("[" * 40_000, NESTING),
    "more keys than its parser should store": (f"{{{make_keys(25_001)}}}", COLONS),
    "many brackets": ("[" * 900_000, BRACKETS),
}


@pytest.mark.parametrize(("raw", "limit"), ODD_JSON.values(), ids=ODD_JSON)
def test_json_beyond_a_limit_is_told_which(registry: Registry, raw: str, limit):
    problem = parse_answer(send_body(registry, "/v1/actors", "application/json", raw), 400)
    assert str(limit) in problem["detail"]


def test_json_at_its_limits_is_read(registry: Registry):
    nested = "[" * (NESTING.most - 1) + "]" * (NESTING.most - 1)
    raw = f'{{"a":{nested},{make_keys(KEYS.most - 1)}}}'
    answer = send_body(registry, "/v1/actors", "application/json", raw)
    problem = parse_answer(answer, 422)
    assert f"These are the first {FAULTS} of {KEYS.most + 2} places." in problem["detail"]


def test_a_problem_does_not_grow_with_what_was_sent(registry: Registry):
    long = json.dumps({"k" * 900_000: 1, "name": "x" * 900_000})
    assert len(send_body(registry, "/v1/actors", "application/json", long).data) < 10_000
    repeated = '{"%s":1,"%s":1}' % (("k" * 900_000,) * 2)
    assert len(send_body(registry, "/v1/actors", "application/json", repeated).data) < 10_000
    assert len(registry.get("/v1/actors/" + "x" * 60_000).data) < 10_000


@pytest.mark.parametrize("columns", ["name", "c{}"], ids=["repeated", "unknown"])
def test_a_table_with_too_many_columns_is_refused(registry: Registry, columns: str):
    header = ",".join(columns.format(n) for n in range(250_000))
    answer, seconds = measure_cpu(
        lambda: send_body(registry, "/v1/changesets", "text/csv", header + "\n", noun="actors")
    )
    assert seconds < 0.5
    assert str(COLUMNS) in parse_answer(answer, 422)["errors"][0]["detail"]


def test_a_body_with_too_many_lines_is_refused(registry: Registry):
    raw = "\n" * LINES.most + "{}"
    problem = parse_answer(send_body(registry, "/v1/changesets", LINES_OF_JSON, raw), 413)
    assert str(LINES) in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "raw", "query"),
    [
        (LINES_OF_JSON, "{}\n" * 90_000, {}),
        ("text/csv", "name\n" + "a\n" * 90_000, {"noun": "actors"}),
    ],
)
def test_reading_ends_when_there_are_more_faults_than_are_told(registry, kind, raw, query):
    answer, seconds = measure_cpu(lambda: send_body(registry, "/v1/changesets", kind, raw, **query))
    assert seconds < 0.5
    problem = parse_answer(answer, 422)
    assert len(problem["errors"]) == FAULTS
    assert f"Reading ended in line {101 if not query else 102}." in problem["detail"]


@pytest.mark.parametrize("number", ["1e400", "9" * 400, "1" * 41, "0." + "3" * 40])
def test_a_number_in_a_table_may_be_too_large_for_its_type(registry: Registry, number: str):
    table = f"id,text,measure_scale,measure_op,measure_value\na,It rains.,depth,le,{number}\n"
    answer = send_body(registry, "/v1/changesets", "text/csv", table, noun="propositions")
    faults = parse_answer(answer, 422)["errors"]
    assert "must be a number" in [each["detail"][:16] for each in faults]


@pytest.mark.parametrize("header", ["If-Range", "If-Modified-Since", "If-Unmodified-Since"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_date_beyond_the_calendar_is_no_condition(reading: Registry, header: str, quote: str):
    date = f"{quote}Wed, 21 Oct 2015 07:28:99999999999999999999 GMT{quote}"
    headers = {header: date, "Range": "bytes=0-9"}
    assert reading.get("/v1/positions.csv", headers=headers).status_code in (200, 206)


def test_a_name_of_marshmallows_own_is_an_unknown_one(registry: Registry):
    problem = parse_answer(registry.post("/v1/actors", make_draft("actors", _schema=1)), 422)
    assert [each["pointer"] for each in problem["errors"]] == ["/_schema"]
    problem = parse_answer(registry.get("/v1/actors?_schema=1"), 422)
    assert [each["parameter"] for each in problem["errors"]] == ["_schema"]


@pytest.mark.parametrize("path", ["/v1/positions", "/", "/search", "/agreement", "/conflicts/a"])
def test_a_long_query_is_refused_by_data_and_pages(reading: Registry, path: str):
    query = "&".join(["actors=a"] * 100_000)
    answer, seconds = measure_cpu(lambda: reading.client.get(path, query_string=query))
    assert seconds < 0.5
    assert answer.status_code == 414
    assert str(QUERY) in answer.text
    assert len(answer.data) < 10_000


@pytest.mark.parametrize("fold", [fold_text, make_slug])
def test_folding_takes_linear_time_whatever_marks_a_letter_has(fold):
    folded, seconds = measure_cpu(lambda: fold("a" + "\u0300" * 20_000 + "\u0323" * 20_000))
    assert folded == "a"
    assert seconds < 0.2


def test_a_span_has_a_limit(registry: Registry):
    pointer = make_draft("statements", start=0, end=SPAN.most + 1, exact=None, gist="It rains.")
    pointer |= {"exact_sha256": "0" * 64, "attestation": "indirect"}
    problem = parse_answer(registry.post("/v1/statements", pointer), 422)
    assert str(SPAN) in problem["errors"][0]["detail"]


def make_lines(noun: str, records: Iterable[dict[str, Any]]) -> list[str]:
    return [json.dumps({"noun": noun, "record": each}) for each in records]


def make_statements(count: int, length: int) -> list[str]:
    """Make lines of statements `said-0`, `said-1`, …, each with words of a length."""
    source = make_draft("sources", id="long", text_sha256=None, text_length=None)
    said = {"source": "long", "start": 0, "exact": "x" * length,
            "attestation": "verbatim_sentence", "attested_on": "2024-03-05"}  # fmt: skip
    statements = ({"id": f"said-{n}", **said} for n in range(count))
    return [*make_lines("sources", [source]), *make_lines("statements", statements)]


def make_positions(count: int, statements: int) -> list[str]:
    """Make lines of positions that name the same statements."""
    evidence = [f"said-{n}" for n in range(statements)]
    return make_lines("positions", (
        make_draft("positions", id=f"held-{n}", evidence=evidence) for n in range(count)
    ))  # fmt: skip


def send_lines(registry: Registry, lines: Iterable[str], status: int = 200, **query: str) -> Any:
    body = "\n".join(lines)
    answer = send_body(registry, "/v1/changesets", LINES_OF_JSON, body, **query)
    return parse_answer(answer, status)


def test_a_record_copies_only_so_much_of_the_statements_that_it_names(registry: Registry):
    send_lines(registry, [*make_statements(6, 19_000), *make_positions(1, 5)])
    problem = send_lines(registry, make_positions(1, 6), 422)
    assert str(COPIED) in problem["errors"][0]["detail"]


def test_a_statement_grows_only_as_far_as_the_records_that_quote_it_may(registry: Registry):
    send_lines(registry, [*make_statements(6, 9), *make_positions(1, 6)])
    amended = make_statements(6, 19_000)
    problem = send_lines(registry, amended, 409)
    assert problem["errors"][0]["record"] == "positions/held-0"
    assert str(COPIED) in problem["errors"][0]["detail"]
    send_lines(registry, [*amended, *make_positions(1, 5)])


@pytest.mark.parametrize("query", [{}, {"dry_run": "1"}], ids=["write", "dry run"])
def test_the_records_of_a_changeset_copy_only_so_much(registry: Registry, query: dict[str, str]):
    statements = make_statements(5, 19_000)
    problem = send_lines(registry, [*statements, *make_positions(90, 5)], 422, **query)
    assert str(COPIED_AT_ONCE) in problem["errors"][0]["detail"]
    send_lines(registry, [*statements, *make_positions(80, 5)], **query)


def test_records_that_depend_on_a_changed_one_may_copy_more(registry: Registry, monkeypatch):
    """They cannot be sent in parts: a statement that many quote could never be corrected."""
    short, long = make_statements(1, 9), make_statements(1, 19_000)
    lines = make_positions(500, 1)
    send_lines(registry, [*short, *lines])
    with monkeypatch.context() as bounded:
        bounded.setattr(referrers, "MORE_COPIED", 0)
        problem = send_lines(registry, long, 409)
    assert str(COPIED_AT_ONCE) in problem["errors"][0]["detail"]
    send_lines(registry, long)


def fill_with_large_records(registry: Registry) -> None:
    """Write 160 positions of 97 kB."""
    send_lines(registry, make_statements(5, 19_000))
    for n in range(2):
        send_lines(registry, [e.replace("held-", f"held-{n}-") for e in make_positions(80, 5)])


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/v1/positions?evidence=said-0", PAGE_BYTES),
        ("/v1/changes?noun=positions", 20_000),  # revisions have no copies
    ],
)
def test_a_page_of_large_records_ends_early(registry: Registry, monkeypatch, path: str, most: int):
    fill_with_large_records(registry)
    monkeypatch.setattr(page_queries, "PAGE_BYTES", most)
    address, ids = f"{path}&limit=1000", list[str]()
    while address:
        answer = registry.get(address)
        assert len(answer.data) < PAGE_BYTES + 200_000
        page = parse_answer(answer)
        ids += [each["id"] for each in page["data"] if each["id"].startswith("held-")]
        address = None if page.get("complete") else page["next"]
    assert len(ids) == len({*ids}) == 160


def test_a_page_of_large_related_records_ends_early(registry: Registry):
    fill_with_large_records(registry)
    address, ids = "/v1/positions?evidence=said-0&expand=evidence&limit=50", list[str]()
    while address:
        answer = registry.get(address)
        assert len(answer.data) < PAGE_BYTES + 1_000_000
        page = parse_answer(answer)
        ids += [each["id"] for each in page["data"]]
        assert all(len(each["expanded"]["evidence"]["data"]) == 5 for each in page["data"])
        address = page["next"]
    assert len(ids) == len({*ids}) == 160


def test_related_records_may_be_more_than_a_page(registry: Registry, monkeypatch):
    send_lines(registry, [*make_statements(5, 9), *make_positions(1, 5)])
    monkeypatch.setattr(page_queries, "PAGE_BYTES", 1)
    [held] = registry.data("/v1/positions?id=held-0&expand=evidence")
    assert [e["id"] for e in held["expanded"]["evidence"]["data"]] == held["evidence"]


def test_finding_passages_ends_in_time_and_holds_up_no_write(registry: Registry):
    """Each of these quotes takes 0.02 s or more, and the write lock was held for all of them."""
    text = "aab" * 33_333
    source = make_draft("sources", text_sha256=text_hash(text), text_length=len(text))
    parse_answer(registry.post("/v1/sources", source), 201)
    parse_answer(registry.put_text(source["id"], text))
    record = {
        "source": source["id"],
        "attestation": "verbatim_sentence",
        "attested_on": "2024-03-05",
    }
    forged = [
        {"noun": "statements",
         "record": {**record, "start": n, "end": n + 300, "exact": "ab" * 150}}
        for n in range(50_000, 50_100)
    ]  # fmt: skip
    body = "\n".join(map(json.dumps, forged))
    with ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        refused = pool.submit(send_body, registry, "/v1/changesets", LINES_OF_JSON, body)
        time.sleep(0.4)
        parse_answer(registry.post("/v1/actors", make_draft("actors")), 201)
        written = time.monotonic() - start
        problem = parse_answer(refused.result(), 422)
    assert written < 0.9
    assert time.monotonic() - start < 2
    details = [each["detail"] for each in problem["errors"]]
    assert details[0].startswith("the source says “")
    assert "time ran out before the nearest passage was found" in details[-1]
