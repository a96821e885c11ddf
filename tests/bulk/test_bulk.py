"""Bulk writes: all records are written or none, and are exported as they were written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.ledger.reading.reader import Reader
from tests.contract.test_answers import check_answer
from tests.worlds import RESOURCE, Registry, make_draft, parse_answer, read_records

URL = "/v1/changesets"


def join_lines(*each: Any) -> str:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in each)


def make_line(noun: str, **changes: Any) -> dict[str, Any]:
    return {"noun": noun, "record": make_draft(noun, **changes)}


def send_lines(registry: Registry, body: str | bytes, **query: Any) -> Any:
    answer = registry.client.post(
        URL, data=body, query_string=query or None,
        headers={"Authorization": f"Bearer {registry.key}",
                 "Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    check_answer("writeChangeset", answer)
    return answer


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_is_exported_is_imported_and_exported_the_same(registry_of, engine):
    both, empty = registry_of("both"), registry_of("empty", engine=engine)
    whole = both.get("/v1/export.ndjson").get_data()
    told = parse_answer(send_lines(empty, whole, message="a copy"))
    assert told["read"] == told["written"] == len(whole.splitlines())
    assert empty.get("/v1/export.ndjson").get_data() == whole
    for noun, resource in RESOURCE.items():
        any_day = {"valid_at": "any"} if resource.has_validity else {}
        assert empty.ids(f"/v1/{noun}", limit=1000, sort="id", **any_day) == both.ids(
            f"/v1/{noun}", limit=1000, sort="id", **any_day
        )


def test_an_export_is_as_known_then_and_not_sent_again(registry: Registry):
    before = registry.get("/v1/export.ndjson")
    check_answer("exportRecords", before)
    registry.post("/v1/actors", make_draft("actors"))
    after = registry.get("/v1/export.ndjson")
    assert after.get_data().startswith(before.get_data()[:100])
    assert after.get_data() != before.get_data()
    then = registry.get("/v1/export.ndjson", known_at=1)
    assert then.get_data() == before.get_data()
    again = registry.get("/v1/export.ndjson", headers={"If-None-Match": after.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert b"a-new-one" not in then.get_data()


def test_an_export_leaves_out_what_was_retracted(registry: Registry):
    registry.post("/v1/actors", make_draft("actors"))
    registry.delete("/v1/actors/a-new-one", "*")
    assert b"a-new-one" not in registry.get("/v1/export.ndjson").get_data()


def test_lines_create_amend_and_retract_in_one_changeset(registry: Registry):
    norland = read_records("actors")[0]
    registry.post("/v1/actors", make_draft("actors", id="going"))
    told = parse_answer(send_lines(registry, join_lines(
        {"noun": "actors", "record": {**norland, "note": "amended"}},
        make_line("issues", id="new-issue"), {"noun": "actors", "retract": "going"}, "",
    )))  # fmt: skip
    assert (told["read"], told["written"], told["dry_run"]) == (3, 3, False)
    assert parse_answer(registry.get(f"{URL}/{told['head']}"))["number"] == told["head"]
    assert registry.get("/v1/actors/going").status_code == 410
    again = parse_answer(
        send_lines(
            registry, join_lines({"noun": "actors", "record": {**norland, "note": "amended"}})
        )
    )
    assert (again["written"], again["head"]) == (0, told["head"])


def test_a_dry_run_checks_and_writes_nothing(registry: Registry):
    answer = send_lines(registry, join_lines(make_line("actors")), dry_run="1")
    told = parse_answer(answer)
    assert (told["written"], told["head"], told["dry_run"]) == (1, 1, True)
    assert "Sinequanon-Changeset" not in answer.headers
    assert registry.get("/v1/actors/a-new-one").status_code == 404
    assert (
        send_lines(
            registry, join_lines(make_line("actors", part_of="nowhere")), dry_run="1"
        ).status_code
        == 422
    )


def test_the_faults_of_all_lines_are_told_by_line_and_nothing_is_written(registry: Registry):
    answer = send_lines(registry, join_lines(
        make_line("actors", id="good"), make_line("actors", id="bad", kind="planet"), "[]", "{",
        {"noun": "planets", "record": {}}, {"noun": "actors", "retract": 5},
        {"noun": "actors", "record": {}, "retract": "x"}, make_line("actors", id="good"),
    ))  # fmt: skip
    assert answer.status_code == 422
    assert [(e["line"], e["pointer"]) for e in answer.get_json()["errors"]] == [
        ("2", "/record/kind"), ("3", ""), ("4", ""), ("5", "/noun"), ("6", "/retract"), ("7", ""),
        ("8", "/id"),
    ]  # fmt: skip
    assert registry.get("/v1/actors/good").status_code == 404


def test_a_rule_that_is_broken_is_told_by_line(registry: Registry):
    answer = send_lines(
        registry, join_lines(make_line("issues"), make_line("actors", part_of="nowhere"))
    )
    assert answer.status_code == 422
    [fault] = answer.get_json()["errors"]
    assert (fault["line"], fault["pointer"]) == ("2", "/record/part_of")


@pytest.mark.parametrize("dry_run", ["1", "0"])
def test_created_and_amended_records_are_counted_apart(registry: Registry, dry_run: str):
    norland = {**read_records("actors")[0], "note": "A state."}
    lines = join_lines(make_line("actors"), {"noun": "actors", "record": norland})
    told = parse_answer(send_lines(registry, lines, dry_run=dry_run))
    assert (told["written"], told["created"], told["amended"]) == (2, 1, 1)


def test_a_line_with_the_id_of_another_conflict_warns(registry: Registry):
    issue = make_line("issues", id="an-issue", parent=None)
    parse_answer(send_lines(registry, join_lines(issue)))
    issue["record"]["conflict"] = read_records("conflicts")[1]["id"]
    [warning] = parse_answer(send_lines(registry, join_lines(issue), dry_run="1"))["warnings"]
    assert (warning["record"], warning["pointer"]) == ("issues/an-issue", "/id")


def test_a_warning_names_its_line(registry: Registry):
    record = make_draft("positions", force="accept_conditionally", under=None, rank="normal")
    told = parse_answer(send_lines(registry, join_lines({"noun": "positions", "record": record})))
    assert [(w["line"], w["pointer"]) for w in told["warnings"]] == [(1, "/under")]


def test_what_others_refer_to_is_not_retracted_unless_they_are(registry: Registry):
    body = join_lines({"noun": "actors", "retract": "norland"})
    assert send_lines(registry, body).status_code == 409
    assert (
        send_lines(registry, join_lines({"noun": "actors", "retract": "nobody"})).status_code == 404
    )


def test_only_who_may_write_and_as_it_is_asked(registry: Registry):
    assert registry.client.post(URL, data=join_lines(make_line("actors"))).status_code == 401
    assert (
        send_lines(registry, join_lines(make_line("actors")), expected_head=99).status_code == 412
    )
    wrong = registry.client.post(URL, json={}, headers={"Authorization": f"Bearer {registry.key}"})
    assert wrong.status_code == 415
    assert send_lines(registry, join_lines(make_line("actors")), dry_run="yes").status_code == 422


def send_table(registry: Registry, noun: str, text: str, **query: Any) -> Any:
    answer = registry.client.post(
        URL, data=text.encode(), query_string={"noun": noun, **query},
        headers={"Authorization": f"Bearer {registry.key}", "Content-Type": "text/csv"},
    )  # fmt: skip
    check_answer("writeChangeset", answer)
    return answer


def test_a_table_is_written_as_lines_are(registry: Registry):
    text = "id,name,kind,url\nardo,Ardo,state,\nbelm,Belm,state,\n"
    assert parse_answer(send_table(registry, "actors", text, dry_run="1"))["written"] == 2
    told = parse_answer(send_table(registry, "actors", text))
    assert (told["read"], told["written"]) == (2, 2)
    assert parse_answer(registry.get("/v1/actors/belm"))["name"] == "Belm"


def test_a_row_does_not_undo_what_was_amended_while_its_table_was_read(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    find = Reader.find_record

    def find_and_amend(self: Reader, noun: str, id: str) -> Any:
        found = find(self, noun, id)
        if id == "norland":
            parse_answer(registry.amend("/v1/actors/norland", note="by another"))
        return found

    table = "id,name\nnorland,Norland\nsudmark,The Sudmark\n"
    with monkeypatch.context() as patch:
        patch.setattr(Reader, "find_record", find_and_amend)
        refused = parse_answer(send_table(registry, "actors", table), 412)
    assert "norland was amended meanwhile" in refused["detail"]
    assert parse_answer(registry.get("/v1/actors/norland"))["note"] == "by another"
    assert parse_answer(send_table(registry, "actors", table))["written"] == 1
    assert parse_answer(registry.get("/v1/actors/norland"))["note"] == "by another"


def test_a_body_that_repeats_a_record_is_read_no_further_than_one_with_faults(registry: Registry):
    table = "id,name,kind\n" + "ardo,Ardo,state\n" * 5_000
    refused = parse_answer(send_table(registry, "actors", table), 422)
    assert "Reading ended in line 103." in refused["detail"]


def test_what_was_retracted_before_is_retracted_again_without_effect(registry: Registry):
    registry.post("/v1/actors", make_draft("actors", id="going"))
    line = join_lines({"noun": "actors", "retract": "going"})
    told = [parse_answer(send_lines(registry, line))["written"] for _ in range(2)]
    assert told == [1, 0]
    assert send_lines(registry, join_lines(make_line("actors", id="going"))).status_code == 410


def test_the_faults_of_a_table_name_line_and_column(registry: Registry):
    header = "id,holder,force,responds_to_proposal,attestation,attested_on,evidence"
    row = "a,norland,reject,No Slug,narration,2024-01-01,courier-headline"
    answer = send_table(registry, "positions", f"{header}\n{row}\n")
    [fault] = parse_answer(answer, 422)["errors"]
    assert (fault["line"], fault["column"], fault["pointer"]) == (
        "2", "responds_to_proposal", "/responds_to/proposal",
    )  # fmt: skip
    answer = send_table(registry, "actors", "id,name,kind,part_of\na,A,state,nowhere\n")
    [fault] = parse_answer(answer, 422)["errors"]
    assert (fault["line"], fault["column"], fault["pointer"]) == ("2", "part_of", "/part_of")


def test_what_is_no_table_is_refused(registry: Registry):
    assert send_table(registry, "actors", "id,nmae\n").status_code == 422
    assert send_table(registry, "actors", 'id,name\na,"').status_code == 400
    assert send_table(registry, "planets", "id\n").status_code == 422
    lines_as_table = registry.client.post(
        URL, data="id\n", headers={"Authorization": f"Bearer {registry.key}",
                                   "Content-Type": "text/csv"},
    )  # fmt: skip
    assert lines_as_table.get_json()["errors"][0]["parameter"] == "noun"
