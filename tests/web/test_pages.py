"""What belongs to no noun: probes, the vocabulary, the shell of the documentation."""

from __future__ import annotations

import re
import sqlite3

import pytest

from api import vocabulary
from api.ledger.store.tables import SCHEMA
from tests.worlds import Registry, parse_answer


def test_the_process_is_alive(reading: Registry):
    assert reading.get("/livez").get_data() == b"alive\n"


def test_a_migrated_database_is_ready_and_tells_its_parts(reading: Registry):
    told = reading.get("/readyz").get_data(as_text=True)
    parts = rf"ready\nschema {SCHEMA}\nchangeset {reading.head} of 2\S+Z\n(room [\d.]+ GB\n)?"
    assert re.fullmatch(parts, told)
    assert ("room" in told) == reading.url.startswith("sqlite")


def test_a_database_without_the_newest_schema_is_not_ready(registry: Registry):
    file = registry.url.removeprefix("sqlite:///")
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0000'")
    raw.close()
    answer = registry.get("/readyz")
    problem = parse_answer(answer, 503)
    assert "sinequanon db upgrade" in problem["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_database_without_any_schema_is_not_ready(tmp_path):
    bare = Registry(f"sqlite:///{tmp_path / 'bare.db'}")
    assert "sinequanon db upgrade" in parse_answer(bare.get("/readyz"), 503)["detail"]
    bare.close()


def test_the_vocabulary_explains_every_code(reading: Registry):
    told = {each["name"]: each for each in parse_answer(reading.get("/v1/vocabulary"))["data"]}
    lists = [v for v in vars(vocabulary).values() if isinstance(v, vocabulary.CodeList)]
    assert set(told) == {each.name for each in lists}
    for each in lists:
        served = told[each.name]
        assert {v["value"]: v["about"] for v in served["values"]} == dict(each.values)
        assert served["about"] == each.about


def test_the_vocabulary_is_304_for_who_has_it(reading: Registry):
    tag = reading.get("/v1/vocabulary").headers["ETag"]
    assert reading.get("/v1/vocabulary", headers={"If-None-Match": tag}).status_code == 304


def test_the_contract_is_304_for_who_has_it(reading: Registry):
    tag = reading.get("/openapi.json").headers["ETag"]
    assert reading.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304


def test_the_documentation_allows_scripts_from_this_server_alone(reading: Registry):
    answer = reading.get("/docs")
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in str(policy)


def test_the_documentation_asks_nobody_else_and_has_no_inline_script(reading: Registry):
    page = reading.get("/docs").get_data(as_text=True)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=", page)
    links = re.findall(r"""(?:src|href)=["'](/[^"']*)""", page)
    assert len(links) >= 3
    for link in links:
        with reading.get(link) as answer:
            assert answer.status_code == 200, link


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "nothing.js"])
def test_only_the_documentations_own_files_are_served(reading: Registry, name: str):
    answer = reading.get(f"/docs/assets/{name}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_before_the_first_changeset_there_is_none(registry: Registry):
    assert registry.get("/v1/changesets", before=1).get_json() == {"data": [], "next": None}
    assert registry.get("/v1/changesets", before=0).get_json() == {"data": [], "next": None}


def test_the_contract_is_the_same_however_often_it_is_read(registry: Registry):
    assert registry.get("/openapi.json").get_data() == registry.get("/openapi.json").get_data()
