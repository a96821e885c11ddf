"""A walk over all operations: each answer has a documented status, media type, shape and header."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry as Schemas
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from tests.worlds import PROJECT, RESOURCE, TEXTS, Registry, make_any_day_query, make_draft

CONTRACT: dict[str, Any] = json.loads((PROJECT / "openapi" / "openapi.json").read_bytes())
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for item in CONTRACT["paths"].values()
    for method, operation in item.items()
    if method in ("get", "put", "post", "delete")
}
SCHEMAS = Schemas().with_resource("urn:contract", DRAFT202012.create_resource(CONTRACT))
JSON = ("application/json", "application/problem+json")
COURIER = next(iter(TEXTS))

ELSEWHERE = {
    "getActorDossier", "getAgreement", "getProposalResponses", "getChangesFeed", "writeChangeset",
    "exportRecords", "exportTable",
}  # fmt: skip
"""Operations that are walked in the tests of their own names."""

Step = tuple[str, TestResponse]


def resolve_reference(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the contract."""
    if "$ref" not in node:
        return node
    found: Any = CONTRACT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def list_faults(schema: dict[str, Any], value: Any) -> list[str]:
    """List where a value does not fit a schema of the contract."""
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:contract#/'))
    validator = Draft202012Validator(absolute, registry=SCHEMAS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def walk_noun(registry: Registry, noun: str) -> Iterator[Step]:
    """Call each operation of a noun, well and badly."""
    title, path, new = RESOURCE[noun].singular.title(), f"/v1/{noun}", make_draft(noun)
    one = f"{path}/a-new-one"
    create, amend, retract = f"create{title}", f"amend{title}", f"retract{title}"
    day = make_any_day_query(noun)
    for query in ({}, {**day, "limit": 1}, {"known_at": 0}, {"nonsense": 1}, {"known_at": 99}):
        yield f"list{noun.title()}", registry.get(path, **query)
        for form in ("json", "csv", "ndjson"):
            yield f"list{noun.title()}", registry.get(f"{path}.{form}", **query)
            yield f"list{noun.title()}", registry.get(path, format=form, **query)
    tag = registry.get(path).headers["ETag"]
    yield f"list{noun.title()}", registry.get(path, headers={"If-None-Match": tag})
    yield f"list{noun.title()}", registry.client.get(f"{path}?text=%ff")
    for bytes_ in ("bytes=0-9", "bytes=999999999-"):
        yield f"list{noun.title()}", registry.get(f"{path}.csv", headers={"Range": bytes_})
    yield f"list{noun.title()}", registry.get(path, format="xml")
    yield create, registry.client.post(path, json=new)
    yield create, registry.client.post(path, data="x", headers=bearer(registry))
    yield (
        create,
        registry.client.post(
            path, data="{", headers={**bearer(registry), "Content-Type": "application/json"}
        ),
    )
    yield create, registry.post(path, [])
    yield create, registry.post(path, {**new, "nonsense": 1})
    yield create, registry.post(path, new, expected_head=99)
    yield create, registry.post(path, new)
    yield create, registry.post(path, new)
    yield f"get{title}", registry.get(one)
    yield f"get{title}", registry.get(one, nonsense=1)
    yield f"get{title}", registry.get(f"{path}/never-there")
    etag = registry.get(one).headers["ETag"]
    yield f"get{title}", registry.get(one, headers={"If-None-Match": etag})
    yield amend, registry.put(one, {**new, "note": "looked at again"}, etag)
    yield amend, registry.put(one, new, None)
    yield amend, registry.put(one, new, etag)
    yield amend, registry.put(one, {**new, "id": "another"}, "*")
    yield amend, registry.put(f"{path}/never-there", {**new, "id": "never-there"}, "*")
    yield retract, registry.delete(one, None)
    yield retract, registry.delete(one, etag)
    yield retract, registry.delete(f"{path}/never-there", "*")
    yield retract, registry.delete(one, "*")
    yield retract, registry.delete(one, "*")
    yield amend, registry.put(one, new, "*")
    yield f"get{title}", registry.get(one)
    if RESOURCE[noun].groupings:
        for query in ({"by": "holder,issue"}, {}, {"by": "colour"}):
            yield f"count{noun.title()}", registry.get(f"{path}/counts", **query)
            yield f"count{noun.title()}", registry.get(f"{path}/counts.csv", **query)
    for query in ({}, {"limit": 1}, {"nonsense": 1}):
        yield f"list{title}Revisions", registry.get(f"{one}/history", **query)
    yield f"list{title}Revisions", registry.get(f"{path}/never-there/history")


def walk_rest(registry: Registry) -> Iterator[Step]:
    """Call each operation that belongs to no noun or to sources alone."""
    text, whole = f"/v1/sources/{COURIER}/text", TEXTS[COURIER].read_bytes()
    plan = "/v1/sources/kestrian-plan-2024-04-02/text"
    yield "getSourceText", registry.get(text)
    yield "attachSourceText", registry.put_text(COURIER, whole + b"!")
    yield "attachSourceText", registry.put_text(COURIER, b"\xff")
    yield "attachSourceText", registry.put_text("never-there", whole)
    yield "attachSourceText", registry.put_text("strait-council-vote-2024-03-08", whole)
    yield "attachSourceText", registry.send("PUT", text, {})
    yield "attachSourceText", registry.put_text(COURIER, whole)
    yield "attachSourceText", registry.put_text("kestrian-plan-2024-04-02", TEXTS[
        "kestrian-plan-2024-04-02"].read_bytes())  # fmt: skip
    yield "getSourceText", registry.get(text)
    yield "getSourceText", registry.get(text, headers={"Range": "bytes=0-9"})
    yield "getSourceText", registry.get(text, headers={"Range": "bytes=999999999-"})
    yield "getSourceText", registry.get(plan)
    yield "takeDownSourceText", registry.client.delete(text)
    yield "takeDownSourceText", registry.send("DELETE", text)
    yield "takeDownSourceText", registry.send("DELETE", text)
    for query in ({}, {"limit": 1}, {"known_at": 0}, {"nonsense": 1}):
        yield "listChangesets", registry.get("/v1/changesets", **query)
        yield "getChangeset", registry.get("/v1/changesets/1", **query)
    for query in ({}, {"limit": 1}, {"wait": 1, "after": 9}, {"nonsense": 1}):
        yield "listChanges", registry.get("/v1/changes", **query)
    yield "getChangeset", registry.get("/v1/changesets/99")
    for body in (
        {"text": "“No truce,” the envoy said. He asked for talks without preconditions."},
        {"source": "kestrian-plan-2024-04-02"},
        {"source": COURIER},
        {"text": " "},
        {},
    ):
        yield "readCandidates", registry.post("/v1/candidates", body)
    coded = registry.get(f"/v1/sources/{COURIER}/coded")
    yield "getCodedSource", coded
    yield "getCodedSource", registry.get("/v1/sources/never-there/coded")
    for body in (coded.get_json(), {}):
        yield "writeCodedSource", registry.post("/v1/coded-sources", body)
    yield "getVocabulary", registry.get("/v1/vocabulary")
    yield "getVocabulary", registry.get("/v1/vocabulary", nonsense=1)


def walk_submissions(registry: Registry) -> Iterator[Step]:
    """Propose, read, revise, comment, decide, and leave a note."""
    url, one = "/v1/submissions", "/v1/submissions/1"
    lines = {"changeset": [{"noun": "actors", "record": make_draft("actors")}]}
    for body in (lines, {"takes_back": 1}, {}, {"changeset": "?"}):
        yield "createSubmission", registry.post(url, body)
    yield "createSubmission", registry.client.post(url, data="?", headers=bearer(registry))
    for tag in ("*", None, f'"{"0" * 32}"'):
        yield "reviseSubmission", registry.put(one, lines, tag)
    for text in ("Which one?", ""):
        yield "commentSubmission", registry.post(f"{one}/comments", {"text": text})
    yield "getSubmission", registry.get(one)
    for query in ({"limit": 1}, {"state": "open", "author": "analyst"}, {"state": "shut"}):
        yield "listSubmissions", registry.get(url, headers=bearer(registry), **query)
    yield "getSubmission", registry.get(one, headers=bearer(registry))
    yield "getSubmission", registry.get(f"{url}/99", headers=bearer(registry))
    decide, tag = f"{one}/decision", registry.get(one, headers=bearer(registry)).headers["ETag"]
    yield "decideSubmission", registry.send("POST", decide, {"decision": "accept"}, tag)  # its own
    registry.make_key("another", "review")
    for body in ({"decision": "decline"}, {"decision": "accept"}, {"decision": "accept"}):
        yield "decideSubmission", registry.send("POST", decide, body, tag)
    yield "decideSubmission", registry.send("POST", decide, {"decision": "accept"})
    yield "getSubmission", registry.get(one, headers=bearer(registry))
    note = {"noun": "actors", "id": "kestria", "text": "Its flag has changed."}
    for body in (note, {**note, "id": "never-there"}, {}):
        yield "createNote", registry.client.post("/v1/notes", json=body)


def bearer(registry: Registry) -> dict[str, str]:
    return {"Authorization": f"Bearer {registry.key}"}


def check_answer(name: str, answer: TestResponse) -> None:
    """Check an answer against what the contract documents for it."""
    where = f"{name} {answer.status_code} {answer.request.path}"
    documented = OPERATIONS[name]["responses"]
    assert str(answer.status_code) in documented, where
    told = resolve_reference(documented[str(answer.status_code)])
    content = told.get("content")
    if not content:
        assert answer.status_code == 206 or answer.get_data() == b"", where
        return
    assert answer.mimetype in content, where
    if answer.mimetype in JSON and answer.status_code != 206:
        assert list_faults(content[answer.mimetype]["schema"], answer.get_json()) == [], where


@pytest.mark.parametrize("noun", RESOURCE)
def test_every_answer_of_a_noun_is_as_documented(registry: Registry, noun: str):
    seen = set()
    for name, answer in walk_noun(registry, noun):
        check_answer(name, answer)
        seen.add((name, answer.status_code))
    statuses = {status for _, status in seen}
    assert statuses >= {200, 201, 204, 206, 304, 400, 401, 404, 409, 410, 412, 415, 416, 422, 428}
    belonging = {name for name, each in OPERATIONS.items() if each["tags"] == [noun]}
    assert {name for name, _ in seen} == {n for n in belonging - ELSEWHERE if "SourceText" not in n}


def test_every_other_answer_is_as_documented(registry: Registry):
    seen = set()
    for name, answer in walk_rest(registry):
        check_answer(name, answer)
        seen.add(name)
    rest = {
        n for n, each in OPERATIONS.items() if each["tags"] == ["registry"] or "SourceText" in n
    }
    assert seen == rest - ELSEWHERE


def test_every_answer_about_submissions_is_as_documented(registry: Registry):
    seen = set()
    for name, answer in walk_submissions(registry):
        check_answer(name, answer)
        seen.add((name, answer.status_code))
    named = {name for name, _ in seen}
    assert named == {n for n, each in OPERATIONS.items() if each["tags"] == ["submissions"]}
    assert {status for _, status in seen} == {200, 201, 401, 403, 404, 412, 415, 422, 428}


@pytest.mark.parametrize("noun", RESOURCE)
def test_documented_headers_are_sent(registry: Registry, noun: str):
    title, path, new = RESOURCE[noun].singular.title(), f"/v1/{noun}", make_draft(noun)
    day = make_any_day_query(noun)
    sent = {
        (f"create{title}", "201"): registry.post(path, new),
        (f"get{title}", "200"): registry.get(f"{path}/a-new-one"),
        (f"list{noun.title()}", "200"): registry.get(f"{path}.csv", limit=1, **day),
        (f"amend{title}", "200"): registry.put(f"{path}/a-new-one", new, "*"),
        (f"retract{title}", "204"): registry.delete(f"{path}/a-new-one", "*"),
    }
    for (name, status), answer in sent.items():
        documented = set(OPERATIONS[name]["responses"][status]["headers"])
        assert documented
        assert documented <= set(answer.headers.keys()), name


def links() -> Iterator[Any]:
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            for label, link in resolve_reference(response).get("links", {}).items():
                yield pytest.param(link, id=f"{name}-{status}-{label}")


@pytest.mark.parametrize("link", list(links()))
def test_a_link_leads_to_an_operation_that_takes_its_parameters(link: dict[str, Any]):
    path, method = next(
        (path, method)
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and operation.get("operationId") == link["operationId"]
    )
    item = CONTRACT["paths"][path]
    taken = {
        resolve_reference(each)["name"]
        for each in [*item.get("parameters", []), *item[method].get("parameters", [])]
    }
    assert set(link["parameters"]) <= taken


@pytest.mark.parametrize("noun", RESOURCE)
def test_operations_of_a_noun_are_chained_by_links(noun: str):
    title = RESOURCE[noun].singular.title()

    def leads(name: str, status: str) -> set[str]:
        told = OPERATIONS[name]["responses"][status].get("links", {})
        return {each["operationId"] for each in told.values()}

    read, history = f"get{title}", f"list{title}Revisions"
    amend, retract = f"amend{title}", f"retract{title}"
    assert leads(f"create{title}", "201") == {read, history, amend, retract}
    assert leads(read, "200") >= {history, amend, retract}
    assert leads(amend, "200") >= {history, amend, retract}
    assert leads(f"list{noun.title()}", "200") == {read, history}
    assert leads(retract, "204") == {read, history}


def test_the_longest_quote_is_served_as_documented(registry: Registry):
    words = "We will not. " * 1_538
    registry.post("/v1/statements", {
        **make_draft("statements"), "exact": words, "exact_sha256": None, "gist": "x" * 2_000,
        "start": 0, "end": len(words), "source": "strait-council-vote-2024-03-08",
    })  # fmt: skip
    answer = registry.post("/v1/positions", make_draft("positions", evidence=["a-new-one"]))
    assert answer.status_code == 201
    assert len(answer.get_json()["quotes"][0]["exact"]) == len(words) > 19_000
    check_answer("createPosition", answer)


def test_a_page_as_long_as_pages_get_is_served_as_documented(registry: Registry):
    for number in range(201):
        registry.post("/v1/actors", make_draft("actors", id=f"actor-{number}"))
    answer = registry.get("/v1/actors", limit=1000)
    assert len(answer.get_json()["data"]) > 200
    check_answer("listActors", answer)


def test_an_error_with_many_places_is_served_as_documented(registry: Registry):
    answer = registry.post("/v1/actors", make_draft("actors", aliases=[1] * 150))
    assert len(answer.get_json()["errors"]) == 100
    check_answer("createActor", answer)
